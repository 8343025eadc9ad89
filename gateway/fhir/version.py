"""What the server adds to a resource: its id and `meta.versionId` and `meta.lastUpdated`, and nothing else.

https://hl7.org/fhir/R4/resource.html#Meta
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gateway.fhir.json import dumps, loads

__all__ = ["bare", "instant", "same", "stamped"]

_OURS: Final = ("versionId", "lastUpdated")


def stamped(resource: Mapping[str, Any], *, id_: str, version: int, updated: datetime) -> dict[str, Any]:
    """Return *resource* with id and version, its own elements in the client's order."""
    given = resource.get("meta")
    meta = {"versionId": str(version), "lastUpdated": instant(updated), **(_without(given, _OURS) if given else {})}
    head = {"resourceType": resource["resourceType"], "id": id_, "meta": meta}
    # What the client has not written comes first, in FHIR's order; the rest stays where it is.
    order = dict.fromkeys(("resourceType", *(name for name in head if name not in resource), *resource))
    return {name: head.get(name, resource.get(name)) for name in order}


def bare(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return *resource* without what the server adds."""
    rest = _without(resource, ("id",))
    meta = _without(rest["meta"], _OURS) if isinstance(rest.get("meta"), Mapping) else None
    if meta:
        return rest | {"meta": meta}
    return _without(rest, ("meta",))


def same(resource: Mapping[str, Any], body: bytes) -> bool:
    """Return whether *resource* says exactly what the stored *body* says, down to the digits and the order."""
    return dumps(bare(resource)) == dumps(bare(loads(body, own=True)))


def instant(moment: datetime) -> str:
    """Return an aware moment in UTC as a FHIR instant, in microseconds."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _without(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: member for name, member in value.items() if name not in names}
