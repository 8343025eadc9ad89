"""From the outbox to the other side: every letter arrives once, however often it has to be sent.

A letter is an idempotent PUT (update-as-create with an id that was minted before), so that whatever cannot be known,
"did it commit before the link was cut?", is answered by sending it again. It leaves the outbox only after a 2xx.

    answer                          what happens
    2xx                             done: the letter and its body are deleted
    none, 429, 502, 503, 504        the link waits: exponential backoff with full jitter, or what Retry-After says
    401, 403, 408, 425, other 5xx   the letter waits, and those of the same record behind it; the others go on
    any other                       refused: kept and shown to the operator; those behind it go on
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from aiohttp import ClientSession

from gateway.database import Database, Keyring
from gateway.delivery.backoff import Backoff
from gateway.delivery.carrier import Carrier, Status
from gateway.delivery.put import Put

__all__ = ["Backoff", "Status", "deliver"]

_BACKOFF: Final = Backoff()


async def deliver(
    database: Database,
    keyring: Keyring,
    *,
    session: ClientSession,
    base_url: str,
    wake: asyncio.Event,
    destination: str = "gateway",
    report: Callable[[Status], None] = lambda _: None,
    leaving: Callable[[bytes], bytes] = bytes,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    backoff: Backoff = _BACKOFF,
    chance: random.Random | None = None,
    flights: int = 4,
    deadline_s: float = 10.0,
    poll_s: float = 2.0,
) -> None:
    """Carry the letters for *destination* to `PUT {base_url}/{path}`, for ever; cancel to stop.

    *session* brings the connection pool and the client certificate. Set *wake* after each commit that put a letter:
    it leaves at once. *report* is called with every change of Status. *leaving* makes of a letter's bytes those that
    are sent; all wait where it raises LinkError. This is the only carrier for *destination*: up to *flights* records
    are under way together, the letters of one record one after another. A full disk or a dead link makes it wait,
    never end.
    """
    carrier = Carrier(
        database=database,
        keyring=keyring,
        put=Put(session=session, base_url=base_url.rstrip("/"), deadline_s=deadline_s, now=now),
        destination=destination,
        wake=wake,
        report=report,
        leaving=leaving,
        now=now,
        backoff=backoff,
        chance=chance or random.Random(),  # noqa: S311  spreads retries, keeps no secret
        flights=asyncio.Semaphore(flights),
        poll_s=poll_s,
    )
    await carrier.run()
