"""Delete a resource: https://hl7.org/fhir/R4/http.html#delete.

The resource is gone from reads (410) and searches; its history stays, a deletion is its last version. Deleting what
is not there, or not any more, is answered like a deletion: afterwards it is not there.
"""

from __future__ import annotations

from gateway.fhir.interactions.answer import deleted, missing
from gateway.fhir.interactions.conditional import in_address
from gateway.fhir.interactions.negotiation import check_match
from gateway.fhir.interactions.own import check_own
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response

__all__ = ["delete", "delete_where"]


def delete(request: Request, access: Access, place: Place) -> Act:
    """Prepare to delete the resource of the address."""
    access.permit("d", place.type)

    def run(repository: Repository) -> Response:
        return _delete(repository, request, access, place)

    return Act(name="delete", writes=True, run=run, locks=(f"{place.type}/{place.id}",))


def delete_where(request: Request, access: Access, place: Place) -> Act:
    """Prepare to delete the one resource that meets the criteria; several are refused and stay.

    https://hl7.org/fhir/R4/http.html#3.1.0.7.1
    """
    access.permit("d", place.type)
    condition = in_address(request, access, "d", place.type)

    def run(repository: Repository) -> Response:
        existing = condition.meets(repository)
        if existing is None:
            return deleted(request, None, f"{place.type}: nothing met the criteria.")
        return _delete(repository, request, access, Place(type=place.type, id=existing.id))

    return Act(name="delete", writes=True, run=run, locks=(condition.key,), meant=condition.meant)


def _delete(repository: Repository, request: Request, access: Access, place: Place) -> Response:
    name = f"{place.type}/{place.id}"
    repository.lock(name)
    stored = repository.read(place.type, place.id)
    if stored is None:
        if access.compartment("d", place.type) is not None:
            raise missing(place.type, place.id)  # as for a stranger's
        return deleted(request, None, f"{name[:80]} was never there.")
    check_own(access, "d", stored)
    if stored.deleted:
        return deleted(request, stored, f"{name} was deleted before.")
    check_match(request, stored)
    return deleted(request, repository.delete(stored), f"{name} deleted.")
