"""Update a resource, or create it under the client's own id: https://hl7.org/fhir/R4/http.html#update.

An update that says exactly what is stored changes nothing, makes no version and answers 200: this is what makes a
delivery that is repeated after a lost answer harmless.
"""

from __future__ import annotations

from gateway.errors import Forbidden, Malformed
from gateway.fhir.interactions import content
from gateway.fhir.interactions.answer import missing, written
from gateway.fhir.interactions.negotiation import check_match
from gateway.fhir.json import loads
from gateway.fhir.repository import Repository, Stored
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.version import same

__all__ = ["update"]


def update(request: Request, access: Access, place: Place) -> Act:
    """Prepare to keep the body under the id of the address."""
    access.permit("u", place.type)
    if not content.ID.fullmatch(place.id):
        raise Malformed(
            f"{place.id[:80]!r} is no id.", where="id", remedy="An id has 1 to 64 letters, digits, hyphens and dots."
        )
    resource = content.resource(request, place.type, id_=place.id)
    access.permit("u", place.type, resource)

    def run(repository: Repository) -> Response:
        repository.lock(f"{place.type}/{place.id}")
        previous = repository.read(place.type, place.id)
        current = None if previous is None or previous.deleted else previous
        _check_own(access, place, current)
        check_match(request, current)
        if current is None:
            access.permit("c", place.type, resource)
            return written(request, repository.update(resource, previous), status=201, said="created.")
        if current.body is not None and same(resource, current.body):
            return written(request, current, status=200, said="unchanged.")
        return written(request, repository.update(resource, current), status=200, said="updated.")

    return Act(name="update", writes=True, run=run)


def _check_own(access: Access, place: Place, stored: Stored | None) -> None:
    if stored is None or stored.body is None or access.compartment("u", place.type) is None:
        return
    try:
        access.permit("u", place.type, loads(stored.body, own=True))
    except Forbidden as error:
        raise missing(place.type, place.id) from error
