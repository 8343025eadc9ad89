"""The Pulse Oximeter profile: spot-check (0x2A5E) and continuous (0x2A5F) measurements.

A spot-check is a measurement; the continuous stream is shown live and never kept.
https://www.bluetooth.com/specifications/specs/pulse-oximeter-service-1-0-1/
"""

from __future__ import annotations

from typing import Final, Self

from gateway.devices.date_time import DATE_TIME
from gateway.devices.ieee11073 import decode_sfloat, encode_sfloat
from gateway.devices.layout import SFLOAT, U16, U24, Codec, Field, Layout, Leftovers
from gateway.devices.packet import bits, measure, qualities
from gateway.devices.reading import DeviceTime, Kind, Name, Number, Quality, Reading, Unit

__all__ = ["Pair", "PlxContinuous", "PlxSpotCheck"]

Pair = tuple[Number, Number]
"""SpO2 in percent and pulse rate in beats per minute."""

_CLOCK_NOT_SET: Final = 1 << 4


def _decode_pair(raw: int) -> Pair:
    return decode_sfloat(raw & 0xFFFF), decode_sfloat(raw >> 16)


def _encode_pair(pair: Pair) -> int:
    return encode_sfloat(pair[0]) | encode_sfloat(pair[1]) << 16


_PAIR: Final = Codec(format="I", decode=_decode_pair, encode=_encode_pair)
_SPOT_CHECK: Final = Layout(
    "PLX Spot-Check Measurement",
    Field(name="spo2", codec=SFLOAT),
    Field(name="pr", codec=SFLOAT),
    Field(name="timestamp", codec=DATE_TIME, bit=0),
    Field(name="status", codec=U16, bit=1),
    Field(name="sensor_status", codec=U24, bit=2),
    Field(name="pai", codec=SFLOAT, bit=3),
    flags=0b11111,
)
_CONTINUOUS: Final = Layout(
    "PLX Continuous Measurement",
    Field(name="spo2", codec=SFLOAT),
    Field(name="pr", codec=SFLOAT),
    Field(name="fast", codec=_PAIR, bit=0),
    Field(name="slow", codec=_PAIR, bit=1),
    Field(name="status", codec=U16, bit=2),
    Field(name="sensor_status", codec=U24, bit=3),
    Field(name="pai", codec=SFLOAT, bit=4),
    flags=0b11111,
)


_STATUS: Final = bits(
    {
        5: Quality.ONGOING,
        6: Quality.EARLY_ESTIMATE,
        7: Quality.VALIDATED,
        8: Quality.FULLY_QUALIFIED,
        9: Quality.FROM_STORAGE,
        10: Quality.DEMONSTRATION,
        11: Quality.TESTING,
        12: Quality.CALIBRATING,
        13: Quality.UNAVAILABLE,
        14: Quality.QUESTIONABLE,
        15: Quality.INVALID,
    }
)
_SENSOR_STATUS: Final = bits(
    {
        0: Quality.DISPLAY_UPDATING,
        1: Quality.EQUIPMENT_MALFUNCTION,
        2: Quality.PROCESSING_IRREGULAR,
        3: Quality.INADEQUATE_SIGNAL,
        4: Quality.POOR_SIGNAL,
        5: Quality.LOW_PERFUSION,
        6: Quality.ERRATIC_SIGNAL,
        7: Quality.NON_PULSATILE,
        8: Quality.PULSE_QUESTIONABLE,
        9: Quality.ONGOING,  # signal analysis
        10: Quality.INTERFERENCE,
        11: Quality.SENSOR_UNCONNECTED_TO_USER,
        12: Quality.SENSOR_UNKNOWN,
        13: Quality.SENSOR_DISPLACED,
        14: Quality.SENSOR_MALFUNCTION,
        15: Quality.SENSOR_DISCONNECTED,
    }
)
_DOUBTFUL: Final = bits(dict.fromkeys((2, 8, 12), Quality.QUESTIONABLE))
"""The bits of the sensor status that make the numbers themselves questionable."""


class _Oximetry(Leftovers, frozen=True, kw_only=True):
    """What both measurements have: SpO2 in percent, pulse rate per minute, the pulse amplitude index `pai` in percent.

    `status` (16 bits) speaks of the measurement and `sensor_status` (24 bits) of device and sensor, as sent.
    """

    spo2: Number
    pr: Number
    status: int | None = None
    sensor_status: int | None = None
    pai: Number | None = None

    def _readings(
        self,
        *,
        stored: bool,
        device_time: DeviceTime | None = None,
        also: frozenset[Quality] = frozenset(),
    ) -> tuple[Reading, ...]:
        saturation = measure(Name.SPO2, self.spo2, Unit.PERCENT)
        perfusion = measure(Name.PERFUSION, self.pai, Unit.PERCENT) if saturation else ()
        pulse = measure(Name.PULSE, self.pr, Unit.PER_MINUTE)
        said = qualities(self.status, _STATUS) | qualities(self.sensor_status, (*_SENSOR_STATUS, *_DOUBTFUL)) | also
        return tuple(
            Reading(kind=kind, measures=measures, device_time=device_time, qualities=said, stored=stored)
            for kind, measures in ((Kind.OXYGEN_SATURATION, saturation + perfusion), (Kind.PULSE_RATE, pulse))
            if measures
        )


class PlxSpotCheck(_Oximetry, frozen=True, kw_only=True):
    """PLX Spot-Check Measurement (0x2A5E): one measurement, with the device's time where it has a clock.

    `clock_not_set` is the device saying that its `timestamp` is not to be believed.
    """

    timestamp: DeviceTime | None = None
    clock_not_set: bool = False

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        flags, values = _SPOT_CHECK.read(data)
        return cls(clock_not_set=bool(flags & _CLOCK_NOT_SET), **values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _SPOT_CHECK.write(self, flags=_CLOCK_NOT_SET if self.clock_not_set else 0)

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out; `clock_not_set` only where it is true."""
        return _SPOT_CHECK.to_json(self) | ({"clock_not_set": True} if self.clock_not_set else {})

    def readings(self) -> tuple[Reading, ...]:
        """Return the oxygen saturation and the pulse rate, each where the device has a value for it."""
        clock = frozenset({Quality.CLOCK_NOT_SET} if self.clock_not_set else ())
        return self._readings(stored=True, device_time=self.timestamp, also=clock)


class PlxContinuous(_Oximetry, frozen=True, kw_only=True):
    """PLX Continuous Measurement (0x2A5F): the stream of every second; `fast` and `slow` are other averaging times."""

    fast: Pair | None = None
    slow: Pair | None = None

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one value; raise MalformedPacket where it is shorter than its flags say."""
        _, values = _CONTINUOUS.read(data)
        return cls(**values)

    def encode(self) -> bytes:
        """Return the octets of this value; raise NotRepresentable where a number does not fit its field."""
        return _CONTINUOUS.write(self)

    def to_json(self) -> dict[str, object]:
        """Return the fields by name, absent ones left out; `fast` and `slow` are [spo2, pr]."""
        return _CONTINUOUS.to_json(self)

    def readings(self) -> tuple[Reading, ...]:
        """Return the oxygen saturation and the pulse rate as live values, not to be stored."""
        return self._readings(stored=False)
