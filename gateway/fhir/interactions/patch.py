"""Change parts of a resource by a JSON Patch: https://hl7.org/fhir/R4/http.html#patch.

What the patch makes of the resource is checked like a body that was sent whole.
"""

from __future__ import annotations

from gateway.errors import Gone, Malformed
from gateway.fhir.interactions import content
from gateway.fhir.interactions.answer import missing
from gateway.fhir.interactions.conditional import in_address
from gateway.fhir.interactions.negotiation import JSON_PATCH, check_media
from gateway.fhir.interactions.own import check_own
from gateway.fhir.interactions.update import save
from gateway.fhir.json import loads
from gateway.fhir.json_patch import Patch, patched
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.validation import check

__all__ = ["patch", "patch_where"]


def patch(request: Request, access: Access, place: Place) -> Act:
    """Prepare to change the resource of the address; whether a patch fits tells what is stored, so it needs reading."""
    access.permit("u", place.type)
    access.permit("r", place.type)
    operations = _operations(request)

    def run(repository: Repository) -> Response:
        return _patch(repository, request, access, place, operations)

    return Act(name="patch", writes=True, run=run, locks=(f"{place.type}/{place.id}",))


def patch_where(request: Request, access: Access, place: Place) -> Act:
    """Prepare to change the one resource that meets the criteria; 404 where none does.

    https://hl7.org/fhir/R4/http.html#3.1.0.8.1
    """
    access.permit("u", place.type)
    access.permit("r", place.type)
    operations = _operations(request)
    condition = in_address(request, access, "u", place.type)

    def run(repository: Repository) -> Response:
        existing = condition.meets(repository)
        if existing is None:
            raise missing(place.type, "that meets the criteria")
        return _patch(repository, request, access, Place(type=place.type, id=existing.id), operations)

    return Act(name="patch", writes=True, run=run, locks=(condition.key,), meant=condition.meant)


def _operations(request: Request) -> Patch:
    if request.content is not None:
        return Patch.of(request.content.value)
    check_media(request, JSON_PATCH, what="A patch")
    return Patch.of(content.read(request.body))


def _patch(repository: Repository, request: Request, access: Access, place: Place, operations: Patch) -> Response:
    repository.lock(f"{place.type}/{place.id}")
    stored = repository.read(place.type, place.id)
    if stored is None:
        raise missing(place.type, place.id)
    check_own(access, "u", stored)
    if stored.body is None:
        raise Gone(f"{place.type}/{place.id} was deleted.", where=place.type)
    result = patched(loads(stored.body, own=True), operations)
    if not isinstance(result, dict) or (result.get("resourceType"), result.get("id")) != (place.type, place.id):
        raise Malformed(
            "The patch changes what the resource is: its resourceType or its id.",
            where=place.type,
            remedy="Leave these two as they are.",
        )
    content.check_depth(result)
    check(result)
    access.permit("u", place.type, result)
    return save(repository, request, access, result)
