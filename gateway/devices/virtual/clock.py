"""The clock inside a health object: set once by somebody, wrong ever since, or never set at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from gateway.devices.date_time import device_time
from gateway.devices.reading import DeviceTime

__all__ = ["NEVER_SET", "DeviceClock"]

NEVER_SET: Final = DeviceTime(year=0, month=0, day=0, hour=0, minute=0, second=0)
"""What a clock without a time says: every part unknown."""


class DeviceClock:
    """A clock that runs *error* beside the local time of *zone*; None: it has no time until somebody sets it."""

    def __init__(
        self,
        *,
        error: timedelta | None = timedelta(0),
        zone: tzinfo | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.error = error
        self._zone = zone
        self._now = now

    def reads(self) -> DeviceTime:
        """Return what it shows now."""
        return NEVER_SET if self.error is None else device_time(self.local() + self.error)

    def set(self, shown: DeviceTime) -> None:
        """Set it; a time that is none is ignored, as devices do."""
        with suppress(ValueError):
            right = datetime(shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second)  # noqa: DTZ001 - a device clock has no zone
            self.error = right - self.local().replace(tzinfo=None, microsecond=0)

    def now(self) -> datetime:
        """Return the true time, in UTC."""
        return self._now()

    def local(self) -> datetime:
        """Return the true local time."""
        return self._now().astimezone(self._zone)
