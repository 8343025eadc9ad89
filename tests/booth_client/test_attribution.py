"""Whose a reading is where the device's clock was set on the very connection on which it measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from booth_client.attribution import measured_at
from gateway.devices.events import ClockRead
from gateway.devices.reading import DeviceIdentity, DeviceTime

NOW = datetime(2026, 11, 23, 14, 5, 20, tzinfo=UTC)
CUFF = DeviceIdentity(address="C0:FF:EE:00:00:01")


def shown(at: datetime) -> DeviceTime:
    return DeviceTime(year=at.year, month=at.month, day=at.day, hour=at.hour, minute=at.minute, second=at.second)


def measured(stamp: datetime, *, ahead: timedelta) -> datetime | None:
    """Return when what is stamped so was measured, on a device that was that far ahead until this connection."""
    read = ClockRead(device=CUFF, said=shown(NOW + ahead), at=NOW)
    return measured_at(shown(stamp), clock=read, received=NOW + timedelta(seconds=8), zone=UTC)


@pytest.mark.parametrize("off", [timedelta(days=365), timedelta(days=-365), timedelta(days=3)])
def test_what_is_measured_after_a_wrong_clock_was_set_is_of_now(off: timedelta) -> None:
    after = NOW + timedelta(seconds=6)
    assert measured(after, ahead=off) == after
    assert measured(NOW + off - timedelta(minutes=20), ahead=off) == NOW - timedelta(minutes=20)


def test_a_clock_that_is_an_hour_ahead_gives_nobody_what_was_measured_an_hour_ago() -> None:
    hour = timedelta(hours=1)
    assert measured(NOW + timedelta(seconds=3), ahead=hour) == NOW - hour + timedelta(seconds=3)
