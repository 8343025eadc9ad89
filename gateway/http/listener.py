"""A listener: its port, its TLS, and the site that answers on it.

The port is taken before anything else is opened, so that a used one stops the start with one line.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.config import BoothListener, GatewaySettings, Limits, PeopleListener, is_loopback
from gateway.errors import SettingsError
from gateway.http.edge import edge
from gateway.http.headers import security_headers
from gateway.http.revocation import RevocationList

__all__ = ["Door", "Doors", "booths_tls", "door", "doors_of", "hosts", "people_tls", "serving", "site"]

_KEEPALIVE_S: Final = 75.0
_LINGERING_S: Final = 1.0
_HEADER_BYTES: Final = 8190
_HEADERS: Final = 64
_BACKLOG: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A taken port: its socket, its TLS (None: plain HTTP), and how it is reached, no slash at the end."""

    opened: socket.socket
    tls: ssl.SSLContext | None
    url: str


@contextlib.contextmanager
def door(table: str, host: str, port: int, *, tls: ssl.SSLContext | None, url: str | None = None) -> Iterator[Door]:
    """Hold a listening socket; *table* names the settings in the SettingsError for a port that cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.create_server((str(address[0]), port), family=family, backlog=_BACKLOG)
    except OSError as error:
        # create_server adds "(while attempting to bind on …)" to what the system says.
        why = (error.strerror or str(error)).partition(" (")[0]
        message = f"{table}: cannot listen on {host} port {port} ({why}); choose another {table}.port or {table}.host"
        raise SettingsError(message) from None
    with opened:
        yield Door(opened=opened, tls=tls, url=url or _url(opened, tls=tls is not None))


def _url(opened: socket.socket, *, tls: bool) -> str:
    host, port = opened.getsockname()[:2]
    name = "localhost" if is_loopback(host) else f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{port}"


def hosts(listener: PeopleListener, base_url: str) -> frozenset[str]:
    """Return the names that people may call the server by: that of *base_url*, and on loopback this machine's own."""
    authority = base_url.partition("://")[2]
    own = authority.rpartition(":")[0] if ":" in authority and not authority.endswith("]") else authority
    return frozenset({own, "localhost", "127.0.0.1", "[::1]"} if is_loopback(listener.host) else {own})


def site(*, names: frozenset[str] | None, limits: Limits, hsts: bool = False) -> web.Application:
    """Return a site without routes that has the edge's checks, the limits and the security headers; *names*: hosts."""
    made = web.Application(
        middlewares=[edge(hosts=names, deadline_s=limits.request_s)], client_max_size=limits.body_bytes
    )
    made.on_response_prepare.append(security_headers(hsts=hsts))
    return made


@asynccontextmanager
async def serving(answering: web.Application, at: Door, *, limits: Limits) -> AsyncIterator[None]:
    """Answer at the door for as long as the block lasts; then open requests have `limits.stop_s` to finish."""
    silent = logging.getLogger("gateway.http.silent")
    silent.disabled = True  # aiohttp would log what strangers send, octet by octet
    runner = web.AppRunner(
        answering,
        handle_signals=False,
        access_log=None,
        logger=silent,
        keepalive_timeout=_KEEPALIVE_S,
        lingering_time=_LINGERING_S,
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
        max_headers=_HEADERS,
        shutdown_timeout=limits.stop_s,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, at.opened, ssl_context=at.tls, backlog=_BACKLOG).start()
        yield
    finally:
        await runner.cleanup()


def people_tls(listener: PeopleListener) -> ssl.SSLContext | None:
    """Return the people's TLS, None where the listener has none; raises SettingsError."""
    if listener.certificate is None or listener.key is None:
        return None
    return _server("listen", listener.certificate, listener.key)


def booths_tls(listener: BoothListener) -> ssl.SSLContext:
    """Return TLS 1.3 that lets in only who has a key certified by the device authority; raises SettingsError."""
    context = _server("booths", listener.certificate, listener.key)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(listener.client_ca)
    except OSError as error:
        why = error.strerror or "not PEM"
        raise SettingsError(f"booths.client_ca: {listener.client_ca}: no CA certificate can be read ({why})") from None
    return context


def _server(table: str, certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for name, path in (("certificate", certificate), ("key", key)):
        if not path.is_file():
            raise SettingsError(
                f"{table}.{name}: {path}: there is no such file; python -m certs_example.make makes one"
            )
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        why = error.strerror or error.args[-1]
        message = (
            f"{table}.certificate and {table}.key: {certificate} and {key} are not a certificate and its key ({why})"
        )
        raise SettingsError(message) from None
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Both listeners, and what is revoked."""

    people: Door
    booths: Door | None
    revocations: RevocationList


def doors_of(stack: contextlib.ExitStack | contextlib.AsyncExitStack, settings: GatewaySettings) -> Doors:
    """Take both ports and read the certificates; nobody is answered yet. Raises SettingsError."""
    listen, booths = settings.listen, settings.booths
    tls, booths_door = people_tls(listen), None
    inner = booths_tls(booths) if booths else None
    people = stack.enter_context(door("listen", listen.host, listen.port, tls=tls, url=settings.base_url))
    if booths is not None:
        booths_door = stack.enter_context(door("booths", booths.host, booths.port, tls=inner))
    return Doors(people=people, booths=booths_door, revocations=RevocationList(booths.revoked if booths else None))
