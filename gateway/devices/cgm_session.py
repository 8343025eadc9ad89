"""What a continuous glucose sensor tells of itself: feature, status, when its session began and how long it runs.

https://www.bluetooth.com/specifications/specs/continuous-glucose-monitoring-service-1-0-2/
"""

from __future__ import annotations

from typing import ClassVar, Final, Self

import msgspec

from gateway.devices.date_time import DATE_TIME
from gateway.devices.e2e_crc import CRC_OCTETS, crc16
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.layout import I8, U8, U16, U24, Field, Layout, Leftovers
from gateway.devices.reading import DeviceTime, Reading

__all__ = ["CgmFeature", "CgmSessionRunTime", "CgmSessionStart", "CgmStatus"]

_NO_CRC: Final = 0xFFFF


class _Sealed(Leftovers, frozen=True, kw_only=True):
    """A value with an E2E-CRC (`crc`, as sent) after its fields, where the sensor uses one."""

    layout: ClassVar[Layout]

    crc: int | None = None

    @property
    def crc_ok(self) -> bool | None:
        """Return whether the CRC fits the value, None where it has none."""
        return None if self.crc is None else crc16(self._unsealed()) == self.crc

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is short, also by half a CRC."""
        _, values = cls.layout.read(data)
        rest = values.pop("trailing", b"")
        if len(rest) == 1:
            raise MalformedPacket(f"{cls.layout.name}: {len(data)} octets, which is half a CRC")
        if rest:
            values["crc"] = int.from_bytes(rest[:CRC_OCTETS], "little")
        return cls(**values, trailing=rest[CRC_OCTETS:])

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        if self.crc is None:
            if self.trailing:
                raise NotRepresentable(f"{self.layout.name}: octets after the fields are the CRC: give it as crc")
            return self._unsealed()
        return self._unsealed() + self.crc.to_bytes(CRC_OCTETS, "little") + self.trailing

    def sealed(self) -> Self:
        """Return the value with the CRC that fits it."""
        return msgspec.structs.replace(self, crc=crc16(self._unsealed()))

    def to_json(self) -> dict[str, object]:
        """Return the fields by name; `crc_ok` where there is a CRC."""
        return self.layout.to_json(self) | ({} if self.crc is None else {"crc_ok": self.crc_ok})

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: it is about the sensor."""
        return ()

    def _unsealed(self) -> bytes:
        return self.layout.write(msgspec.structs.replace(self, trailing=b""))


class CgmFeature(_Sealed, frozen=True, kw_only=True):
    """CGM Feature (0x2AA8): `features` (24 bits, bit 12: E2E-CRC supported), `sample` with type and site in nibbles.

    There is always a `crc`; 0xFFFF from a sensor that has none.
    """

    layout: ClassVar[Layout] = Layout(
        "CGM Feature", Field(name="features", codec=U24), Field(name="sample", codec=U8), flags=None
    )

    features: int
    sample: int

    @property
    def crc_ok(self) -> bool | None:
        """Return whether the CRC fits the value, None where the sensor has none."""
        return None if self.crc in (None, _NO_CRC) else crc16(self._unsealed()) == self.crc

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is short, also by its CRC."""
        packet = super().decode(data)
        if packet.crc is None:
            raise MalformedPacket("CGM Feature: 4 of 6 octets, the CRC is missing")
        return packet

    def to_json(self) -> dict[str, object]:
        """Return `features`, `type`, `location`, `crc` and `crc_ok` (null where the sensor has none)."""
        shown = self.layout.to_json(self)
        del shown["sample"]
        type_and_site = {"type": self.sample & 0xF, "location": self.sample >> 4}
        return shown | type_and_site | {"crc_ok": self.crc_ok, "crc": self.crc}


class CgmStatus(_Sealed, frozen=True, kw_only=True):
    """CGM Status (0x2AA9) `offset_min` after the session's start: the three octets of the annunciation as sent."""

    layout: ClassVar[Layout] = Layout(
        "CGM Status",
        Field(name="offset_min", codec=U16),
        Field(name="status", codec=U8),
        Field(name="caltemp", codec=U8),
        Field(name="warning", codec=U8),
        flags=None,
    )

    offset_min: int
    status: int
    caltemp: int
    warning: int


class CgmSessionStart(_Sealed, frozen=True, kw_only=True):
    """CGM Session Start Time (0x2AAA): the local `time`, with zone and daylight saving in quarters of an hour.

    `tz_15min` is -128 and `dst_15min` 255 where the sensor does not know them.
    """

    layout: ClassVar[Layout] = Layout(
        "CGM Session Start Time",
        Field(name="time", codec=DATE_TIME),
        Field(name="tz_15min", codec=I8),
        Field(name="dst_15min", codec=U8),
        flags=None,
    )

    time: DeviceTime
    tz_15min: int
    dst_15min: int


class CgmSessionRunTime(_Sealed, frozen=True, kw_only=True):
    """CGM Session Run Time (0x2AAB): for how many `hours` a session is expected to run."""

    layout: ClassVar[Layout] = Layout("CGM Session Run Time", Field(name="hours", codec=U16), flags=None)

    hours: int
