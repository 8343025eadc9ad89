"""Search one type, by GET or by POST `_search`: https://hl7.org/fhir/R4/http.html#search."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from gateway.errors import Malformed, TooLarge, UnsupportedMedia
from gateway.fhir.interactions.answer import json_response
from gateway.fhir.interactions.negotiation import check_acceptable, preference
from gateway.fhir.interactions.shape import Shape
from gateway.fhir.interactions.update import check_id
from gateway.fhir.json import dumps
from gateway.fhir.repository import Page, Repository, Stored
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search import cursor, parsing
from gateway.fhir.search.limit import limited
from gateway.fhir.search.parsing import Search

__all__ = ["search", "search_by_post"]

_FORM: Final = "application/x-www-form-urlencoded"
_LARGEST_FORM: Final = 64 * 1024


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

    return Act(name="search-type", writes=False, run=run)


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
    whole = replace(request, query=(*request.query, *form))
    check_acceptable(whole)
    return search(whole, access, place)


def _bundle(address: str, request: Request, asked: Search, page: Page, shape: Shape) -> bytes:
    links = [{"relation": "self", "url": _url(address, asked, asked.used)}]
    if page.next is not None:
        start = ("_cursor", cursor.encode(page.next, asked.query.order))
        pairs = (*(pair for pair in asked.used if pair[0] != "_cursor"), start)
        links.append({"relation": "next", "url": _url(address, asked, pairs)})
    head: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        head["total"] = page.total
    entries = [_entry(request, each, shape, b"match") for each in page.entries]
    entries += [_entry(request, each, shape, b"include") for each in page.included]
    if asked.ignored:
        entries.append(_outcome(asked.ignored))
    # The stored bytes are put in as they are: what a client sent is what every client gets, digit for digit.
    bundle = dumps(head | {"link": links})
    return bundle[:-1] + b',"entry":[' + b",".join(entries) + b"]}" if entries else bundle


def _url(address: str, asked: Search, pairs: tuple[tuple[str, str], ...]) -> str:
    count = str(asked.query.count)
    shown = [(name, count if name == "_count" else value) for name, value in pairs]
    query = urlencode(shown, safe="/:|,-$")
    return address + (f"?{query}" if query else "")


def _entry(request: Request, stored: Stored, shape: Shape, mode: bytes) -> bytes:
    url = dumps(f"{request.base}/{stored.type}/{stored.id}")
    body = shape.shown(stored.body or b"null")
    return b'{"fullUrl":' + url + b',"resource":' + body + b',"search":{"mode":"' + mode + b'"}}'


def _outcome(ignored: tuple[str, ...]) -> bytes:
    names = ", ".join(name[:80] for name in ignored)
    issue = {
        "severity": "warning",
        "code": "not-supported",
        "diagnostics": f"Left out because this server does not know them: {names}.",
        "location": [f"http.{name[:80]}" for name in ignored],
    }
    resource = {"resourceType": "OperationOutcome", "issue": [issue]}
    return dumps({"resource": resource, "search": {"mode": "outcome"}})
