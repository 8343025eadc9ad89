"""Read a resource, or one version of it: https://hl7.org/fhir/R4/http.html#read, https://hl7.org/fhir/R4/http.html#vread."""

from __future__ import annotations

import re

from gateway.errors import Forbidden
from gateway.fhir.interactions.answer import found, json_response, missing, tags
from gateway.fhir.interactions.negotiation import unchanged
from gateway.fhir.json import loads
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response

__all__ = ["check_visible", "read", "vread"]


def read(request: Request, access: Access, place: Place) -> Act:
    """Prepare to read the current version; 304 where the client has it already."""
    access.permit("r", place.type)

    def run(repository: Repository) -> Response:
        stored, body = found(repository.read(place.type, place.id), place.type, place.id)
        check_visible(access, place, body)
        if unchanged(request, stored):
            return Response(status=304, headers=tags(stored))
        return json_response(request, body, headers=tags(stored))

    return Act(name="read", writes=False, run=run)


def vread(request: Request, access: Access, place: Place) -> Act:
    """Prepare to read the version that the address names."""
    access.permit("r", place.type)

    def run(repository: Repository) -> Response:
        stored, body = found(repository.vread(place.type, place.id, _number(place.version)), place.type, place.id)
        check_visible(access, place, body)
        return json_response(request, body, headers=tags(stored))

    return Act(name="vread", writes=False, run=run)


def check_visible(access: Access, place: Place, body: bytes) -> None:
    """Raise NotFound where the caller sees one patient's resources only and this is none of them.

    The answer is the one for a resource that does not exist: a stranger's id must not be told from a wrong one.
    """
    if access.compartment("r", place.type) is None:
        return
    try:
        access.permit("r", place.type, loads(body, own=True))
    except Forbidden as error:
        raise missing(place.type, place.id) from error


def _number(version: str) -> int:
    """Return the version's number; 0, which is never there, for what is none of ours."""
    return int(version) if re.fullmatch("[1-9][0-9]{0,8}", version) else 0
