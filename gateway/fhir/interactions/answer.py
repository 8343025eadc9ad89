"""Answers that carry a stored resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.errors import Gone, MethodNotAllowed, NotFound, Problem, Unauthenticated, Unavailable
from gateway.fhir.interactions.negotiation import etag, http_date, parameter, preference
from gateway.fhir.json import dumps
from gateway.fhir.outcome import Lang, answer, operation_outcome
from gateway.fhir.repository import Stored
from gateway.fhir.rest import FHIR_JSON, Request, Response

__all__ = ["deleted", "found", "json_response", "language", "missing", "refused", "tags", "written"]


def json_response(
    request: Request, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return *body* as FHIR JSON, indented where the client asked for `_pretty`."""
    if parameter(request, "_pretty") == "true":
        body = msgspec.json.format(body, indent=2)
    return Response(status=status, headers={"Content-Type": FHIR_JSON, **(headers or {})}, body=body)


def found(stored: Stored) -> bytes:
    """Return the body of a version; raises Gone where it is a deletion or was erased."""
    if stored.deleted or stored.body is None:
        raise Gone(f"{stored.type}/{stored.id} was deleted.", where=stored.type)
    return stored.body


def missing(type_: str, id_: str) -> NotFound:
    """Return the one answer for what is not there and for what the caller may not know of."""
    return NotFound(f"There is no {type_}/{id_[:64]}.", where=type_)


def tags(stored: Stored) -> dict[str, str]:
    """Return the headers that name a version."""
    return {"ETag": etag(stored), "Last-Modified": http_date(stored.updated)}


def written(request: Request, stored: Stored, *, status: int, said: str, shown: bool = True) -> Response:
    """Answer a write with what the client prefers; 201 says where the new version is.

    *said* goes into the OperationOutcome; a resource that may not be *shown* is only named.
    """
    headers = tags(stored)
    if status == 201 or not shown:  # noqa: PLR2004  Created
        headers["Location"] = f"{request.base}/{stored.type}/{stored.id}/_history/{stored.version}"
    returns = preference(request).returns
    if returns == "OperationOutcome":
        return json_response(
            request, dumps(_information(f"{stored.type}/{stored.id}: {said}")), status=status, headers=headers
        )
    if returns == "minimal" or not shown or stored.body is None:
        return Response(status=status, headers=headers)
    return json_response(request, stored.body, status=status, headers=headers)


def deleted(request: Request, stored: Stored | None, said: str) -> Response:
    """Answer a deletion: in silence, or with an OperationOutcome where the client prefers one."""
    headers = tags(stored) if stored else {}
    if preference(request).returns == "OperationOutcome":
        return json_response(request, dumps(_information(said)), headers=headers)
    return Response(status=204, headers=headers)


def refused(request: Request, problem: Problem) -> Response:
    """Answer *problem* as an OperationOutcome, in French where that is asked for, with the headers HTTP wants."""
    headers = {}
    match problem:
        case MethodNotAllowed():
            headers["Allow"] = ", ".join(problem.allow)
        case Unauthenticated():
            headers["WWW-Authenticate"] = "Bearer"
        case Unavailable():
            headers["Retry-After"] = "1"
    body = dumps(operation_outcome(problem, lang=language(request)))
    return json_response(request, body, status=answer(problem).status, headers=headers)


def language(request: Request) -> Lang:
    """Return the language that the caller reads: French where it is asked for."""
    return "fr" if request.headers.get("accept-language", "").lower().startswith("fr") else "en"


def _information(text: str) -> dict[str, Any]:
    issue = {"severity": "information", "code": "informational", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
