"""Is the other side there? A ping every second over `control`; anything heard is a sign of life.

A channel that says again whatever was lost stands still for seconds on a line that loses much. While something is to be
said again, and packets come, it is slow and not dead; it is given up where nothing was heard on it for much longer.
aiortc notices a dead peer after 31 s and has no « disconnected » state. A page answers a ping from its message event,
not from a timer, because browsers slow the timers of a page that is not in front.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import structlog

from booth_client.call import Call
from booth_client.channels import (
    CHUNK,
    Blob,
    Channel,
    Error,
    Frozen,
    Got,
    Message,
    Picture,
    Ping,
    Pong,
    Request,
    Roster,
    Unreadable,
    parse,
)
from booth_client.protection import PeerLost

__all__ = ["Heard", "Heartbeat", "Life", "Limits", "live"]

_log: Final = structlog.get_logger("call")
_WORDS: Final = 500

Heard = Request | Roster | Picture | Blob | Got | bytes
"""What the physician says that is for somebody else than this file; octets are a piece of a blob."""


class Life(Enum):
    """What silence means."""

    WELL = auto()
    RECOVERING = auto()
    LOST = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often to ask, how long nothing at all may come, and how long nothing may be heard (`stuck_s`)."""

    beat_s: float = 1
    recovering_s: float = 3
    lost_s: float = 5
    stuck_s: float = 30


class Heartbeat:
    """The count of pings and the time of the last sign of life; *now* is in seconds of a monotonic clock."""

    def __init__(self, limits: Limits, *, now: float) -> None:
        self.due = now
        self.round_trip_s: float | None = None
        self._limits = limits
        self._heard = now
        self._came = now
        self._packets = 0
        self._asked = now
        self._number = 0

    def ping(self, *, now: float) -> Ping:
        """Return the next ping; another is due a beat later."""
        self._number, self._asked, self.due = self._number + 1, now, now + self._limits.beat_s
        return Ping(n=self._number)

    def heard(self, message: Message | bytes | None, *, now: float) -> None:
        """Take in a sign of life; the pong to the last ping also tells the round trip."""
        self._heard = now
        if isinstance(message, Pong) and message.n == self._number:
            self.round_trip_s = now - self._asked

    def came(self, packets: int, *, slow: bool, now: float) -> None:
        """Take in how many packets have come altogether, and whether something is lost and to be said again."""
        if slow and packets > self._packets:
            self._came = now
        self._packets = packets

    def life(self, *, now: float) -> Life:
        """Say what the silence up to *now* means."""
        silent_s = now - max(self._heard, self._came)
        if silent_s >= self._limits.lost_s or now - self._heard >= self._limits.stuck_s:
            return Life.LOST
        return Life.RECOVERING if silent_s >= self._limits.recovering_s else Life.WELL


async def live(
    call: Call, *, hear: Callable[[Heard], None], tell: Callable[[Life], None], limits: Limits | None = None
) -> None:
    """Carry what the physician says to *hear*, and every change of life to *tell*, until PeerLost is raised."""
    clock = asyncio.get_running_loop().time
    heartbeat = Heartbeat(limits or Limits(), now=clock())
    life = Life.WELL
    while True:
        if clock() >= heartbeat.due:
            call.say(heartbeat.ping(now=clock()))
        try:
            async with asyncio.timeout_at(heartbeat.due):
                message = _read(call, *await call.next())
        except TimeoutError:
            pass
        else:
            heartbeat.heard(message, now=clock())
            if isinstance(message, Heard):
                hear(message)
        packets, slow = call.traffic
        heartbeat.came(packets, slow=slow, now=clock())
        if life is not (life := heartbeat.life(now=clock())):
            if life is Life.LOST:
                raise PeerLost("nothing was heard for too long")
            tell(life)


def _read(call: Call, channel: Channel, said: str | bytes) -> Message | bytes | None:
    """Return what was said; what a booth is not told is answered as such."""
    if isinstance(said, bytes) and channel is Channel.BLOB and len(said) <= CHUNK:
        return said
    try:
        message = parse(said) if isinstance(said, str) else None
    except Unreadable as error:
        call.say(Error(what=str(error)[:_WORDS]))
        return None
    match message:
        case Pong() | Request() | Roster() | Picture() | Frozen() if channel is Channel.CONTROL:
            return message
        case Blob() | Got() if channel is Channel.BLOB:
            return message
        case Error(what=what):
            _log.warning("the other side did not understand", what=what)
        case _:
            told = "pong, request, roster, picture, frozen, error are said to a booth on control; blob, got on blob"
            call.say(Error(what=f"only {told}"))
    return None
