"""What keeps a booth fit: its self-test, the helper's page, the disinfection log, and what the fleet hears of it."""

from __future__ import annotations

import asyncio
import platform
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Final

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.config import BoothSettings
from booth_client.disinfection import Disinfections
from booth_client.equipment import Equipment
from booth_client.journey import Journey, State
from booth_client.kiosk.start_of_day import StartOfDay
from booth_client.machine.certificate import expiry
from booth_client.selftest import SelfTest
from gateway.fleet import EVERY_S, Device, Health, Part, Position, Status

__all__ = ["Upkeep"]

_log: Final = structlog.get_logger("booth")
_ASK_S: Final = 10.0
_CALLED: Final = timedelta(minutes=10)
_MEGABYTE: Final = 1024**2


@dataclass(slots=True, kw_only=True)
class Upkeep:
    """The upkeep of one booth: *journey* says what it is about just now, *waiting* how many letters are not sent."""

    settings: BoothSettings
    session: ClientSession
    selftest: SelfTest
    equipment: Equipment
    disinfections: Disinfections
    journey: Callable[[], Journey]
    waiting: Callable[[], int]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    called: datetime | None = None

    def page(self, *, trial: bool) -> StartOfDay:
        """Return the helper's page for the start of the day; with *trial* it leads to the page's own tries."""
        return StartOfDay(
            self.selftest, self.equipment, self.disinfections, helper=self.settings.helper, call=self.call, trial=trial
        )

    async def call(self) -> None:
        """Call somebody: the page rings, the log and the fleet say so."""
        self.called = datetime.now(UTC)
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
                    if answer.status >= 300:  # noqa: PLR2004  HTTP's own
                        _log.warning("the fleet did not take this booth's state", status=answer.status)
            await asyncio.sleep(EVERY_S)

    async def status(self) -> Status:
        """Return how the booth is; nothing of it is about a person."""
        now, journey, place = datetime.now(UTC), self.journey(), self.settings.place
        last = await self.disinfections.last(most=1)
        ahead = self.selftest.ahead
        return Status(
            version=version("teleborne"),
            python=platform.python_version(),
            busy=journey.state not in (State.IDLE, State.OUT_OF_SERVICE),
            in_service=journey.state is not State.OUT_OF_SERVICE,
            help_wanted=self.called is not None and now - self.called < _CALLED,
            waiting=self.waiting(),
            parts=tuple(Part(what=row.what, health=Health(row.state)) for row in self.selftest.rows),
            devices=self._devices(now),
            certificate_ends=await asyncio.to_thread(expiry, self.settings.gateway.certificate),
            disk_free_mb=await asyncio.to_thread(self._free),
            clock_ahead_s=None if ahead is None else round(ahead.total_seconds()),
            disinfected=last[0].at if last else None,
            started=self.started,
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
                faults=tuple(each.faults(today=today)),
            )
            for each in self.equipment.report()
        )


def _position(text: str | None) -> Position | None:
    if text is None:
        return None
    latitude, longitude = (float(each) for each in text.split(","))
    return Position(latitude=latitude, longitude=longitude)
