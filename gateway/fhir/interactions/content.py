"""The resource in a request's body: read, measured, checked."""

from __future__ import annotations

import re
from typing import Any, Final

from gateway.errors import Malformed
from gateway.fhir.interactions.negotiation import check_json
from gateway.fhir.json import loads, path_to
from gateway.fhir.rest import Request
from gateway.fhir.validation import check

__all__ = ["DEEPEST", "ID", "LARGEST", "check_depth", "read", "resource"]

LARGEST: Final = 4 * 1024 * 1024
"""The most bytes of one body."""

DEEPEST: Final = 64
"""The most levels of objects and lists in one body."""

_TYPE: Final = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,40})"')
_PEEKED: Final = 4096

ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
"""What an id may be: https://hl7.org/fhir/R4/datatypes.html#id."""


def resource(request: Request, type_: str, *, id_: str | None = None, own_id: bool = False) -> dict[str, Any]:
    """Return the valid resource of *type_* in the body.

    It has the id of the address where one is given; where `own_id`, its own counts if it has one, else it does not.
    Raises UnsupportedMedia, Malformed or Invalid.
    """
    given = request.content
    if given is None:
        check_json(request)
    value = read(request.body) if given is None else given.value
    found = value.get("resourceType") if isinstance(value, dict) else None
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
    resource: dict[str, Any] = value
    if given is None or not given.checked:
        ignored = id_ is None and not own_id
        check({name: each for name, each in resource.items() if name != "id"} if ignored else resource)
    return resource


def read(body: bytes) -> Any:
    """Return the JSON of a body; raises Malformed, which names the place."""
    if len(body) > LARGEST:
        named = _TYPE.search(body, 0, _PEEKED)
        raise Malformed(
            f"The body has {len(body)} bytes; at most {LARGEST} are read.",
            where=named[1].decode() if named else "$this",
            remedy="Send a smaller resource, or a large document as several.",
        )
    if not body:
        raise Malformed("The body is empty.", remedy="Send a resource as JSON.")
    value = loads(body)
    if body.count(b"{") + body.count(b"[") > DEEPEST:  # what has few brackets has few levels
        check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Raise Malformed, which names the place, for what is nested more than DEEPEST levels deep."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = [member for members in inside for member in members if isinstance(member, dict | list)]
        if not level:
            return
    raise Malformed(
        f"The body is nested more than {DEEPEST} levels deep.",
        where=path_to(value, lambda each: each is level[0]),
        remedy="Send a flatter resource.",
    )
