"""The whole map of the FHIR endpoint: one table of addresses, methods and interactions.

A request is a plain value and so is the answer: the same router serves HTTP and tests without a socket.
https://hl7.org/fhir/R4/http.html#summary
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from gateway.errors import Malformed, MethodNotAllowed, NotFound, NotSupported
from gateway.fhir.capability import statement
from gateway.fhir.interactions import everything as everything_
from gateway.fhir.interactions import history as history_
from gateway.fhir.interactions import validate as validate_
from gateway.fhir.interactions.capabilities import capabilities
from gateway.fhir.interactions.create import create
from gateway.fhir.interactions.delete import delete, delete_where
from gateway.fhir.interactions.everything import everything
from gateway.fhir.interactions.history import history
from gateway.fhir.interactions.last_n import last_n
from gateway.fhir.interactions.negotiation import GENERAL, check_acceptable, preference
from gateway.fhir.interactions.patch import patch, patch_where
from gateway.fhir.interactions.posted import posted
from gateway.fhir.interactions.read import read, vread
from gateway.fhir.interactions.search import search, search_by_post
from gateway.fhir.interactions.submit import submit
from gateway.fhir.interactions.update import update, update_where
from gateway.fhir.interactions.validate import validate
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search.parameters import TYPES

__all__ = ["READ_ONLY", "ROUTES", "Access", "Act", "Place", "Request", "Response", "Route", "route"]


READ_ONLY: Final = frozenset({"AuditEvent"})
"""Types that only the server itself writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row: a method and an address, FHIR's code of the interaction, and what prepares it.

    Words in braces in the address name parts of a `Place`. `only` are the types it is offered for (none: all). `writes`
    tells what is not offered for types that only the server writes. `takes` are the query parameters beside the general
    ones; None: the interaction reads them all. `own_format`: it looks itself at what formats the client takes.
    """

    method: str
    address: str
    code: str
    prepare: Callable[[Request, Access, Place], Act]
    only: tuple[str, ...] = ()
    writes: bool = False
    own_format: bool = False
    takes: tuple[str, ...] | None = ()


def _statement(base: str) -> dict[str, Any]:
    return statement(base, ROUTES, READ_ONLY)


def _row(method: str, address: str, code: str, prepare: Callable[[Request, Access, Place], Act], **more: Any) -> Route:
    return Route(method=method, address=address, code=code, prepare=prepare, **more)


_everything: Final = posted(everything, takes=everything_.PARAMETERS)

ROUTES: Final = (
    _row("GET", "metadata", "capabilities", capabilities(_statement), takes=("mode",)),
    _row("POST", "", "transaction", submit(lambda: route), writes=True),
    _row("GET", "_history", "history-system", history, takes=history_.PARAMETERS),
    _row("GET", "{type}", "search-type", search, takes=None),
    _row("POST", "{type}", "create", create, writes=True, takes=None),
    _row("PUT", "{type}", "update", update_where, writes=True, takes=None),
    _row("PATCH", "{type}", "patch", patch_where, writes=True, takes=None),
    _row("DELETE", "{type}", "delete", delete_where, writes=True, takes=None),
    _row("POST", "{type}/_search", "search-type", search_by_post, own_format=True, takes=None),
    # What only the server writes is never changed: it has no history.
    _row("GET", "{type}/_history", "history-type", history, writes=True, takes=history_.PARAMETERS),
    _row("GET", "{type}/{id}", "read", read),
    _row("PUT", "{type}/{id}", "update", update, writes=True),
    _row("PATCH", "{type}/{id}", "patch", patch, writes=True),
    _row("DELETE", "{type}/{id}", "delete", delete, writes=True),
    _row("GET", "{type}/{id}/_history", "history-instance", history, writes=True, takes=history_.PARAMETERS),
    _row("GET", "{type}/{id}/_history/{version}", "vread", vread),
    _row("GET", "{compartment}/{id}/{type}", "search-type", search, takes=None),
    _row("POST", "{compartment}/{id}/{type}/_search", "search-type", search_by_post, own_format=True, takes=None),
    _row("POST", "{type}/$validate", "$validate", validate, takes=validate_.PARAMETERS),
    _row("GET", "{type}/{id}/$validate", "$validate", validate, takes=validate_.PARAMETERS),
    _row("POST", "{type}/{id}/$validate", "$validate", validate, takes=validate_.PARAMETERS),
    _row("GET", "{type}/$everything", "$everything", everything, only=("Patient",), takes=everything_.PARAMETERS),
    _row("GET", "{type}/{id}/$everything", "$everything", everything, only=("Patient",), takes=everything_.PARAMETERS),
    _row("GET", "{type}/$lastn", "$lastn", last_n, only=("Observation",), takes=None),
    _row("POST", "{type}/$everything", "$everything", _everything, only=("Patient",), takes=everything_.PARAMETERS),
    _row(
        "POST", "{type}/{id}/$everything", "$everything", _everything, only=("Patient",), takes=everything_.PARAMETERS
    ),
    _row("POST", "{type}/$lastn", "$lastn", posted(last_n, takes=None), only=("Observation",), takes=None),
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
    rows = _rows(address, place.type)
    if not rows:
        raise NotFound(f"There is nothing at {request.path[:80]!r}.", remedy="Read metadata to see what is served.")
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


@lru_cache(maxsize=1024)
def _rows(address: str, type_: str) -> dict[str, Route]:
    """Return what is offered at an address, by method."""
    return {row.method: row for row in ROUTES if row.address == address and _offered(row, type_)}


def _offered(row: Route, type_: str) -> bool:
    return (not row.only or type_ in row.only) and not (row.writes and type_ in READ_ONLY)


def _check_parameters(request: Request, row: Route) -> None:
    """Raise NotSupported for a parameter that would be ignored, unless the client said that it may be."""
    if row.takes is None:
        return
    unknown = [name for name, _ in request.query if name not in (*GENERAL, *row.takes)]
    if unknown and not preference(request).lenient:
        raise NotSupported(
            f"{row.code} has no parameter {unknown[0][:80]!r} here.",
            where=unknown[0][:80],
            remedy=f"Supported are: {', '.join((*GENERAL, *row.takes))}.",
        )


@lru_cache(maxsize=1024)
def _address(path: str) -> tuple[str, Place]:
    """Return the row's address that a path means, and what it names; programs ask the same ones again and again."""
    given = path.strip("/").split("/")
    fits = [address for address in _ADDRESSES if _fits(address.split("/"), given)]
    if not fits:
        raise NotFound(f"There is nothing at {path[:80]!r}.", remedy="Read metadata to see what is served.")
    address = min(fits, key=lambda each: each.count("{"))
    named = {word[1:-1]: part for word, part in zip(address.split("/"), given, strict=True) if word[:1] == "{"}
    return address, Place(**named)


def _fits(address: list[str], given: list[str]) -> bool:
    if len(address) != len(given):
        return False
    return all(
        word == part or (word[:1] == "{" and part and part[0] not in "$_")
        for word, part in zip(address, given, strict=True)
    )


_LONE: Final = re.compile("[\ud800-\udfff]")
_ADDRESSES: Final = tuple(dict.fromkeys(row.address for row in ROUTES))


def _check_text(request: Request) -> None:
    """Raise Malformed for characters that no database stores and no client means."""
    text = "".join((request.method, request.path, *chain.from_iterable(request.query), *request.headers.values()))
    if "\0" in text or (not text.isascii() and _LONE.search(text)):
        raise Malformed(
            "The request line or a header holds NUL or bytes that are not UTF-8.", remedy="Percent-encode UTF-8 text."
        )
