"""Create a resource, also only where none like it exists: https://hl7.org/fhir/R4/http.html#create.

A conditional create locks its normalised criteria, then searches, then writes, all in one transaction: of any number of
identical ones at the same time exactly one creates, the others find what it made. Criteria in the address (the dialect
of fhirpy's get_or_create) mean the same as in If-None-Exist: to ignore them would create what was to be found.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from gateway.errors import Forbidden, Malformed, PreconditionFailed
from gateway.fhir.interactions import content
from gateway.fhir.interactions.answer import written
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search.parsing import criteria
from gateway.fhir.search.query import Query, restricted

__all__ = ["create"]


def create(request: Request, access: Access, place: Place) -> Act:
    """Prepare to keep the body as a new resource; an id in it does not count."""
    access.permit("c", place.type)
    resource = content.resource(request, place.type)
    access.permit("c", place.type, resource)
    query = _criteria(request, access, place)

    def run(repository: Repository) -> Response:
        if query is not None:
            repository.lock(f"{place.type}?{query.normalised}")
            existing = repository.search(query).entries
            if len(existing) > 1:
                raise PreconditionFailed(
                    f"More than one {place.type} matches.", where="if-none-exist", remedy="Name one identifier exactly."
                )
            if existing:
                return written(request, existing[0], status=200, said="exists already.", shown=_may_read(access, place))
        return written(request, repository.create(resource), status=201, said="created.")

    return Act(name="create", writes=True, run=run)


def _criteria(request: Request, access: Access, place: Place) -> Query | None:
    """Return what must not exist, None where the create has no condition."""
    condition = request.headers.get("if-none-exist")
    pairs = [pair for pair in request.query if pair[0] not in ("_format", "_pretty")]
    if condition is None and not pairs:
        return None
    try:
        pairs += parse_qsl(
            (condition or "").strip().removeprefix("?"), keep_blank_values=True, errors="strict", max_num_fields=20
        )
    except ValueError as error:
        raise Malformed(f"If-None-Exist cannot be read: {error}.", where="if-none-exist") from error
    return restricted(criteria(place.type, pairs, base=request.base), access.compartment("c", place.type))


def _may_read(access: Access, place: Place) -> bool:
    try:
        access.permit("r", place.type)
    except Forbidden:
        return False
    return True
