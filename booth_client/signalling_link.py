"""The booth's link to signalling: one WebSocket, made again whenever it breaks. It knows no policy.

docs/signalling.md, *Connection*: a ticket over mutual TLS, `hello` with what is known, and what was missed is said
again; reconnecting with jitter, 0.2 s doubling to 5 s, each ± 50 %. `send` waits while the link is down, and what the
server says comes out of `async for`, in order and once.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
)

from gateway.errors import LinkError
from signalling import messages as m
from signalling.envelope import PROTOCOL, Envelope, dump, parse
from signalling.errors import BadMessage
from signalling.line import Closing

__all__ = ["LinkDeadlines", "Say", "SignallingLink", "Superseded", "pause"]

_FOR_GOOD: Final = {
    int(Closing.TAKEN_OVER): "another program with this booth's certificate has taken its place",
}


class Say(Protocol):
    """Sends one message to the signalling server, as `SignallingLink.send` does."""

    def __call__(
        self, body: m.Message, /, *, call: str | None = None, to: str | None = None, gen: int = 1
    ) -> Coroutine[Any, Any, str]:
        """Return the message's id once it is sent; waits while the link is down."""


class Superseded(LinkError):
    """The server says not to come back by oneself: a second program has this booth's certificate; look who runs it."""


class _Broken(LinkError):
    """One connection is over; the next may work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDeadlines:
    """How long the link takes for what, and how it comes back."""

    ticket_s: float = 10
    hello_s: float = 10
    send_s: float = 10
    heartbeat_s: float = 20
    close_s: float = 1
    first_pause_s: float = 0.2
    longest_pause_s: float = 5
    jitter: float = 0.5


def pause(tries: int, chance: float, limits: LinkDeadlines) -> float:
    """Return how many seconds to wait after so many failed tries: doubling up to the longest, each spread.

    *chance* is between 0 and 1. After a restart of the server all its booths come back, but not all at once.
    """
    grown_s = min(limits.first_pause_s * 2.0 ** min(tries, 30), limits.longest_pause_s)
    return grown_s * (1 - limits.jitter + 2 * limits.jitter * chance)


class SignallingLink:
    """The booth as a participant. `run` keeps it connected; *tell* gets None when it is, else why it is not.

    *session* carries the booth's certificate; *base_url* is the booths' listener, without a slash at its end.
    """

    def __init__(
        self,
        session: ClientSession,
        base_url: str,
        *,
        tell: Callable[[str | None], None] = lambda _why: None,
        deadlines: LinkDeadlines | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.participant: str | None = None
        self._http = session
        self._base = base_url.rstrip("/")
        self._tell = tell
        self._deadlines = deadlines or LinkDeadlines()
        self._chance = chance
        self._socket: ClientWebSocketResponse | None = None
        self._up = asyncio.Event()
        self._resume: str | None = None
        self._seen = 0
        self._tries = 0
        self._inbox: asyncio.Queue[Envelope] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[Envelope]:
        """Give what the server says, `welcome` included, for ever."""
        while True:
            yield await self._inbox.get()

    async def send(self, body: m.Message, /, *, call: str | None = None, to: str | None = None, gen: int = 1) -> str:
        """Send one message and return its id; waits while the link is down, so give it a deadline of your own."""
        envelope = Envelope(body=body, id=secrets.token_urlsafe(9), call=call, to=to, gen=gen)
        while True:
            await self._up.wait()
            socket = self._socket
            if socket is None:
                continue
            try:
                async with asyncio.timeout(self._deadlines.send_s):
                    await socket.send_frame(dump(envelope), WSMsgType.TEXT)
            except (ClientError, OSError, TimeoutError):
                if socket is self._socket:
                    self._up.clear()
                    await _drop(socket)
            else:
                return envelope.id

    async def run(self) -> None:
        """Stay connected until cancelled; raises Superseded where the server says not to come back."""
        while True:
            try:
                await self._connect()
            except (_Broken, ClientError, OSError, TimeoutError) as error:
                self._tell(str(error) or type(error).__name__)
            await asyncio.sleep(pause(self._tries, self._chance(), self._deadlines))
            self._tries += 1

    async def _connect(self) -> None:
        """Live through one connection."""
        limits = self._deadlines
        async with asyncio.timeout(limits.ticket_s + limits.hello_s) as opening:
            async with self._http.ws_connect(
                f"{self._base}/signalling/v1",
                params={"ticket": await self._ticket()},
                protocols=(PROTOCOL,),
                heartbeat=limits.heartbeat_s,
                timeout=ClientWSTimeout(ws_close=limits.close_s),
                max_msg_size=0,
            ) as socket:
                self._socket = socket
                try:
                    await self._greet(socket)
                    opening.reschedule(None)
                    self._tries = 0
                    self._up.set()
                    self._tell(None)
                    await self._read(socket)
                finally:
                    self._up.clear()
                    self._socket = None

    async def _ticket(self) -> str:
        timeout = ClientTimeout(total=self._deadlines.ticket_s)
        async with self._http.post(f"{self._base}/signalling/ticket", timeout=timeout) as answer:
            body = await answer.json(content_type=None) if answer.status == 200 else None  # noqa: PLR2004
            if not isinstance(body, dict) or not isinstance(body.get("ticket"), str):
                raise _Broken(f"the gateway gave no ticket: {answer.status}")
            return str(body["ticket"])

    async def _greet(self, socket: ClientWebSocketResponse) -> None:
        """Say who we are and what we know, and learn whether the server knows it as well."""
        hello = m.Hello(resume=self._resume, last_seq=self._seen if self._resume else 0)
        await socket.send_frame(dump(Envelope(body=hello, id=secrets.token_urlsafe(9))), WSMsgType.TEXT)
        envelope = await self._next(socket)
        if not isinstance(envelope.body, m.Welcome):
            raise _Broken(f"the server said “{envelope.body.wire}” where “welcome” was due")
        if envelope.body.fresh:
            self._seen = 0
        self._resume, self.participant = envelope.body.resume, envelope.body.participant
        self._inbox.put_nowait(envelope)

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        while True:
            envelope = await self._next(socket)
            if envelope.seq > self._seen + 1:
                self._resume = None  # what is between is lost: begin anew from the server's snapshot
                raise _Broken(f"after message {self._seen} came {envelope.seq}")
            if envelope.seq == self._seen + 1 or not envelope.seq:
                self._seen = envelope.seq or self._seen
                self._inbox.put_nowait(envelope)

    async def _next(self, socket: ClientWebSocketResponse) -> Envelope:
        frame = await socket.receive()
        if frame.type is not WSMsgType.TEXT:
            code = socket.close_code
            if code in _FOR_GOOD:
                raise Superseded(_FOR_GOOD[code])
            raise _Broken(f"the server closed the socket: {code}")
        try:
            return parse(frame.data)
        except BadMessage as bad:
            raise _Broken(f"the server said what is no message: {bad}") from bad


async def _drop(socket: ClientWebSocketResponse | None) -> None:
    """Close a socket that does not take what is sent, so that the reader sees it as well."""
    if socket is not None:
        await socket.close()
