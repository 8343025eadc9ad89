"""What every request passes: the right host, a deadline, one way to answer errors, one line in the log.

Nothing that a handler raises gets past here as a bare 500, and nothing about a person gets into the log: no path with
an id, no query.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

import structlog
from aiohttp import web

from gateway.errors import Malformed, MethodNotAllowed, NotFound, Problem, TooLarge, Unavailable
from gateway.http.problem import Unexpected, problem_response
from gateway.identity import Principal
from gateway.log import where_it_failed

__all__ = ["ENDLESS", "FLEET_STREAM", "GUEST_SOCKET", "LAST", "SOCKET", "WHO", "edge"]

ENDLESS: Final = "live"
FLEET_STREAM: Final = "fleet-live"
SOCKET: Final = "signalling"
GUEST_SOCKET: Final = "signalling-guest"
"""The route names of what may stay open beyond the deadline: streams and sockets that watch over themselves."""

_OPEN: Final = frozenset({ENDLESS, FLEET_STREAM, SOCKET, GUEST_SOCKET})

WHO: Final = web.RequestKey("who", Principal)
"""Who asked, once it is known: for the log, which takes only the kind."""

LAST: Final = web.RequestKey("last", bool)
"""Whether the connection ends with this answer."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log: Final[Any] = structlog.get_logger("http")


def edge(*, hosts: Collection[str] | None, deadline_s: float) -> Any:
    """Return the outermost middleware; *hosts* are the names this listener answers to, None for any.

    A browser led to us under a stranger's name (DNS rebinding) would let the stranger's page read all that we answer.
    """
    log = _log.bind()  # made once: it takes longer than the line

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        correlation, began = os.urandom(8).hex(), time.perf_counter()
        structlog.contextvars.bind_contextvars(correlation=correlation)
        try:
            _check_host(request, hosts)
            endless = request.match_info.route.name in _OPEN
            async with asyncio.timeout(None if endless else deadline_s):
                response = await handler(request)
        except Exception as error:  # noqa: BLE001 - the last resort: answered, logged, and never a bare 500
            response = problem_response(request, _problem(error, correlation), correlation=correlation)
        finally:
            structlog.contextvars.unbind_contextvars("correlation")
        if not response.prepared:
            response.headers["X-Request-Id"] = correlation
            if request.get(LAST):
                response.force_close()
        _tell(log, request, response, correlation, time.perf_counter() - began)
        return response

    return middleware


def _check_host(request: web.Request, hosts: Collection[str] | None) -> None:
    host = request.headers.get("Host", "")
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    if hosts is not None and name not in hosts:
        raise Malformed("This server does not answer to that name.", where="Host")


_PROBLEMS: Final[dict[type[Exception], tuple[type[Problem], str]]] = {
    web.HTTPNotFound: (NotFound, "There is nothing at this address."),
    web.HTTPRequestEntityTooLarge: (TooLarge, "The body is larger than this server takes; send less at once."),
    web.HTTPException: (Malformed, "The request cannot be read as HTTP."),
    web.RequestPayloadError: (Malformed, "The request's body is not what its headers say."),
    UnicodeError: (Malformed, "The request is not UTF-8 text."),
    TimeoutError: (Unavailable, "The request took too long; try again later."),
}
"""What aiohttp and Python raise, as problems; the nearest ancestor counts."""


def _problem(error: Exception, correlation: str) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, web.HTTPMethodNotAllowed):
        allow = tuple(sorted(error.allowed_methods))
        return MethodNotAllowed(f"This address does not take {error.method}.", allow=allow)
    known = next((kind for kind in type(error).__mro__ if kind in _PROBLEMS), None)
    if known is not None:
        problem, what = _PROBLEMS[known]
        return problem(what)
    _log.error("failed", correlation=correlation, **where_it_failed(error))
    return Unexpected(f"This is a mistake of the server; its log has it under {correlation}.")


def _tell(log: Any, request: web.Request, response: web.StreamResponse, correlation: str, took_s: float) -> None:
    resource = request.match_info.route.resource
    principal = request.get(WHO)
    log.info(
        "answered",
        correlation=correlation,
        method=request.method if request.method.isalpha() else "?",
        route=resource.canonical if resource else None,
        status=response.status,
        ms=round(took_s * 1000, 1),
        who=principal.kind.value if principal else None,
    )
