"""Update a resource, or create it under the client's own id: https://hl7.org/fhir/R4/http.html#update.

An update that says exactly what is stored changes nothing, makes no version and answers 200: this is what makes a
delivery that is repeated after a lost answer harmless.
"""

from __future__ import annotations

from typing import Any

from gateway.errors import Conflict, Malformed
from gateway.fhir.interactions import content
from gateway.fhir.interactions.answer import written
from gateway.fhir.interactions.conditional import in_address
from gateway.fhir.interactions.negotiation import check_match
from gateway.fhir.interactions.own import check_own, may
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Draft, Place, Request, Response
from gateway.fhir.version import same

__all__ = ["check_id", "save", "update", "update_where"]


def update(request: Request, access: Access, place: Place) -> Act:
    """Prepare to keep the body under the id of the address."""
    access.permit("u", place.type)
    check_id(place.id)
    resource = content.resource(request, place.type, id_=place.id)
    access.permit("u", place.type, resource)

    def run(repository: Repository) -> Response:
        return save(repository, request, access, resource)

    draft = Draft(resource=resource, id=place.id)
    return Act(name="update", writes=True, run=run, locks=(f"{place.type}/{place.id}",), draft=draft)


def update_where(request: Request, access: Access, place: Place) -> Act:
    """Prepare to keep the body as the one resource that meets the criteria, or as a new one where none does.

    https://hl7.org/fhir/R4/http.html#cond-update
    """
    access.permit("u", place.type)
    resource = content.resource(request, place.type, own_id=True)
    access.permit("u", place.type, resource)
    condition = in_address(request, access, "u", place.type)
    chosen = request.content.id if request.content else ""

    def run(repository: Repository) -> Response:
        existing = condition.meets(repository)
        given = resource.get("id")
        if existing is None and given is None and not chosen:
            access.permit("c", place.type, resource)
            return written(request, repository.create(resource), status=201, said="created.")
        if existing is not None and given not in (None, existing.id):
            raise Malformed(
                f"The criteria mean {place.type}/{existing.id}, the body has the id {str(given)[:64]!r}.",
                where=f"{place.type}.id",
                remedy="Send the same id, or none.",
            )
        id_ = existing.id if existing else given or chosen
        if existing is None and repository.read(place.type, id_) is not None:
            raise Conflict(
                f"{place.type}/{id_} exists and does not meet the criteria.",
                where=f"{place.type}.id",
                remedy="Update it under its own address, or correct the criteria.",
            )
        return save(repository, request, access, resource | {"id": id_})

    own = (f"{place.type}/{resource['id']}",) if "id" in resource else ()
    return Act(name="update", writes=True, run=run, locks=(condition.key, *own), meant=condition.meant)


def save(repository: Repository, request: Request, access: Access, resource: dict[str, Any]) -> Response:
    """Keep *resource*, whose id is right, and answer."""
    type_, id_ = resource["resourceType"], resource["id"]
    repository.lock(f"{type_}/{id_}")
    previous = repository.read(type_, id_)
    if previous is not None:
        check_own(access, "u", previous)
    current = None if previous is None or previous.deleted else previous
    check_match(request, current)
    if current is None:
        access.permit("c", type_, resource)
        return written(
            request, repository.update(resource, previous, method=request.method), status=201, said="created."
        )
    if current.body is not None and same(resource, current.body):
        return written(request, current, status=200, said="unchanged.")
    kept = repository.update(resource, current, method=request.method)
    # A booth's Encounter keeps what the gateway wrote into it: who may not read is shown their own words only.
    shown = may(access, "r", type_) or (kept.body is not None and same(resource, kept.body))
    return written(request, kept, status=200, said="updated.", shown=shown)


def check_id(id_: str) -> None:
    """Raise Malformed unless *id_* may be an id."""
    if not content.ID.fullmatch(id_):
        raise Malformed(
            f"{id_[:80]!r} is no id.", where="id", remedy="An id has 1 to 64 letters, digits, hyphens and dots."
        )
