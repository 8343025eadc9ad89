"""What keeps a booth fit: its self-test, the helper's page, the disinfection log, and what the fleet hears of it."""

from __future__ import annotations

import asyncio
import platform
import shutil
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.badges import anybody
from booth_client.clock import Clock
from booth_client.config import BoothSettings
from booth_client.disinfection import Disinfections
from booth_client.equipment import Equipment
from booth_client.given_up import GivenUp
from booth_client.journey import Act, Journey, State
from booth_client.kiosk.start_of_day import StartOfDay
from booth_client.kiosk.today import Today
from booth_client.machine.certificate import expiry
from booth_client.mishaps import Mishaps
from booth_client.selftest import SelfTest
from booth_client.supplies import Supplies
from gateway.fleet import EVERY_S, Device, Health, Part, Position, Status, Wanted

__all__ = ["Upkeep"]

_log: Final = structlog.get_logger("booth")
_ASK_S: Final = 10.0
_UNBELIEVED: Final = frozenset({401, 403})
_CALLED: Final = timedelta(minutes=10)
_MEGABYTE: Final = 1024**2


@dataclass(slots=True, kw_only=True)
class Upkeep:
    """The upkeep of one booth: *journey* says what it is about just now, `mishaps` what went wrong.

    So many letters are *waiting* to be sent, and so many were *refused*. *order* does what an operator wants: closes
    the booth, or opens it again.
    """

    settings: BoothSettings
    clock: Clock
    session: ClientSession
    selftest: SelfTest
    equipment: Equipment
    disinfections: Disinfections
    given_up: GivenUp
    supplies: Supplies
    journey: Callable[[], Journey]
    waiting: Callable[[], int]
    refused: Callable[[], int]
    order: Callable[[Act], Awaitable[None]]
    began: float = field(default_factory=time.monotonic)
    mishaps: Mishaps = field(init=False)
    called: datetime | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.mishaps = Mishaps(now=self.clock)

    def page(self, *, trial: bool) -> StartOfDay:
        """Return the helper's page for the start of the day; with *trial* it leads to the page's own tries."""
        return StartOfDay(
            self.selftest,
            self.equipment,
            self.disinfections,
            Today(self.mishaps, waiting=self.waiting, refused=self.refused),
            self.supplies,
            helper=self.settings.helper,
            call=self.call,
            helped=lambda: anybody(self.settings.data_dir),
            trial=trial,
            now=self.clock,
        )

    async def call(self) -> None:
        """Call somebody: the page rings, the log and the fleet say so, the fleet at once."""
        self.called = self.clock()
        self.news.set()
        _log.warning("somebody is needed at the booth", booth=self.settings.name, helper=self.settings.helper.name)

    async def run(self) -> None:
        """Tell the fleet how the booth is, every half minute, for ever; what cannot be told is told the next time."""
        url = f"{self.settings.gateway.base_url.rstrip('/')}/fleet/status"
        while True:
            body = msgspec.json.encode(await self.status())
            with suppress(ClientError, OSError, TimeoutError):
                headers = {"Content-Type": "application/json"}
                timeout = ClientTimeout(total=_ASK_S)
                async with self.session.put(url, data=body, headers=headers, timeout=timeout) as answer:
                    if answer.status == 200:  # noqa: PLR2004  HTTP's own
                        await self._obey(await answer.read())
                    else:
                        await self._refused(answer.status)
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self.news.wait()
            self.news.clear()

    async def _obey(self, answer: bytes) -> None:
        """Do what the answer wants, where it is not so yet, and tell it; one that cannot be read wants nothing."""
        with suppress(msgspec.MsgspecError):
            wanted = msgspec.json.decode(answer, type=Wanted)
            if wanted.closed is not self.journey().shut or self.journey().revoked:
                _log.warning("an operator's order", closed=wanted.closed)
                await self.order(Act.CLOSED if wanted.closed else Act.REOPENED)
                self.news.set()

    async def _refused(self, status: int) -> None:
        """Take nobody in while the gateway does not believe that this is the booth; its next 200 opens it again."""
        _log.warning("the fleet did not take this booth's state", status=status)
        if status in _UNBELIEVED and not self.journey().revoked:
            _log.error("the booth is closed: its certificate was revoked or has ended; enrol it again")
            await self.order(Act.REVOKED)

    async def status(self) -> Status:
        """Return how the booth is; nothing of it is about a person."""
        now, journey, place = self.clock.true(), self.journey(), self.settings.place
        last = await self.disinfections.last(most=1)
        ahead = self.clock.ahead
        return Status(
            version=version("teleborne"),
            python=platform.python_version(),
            busy=journey.state not in (State.IDLE, State.OUT_OF_SERVICE),
            in_service=journey.state is not State.OUT_OF_SERVICE,
            closed=journey.shut,
            help_wanted=self.called is not None and self.clock() - self.called < _CALLED,
            waiting=self.waiting(),
            parts=tuple(Part(what=row.what, health=Health(row.state)) for row in self.selftest.rows),
            devices=self._devices(now),
            low=self.selftest.low,
            short=tuple(await self.supplies.short()),
            certificate_ends=await asyncio.to_thread(expiry, self.settings.gateway.certificate),
            disk_free_mb=await asyncio.to_thread(self._free),
            clock_ahead_s=None if ahead is None else round(ahead.total_seconds()),
            disinfected=last[0].at if last else None,
            started=now - timedelta(seconds=time.monotonic() - self.began),
            ways=await self.given_up.told(),
            place=place.name,
            position=_position(place.position),
        )

    def _free(self) -> int | None:
        try:
            return shutil.disk_usage(self.settings.data_dir).free // _MEGABYTE
        except OSError:
            return None

    def _devices(self, now: datetime) -> tuple[Device, ...]:
        today = now.astimezone().date()
        return tuple(
            Device(
                name=each.expected.name,
                battery=each.device.battery_percent if each.device else None,
                seen=each.seen,
                read=each.read,
                faults=tuple(each.faults(today=today)),
            )
            for each in self.equipment.report()
        )


def _position(text: str | None) -> Position | None:
    if text is None:
        return None
    latitude, longitude = (float(each) for each in text.split(","))
    return Position(latitude=latitude, longitude=longitude)
