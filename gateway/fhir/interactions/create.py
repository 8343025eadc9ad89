"""Create a resource, also only where none like it exists: https://hl7.org/fhir/R4/http.html#create.

Of any number of identical conditional creates at the same time exactly one creates, the others find what it made.
Criteria in the address (the dialect of fhirpy's get_or_create) mean the same as in If-None-Exist: to ignore them would
create what was to be found.
"""

from __future__ import annotations

from gateway.fhir.interactions import content
from gateway.fhir.interactions.answer import written
from gateway.fhir.interactions.conditional import Condition, in_address, in_text
from gateway.fhir.interactions.negotiation import GENERAL
from gateway.fhir.interactions.own import may
from gateway.fhir.repository import Repository, Stored
from gateway.fhir.rest import Access, Act, Draft, Place, Request, Response

__all__ = ["condition_of", "create"]


def create(request: Request, access: Access, place: Place) -> Act:
    """Prepare to keep the body as a new resource; an id in it does not count."""
    access.permit("c", place.type)
    resource = content.resource(request, place.type)
    access.permit("c", place.type, resource)
    condition = condition_of(request, access, place.type)
    chosen = request.content.id if request.content else ""

    def run(repository: Repository) -> Response:
        existing = condition.meets(repository) if condition else None
        if existing is not None:
            return written(request, existing, status=200, said="exists already.", shown=may(access, "r", place.type))
        if chosen:
            return created(repository.update(resource | {"id": chosen}, None, method="POST"))
        return created(repository.create(resource))

    def created(kept: Stored) -> Response:
        return written(request, kept, status=201, said="created.")

    locks = (condition.key,) if condition else ()
    draft = None if condition or chosen else Draft(resource=resource, answer=created)
    return Act(name="create", writes=True, run=run, locks=locks, draft=draft)


def condition_of(request: Request, access: Access, type_: str) -> Condition | None:
    """Return what must not exist, None where the create has no condition."""
    text = request.headers.get("if-none-exist")
    if text is not None:
        return in_text(text, request, access, "c", type_, where="if-none-exist")
    if any(name not in GENERAL for name, _ in request.query):
        return in_address(request, access, "c", type_)
    return None
