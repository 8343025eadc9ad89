"""The booth's link to its gateway: mutual TLS, and an honest answer to « is the network there? ».

RFC 8446 (TLS 1.3): https://www.rfc-editor.org/rfc/rfc8446
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from booth_client.config import GatewayLink
from gateway.errors import SettingsError

__all__ = ["fhir_base", "open_session", "watch"]

_PROBE_S: Final = 5.0
_EVERY_S: Final = 10.0
_WHILE_CUT_S: Final = 2.0


def fhir_base(link: GatewayLink) -> str:
    """Return the base of the FHIR endpoint."""
    return f"{link.base_url.rstrip('/')}/fhir/R4"


def tls(link: GatewayLink) -> ssl.SSLContext:
    """Return the TLS context with the booth's certificate. Raises SettingsError where a file is missing or wrong."""
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
    return context


@asynccontextmanager
async def open_session(link: GatewayLink) -> AsyncIterator[ClientSession]:
    """Open the connection pool to the gateway."""
    connector = TCPConnector(ssl=tls(link), limit=8)
    async with ClientSession(connector=connector) as session:
        yield session


async def watch(
    session: ClientSession, link: GatewayLink, *, tell: Callable[[bool], Awaitable[None]], doubt: asyncio.Event
) -> None:
    """Tell whether the gateway answers, at each change, for ever; *doubt* set by anybody makes it look at once."""
    known: bool | None = None
    while True:
        doubt.clear()
        answers = await _answers(session, link)
        if answers is not known:
            known = answers
            await tell(answers)
        try:
            async with asyncio.timeout(_EVERY_S if answers else _WHILE_CUT_S):
                await doubt.wait()
            await asyncio.sleep(0.5)  # letters that fail together are one reason to look
        except TimeoutError:
            continue


async def _answers(session: ClientSession, link: GatewayLink) -> bool:
    """Say whether the gateway answered anything at all: what it says is the delivery's business."""
    try:
        async with session.get(f"{fhir_base(link)}/metadata", timeout=ClientTimeout(total=_PROBE_S)):
            return True
    except (ClientError, OSError, TimeoutError):
        return False
