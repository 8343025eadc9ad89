"""Blood pressure in the forms of service 1.1: enhanced measurement (0x2B34), its live form (0x2B35), records (0x2B36).

They count time in seconds since 1900 or 2000 (flag 6) and may tell two times: the base time, which nobody sets, and the
one that the device's owner sees.

https://www.bluetooth.com/specifications/specs/blood-pressure-service-1-1-1/
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Self

import msgspec

from gateway.devices.blood_pressure import UNITS, BloodPressureMeasurement
from gateway.devices.date_time import device_time
from gateway.devices.e2e_crc import CRC_OCTETS, crc16
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.layout import SFLOAT, U8, U16, U32, Field, Layout, Leftovers
from gateway.devices.packet import measure
from gateway.devices.reading import DeviceTime, Kind, Name, Number, Reading, Unit
from gateway.devices.segment import Segment

__all__ = ["BloodPressureRecord", "EnhancedBloodPressure", "EnhancedCuffPressure"]

_SINCE_2000: Final = 1 << 6
_OPTIONS: Final = (
    Field(name="timestamp_s", codec=U32, bit=1),
    Field(name="pulse", codec=SFLOAT, bit=2),
    Field(name="user_id", codec=U8, bit=3),
    Field(name="status", codec=U16, bit=4),
    Field(name="user_facing_s", codec=U32, bit=5),
)
_MEASUREMENT: Final = Layout(
    "Enhanced Blood Pressure Measurement",
    Field(name="systolic", codec=SFLOAT),
    Field(name="diastolic", codec=SFLOAT),
    Field(name="map", codec=SFLOAT),
    *_OPTIONS,
    flags=0b111_1111,
)
_CUFF_PRESSURE: Final = Layout(
    "Enhanced Intermediate Cuff Pressure",
    Field(name="cuff", codec=SFLOAT),
    *_OPTIONS,
    flags=0b111_1111,
)
_EPOCHS: Final = {False: datetime(1900, 1, 1), True: datetime(2000, 1, 1)}  # noqa: DTZ001 - a device's clock has no zone


class _Enhanced(Leftovers, frozen=True, kw_only=True):
    """What both forms share: `unit`, `pulse` per minute, `user_id` (255 unknown), `status` as in the plain form.

    `timestamp_s` and `user_facing_s` are seconds since 1900 or, with `since_2000`, since 2000.
    """

    unit: Unit = Unit.MMHG
    since_2000: bool = True
    timestamp_s: int | None = None
    pulse: Number | None = None
    user_id: int | None = None
    status: int | None = None
    user_facing_s: int | None = None

    @property
    def timestamp(self) -> DeviceTime | None:
        """Return the base time."""
        return self._date(self.timestamp_s)

    @property
    def user_facing_time(self) -> DeviceTime | None:
        """Return the time that the device's owner sees."""
        return self._date(self.user_facing_s)

    @property
    def device_time(self) -> DeviceTime | None:
        """Return the time that the device shows for this measurement: what its owner sees, else the base time."""
        return self.user_facing_time or self.timestamp

    def _date(self, seconds: int | None) -> DeviceTime | None:
        return None if seconds is None else device_time(_EPOCHS[self.since_2000] + timedelta(seconds=seconds))

    def _flags(self) -> int:
        return UNITS.index(self.unit) | (_SINCE_2000 if self.since_2000 else 0)

    def _shown(self, layout: Layout) -> dict[str, object]:
        shown = {"unit": self.unit, **layout.to_json(self)}
        for seconds, time in (("timestamp_s", self.timestamp), ("user_facing_s", self.user_facing_time)):
            if shown.pop(seconds, None) is not None:
                shown[seconds.removesuffix("_s").replace("facing", "facing_time")] = str(time)
        return shown


class EnhancedBloodPressure(_Enhanced, frozen=True, kw_only=True):
    """Enhanced Blood Pressure Measurement (0x2B34): pressures in `unit` (mmHg or kPa), `map` the mean."""

    systolic: Number
    diastolic: Number
    map: Number

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _MEASUREMENT.read(data)
        return cls(unit=UNITS[flags & 1], since_2000=bool(flags & _SINCE_2000), **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _MEASUREMENT.write(self, flags=self._flags())

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, times as dates, absent ones left out."""
        return self._shown(_MEASUREMENT)

    def readings(self) -> tuple[Reading, ...]:
        """Return the blood pressure, and the pulse rate where the packet has one; nothing for a zero-filled stub."""
        return BloodPressureMeasurement(
            unit=self.unit,
            systolic=self.systolic,
            diastolic=self.diastolic,
            map=self.map,
            timestamp=self.device_time,
            pulse=self.pulse,
            user_id=self.user_id,
            status=self.status,
        ).readings()


class EnhancedCuffPressure(_Enhanced, frozen=True, kw_only=True):
    """Enhanced Intermediate Cuff Pressure (0x2B35): the pressure `cuff` in `unit`; shown live and never kept."""

    cuff: Number

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _CUFF_PRESSURE.read(data)
        return cls(unit=UNITS[flags & 1], since_2000=bool(flags & _SINCE_2000), **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _CUFF_PRESSURE.write(self, flags=self._flags())

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, times as dates, absent ones left out."""
        return self._shown(_CUFF_PRESSURE)

    def readings(self) -> tuple[Reading, ...]:
        """Return the cuff's pressure as a live value, not to be stored."""
        cuff = measure(Name.CUFF, self.cuff, self.unit)
        return (Reading(kind=Kind.BLOOD_PRESSURE, measures=cuff, stored=False),) if cuff else ()


_RECORDED: Final[dict[int, type[BloodPressureMeasurement | EnhancedBloodPressure]]] = {
    0x2A35: BloodPressureMeasurement,
    0x2B34: EnhancedBloodPressure,
}
_NUMBERS_OCTETS: Final = 4


class BloodPressureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Blood Pressure Record (0x2B36): a stored value of the characteristic `uuid` with its number `seq`, in `octets`.

    A device that says so in its feature seals records with an E2E-CRC, the last two of `octets`; a record by itself
    does not tell. One of several segments has all it holds in `octets`, and neither number nor UUID.
    """

    first: bool = True
    last: bool = True
    counter: int = 0
    seq: int | None = None
    uuid: int | None = None
    octets: bytes = b""

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one packet; raise MalformedPacket where a whole record has no number, no UUID or a cut value."""
        segment = Segment.unpack(bytes(data))
        if not segment.whole:
            return cls(first=segment.first, last=segment.last, counter=segment.counter, octets=segment.octets)
        if len(segment.octets) < _NUMBERS_OCTETS:
            raise MalformedPacket(f"Blood Pressure Record: {len(segment.octets)} octets before the recorded value")
        seq, uuid = (int.from_bytes(segment.octets[at : at + 2], "little") for at in (0, 2))
        record = cls(counter=segment.counter, seq=seq, uuid=uuid, octets=segment.octets[_NUMBERS_OCTETS:])
        _ = record.recorded  # a cut value is the whole packet's fault
        return record

    @property
    def recorded(self) -> BloodPressureMeasurement | EnhancedBloodPressure | None:
        """Return the value in the record, None where it is no measurement; raise MalformedPacket where it is cut."""
        decoder = _RECORDED.get(self.uuid or 0)
        return decoder.decode(self.octets) if decoder else None

    @property
    def crc_ok(self) -> bool | None:
        """Return whether the CRC fits number, UUID and value; None where no CRC is left after the value."""
        recorded = self.recorded
        if recorded is None or len(recorded.trailing) != CRC_OCTETS:
            return None
        return crc16(self._body()[:-CRC_OCTETS]) == int.from_bytes(recorded.trailing, "little")

    def encode(self) -> bytes:
        """Return the octets of this packet; raise NotRepresentable where a number does not fit its field."""
        if (self.uuid is not None) != (self.first and self.last):
            raise NotRepresentable("Blood Pressure Record: a whole record has a UUID, a segment of one has none")
        place = Segment(first=self.first, last=self.last, counter=self.counter, octets=self._body())
        return place.pack()

    def to_json(self) -> dict[str, object]:
        """Return `first`, `last`, `counter`, then `seq`, `uuid` (hex), `crc_ok` and the `recorded` value's fields."""
        shown: dict[str, object] = {"first": self.first, "last": self.last, "counter": self.counter}
        if self.uuid is None:
            return shown | {"part": self.octets.hex()}
        recorded = self.recorded
        value = {"recorded": recorded.to_json()} if recorded else {"octets": self.octets.hex()}
        crc = {} if self.crc_ok is None else {"crc_ok": self.crc_ok}
        return shown | {"seq": self.seq, "uuid": f"{self.uuid:04X}"} | value | crc

    def readings(self) -> tuple[Reading, ...]:
        """Return the readings of the value in the record; nothing for a part, or where the CRC does not fit."""
        recorded = self.recorded
        return () if recorded is None or self.crc_ok is False else recorded.readings()

    def _body(self) -> bytes:
        if self.uuid is None:
            return self.octets
        try:
            return (self.seq or 0).to_bytes(2, "little") + self.uuid.to_bytes(2, "little") + self.octets
        except OverflowError as error:
            raise NotRepresentable(f"Blood Pressure Record: seq {self.seq}, uuid {self.uuid}: {error}") from None
