"""What a resource, a type or the whole server was before: https://hl7.org/fhir/R4/http.html#history.

Newest first, deletions included. A page's `next` link goes on behind the last version shown, so that pages stay stable
while others write. A version that was erased with its patient's key keeps its place and shows nothing.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlencode

from gateway.errors import Forbidden, Malformed, NotSupported
from gateway.fhir.interactions.answer import json_response, missing
from gateway.fhir.interactions.negotiation import etag, parameter
from gateway.fhir.interactions.own import is_own
from gateway.fhir.interactions.shape import Shape
from gateway.fhir.json import dumps
from gateway.fhir.repository import History, Moment, Past, Repository, Stored
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search.date import parse
from gateway.fhir.search.parameters import TYPES
from gateway.fhir.version import instant

__all__ = ["PARAMETERS", "history"]

PARAMETERS: Final = ("_count", "_since", "_cursor", "_total")
"""What a history takes beside the general parameters."""

_COUNT: Final = 50
_MOST: Final = 500
_NAMES: Final = {"": "history-system", "type": "history-type", "id": "history-instance"}
_CURSOR: Final = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,8})", re.ASCII)


def history(request: Request, access: Access, place: Place) -> Act:
    """Prepare to show the versions of what the address names."""
    asked = _asked(request, access, place)
    shape = Shape.of(request)

    def run(repository: Repository) -> Response:
        if place.id:
            current = repository.read(place.type, place.id)
            if current is None or not is_own(access, "r", current):
                raise missing(place.type, place.id)
        page = repository.history(asked)
        shown = [each for each in page.entries if is_own(access, "r", each)]
        return json_response(request, _bundle(request, page, shown, shape, asked))

    name = _NAMES["id" if place.id else "type" if place.type else ""]
    return Act(name=name, writes=False, run=run)


def _asked(request: Request, access: Access, place: Place) -> History:
    types, patient = _limits(access, place)
    shape = Shape.of(request)
    return History(
        type=place.type,
        id=place.id,
        types=types,
        patient=patient,
        since=_since(parameter(request, "_since")),
        count=0 if shape.counts else _count(parameter(request, "_count")),
        cursor=_moment(parameter(request, "_cursor")),
        total=_total(parameter(request, "_total")) or shape.counts,
    )


def _limits(access: Access, place: Place) -> tuple[tuple[str, ...], str | None]:
    """Return the types whose history may be listed, and the only patient in whose record; raises Forbidden for none."""
    if place.id:
        access.permit("r", place.type)
        return (), None
    if place.type:
        access.permit("s", place.type)
        access.permit("r", place.type)
        return (), access.compartment("s", place.type)
    allowed = {name: patient for name in TYPES for patient in _allowed(access, name)}
    if not allowed:
        raise Forbidden("Your permissions do not include searching any type of resource.", where="_history")
    limits = set(allowed.values())
    if len(limits) > 1:  # some types whole, some of one record: only what is whole can be listed with one look
        allowed = {name: patient for name, patient in allowed.items() if patient is None}
    return tuple(allowed), next(iter(limits)) if len(limits) == 1 else None


def _allowed(access: Access, type_: str) -> list[str | None]:
    try:
        access.permit("r", type_)
        return [access.compartment("s", type_)]
    except Forbidden:
        return []


def _total(said: str | None) -> bool:
    if said not in (None, "none", "estimate", "accurate"):
        raise NotSupported(f"_total={said[:40]} is not known.", where="_total", remedy="Write none or accurate.")
    return said == "accurate"


def _count(said: str | None) -> int:
    if said is None:
        return _COUNT
    if not re.fullmatch("[0-9]{1,9}", said, re.ASCII):
        raise Malformed(f"_count={said[:40]} is no number.", where="_count", remedy="Write e.g. _count=50.")
    return min(int(said), _MOST) or _COUNT


def _since(said: str | None) -> int | None:
    # An unescaped + of a zone arrives as a blank.
    found = None if said is None else parse(said.replace(" ", "+"))
    if said is not None and found is None:
        raise Malformed(f"_since={said[:40]} is no instant.", where="_since", remedy="Write 2026-11-22T10:00:00Z.")
    return found.low if found else None


def _moment(said: str | None) -> Moment | None:
    if said is None:
        return None
    match = _CURSOR.fullmatch(said)
    if match is None:
        raise Malformed("_cursor is none of ours.", where="_cursor", remedy="Follow the links of the Bundle.")
    updated, serial, version = (int(each, 16) for each in match.groups())
    if max(updated, serial) >= 2**63:
        raise Malformed("_cursor is none of ours.", where="_cursor", remedy="Follow the links of the Bundle.")
    return Moment(updated=updated, serial=serial, version=version)


def _bundle(request: Request, page: Past, shown: list[Stored], shape: Shape, asked: History) -> bytes:
    links = [{"relation": "self", "url": _url(request, None)}]
    if page.next is not None:
        links.append({"relation": "next", "url": _url(request, page.next)})
    head: dict[str, Any] = {"resourceType": "Bundle", "type": "history"}
    if asked.total and page.total is not None:
        head["total"] = page.total
    entries = b",".join(_entry(request, each, shape) for each in shown)
    bundle = dumps(head | {"link": links})
    return bundle[:-1] + b',"entry":[' + entries + b"]}" if entries else bundle


def _url(request: Request, after: Moment | None) -> str:
    pairs = [pair for pair in request.query if pair[0] != "_cursor" or after is None]
    if after is not None:
        pairs.append(("_cursor", f"{after.updated:x}-{after.serial:x}-{after.version:x}"))
    query = urlencode(pairs, safe="/:|,-")
    return f"{request.base}/{request.path.strip('/')}" + (f"?{query}" if query else "")


def _entry(request: Request, stored: Stored, shape: Shape) -> bytes:
    name = f"{stored.type}/{stored.id}"
    usual, status = ("POST", "201") if stored.version == 1 else ("PUT", "200")
    if stored.deleted:
        usual, status = "DELETE", "204"
    method = stored.method or usual  # nothing was kept of what is older than the column
    entry = dumps(
        {
            "fullUrl": f"{request.base}/{name}",
            "request": {"method": method, "url": stored.type if method == "POST" else name},
            "response": {"status": status, "etag": etag(stored), "lastModified": instant(stored.updated)},
        }
    )
    if stored.body is None:
        return entry
    return entry[:-1] + b',"resource":' + shape.shown(stored.body) + b"}"
