"""Are the devices fit for the day? Decided from what sessions tell, without any I/O.

For each device that is expected: was it seen, how full is its battery, how far off is its clock, when was it last
calibrated. The operator's `teleborne devices test` and the booth's self-test feed it the same events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from gateway.devices.events import Appeared, ClockRead, DeviceEvent, Ended, EndReason, Identified, Indicated
from gateway.devices.reading import DeviceIdentity

__all__ = ["BATTERY_LOW", "CLOCK_OFF", "Checked", "Expected", "Fault", "Inspection"]

BATTERY_LOW: Final = 20
"""Percent below which a battery is changed before patients come."""

CLOCK_OFF: Final = timedelta(minutes=2)
"""From here on a clock is worth a word: nobody's reading is lost by it, but it loses minutes again until tomorrow."""


class Fault(StrEnum):
    """What is wrong with a device."""

    NOT_SEEN = "not-seen"
    BOND_LOST = "bond-lost"
    SESSION_FAILED = "session-failed"
    BATTERY_LOW = "battery-low"
    CLOCK_UNSET = "clock-unset"
    CLOCK_OFF = "clock-off"
    CALIBRATION_DUE = "calibration-due"
    CALIBRATION_UNKNOWN = "calibration-unknown"


_UNBONDED: Final = (EndReason.BOND_LOST, EndReason.PAIRING_FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A device that should be there: what people call it, its address, and when it was last calibrated.

    `every` is how long a calibration lasts; None for devices that need none.
    """

    name: str
    address: str
    calibrated: date | None = None
    every: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How one device is. `clock_off` is how far its clock was ahead of ours when it was read, before we set it.

    `clock_read` without `clock_off`: its clock showed no date. `trouble` is why its last session failed, if it did;
    `unbonded`: it was because the two do not know each other any more. `read` is when it last sent anything measured.
    """

    expected: Expected
    device: DeviceIdentity | None = None
    seen: datetime | None = None
    clock_read: bool = False
    clock_off: timedelta | None = None
    trouble: str | None = None
    unbonded: bool = False
    read: datetime | None = None

    def faults(self, *, today: date) -> tuple[Fault, ...]:
        """Return what is wrong, worst first; nothing for a device that is fit."""
        said = {
            Fault.NOT_SEEN: self.seen is None,
            Fault.BOND_LOST: self.unbonded,
            Fault.SESSION_FAILED: self.trouble is not None and not self.unbonded,
            Fault.BATTERY_LOW: self._battery is not None and self._battery < BATTERY_LOW,
            Fault.CLOCK_UNSET: self.clock_read and self.clock_off is None,
            Fault.CLOCK_OFF: self.clock_off is not None and abs(self.clock_off) >= CLOCK_OFF,
            Fault.CALIBRATION_DUE: self.calibration_due is not None and self.calibration_due <= today,
            Fault.CALIBRATION_UNKNOWN: self.expected.every is not None and self.expected.calibrated is None,
        }
        return tuple(fault for fault, true in said.items() if true)

    @property
    def calibration_due(self) -> date | None:
        """Return the day by which the device must be calibrated again; None where it need not, or nobody knows."""
        wanted = self.expected
        return None if wanted.every is None or wanted.calibrated is None else wanted.calibrated + wanted.every

    @property
    def _battery(self) -> int | None:
        return None if self.device is None else self.device.battery_percent


class Inspection:
    """What is known of the *expected* devices, kept up to date by `take`; *zone* is that of the devices' clocks.

    With *strangers* devices that nobody expects are listed too, under the names that they advertise.
    """

    def __init__(self, expected: Sequence[Expected], *, zone: tzinfo | None = None, strangers: bool = False) -> None:
        self._zone = zone
        self._strangers = strangers
        self._checked = {each.address.upper(): Checked(expected=each) for each in expected}

    @property
    def complete(self) -> bool:
        """Return whether every expected device has told who it is."""
        return all(each.device is not None for each in self._checked.values())

    def report(self) -> tuple[Checked, ...]:
        """Return how every device is."""
        return tuple(self._checked.values())

    def take(self, event: DeviceEvent) -> bool:
        """Take in one event; return whether it told something of a device of ours."""
        match event:
            case Appeared(address=address, name=name, at=at):
                if self._strangers and address.upper() not in self._checked:
                    stranger = Expected(name=name or address, address=address)
                    self._checked[address.upper()] = Checked(expected=stranger)
                return self._learn(address, seen=at, trouble=None, unbonded=False)
            case Identified(device=device):
                return self._learn(device.address, device=device)
            case ClockRead(device=device):
                return self._learn(device.address, clock_read=True, clock_off=self._off(event))
            case Ended(address=address, reason=reason, detail=detail):
                bad = None if reason.well else detail or reason.value
                return self._learn(address, trouble=bad, unbonded=reason in _UNBONDED)
            case Indicated(device=device, at=at):
                return self._learn(device.address, read=at)
        return False

    def _learn(self, address: str, **news: object) -> bool:
        known = self._checked.get(address.upper())
        if known is None:
            return False
        self._checked[address.upper()] = replace(known, **news)  # type: ignore[arg-type]  # the fields of Checked
        return True

    def _off(self, read: ClockRead) -> timedelta | None:
        said = read.said
        try:
            shown = datetime(said.year, said.month, said.day, said.hour, said.minute, said.second)  # noqa: DTZ001 - a device's clock has no zone
        except ValueError:
            return None
        return shown - read.at.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
