"""The WebSocket shell of the waiting room: tickets, sockets, heartbeat, ticks. It decides nothing.

docs/signalling.md, *Connection*. What it needs from outside comes as callables, so that it knows neither who may sign
in nor where visits are kept:

    authenticate  who is asking for a ticket, or None
    record        keep what became of a visit, durably and as one; returns once it is
    claim         who has the visit, after giving it to this physician unless somebody has it; None: there is none
    restore       the open visits, each with the physician who has it

The last three raise RecordError when the record does not answer. The server's memory may then be ahead of the record,
so it does what it would do after being killed: it closes every socket, reads the record and begins again.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Final

import structlog
from aiohttp import WSMsgType, web

from signalling import messages as m
from signalling.carrier import Attach, Carrier, Dismiss, Kept, Record, Work
from signalling.effects import Claim, Effect
from signalling.envelope import LARGEST, PROTOCOL, Envelope, dump, parse
from signalling.errors import BadMessage, Code, RecordError
from signalling.line import Closing, Line
from signalling.presence import Peer, participant_id
from signalling.rate import Bucket
from signalling.side import Role
from signalling.tickets import TICKET_LIFE, Tickets
from signalling.visit import Visit
from signalling.waiting_room import WaitingRoom

__all__ = ["Limits", "SignallingServer"]

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a socket may send, and how long the server waits for what."""

    per_second: float = 40
    burst: float = 80
    hello_s: float = 10
    send_s: float = 10
    heartbeat_s: float = 20
    record_s: float = 10
    tick_s: float = 1
    restore_again_s: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """One life of the server's memory, from a reading of the record to the next."""

    room: WaitingRoom
    carrier: Carrier
    lines: dict[str, Line] = field(default_factory=dict)


class SignallingServer:
    """Speaks `teleborne.v1` to booths, physicians and guests. Put `routes` into an application, and `run` beside it.

    *origins* are the gateway's own, as a browser writes them (`https://host:port`); a booth sends none.
    """

    def __init__(
        self,
        *,
        authenticate: Callable[[web.Request], Awaitable[Peer | None]],
        record: Record,
        claim: Callable[[str, Peer], Awaitable[Peer | None]],
        restore: Callable[[], Awaitable[Iterable[Visit]]],
        origins: Collection[str],
        ice_servers: Callable[[str, datetime], list[m.IceServer]] = lambda _participant, _now: [],
        limits: Limits | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._authenticate = authenticate
        self._record = record
        self._claim = claim
        self._restore = restore
        self._origins = frozenset(origins)
        self._ice_servers = ice_servers
        self._limits = limits or Limits()
        self._now = now
        self._tickets = Tickets()
        self._opened = count(1)
        self._session: _Session | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the two routes, for each listener that serves them: a ticket, and the socket."""
        return [web.post("/signalling/ticket", self._ticket), web.get("/signalling/v1", self._socket)]

    @property
    def ready(self) -> bool:
        """Say whether the record has been read and sockets are taken."""
        return self._session is not None

    def dismiss(self, subject: str, *, revoked: bool = False) -> None:
        """Close the socket of somebody who is signed out; the visit has its grace, and none where they are revoked."""
        self._tickets.revoke(subject)
        if (session := self._session) is not None:
            person = participant_id(subject)
            effects: list[Work] = [*session.room.revoked(person, now=self._now())] if revoked else []
            line = session.lines.get(person)
            session.carrier.put([*effects, Dismiss(line=line)] if line else effects)

    def guest(self, secret: str) -> Peer | None:
        """Return whose session's secret that is, while the visit goes on and they are asked."""
        return self._session.room.guest(secret) if self._session else None

    async def redeem(self, ticket: str, peer: Peer, session: str) -> bool:
        """Let *peer* use a link, durably; *session* is the hash of their secret. Raises RecordError."""
        if self._session is None:
            raise RecordError("the record is not read yet")
        effects = self._session.room.redeem(ticket, peer, session, now=self._now())
        if effects is None:
            return False
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._session.carrier.put([*effects, Kept(done=kept)])
        try:
            async with asyncio.timeout(self._limits.record_s):
                await kept
        except TimeoutError:
            raise RecordError("the record did not keep it in time") from None
        return True

    # One life

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            visits = await self._read_record()
            why = Closing.GOING_AWAY
            try:
                await self._live(visits)
            except* RecordError as errors:
                _log.error("signalling begins anew: the record failed", reason=_first(errors))
                why = Closing.RESTART
            finally:
                session, self._session = self._session, None
                for line in session.lines.values() if session else ():
                    line.close(why)

    async def _read_record(self) -> list[Visit]:
        while True:
            try:
                async with asyncio.timeout(self._limits.record_s):
                    return list(await self._restore())
            except (RecordError, TimeoutError) as error:
                _log.warning("signalling waits: the record cannot be read", reason=str(error) or "no answer in time")
            await asyncio.sleep(self._limits.restore_again_s)

    async def _live(self, visits: list[Visit]) -> None:
        life, numbers = secrets.token_urlsafe(12), count(1)
        room = WaitingRoom(new_id=lambda: f"{life}-{next(numbers)}", ice_servers=self._ice_servers)
        async with asyncio.TaskGroup() as group:
            lines: dict[str, Line] = {}
            carrier = Carrier(
                lines=lines,
                record=self._record,
                ask=lambda claim: group.create_task(self._ask(claim, room, carrier)),
                record_s=self._limits.record_s,
            )
            carrier.put(room.restore(visits, now=self._now()))
            self._session = _Session(room=room, carrier=carrier, lines=lines)
            group.create_task(carrier.run())
            while True:
                await asyncio.sleep(self._limits.tick_s)
                carrier.put(room.tick(now=self._now()))

    async def _ask(self, claim: Claim, room: WaitingRoom, carrier: Carrier) -> None:
        try:
            async with asyncio.timeout(self._limits.record_s):
                by = await self._claim(claim.call, claim.physician)
        except (RecordError, TimeoutError) as error:
            _log.warning("a claim was not answered", call=claim.call, reason=str(error) or "no answer in time")
            carrier.put(room.claim_failed(claim, now=self._now()))
        else:
            carrier.put(room.claimed(claim, by, now=self._now()))

    # HTTP

    async def _ticket(self, request: web.Request) -> web.Response:
        peer = await self._authenticate(request)
        if peer is None:
            return _refusal(401, "Nobody is signed in.", "Sign in again.")
        if not self._origin_is_ours(request, peer):
            return _refusal(403, "The page is not the gateway's.", "Open the gateway's own address.")
        ticket = self._tickets.issue(peer, now=self._now())
        if ticket is None:
            return _refusal(503, "Too many tickets wait.", "Try again in a moment.")
        body = {"ticket": ticket, "expires_in": int(TICKET_LIFE.total_seconds())}
        return web.json_response(body, headers={"Cache-Control": "no-store"})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        number = next(self._opened)  # before anything is waited for: the later socket is the one that counts
        peer = self._tickets.spend(request.query.get("ticket", ""), now=self._now())
        if peer is None:
            return _refusal(401, "The ticket is unknown, used or too old.", "Get a new ticket.")
        if not self._origin_is_ours(request, peer):
            return _refusal(403, "The page is not the gateway's.", "Open the gateway's own address.")
        asked = request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in (name.strip() for name in asked.split(",")):
            return _refusal(400, f"Only {PROTOCOL} is spoken here.", "Ask for that sub-protocol.")
        if await self._authenticate(request) != peer:
            # A ticket that leaked is worth nothing without the session or the certificate that it was given to.
            return _refusal(401, "The ticket is somebody else's.", "Get a new ticket.")
        if self._session is None:
            return _refusal(503, "The record is not read yet.", "Try again in a moment.")
        return await self._serve(request, peer, self._session, number)

    def _origin_is_ours(self, request: web.Request, peer: Peer) -> bool:
        """Say whether a browser comes from our own page; only a booth, which is no browser, comes without an origin."""
        origin = request.headers.get("Origin")
        return origin in self._origins if origin is not None else peer.role is Role.BOOTH

    async def _serve(self, request: web.Request, peer: Peer, session: _Session, number: int) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), heartbeat=self._limits.heartbeat_s, max_msg_size=LARGEST, compress=False
        )
        await socket.prepare(request)
        line: Line | None = None
        try:
            async with asyncio.TaskGroup() as group:
                line = Line(socket, request.transport, number, spawn=group.create_task, send_s=self._limits.send_s)
                await self._read(socket, line, peer, session)
        finally:
            if line is not None and session.lines.get(peer.id) is line:
                del session.lines[peer.id]
                session.carrier.put(session.room.gone(peer.id, now=self._now()))
        await line.end()
        return socket

    async def _read(self, socket: web.WebSocketResponse, line: Line, peer: Peer, session: _Session) -> None:
        async with line.reading():
            if not await self._greet(socket, line, peer, session):
                line.close(Closing.NO_HELLO)
                return
            bucket = Bucket.full(per_second=self._limits.per_second, burst=self._limits.burst, now=time.monotonic())
            async for frame in socket:
                if session is not self._session or session.lines.get(peer.id) is not line:
                    return
                if not bucket.take(time.monotonic()):
                    line.put(_too_fast(self._limits))
                    line.close(Closing.TOO_FAST)
                    return
                text = frame.data if frame.type is WSMsgType.TEXT else ""
                session.carrier.put(self._received(peer.id, text, session.room))

    async def _greet(self, socket: web.WebSocketResponse, line: Line, peer: Peer, session: _Session) -> bool:
        """Wait for hello; of two sockets of one participant, the one that was opened earlier is closed."""
        try:
            frame = await socket.receive(timeout=self._limits.hello_s)
            hello = parse(frame.data).body if frame.type is WSMsgType.TEXT else None
        except (TimeoutError, BadMessage):
            return False
        if not isinstance(hello, m.Hello) or session is not self._session:
            return False
        other = session.lines.get(peer.id)
        if other is not None:
            min(line, other, key=lambda each: each.number).close(Closing.TAKEN_OVER)
            if other.number > line.number:
                return True
        session.lines[peer.id] = line
        session.carrier.put([Attach(line=line), *session.room.arrive(peer, hello, now=self._now())])
        return True

    def _received(self, participant: str, frame: str, room: WaitingRoom) -> list[Effect]:
        now = self._now()
        try:
            return room.receive(participant, parse(frame), now=now)
        except BadMessage as bad:
            error = m.Error(code=Code.BAD_MESSAGE, what=str(bad), remedy="Read docs/signalling.md.", re=bad.re)
            return room.refuse(participant, error, now=now)


def _first(error: BaseException) -> str:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else str(error)


def _too_fast(limits: Limits) -> bytes:
    what = f"At most {limits.per_second:g} messages a second, {limits.burst:g} at once."
    error = m.Error(code=Code.TOO_FAST, what=what, remedy="Come back, and send less.")
    return dump(Envelope(body=error, id=secrets.token_urlsafe(12)))


def _refusal(status: int, what: str, remedy: str) -> web.Response:
    return web.json_response({"what": what, "remedy": remedy}, status=status, headers={"Cache-Control": "no-store"})
