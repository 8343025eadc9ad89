"""Does the other side still want our packets? The question of RFC 7675, asked so that a bad line does not answer it.

aioice asks every five seconds with a single packet, and takes for an answer what comes within half a second. On a line
that loses a quarter of all packets each time one passes, or whose round trip is longer, six such questions in a row are
soon unanswered, and it closes a connection on which everything else arrives. The RFC has one limit, 30 s without any
valid answer; here a question that was not answered is asked again at once, each time for some seconds, until then.
https://www.rfc-editor.org/rfc/rfc7675#section-5.1
"""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import Final

from aioice import Connection
from aioice.stun import TransactionFailed, TransactionTimeout

__all__ = ["keep_consent", "patiently"]

_RANDOM: Final = secrets.SystemRandom()
_SPREAD: Final = 0.2
_SAID_AGAIN: Final = 2
"""How often one question is sent again: after 0.5 and 1.5 s; an answer counts until 3.5 s have passed."""


def patiently(connection: Connection, *, every_s: float = 5, expires_s: float = 30) -> None:
    """Let *connection*, which is not connected yet, ask as this file does instead of as the library does."""
    asks = partial(keep_consent, connection, every_s=every_s, expires_s=expires_s)
    connection.query_consent = asks  # type: ignore[method-assign] # the library has no other way to say it


async def keep_consent(connection: Connection, *, every_s: float, expires_s: float) -> None:
    """Ask every *every_s* (± 20 %) until cancelled; after *expires_s* without an answer, close and return.

    It is in the place of `Connection.query_consent`, which the library starts and ends by itself.
    """
    try:
        while True:
            async with asyncio.timeout(expires_s):
                await asyncio.sleep(every_s * _RANDOM.uniform(1 - _SPREAD, 1 + _SPREAD))
                while not await _answered(connection, every_s):
                    pass
    except TimeoutError:
        connection._query_consent_task = None  # noqa: SLF001  as the library's own does: `close` would wait for it
        await connection.close()


async def _answered(connection: Connection, pause_s: float) -> bool:
    """Say whether each pair in use was answered; one that was refused is left alone for a while."""
    password = (connection.remote_password or "").encode()
    for pair in list(connection._nominated.values()):  # noqa: SLF001  there is no public way
        request = connection.build_request(pair, nominate=False)
        try:
            await pair.protocol.request(request, pair.remote_addr, integrity_key=password, retransmissions=_SAID_AGAIN)
        except TransactionTimeout:
            return False
        except TransactionFailed:
            await asyncio.sleep(pause_s)
            return False
    return True
