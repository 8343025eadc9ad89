"""The Continuous Glucose Monitoring profile: measurement (0x2AA7), feature, status, session start and run time.

A measurement value holds one or more records, each with its own size; a record counts minutes from the start of the
session, which another characteristic tells. A sensor may seal what it sends with an E2E-CRC: one that does not fit is
reported by `crc_ok`, and such a record is no reading.

https://www.bluetooth.com/specifications/specs/continuous-glucose-monitoring-service-1-0-2/
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final, Self

import msgspec

from gateway.devices.date_time import later
from gateway.devices.e2e_crc import CRC_OCTETS, crc16
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.layout import SFLOAT, U8, U16, Field, Layout, Leftovers
from gateway.devices.packet import bits, measure, qualities
from gateway.devices.reading import DeviceTime, Kind, Measure, Name, Number, Quality, Reading, Special, Unit

__all__ = ["CgmMeasurement", "CgmRecord", "CgmSeries"]

_RECORD: Final = Layout(
    "CGM Measurement record",
    Field(name="glucose_mgdl", codec=SFLOAT),
    Field(name="offset_min", codec=U16),
    Field(name="status", codec=U8, bit=7),
    Field(name="caltemp", codec=U8, bit=6),
    Field(name="warning", codec=U8, bit=5),
    Field(name="trend", codec=SFLOAT, bit=0),
    Field(name="quality", codec=SFLOAT, bit=1),
    flags=0b1110_0011,
)
_LEAST_RECORD: Final = 6
_LARGEST_RECORD: Final = 0xFF
_STATUS: Final = bits(
    {
        0: Quality.SESSION_STOPPED,
        1: Quality.BATTERY_LOW,
        2: Quality.SENSOR_TYPE_WRONG,
        3: Quality.EQUIPMENT_MALFUNCTION,
        5: Quality.DEVICE_FAULT,
    }
)
_CALIBRATION: Final = bits(
    {
        0: Quality.CLOCK_NOT_SET,
        3: Quality.CALIBRATION_REQUIRED,
        4: Quality.TOO_HOT,
        5: Quality.TOO_COLD,
    }
)
_WARNING: Final = bits({6: Quality.RESULT_TOO_LOW, 7: Quality.RESULT_TOO_HIGH})
_BEYOND: Final = {
    Quality.RESULT_TOO_HIGH: Special.POSITIVE_INFINITY,
    Quality.RESULT_TOO_LOW: Special.NEGATIVE_INFINITY,
}


class CgmRecord(Leftovers, frozen=True, kw_only=True):
    """One record: `glucose_mgdl` in mg/dL, `offset_min` after the start of the session.

    `status`, `caltemp` and `warning` are the octets of the Sensor Status Annunciation as sent, `trend` in mg/dL a
    minute, `quality` in percent, `crc` the E2E-CRC as sent.
    """

    glucose_mgdl: Number
    offset_min: int
    status: int | None = None
    caltemp: int | None = None
    warning: int | None = None
    trend: Number | None = None
    quality: Number | None = None
    crc: int | None = None

    @property
    def crc_ok(self) -> bool | None:
        """Return whether the CRC fits the record, None where it has none."""
        return None if self.crc is None else crc16(self._head()) == self.crc

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one record, its size octet included; raise MalformedPacket where it is shorter than its flags say."""
        _, values = _RECORD.read(data[1:])
        if len(values.get("trailing", b"")) == CRC_OCTETS:
            values["crc"] = int.from_bytes(values.pop("trailing"), "little")
        return cls(**values)

    def encode(self) -> bytes:
        """Return the octets of this record, its size first; raise NotRepresentable where a number does not fit."""
        if len(self.trailing) == CRC_OCTETS or (self.trailing and self.crc is not None):
            raise NotRepresentable("CGM Measurement record: two trailing octets are a CRC: give it as crc")
        return self._head() + (b"" if self.crc is None else self.crc.to_bytes(CRC_OCTETS, "little"))

    def sealed(self) -> Self:
        """Return the record with the CRC that fits it."""
        unsealed = msgspec.structs.replace(self, crc=0)
        return msgspec.structs.replace(self, crc=crc16(unsealed._head()))  # noqa: SLF001 - its own class

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out; `crc_ok` where there is a CRC."""
        return _RECORD.to_json(self) | ({} if self.crc is None else {"crc_ok": self.crc_ok})

    def readings(self) -> tuple[Reading, ...]:
        """Return the glucose as a live value: without the start of the session nobody knows its time.

        Nothing where the CRC does not fit. A result that the sensor says is beyond its range has no value.
        """
        if self.crc_ok is False:
            return ()
        said = qualities(self.status, _STATUS) | qualities(self.caltemp, _CALIBRATION)
        said |= qualities(self.warning, _WARNING)
        beyond = [special for quality, special in _BEYOND.items() if quality in said]
        glucose = measure(Name.GLUCOSE, beyond[0] if beyond else self.glucose_mgdl, Unit.MILLIGRAM_PER_DECILITRE)
        if not glucose:
            return ()
        return (
            Reading(
                kind=Kind.INTERSTITIAL_GLUCOSE,
                measures=(*glucose, *self._trend(), *measure(Name.GLUCOSE_QUALITY, self.quality, Unit.PERCENT)),
                qualities=said,
                stored=False,
            ),
        )

    def _trend(self) -> tuple[Measure, ...]:
        # A trend below zero is a fall, and zero is steady: neither is a sign of an unmeasured field.
        if self.trend is None:
            return ()
        return (Measure(name=Name.GLUCOSE_TREND, value=self.trend, unit=Unit.MILLIGRAM_PER_DECILITRE_MINUTE),)

    def _head(self) -> bytes:
        body = _RECORD.write(self)
        size = 1 + len(body) + (0 if self.crc is None else CRC_OCTETS)
        if size > _LARGEST_RECORD:
            raise NotRepresentable(f"CGM Measurement record: {size} octets")
        return bytes([size]) + body


class CgmMeasurement(msgspec.Struct, frozen=True, kw_only=True):
    """CGM Measurement (0x2AA7): one or more records, oldest first."""

    records: tuple[CgmRecord, ...]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where a record is shorter than its size or its flags say."""
        records, at = [], 0
        while at < len(data):
            size = data[at]
            if size < _LEAST_RECORD or at + size > len(data):
                raise MalformedPacket(f"CGM Measurement: a record of {size} octets at {at} of {len(data)}")
            records.append(CgmRecord.decode(bytes(data[at : at + size])))
            at += size
        if not records:
            raise MalformedPacket("CGM Measurement: no octets")
        return cls(records=tuple(records))

    def encode(self) -> bytes:
        """Return the octets of all records; raise NotRepresentable where there is none, or one does not fit."""
        if not self.records:
            raise NotRepresentable("CGM Measurement: at least one record")
        return b"".join(record.encode() for record in self.records)

    def to_json(self) -> dict[str, object]:
        """Return `records`, each the fields by name."""
        return {"records": [record.to_json() for record in self.records]}

    def readings(self) -> tuple[Reading, ...]:
        """Return the glucose of every record as a live value."""
        return tuple(reading for record in self.records for reading in record.readings())


class CgmSeries(msgspec.Struct, frozen=True, kw_only=True):
    """Records with the start of their session, which gives them times."""

    start: DeviceTime
    measurement: CgmMeasurement

    def readings(self) -> tuple[Reading, ...]:
        """Return the glucose of every record, to be kept; live still where *start* is no real date."""
        return tuple(
            reading if time is None else replace(reading, device_time=time, stored=True)
            for record in self.measurement.records
            for time in (later(self.start, by=timedelta(minutes=record.offset_min)),)
            for reading in record.readings()
        )
