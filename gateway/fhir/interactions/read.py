"""Read a resource, or one version of it: https://hl7.org/fhir/R4/http.html#read, https://hl7.org/fhir/R4/http.html#vread."""

from __future__ import annotations

import re

from gateway.fhir.interactions.answer import found, json_response, missing, tags
from gateway.fhir.interactions.negotiation import unchanged
from gateway.fhir.interactions.own import check_own
from gateway.fhir.interactions.shape import Shape
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response

__all__ = ["read", "version_number", "vread"]


def read(request: Request, access: Access, place: Place) -> Act:
    """Prepare to read the current version; 304 where the client has it already."""
    access.permit("r", place.type)
    shape = Shape.of(request)

    def run(repository: Repository) -> Response:
        stored = repository.read(place.type, place.id)
        if stored is None:
            raise missing(place.type, place.id)
        check_own(access, "r", stored)
        body = found(stored)
        if unchanged(request, stored):
            return Response(status=304, headers=tags(stored))
        return json_response(request, shape.shown(body), headers=tags(stored))

    return Act(name="read", writes=False, run=run)


def vread(request: Request, access: Access, place: Place) -> Act:
    """Prepare to read the version that the address names."""
    access.permit("r", place.type)
    shape = Shape.of(request)

    def run(repository: Repository) -> Response:
        stored = repository.vread(place.type, place.id, version_number(place.version))
        if stored is None:
            raise missing(place.type, place.id)
        check_own(access, "r", stored)
        return json_response(request, shape.shown(found(stored)), headers=tags(stored))

    return Act(name="vread", writes=False, run=run)


def version_number(version: str) -> int:
    """Return the version's number; 0, which is never there, for what is none of ours."""
    return int(version) if re.fullmatch("[1-9][0-9]{0,8}", version, re.ASCII) else 0
