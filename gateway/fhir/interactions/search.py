"""Search one type, by GET or by POST `_search`: https://hl7.org/fhir/R4/http.html#search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from msgspec import structs

from gateway.errors import Malformed, TooLarge, UnsupportedMedia
from gateway.fhir.interactions.answer import json_response
from gateway.fhir.interactions.negotiation import check_acceptable, preference
from gateway.fhir.interactions.searchset import searchset
from gateway.fhir.interactions.shape import Shape
from gateway.fhir.interactions.update import check_id
from gateway.fhir.repository import Page, Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search import cursor, parsing
from gateway.fhir.search.limit import limited
from gateway.fhir.search.parsing import Search

__all__ = ["search", "search_by_post"]

_FORM: Final = "application/x-www-form-urlencoded"
_LARGEST_FORM: Final = 64 * 1024
_SAFE: Final = "/:|,-$"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~/:|,$-]*", re.ASCII)
"""What is written in an address as it is."""


def search(request: Request, access: Access, place: Place) -> Act:
    """Prepare to search with the parameters of the address, in a compartment where the place names one."""
    access.permit("s", place.type)
    lenient, shape = preference(request).lenient, Shape.of(request)
    asked = parsing.search(place.type, request.query, base=request.base, lenient=lenient)
    query = asked.query
    if place.compartment:
        check_id(place.id)
        query = parsing.in_compartment(query, place.compartment, place.id, base=request.base)
    query = limited(query, partial(access.compartment, "s"))
    address = f"{place.compartment}/{place.id}/{place.type}" if place.compartment else place.type

    def run(repository: Repository) -> Response:
        page = repository.search(query)
        return json_response(request, _bundle(f"{request.base}/{address}", request, asked, page, shape))

    return Act(name="search-type", writes=False, run=run, once=shape.whole)


def search_by_post(request: Request, access: Access, place: Place) -> Act:
    """Prepare to search with the parameters of the address and of the form in the body."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM and (media or request.body):
        raise UnsupportedMedia(
            f"A search is not read from {media[:80]}.", where="content-type", remedy=f"Send {_FORM}."
        )
    if len(request.body) > _LARGEST_FORM:
        raise TooLarge(f"The form has {len(request.body)} bytes; at most {_LARGEST_FORM} are read.")
    try:
        form = parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Malformed(f"The form cannot be read: {error}.", remedy="Send name=value pairs in UTF-8.") from error
    whole = structs.replace(request, query=(*request.query, *form))
    check_acceptable(whole)
    return search(whole, access, place)


def _bundle(address: str, request: Request, asked: Search, page: Page, shape: Shape) -> bytes:
    count = str(asked.query.count)
    written = [(name, _written(name, count if name == "_count" else value)) for name, value in asked.used]
    links = {"self": _url(address, [each for _, each in written])}
    if page.next is not None:
        start = f"_cursor={cursor.encode(page.next, asked.query.order)}"
        links["next"] = _url(address, [*(each for name, each in written if name != "_cursor"), start])
    outcome = _outcome(asked.ignored) if asked.ignored else None
    return searchset(request.base, links, page.entries, page.included, shape=shape, total=page.total, outcome=outcome)


def _url(address: str, written: Sequence[str]) -> str:
    return f"{address}?{'&'.join(written)}" if written else address


@lru_cache(maxsize=4096)
def _written(name: str, value: str) -> str:
    plain = _PLAIN.fullmatch(name) and _PLAIN.fullmatch(value)
    return f"{name}={value}" if plain else urlencode({name: value}, safe=_SAFE)


def _outcome(ignored: tuple[str, ...]) -> dict[str, Any]:
    names = ", ".join(name[:80] for name in ignored)
    issue = {
        "severity": "warning",
        "code": "not-supported",
        "diagnostics": f"Left out because this server does not know them: {names}.",
        "location": [f"http.{name[:80]}" for name in ignored],
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}
