"""The whole map of the FHIR endpoint: one table of addresses, methods and interactions.

A request is a plain value and so is the answer: the same router serves HTTP and tests without a socket.
https://hl7.org/fhir/R4/http.html#summary
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gateway.errors import Malformed, MethodNotAllowed, NotFound, NotSupported
from gateway.fhir.capability import statement
from gateway.fhir.interactions.capabilities import capabilities
from gateway.fhir.interactions.create import create
from gateway.fhir.interactions.negotiation import check_acceptable, preference
from gateway.fhir.interactions.read import read, vread
from gateway.fhir.interactions.search import search, search_by_post
from gateway.fhir.interactions.update import update
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search.parameters import TYPES

__all__ = ["ROUTES", "Access", "Act", "Place", "Request", "Response", "Route", "route"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row: a method and an address, FHIR's code of the interaction, and what prepares it.

    Words in braces in the address name parts of a `Place`. `own_format`: the interaction itself looks at what formats
    the client takes. `takes` are the query parameters beside those of the format; None: the interaction reads them all.
    """

    method: str
    address: str
    code: str
    prepare: Callable[[Request, Access, Place], Act]
    own_format: bool = False
    takes: tuple[str, ...] | None = ()


def _statement(base: str) -> dict[str, Any]:
    return statement(base, codes=tuple(dict.fromkeys(row.code for row in ROUTES if row.address.startswith("{type}"))))


ROUTES: Final = (
    Route(method="GET", address="metadata", code="capabilities", prepare=capabilities(_statement), takes=("mode",)),
    Route(method="GET", address="{type}", code="search-type", prepare=search, takes=None),
    Route(method="POST", address="{type}", code="create", prepare=create, takes=None),
    Route(
        method="POST", address="{type}/_search", code="search-type", prepare=search_by_post, own_format=True, takes=None
    ),
    Route(method="GET", address="{type}/{id}", code="read", prepare=read),
    Route(method="PUT", address="{type}/{id}", code="update", prepare=update),
    Route(method="GET", address="{type}/{id}/_history/{version}", code="vread", prepare=vread),
)
"""What is served; HEAD is where GET is. Where an address fits two rows, the one with fewer braces is meant."""


def route(request: Request, access: Access) -> Act:
    """Return the prepared interaction that *request* asks for; raises a Problem if there is none, or none allowed."""
    _check_text(request)
    address, place = _address(request.path)
    if place.type and place.type not in TYPES:
        raise NotFound(
            f"{place.type[:80]} is no resource type of this server.", remedy=f"It serves: {', '.join(sorted(TYPES))}."
        )
    rows = {row.method: row for row in ROUTES if row.address == address}
    method = "GET" if request.method == "HEAD" else request.method
    if method not in rows:
        allow = tuple(name for each in rows for name in ((each, "HEAD") if each == "GET" else (each,)))
        raise MethodNotAllowed(
            f"{request.method[:20]} is not offered at {request.path[:80]}.",
            allow=allow,
            remedy=f"Offered are: {', '.join(allow)}.",
        )
    if not rows[method].own_format:
        check_acceptable(request)
    _check_parameters(request, rows[method])
    return rows[method].prepare(request, access, place)


def _check_parameters(request: Request, row: Route) -> None:
    """Raise NotSupported for a parameter that would be ignored, unless the client said that it may be."""
    unknown = [name for name, _ in request.query if name not in (*_FORMAT, *(row.takes or ()))]
    if row.takes is not None and unknown and not preference(request).lenient:
        raise NotSupported(
            f"{row.code} has no parameter {unknown[0][:80]!r} here.",
            where=unknown[0][:80],
            remedy=f"Supported are: {', '.join((*_FORMAT, *row.takes))}.",
        )


def _address(path: str) -> tuple[str, Place]:
    given = path.strip("/").split("/")
    fits = [address for address in _ADDRESSES if _fits(address.split("/"), given)]
    if not fits:
        raise NotFound(f"There is nothing at {path[:80]!r}.", remedy="Read metadata to see what is served.")
    address = min(fits, key=lambda each: each.count("{"))
    named = {word[1:-1]: part for word, part in zip(address.split("/"), given, strict=True) if word[0] == "{"}
    return address, Place(**named)


def _fits(address: list[str], given: list[str]) -> bool:
    if len(address) != len(given):
        return False
    return all(word == part or (word[0] == "{" and part) for word, part in zip(address, given, strict=True))


_FORMAT: Final = ("_format", "_pretty")
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_ADDRESSES: Final = tuple(dict.fromkeys(row.address for row in ROUTES))


def _check_text(request: Request) -> None:
    """Raise Malformed for characters that no database stores and no client means."""
    for text in (
        request.method,
        request.path,
        *(part for pair in request.query for part in pair),
        *request.headers.values(),
    ):
        if _UNSTORABLE.search(text):
            raise Malformed(
                "The request line or a header holds NUL or bytes that are not UTF-8.",
                remedy="Percent-encode UTF-8 text.",
            )
