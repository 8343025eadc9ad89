"""`/fhir/R4/…` over aiohttp: a request as the plain value that the store answers, and back."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from gateway.errors import Malformed
from gateway.fhir.rest import Request
from gateway.http.authentication import Authenticate
from gateway.store import Store

__all__ = ["PATH", "routes"]

PATH: Final = "/fhir/R4"
_MOST_PARAMETERS: Final = 200
_PROOFS: Final = frozenset({"authorization", "cookie"})
"""What proved who asks goes no further than here."""


def routes(store: Store, authenticate: Authenticate, *, base_url: str) -> list[web.RouteDef]:
    """Return the routes of the FHIR endpoint; *base_url* is how this listener is reached, no slash at the end."""

    async def handle(request: web.Request) -> web.Response:
        principal = await authenticate(request)
        answer = await store.handle(await _read(request, base_url + PATH), principal)
        body = b"" if request.method == "HEAD" else answer.body
        return web.Response(status=answer.status, headers=answer.headers, body=body)

    return [web.route("*", PATH, handle), web.route("*", PATH + "/{path:.*}", handle)]


async def _read(request: web.Request, base: str) -> Request:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        if key not in _PROOFS:
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
    try:
        path = unquote(request.rel_url.raw_path, errors="strict").removeprefix(PATH).strip("/")
        pairs = _pairs(request.rel_url.raw_query_string)
    except ValueError as error:
        why = "is not UTF-8" if isinstance(error, UnicodeError) else f"has more than {_MOST_PARAMETERS} parameters"
        raise Malformed(f"The address {why}.") from None
    return Request(method=request.method, path=path, base=base, query=pairs, headers=headers, body=await _body(request))


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    """Return what `parse_qsl` does; it takes its time, and most of a query is written as it is meant."""
    texts = query.split("&")
    if len(texts) > _MOST_PARAMETERS:
        raise ValueError(len(texts))
    return tuple([_pair(each) for each in texts if each])


def _pair(text: str) -> tuple[str, str]:
    if "%" in text or "+" in text:
        return _decoded(text)
    name, _, value = text.partition("=")
    return name, value


@lru_cache(maxsize=1024)
def _decoded(text: str) -> tuple[str, str]:
    (pair,) = parse_qsl(text, keep_blank_values=True, errors="strict")
    return pair


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Malformed(
            "The body is larger than this server takes.",
            where="$this",
            remedy="Send a smaller resource, or a large document as several.",
        ) from error
