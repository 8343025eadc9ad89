"""All that is kept of a patient: https://hl7.org/fhir/R4/patient-operation-everything.html.

The resources of the patient's record, type after type, and whom and what they name outside of it (practitioners,
places, devices of nobody). One page after the other: the `next` link goes on behind the last resource shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from gateway.errors import Forbidden, Malformed, NotSupported
from gateway.fhir.interactions.answer import json_response, missing
from gateway.fhir.interactions.negotiation import parameter
from gateway.fhir.interactions.own import check_own, is_own
from gateway.fhir.interactions.searchset import searchset
from gateway.fhir.interactions.shape import Shape
from gateway.fhir.repository import Repository, Stored
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search import cursor
from gateway.fhir.search.date import parse
from gateway.fhir.search.parameters import OWNERS, TYPES
from gateway.fhir.search.query import (
    LAST_UPDATED,
    Clause,
    Cursor,
    DateClause,
    DateValue,
    OwnerClause,
    Prefix,
    Query,
)

__all__ = ["PARAMETERS", "everything"]

PARAMETERS: Final = ("start", "end", "_since", "_type", "_count", "_cursor")
"""What it takes beside the general parameters."""

_COUNT: Final = 100
_MOST: Final = 500
_RECORD: Final = ("Patient", *OWNERS)
_ORDER: Final = (LAST_UPDATED,)
_REFERENCE: Final = re.compile(rb'"reference":"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Whose record, which types of it, what of each, and where the page begins."""

    patients: tuple[str, ...] | None
    types: tuple[str, ...]
    clauses: dict[str, tuple[Clause, ...]]
    count: int
    first: str
    start: Cursor | None


def everything(request: Request, access: Access, place: Place) -> Act:
    """Prepare to show the record of the patient in the address; without one, of every patient the caller may see."""
    access.permit("r", "Patient")
    wanted = _wanted(request, access, place)
    shape = Shape.of(request)

    def run(repository: Repository) -> Response:
        if place.id:
            patient = repository.read("Patient", place.id)
            if patient is None:
                raise missing("Patient", place.id)
            check_own(access, "r", patient)
        entries, more = _page(repository, wanted)
        beside = list(_beside(repository, entries, access))
        links = {"self": _url(request, None)} | ({} if more is None else {"next": _url(request, more)})
        return json_response(request, searchset(request.base, links, entries, beside, shape=shape))

    return Act(name="operation", writes=False, run=run)


def _wanted(request: Request, access: Access, place: Place) -> _Wanted:
    asked = [each for name, value in request.query if name == "_type" for each in value.split(",") if each]
    unknown = next((each for each in asked if each not in TYPES), None)
    if unknown is not None:
        raise NotSupported(f"{unknown[:80]} is no type of this server.", where="_type")
    own = access.compartment("r", "Patient")
    types = tuple(each for each in _RECORD if (not asked or each in asked) and _may_list(access, each, own))
    limit = {place.id} if place.id else None
    if own is not None:
        limit = {own} if limit is None else limit & {own}
    first, start = _cursor(parameter(request, "_cursor"), types)
    return _Wanted(
        patients=None if limit is None else tuple(limit),
        types=types,
        clauses={each: tuple(_clauses(request, each)) for each in types},
        count=_count(parameter(request, "_count")),
        first=first,
        start=start,
    )


def _may_list(access: Access, type_: str, own: str | None) -> bool:
    try:
        access.permit("r", type_)
        return access.compartment("s", type_) in (None, own)
    except Forbidden:
        return False


def _clauses(request: Request, type_: str) -> Iterator[Clause]:
    since = parameter(request, "_since")
    if since is not None:
        yield DateClause(updated=True, alternatives=(_date("_since", since, Prefix.GE),))
    row = TYPES[type_]
    if row.date is None or row.date.name == "birthdate":
        return
    for name, prefix in (("start", Prefix.GE), ("end", Prefix.LE)):
        said = parameter(request, name)
        if said is not None:
            yield DateClause(alternatives=(_date(name, said, prefix),))


def _date(name: str, said: str, prefix: Prefix) -> DateValue:
    found = parse(said.replace(" ", "+"))
    if found is None:
        raise Malformed(f"{name}={said[:40]} is no date.", where=name, remedy="Write e.g. 2026-11-22.")
    return DateValue(prefix=prefix, low=found.low, high=found.high)


def _count(said: str | None) -> int:
    if said is None:
        return _COUNT
    if not re.fullmatch("[0-9]{1,9}", said, re.ASCII):
        raise Malformed(f"_count={said[:40]} is no number.", where="_count", remedy="Write e.g. _count=100.")
    return min(int(said), _MOST) or _COUNT


def _cursor(said: str | None, types: tuple[str, ...]) -> tuple[str, Cursor | None]:
    if said is None:
        return "", None
    type_, _, word = said.partition(".")
    if type_ not in types:
        raise Malformed("_cursor is none of ours.", where="_cursor", remedy="Follow the links of the Bundle.")
    return type_, cursor.decode(word, _ORDER) if word else None


def _page(repository: Repository, wanted: _Wanted) -> tuple[list[Stored], str | None]:
    """Return the resources of a page and, where there are more, the word with which the next one begins."""
    entries: list[Stored] = []
    start = wanted.start
    for type_ in wanted.types[wanted.types.index(wanted.first) if wanted.first else 0 :]:
        left = wanted.count - len(entries)
        if left <= 0:
            return entries, f"{type_}."
        owned = () if wanted.patients is None else (OwnerClause(patients=wanted.patients),)
        query = Query(type=type_, clauses=(*owned, *wanted.clauses[type_]), order=_ORDER, count=left, cursor=start)
        page, start = repository.search(query), None
        entries += page.entries
        if page.next is not None:
            return entries, f"{type_}.{cursor.encode(page.next, _ORDER)}"
    return entries, None


def _beside(repository: Repository, entries: list[Stored], access: Access) -> Iterator[Stored]:
    """Yield what the entries name outside of every record, each once, as far as the caller may read it."""
    named = {(type_.decode(), id_.decode()) for each in entries for type_, id_ in _REFERENCE.findall(each.body or b"")}
    shown = {(each.type, each.id) for each in entries}
    for type_, id_ in sorted(named - shown):
        if type_ not in TYPES or (type_ in _RECORD and type_ != "Device"):
            continue
        stored = repository.read(type_, id_)
        if stored is not None and stored.body is not None and stored.patient is None and _may_read(access, stored):
            yield stored


def _may_read(access: Access, stored: Stored) -> bool:
    try:
        access.permit("r", stored.type)
        return is_own(access, "r", stored)
    except Forbidden:
        return False


def _url(request: Request, more: str | None) -> str:
    pairs = [pair for pair in request.query if pair[0] != "_cursor" or more is None]
    if more is not None:
        pairs.append(("_cursor", more))
    query = urlencode(pairs, safe="/:|,-")
    return f"{request.base}/{request.path.strip('/')}" + (f"?{query}" if query else "")
