"""The OpenAPI document, made from the tables that the server runs on: it cannot say what is not so.

Every row of the router becomes one operation for each type it is offered for, with the search parameters of that type,
the statuses it may answer and the scopes it needs. https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.errors import (
    OUTCOMES,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    Problem,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from gateway.fhir.capability import software_version
from gateway.fhir.openapi.operation import Operation, Row
from gateway.fhir.openapi.parameters import form_members, taken
from gateway.fhir.openapi.schema import REFERENCE, schemas
from gateway.fhir.rest import FHIR_JSON
from gateway.fhir.search.parameters import COMPARTMENTS, TYPES

__all__ = ["document"]

_ALWAYS: Final[tuple[type[Problem], ...]] = (
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    NotAcceptable,
    Unavailable,
)
_WRITES: Final = (Conflict, PreconditionFailed, UnsupportedMedia, Invalid)

_ANSWERS: Final[Mapping[str, tuple[tuple[int, ...], tuple[type[Problem], ...]]]] = {
    "create": ((200, 201), _WRITES),
    "update": ((200, 201), (*_WRITES, Gone)),
    "patch": ((200, 201), (*_WRITES, Gone)),
    "delete": ((200, 204), (*_WRITES, Gone)),
    "transaction": ((200,), (*_WRITES, Gone)),
    "read": ((200, 304), (Gone,)),
    "vread": ((200, 304), (Gone,)),
    "history-instance": ((200,), (Gone,)),
    "$validate": ((200,), (UnsupportedMedia, Gone)),
    "$everything": ((200,), (Gone,)),
}
"""The good statuses and the problems beside the usual ones; what is not here answers 200."""

_MEANS: Final = {200: "OK", 201: "Created", 204: "Nothing to tell", 304: "What the client has is current"}
_PROBLEMS: Final[tuple[type[Problem], ...]] = (*_ALWAYS, *_WRITES, Gone)

_RESOURCE: Final = frozenset({"create", "read", "vread", "update", "patch"})
_OUTCOME: Final = frozenset({"$validate", "delete"})
_FORM: Final = "application/x-www-form-urlencoded"

_PATCH: Final = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["op", "path"],
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string"},
            "from": {"type": "string"},
            "value": {},
        },
    },
}


def document(base: str, rows: Sequence[Row], read_only: Collection[str]) -> dict[str, Any]:
    """Return the OpenAPI document of the server at *base* that serves *rows*, types that are *read_only* in part."""
    operations = list(_operations(rows, read_only))
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.row.method.lower()] = _described(each)
    scopes = sorted({scope for each in operations for scope in each.scopes})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Téléborne FHIR R4",
            "version": software_version(),
            "summary": "FHIR R4 (4.0.1), JSON",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "schemas": schemas([*TYPES, "OperationOutcome", "Parameters", "CapabilityStatement"]),
            "parameters": dict(pair for each in operations for pair in taken(each)),
            "responses": {kind.__name__: _refusal(kind) for kind in _PROBLEMS},
            "securitySchemes": {"smart": _smart(base, scopes)},
        },
    }


def _smart(base: str, scopes: Sequence[str]) -> dict[str, Any]:
    token = base.removesuffix("/fhir/R4") + "/oauth/token"
    return {
        "type": "oauth2",
        "description": "SMART Backend Services: client_credentials with a signed assertion (private_key_jwt).",
        "flows": {"clientCredentials": {"tokenUrl": token, "scopes": dict.fromkeys(scopes, "")}},
    }


def _operations(rows: Sequence[Row], read_only: Collection[str]) -> Iterator[Operation]:
    for row in rows:
        if "{compartment}" in row.address:
            for compartment, members in COMPARTMENTS.items():
                for type_, names in members.items():
                    if compartment in TYPES and type_ in TYPES and not TYPES[type_].named.keys().isdisjoint(names):
                        path = "/" + row.address.replace("{compartment}", compartment).replace("{type}", type_)
                        yield Operation(row=row, path=path, type=type_, compartment=compartment)
        elif "{type}" in row.address:
            for type_ in row.only or TYPES:
                if not (row.writes and type_ in read_only):
                    yield Operation(row=row, path="/" + row.address.replace("{type}", type_), type=type_)
        else:
            yield Operation(row=row, path=f"/{row.address}")


def _described(each: Operation) -> dict[str, Any]:
    row = each.row
    names = row.address.replace("{compartment}", each.compartment).replace("{type}", each.type)
    made: dict[str, Any] = {
        "operationId": f"{row.method.lower()}-{names.translate(_PLAIN).strip('-') or 'batch'}",
        "summary": " ".join(part for part in ("conditional" if each.conditional else "", row.code, each.type) if part),
        "tags": [each.type or "system"],
        "parameters": [{"$ref": f"#/components/parameters/{key}"} for key, _ in taken(each)],
        "responses": _responses(each),
        "security": [{"smart": list(each.scopes)}] if row.code != "capabilities" else [],
    }
    body = _body(each)
    # What an operation takes may all stand in the address.
    required = row.code not in ("$everything", "$lastn")
    return made | ({"requestBody": {"required": required, "content": body}} if body else {})


_PLAIN: Final = str.maketrans({"/": "-", "{": "", "}": "", "$": "", "_": ""})


def _body(each: Operation) -> dict[str, Any] | None:
    match each.row.code, each.row.method:
        case ("create" | "update", _):
            return _json({"$ref": REFERENCE + each.type})
        case ("transaction" | "$everything" | "$lastn" as code, "POST"):
            return _json({"$ref": REFERENCE + ("Bundle" if code == "transaction" else "Parameters")})
        case ("$validate", "POST"):
            return _json({"anyOf": [{"$ref": REFERENCE + each.type}, {"$ref": REFERENCE + "Parameters"}]})
        case ("patch", _):
            return {"application/json-patch+json": {"schema": _PATCH}}
        case ("search-type", "POST"):
            fields = form_members(each.type)
            return {_FORM: {"schema": {"type": "object", "properties": fields, "additionalProperties": False}}}
    return None


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {FHIR_JSON: {"schema": schema}}


def _responses(each: Operation) -> dict[str, Any]:
    good, problems = _ANSWERS.get(each.row.code, ((200,), ()))
    if each.row.method == "POST" and each.row.code in ("search-type", "$everything", "$lastn"):
        problems = (*problems, UnsupportedMedia)
    responses: dict[str, Any] = {str(status): _answer(each, status) for status in good}
    for kind in (*_ALWAYS, *problems):
        responses.setdefault(str(OUTCOMES[kind].status), {"$ref": f"#/components/responses/{kind.__name__}"})
    return dict(sorted(responses.items()))


def _answer(each: Operation, status: int) -> dict[str, Any]:
    said = {"description": _MEANS[status]}
    if status in (204, 304):
        return said
    outcome = {"$ref": REFERENCE + "OperationOutcome"}
    code = each.row.code
    if code in _RESOURCE:
        own = {"$ref": REFERENCE + each.type}
        if code not in ("read", "vread"):
            said = {"description": f"{_MEANS[status]}; no body with Prefer: return=minimal"}
        return said | {"content": _json(own if code in ("read", "vread") else {"anyOf": [own, outcome]})}
    if code in _OUTCOME:
        return said | {"content": _json(outcome)}
    name = "CapabilityStatement" if code == "capabilities" else "Bundle"
    return said | {"content": _json({"$ref": REFERENCE + name})}


def _refusal(kind: type[Problem]) -> dict[str, Any]:
    words = (kind.__doc__ or kind.__name__).partition("\n")[0]
    return {"description": words, "content": _json({"$ref": REFERENCE + "OperationOutcome"})}
