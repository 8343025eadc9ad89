"""The booth's link to its gateway: mutual TLS, and an honest answer to « is the network there? ».

RFC 8446 (TLS 1.3): https://www.rfc-editor.org/rfc/rfc8446
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from booth_client import gateway_time
from booth_client.clock import Clock
from booth_client.config import GatewayLink
from booth_client.validity import Span, judged
from gateway.errors import SettingsError

__all__ = ["by", "fhir_base", "open_session", "renew", "tls", "watch"]

_PROBE_S: Final = 5.0
_EVERY_S: Final = 10.0
_WHILE_CUT_S: Final = 2.0


def fhir_base(link: GatewayLink) -> str:
    """Return the base of the FHIR endpoint."""
    return f"{link.base_url.rstrip('/')}/fhir/R4"


def by(now: Callable[[], datetime]) -> Callable[[Span], str | None]:
    """Return what judges a certificate by the clock *now*."""

    def judge(span: Span) -> str | None:
        begins, ends = span
        at = now()
        return None if begins <= at <= ends else f"good from {begins} to {ends}, and by the booth's clock it is {at}"

    return judge


def tls(link: GatewayLink, *, judge: Callable[[Span], str | None] | None = None) -> ssl.SSLContext:
    """Return the TLS context with the booth's certificate; *judge* looks at the gateway's dates instead of OpenSSL.

    Raises SettingsError where a file is missing or wrong.
    """
    for path in (link.ca, link.certificate, link.key):
        if not path.is_file():
            raise SettingsError(f"gateway: {path} does not exist; enrol the booth, or make demo certificates")
    try:
        context = ssl.create_default_context(cafile=link.ca)
        context.load_cert_chain(link.certificate, link.key)
    except (ssl.SSLError, OSError) as error:
        files = f"{link.ca}, {link.certificate}, {link.key}"
        raise SettingsError(f"gateway: the certificates {files} cannot be used: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context if judge is None else judged(context, judge)


def renew(context: ssl.SSLContext, link: GatewayLink) -> None:
    """Let new connections show the certificate that is in the file by now; raises SettingsError."""
    try:
        context.load_cert_chain(link.certificate, link.key)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"gateway: the certificate {link.certificate} cannot be used: {error}") from error


@asynccontextmanager
async def open_session(context: ssl.SSLContext) -> AsyncIterator[ClientSession]:
    """Open the connection pool to the gateway."""
    connector = TCPConnector(ssl=context, limit=8)
    async with ClientSession(connector=connector) as session:
        yield session


async def watch(
    session: ClientSession,
    link: GatewayLink,
    *,
    tell: Callable[[bool], Awaitable[None]],
    doubt: asyncio.Event,
    clock: Clock,
) -> None:
    """Tell whether the gateway answers, at each change, for ever; *doubt* set by anybody makes it look at once.

    *clock* hears from each answer what time it is.
    """
    known: bool | None = None
    while True:
        doubt.clear()
        answers = await _answers(session, link, clock)
        if answers is not known:
            known = answers
            await tell(answers)
        try:
            async with asyncio.timeout(_EVERY_S if answers else _WHILE_CUT_S):
                await doubt.wait()
            await asyncio.sleep(0.5)  # letters that fail together are one reason to look
        except TimeoutError:
            continue


async def _answers(session: ClientSession, link: GatewayLink, clock: Clock) -> bool:
    """Say whether the gateway answered anything at all: what it says is the delivery's business."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with session.get(f"{fhir_base(link)}/metadata", timeout=ClientTimeout(total=_PROBE_S)) as answer:
            at, took = gateway_time.told(answer.headers), timedelta(seconds=loop.time() - began)
    except (ClientError, OSError, TimeoutError):
        began = loop.time()
        at = None if clock.told else await gateway_time.ask(link, since=clock.since)
        if at is not None:  # it is there: with the right time it is asked again, as always
            clock.hear(at, took=timedelta(seconds=loop.time() - began))
            return await _answers(session, link, clock)
        return False
    if at is not None:
        clock.hear(at, took=took)
    return True
