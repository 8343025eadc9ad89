"""Search one type, by GET or by POST `_search`: https://hl7.org/fhir/R4/http.html#search."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from gateway.errors import Malformed, TooLarge, UnsupportedMedia
from gateway.fhir.interactions.answer import json_response
from gateway.fhir.interactions.negotiation import check_acceptable, preference
from gateway.fhir.json import dumps
from gateway.fhir.repository import Page, Repository, Stored
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search import cursor, parsing
from gateway.fhir.search.parsing import Search
from gateway.fhir.search.query import restricted

__all__ = ["search", "search_by_post"]

_FORM: Final = "application/x-www-form-urlencoded"
_LARGEST_FORM: Final = 64 * 1024


def search(request: Request, access: Access, place: Place) -> Act:
    """Prepare to search with the parameters of the address."""
    access.permit("s", place.type)
    lenient = preference(request).lenient
    asked = parsing.search(place.type, request.query, base=request.base, lenient=lenient)
    query = restricted(asked.query, access.compartment("s", place.type))

    def run(repository: Repository) -> Response:
        return json_response(request, _bundle(request, asked, repository.search(query)))

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


def _bundle(request: Request, asked: Search, page: Page) -> bytes:
    links = [{"relation": "self", "url": _url(request, asked, asked.used)}]
    if page.next is not None:
        start = ("_cursor", cursor.encode(page.next, asked.query.order))
        pairs = (*(pair for pair in asked.used if pair[0] != "_cursor"), start)
        links.append({"relation": "next", "url": _url(request, asked, pairs)})
    head: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        head["total"] = page.total
    entries = [_entry(request, each) for each in page.entries]
    if asked.ignored:
        entries.append(_outcome(asked.ignored))
    # The stored bytes are put in as they are: what a client sent is what every client gets, digit for digit.
    bundle = dumps(head | {"link": links})
    return bundle[:-1] + b',"entry":[' + b",".join(entries) + b"]}" if entries else bundle


def _url(request: Request, asked: Search, pairs: tuple[tuple[str, str], ...]) -> str:
    count = str(asked.query.count)
    shown = [(name, count if name == "_count" else value) for name, value in pairs]
    query = urlencode(shown, safe="/:|,-")
    return f"{request.base}/{asked.query.type}" + (f"?{query}" if query else "")


def _entry(request: Request, stored: Stored) -> bytes:
    url = dumps(f"{request.base}/{stored.type}/{stored.id}")
    return b'{"fullUrl":' + url + b',"resource":' + (stored.body or b"null") + b',"search":{"mode":"match"}}'


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
