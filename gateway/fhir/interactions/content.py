"""The resource in a request's body: read, measured, checked."""

from __future__ import annotations

import re
from typing import Any, Final

from gateway.errors import Malformed, TooLarge
from gateway.fhir.interactions.negotiation import check_json
from gateway.fhir.json import loads
from gateway.fhir.rest import Request
from gateway.fhir.validation import check

__all__ = ["DEEPEST", "ID", "LARGEST", "resource"]

LARGEST: Final = 4 * 1024 * 1024
"""The most bytes of one body."""

DEEPEST: Final = 64
"""The most levels of objects and lists in one body."""

ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
"""What an id may be: https://hl7.org/fhir/R4/datatypes.html#id."""


def resource(request: Request, type_: str, *, id_: str | None = None) -> dict[str, Any]:
    """Return the valid resource of *type_* in the body; it has the id of the address where one is given.

    Raises UnsupportedMedia, TooLarge, Malformed or Invalid.
    """
    check_json(request)
    value = _read(request.body)
    found = value.get("resourceType")
    if found != type_:
        raise Malformed(
            f"The body is a {found[:80] if isinstance(found, str) else 'resource of no type'}, the address a {type_}.",
            where="resourceType",
            remedy=f"Send a {type_}, or send it to its own address.",
        )
    if id_ is not None and value.get("id") != id_:
        raise Malformed(
            f"The id in the body is {str(value.get('id'))[:80]!r}, in the address {id_!r}.",
            where=f"{type_}.id",
            remedy="Send the same id in both.",
        )
    check(value if id_ is not None else {name: member for name, member in value.items() if name != "id"})
    return value


def _read(body: bytes) -> dict[str, Any]:
    if len(body) > LARGEST:
        raise TooLarge(
            f"The body has {len(body)} bytes; at most {LARGEST} are read.", remedy="Send a smaller resource."
        )
    if not body:
        raise Malformed("The body is empty.", remedy="Send a resource as JSON.")
    value = loads(body)
    if not isinstance(value, dict):
        raise Malformed("The body is no JSON object.", remedy="Send one resource.")
    _check_depth(value)
    return value


def _check_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = [member for members in inside for member in members if isinstance(member, dict | list)]
        if not level:
            return
    raise TooLarge(f"The body is nested more than {DEEPEST} levels deep.", remedy="Send a flatter resource.")
