"""What time it is, by the gateway: the Date of an answer that came under its certificate.

A booth whose clock is wrong by a year finds every certificate ended or not begun, and would never hear the right time.
So it may ask once more without its own clock: the certificate must be the gateway's and good *at the Date it tells*,
and that Date not before what is known to have passed. Who stole an old key cannot set a booth back, and who has none at
all cannot set it. Nothing but this question is asked in that way, and no answer to it is used for anything else.

https://www.rfc-editor.org/rfc/rfc9110#field.date
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from booth_client.config import GatewayLink
from booth_client.validity import Span, judged

__all__ = ["ask", "told"]

_DEADLINE: Final = ClientTimeout(total=5)
_HALF_A_SECOND: Final = timedelta(seconds=0.5)


def told(headers: Mapping[str, str]) -> datetime | None:
    """Return what time an answer tells, in the middle of its second; None where it tells none."""
    with suppress(ValueError, KeyError):
        date = parsedate_to_datetime(headers["Date"])
        return date.astimezone(UTC) + _HALF_A_SECOND if date.tzinfo else None
    return None


async def ask(link: GatewayLink, *, since: datetime) -> datetime | None:
    """Ask without a clock what time it is, later than *since*; None where no gateway says it."""
    for url, context, spans in _ways(link):
        with suppress(ClientError, OSError, TimeoutError):
            connector = TCPConnector(ssl=context)
            async with (
                ClientSession(connector=connector, cookie_jar=DummyCookieJar(), timeout=_DEADLINE) as session,
                session.get(f"{url.rstrip('/')}/fhir/R4/metadata", allow_redirects=False) as answer,
            ):
                at = told(answer.headers)
                if at is not None and at >= since and all(begins <= at <= ends for begins, ends in spans):
                    return at
    return None


def _ways(link: GatewayLink) -> Iterator[tuple[str, ssl.SSLContext, list[Span]]]:
    """Yield the gateway's listeners with what verifies each: a booth's own certificate may have ended meanwhile."""
    spans: list[Span] = []
    context = judged(ssl.create_default_context(cafile=link.ca), spans.append)
    context.load_cert_chain(link.certificate, link.key)
    yield link.base_url, context, spans
    if (link.enrolment or "").startswith("https://"):
        others: list[Span] = []
        context = ssl.create_default_context()
        context.load_verify_locations(link.ca)
        yield str(link.enrolment), judged(context, others.append), others
