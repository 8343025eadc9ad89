"""A packet without the person in it: the same layout, flags and statuses, an invented person's numbers, another day.

What identifies somebody in a packet is what was measured (a weight, a height and an hour are enough in a village) and
when. So every number of a measurement gives way to one of an invented person's, written with the same precision; every
time is moved by the same amount, so that the time between two records is kept. A zero, a special value, a number below
zero and one that nobody can have stay: they are signs of the device. Reserved flags stay; octets behind the last field
become zeros.

Nothing passes that is not in one of the tables below: a field that has no row, or octets that nothing decodes, make
`disguised` return None. The same octets are always disguised in the same way under one key.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import msgspec

from gateway.devices import catalogue
from gateway.devices.continuous_glucose import CgmRecord
from gateway.devices.date_time import later
from gateway.devices.elapsed_time import ElapsedTime
from gateway.devices.errors import DeviceError
from gateway.devices.health_observation import Observation
from gateway.devices.health_types import TYPES, UNITS
from gateway.devices.reading import DeviceTime, Name, Unit

__all__ = ["INVENTED", "KEPT", "SECONDS", "disguised", "moved"]

KEPT: Final = frozenset(
    {
        *("unit", "status", "sensor_status", "user_id", "multiple", "reserved_flags", "type", "contact"),
        *("clock_not_set", "since_2000", "unused_diastolic", "unused_map", "map_not_measured"),
        *("seq", "sample", "context_follows", "extended_flags", "carbohydrate_id", "meal", "tester_health"),
        *("medication_id", "medication_unit", "offset_min", "caltemp", "warning", "trend"),
        *("first", "last", "counter", "record", "class_", "obs_type", "obs_id", "patient", "suppl", "derived_from"),
        *("member_of", "flags", "source", "offset"),
    }
)
"""What the device says about a measurement, and how its packets hang together; a user is a slot, never a name."""

SECONDS: Final = frozenset({"timestamp_s", "user_facing_s"})
"""Times as a count of seconds."""

INVENTED: Final[Mapping[str, tuple[str, str]]] = {
    "systolic": ("128", "1"),
    "diastolic": ("79", "1"),
    "map": ("95", "1"),
    "pulse": ("72", "1"),
    "pr": ("72", "1"),
    "hr": ("72", "1"),
    "rr": ("853", "4"),
    "spo2": ("97", "1"),
    "pai": ("4", "0.1"),
    "temperature": ("36.8", "0.1"),
    "weight": ("72", "0.5"),
    "height": ("1.72", "0"),
    "bmi": ("24", "0.1"),
    "fat_pct": ("24.5", "0.1"),
    "bmr_kj": ("6800", "10"),
    "muscle_pct": ("38", "0.1"),
    "muscle_mass": ("27.5", "0.5"),
    "ffm": ("54", "0.5"),
    "slm": ("51", "0.5"),
    "water_mass": ("39.5", "0.5"),
    "impedance_ohm": ("480", "1"),
    "energy_kj": ("40", "1"),
    "concentration": ("0.00098", "0.00001"),
    "glucose_mgdl": ("98", "1"),
    "quality": ("96", "1"),
    "carbohydrate": ("0.05", "0.01"),
    "exercise_s": ("1200", "60"),
    "exercise_pct": ("50", "5"),
    "medication": ("0.000004", "0.000001"),
    "hba1c": ("6", "0.1"),
    "duration": ("10", "1"),
    "respiratory-rate": ("15", "1"),
    "glucose": ("98", "1"),
}
"""What the invented person has of each quantity, and by what steps it varies; in the unit that comes first below."""

_ELSEWHERE: Final[Mapping[tuple[str, Unit | None], tuple[str, str]]] = {
    ("systolic", Unit.KPA): ("17.1", "0.1"),
    ("diastolic", Unit.KPA): ("10.5", "0.1"),
    ("map", Unit.KPA): ("12.7", "0.1"),
    ("temperature", Unit.FAHRENHEIT): ("98.2", "0.1"),
    ("weight", Unit.POUND): ("159", "1"),
    ("muscle_mass", Unit.POUND): ("61", "1"),
    ("ffm", Unit.POUND): ("119", "1"),
    ("slm", Unit.POUND): ("112", "1"),
    ("water_mass", Unit.POUND): ("87", "1"),
    ("height", Unit.POUND): ("67.7", "0"),
    ("concentration", Unit.MOLE_PER_LITRE): ("0.0054", "0.0001"),
}
"""The same in other units."""

_COARSE: Final = {"cuff": Decimal(10)}
"""What keeps its shape and loses its detail: the pressure in a cuff as it rises and falls."""

_STEPS: Final = 3
_FAR: Final = 100
"""Beyond this ratio to the invented person's, a number was never measured on anybody: the layout is another one."""


_PAIRS: Final = {"fast": ("spo2", "pr"), "slow": ("spo2", "pr")}
"""Pairs of numbers in one field."""


class _Unclassified(Exception):
    """A field of a packet that no table has a row for."""


def disguised(characteristic: str, value: bytes, *, model: str | None, by: timedelta, key: bytes) -> bytes | None:
    """Return the octets of *value* without the person in them, its times moved *by*; None where nobody can tell how.

    *model* is the device's Model Number String, *key* a secret that is thrown away with the capture's end.
    """
    seed = hmac.digest(key, characteristic.encode() + value, "sha256")
    random = Random(seed)  # noqa: S311 - it draws weights; what must not be guessed is the key
    rewriting = _Rewriting(
        by=by,
        number=lambda name, number, unit: _invented(name, number, unit, random),
        octets=lambda octets: bytes(len(octets)),
    )
    try:
        return bytes(rewriting.packet(catalogue.decode(characteristic, value, model=model)).encode())
    except (DeviceError, _Unclassified):
        return None


def moved(characteristic: str, value: bytes, *, model: str | None, by: timedelta) -> bytes:
    """Return the octets of *value* with its times moved *by* and nothing else changed."""
    rewriting = _Rewriting(by=by, number=lambda _name, number, _unit: number, octets=lambda octets: octets)
    return bytes(rewriting.packet(catalogue.decode(characteristic, value, model=model)).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rewriting:
    """One way to write packets anew: what becomes of times, of a measured number, of octets that nobody names."""

    by: timedelta
    number: Callable[[str, Any, Unit | None], Any]
    octets: Callable[[bytes], bytes]

    def packet(self, packet: Any) -> Any:
        """Return *packet* with every field rewritten; raise _Unclassified for one that no table knows."""
        special = _SPECIAL.get(type(packet))
        return special(self, packet) if special else self.fields(packet)

    def fields(self, packet: Any, **renamed: str) -> Any:
        """Return *packet* rewritten field by field; *renamed* says what a field's number is a number of."""
        unit = getattr(packet, "unit", None)
        parts = {name: getattr(packet, name) for name in packet.__struct_fields__}
        new = {name: self.part(renamed.get(name, name), part, unit) for name, part in parts.items()}
        return msgspec.structs.replace(packet, **new)

    def part(self, name: str, part: Any, unit: Any) -> Any:
        """Return one field rewritten."""
        if part is None or name in KEPT:
            return part
        for kind, rewrite in _PARTS.items():
            if isinstance(part, kind):
                return rewrite(self, name, part, unit)
        if name in SECONDS:
            return part + int(self.by.total_seconds())
        if name not in INVENTED and name not in _COARSE:
            raise _Unclassified(name)
        return self.number(name, part, unit if isinstance(unit, Unit) else None)


def _time(rewriting: _Rewriting, _name: str, part: DeviceTime, _unit: Any) -> DeviceTime:
    return later(part, by=rewriting.by) or part


def _octets(rewriting: _Rewriting, name: str, part: bytes, _unit: Any) -> bytes:
    if part and name != "trailing":
        raise _Unclassified(name)
    return rewriting.octets(part)


def _struct(rewriting: _Rewriting, _name: str, part: msgspec.Struct, _unit: Any) -> Any:
    return rewriting.packet(part)


def _tuple(rewriting: _Rewriting, name: str, part: tuple[Any, ...], unit: Any) -> tuple[Any, ...]:
    names = _PAIRS.get(name, (name,) * len(part))
    return tuple(rewriting.part(each, item, unit) for each, item in zip(names, part, strict=True))


_PARTS: Final[Mapping[type, Callable[[_Rewriting, str, Any, Any], Any]]] = {
    DeviceTime: _time,
    bytes: _octets,
    msgspec.Struct: _struct,
    tuple: _tuple,
}


def _elapsed(rewriting: _Rewriting, packet: ElapsedTime) -> ElapsedTime:
    return packet.later(rewriting.by)


def _record(rewriting: _Rewriting, packet: CgmRecord) -> CgmRecord:
    """Rewrite a record; the seal is made anew, and stays broken where it was."""
    new: CgmRecord = rewriting.fields(msgspec.structs.replace(packet, crc=None))
    if packet.crc is None:
        return new
    sealed = new.sealed()
    return sealed if packet.crc_ok else msgspec.structs.replace(sealed, crc=(sealed.crc or 0) ^ 1)


def _observation(rewriting: _Rewriting, packet: Observation) -> Observation:
    """Rewrite an observation; its type says what its number is a number of."""
    if packet.value is None:
        if packet.rest:
            raise _Unclassified("rest")
        new: Observation = rewriting.fields(packet)
        return new
    known = TYPES.get(packet.obs_type or 0)
    if known is None:
        raise _Unclassified(f"type {packet.obs_type}")
    name, unit = _FIELDS.get(known[1], known[1].value), UNITS.get(packet.value.unit)
    value = msgspec.structs.replace(packet.value, value=rewriting.part(name, packet.value.value, unit))
    bare: Observation = rewriting.fields(msgspec.structs.replace(packet, value=None))
    return msgspec.structs.replace(bare, value=value)


_FIELDS: Final = {Name.BODY_FAT: "fat_pct"}
"""The row of INVENTED of a quantity, where that is not called as the quantity is."""

_SPECIAL: Final[Mapping[type, Callable[[_Rewriting, Any], Any]]] = {
    ElapsedTime: _elapsed,
    CgmRecord: _record,
    Observation: _observation,
}


def _invented(name: str, number: Any, unit: Unit | None, random: Random) -> Any:
    """Return the invented person's number with the precision of *number*; signs of the device stay."""
    if not isinstance(number, (int, Decimal)) or number <= 0:
        return number
    if (grain := _COARSE.get(name)) is not None:
        return max((Decimal(number) / grain).to_integral_value(), Decimal(1)) * grain
    typical, step = (Decimal(text) for text in _ELSEWHERE.get((name, unit), INVENTED[name]))
    if not typical / _FAR < number < typical * _FAR:
        return number
    invented = typical + step * random.randint(-_STEPS, _STEPS)
    if isinstance(number, int):
        return int(invented)
    return invented.quantize(Decimal(1).scaleb(int(number.as_tuple().exponent)))
