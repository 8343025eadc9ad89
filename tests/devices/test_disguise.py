"""A disguised packet keeps what the device says and loses whom it says it about."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.devices.catalogue import DECODERS, PROFILES, QUIRKS, decode
from gateway.devices.date_time import later
from gateway.devices.disguise import INVENTED, KEPT, SECONDS, disguised, moved
from gateway.devices.errors import DeviceError
from gateway.devices.reading import Special
from gateway.devices.thermometer import TemperatureMeasurement

VECTORS = [
    json.loads(line) for line in (Path(__file__).parent.parent / "data/ble/vectors.jsonl").read_text().splitlines()
]
HEARD = {uuid for profile in PROFILES for uuid in (*profile.measurement, *profile.live)}
BY = timedelta(days=-2500)
KEY = b"secret"


def _good() -> list[tuple[str, str]]:
    found = []
    for vector in VECTORS:
        short = vector["characteristic"].upper()
        if short in HEARD:
            try:
                decode(short, bytes.fromhex(vector["hex"]))
            except DeviceError:
                continue
            found.append((short, vector["hex"]))
    return list(dict.fromkeys(found))


WITHHELD = {"2B36", "CDEACB81-5235-4C07-8846-93A37EE6B86D", "CDEACD81-5235-4C07-8846-93A37EE6B86D"}
"""What comes in octets of a maker's own, or in segments: nothing says where the person is in them."""


def test_there_are_vectors_of_every_standard_measurement() -> None:
    seen = Counter(characteristic for characteristic, _ in _good())
    assert {"2A35", "2A36", "2A5E", "2A5F", "2A1C", "2A9D", "2A9C", "2A37", "2A18", "2A34", "2AA7", "2B8B"} <= set(seen)


@pytest.mark.parametrize(("characteristic", "octets"), _good())
def test_a_packet_keeps_its_layout_and_what_the_device_says(characteristic: str, octets: str) -> None:
    value = bytes.fromhex(octets)
    new = disguised(characteristic, value, model=None, by=BY, key=KEY)
    if characteristic in WITHHELD:
        assert new is None
        return
    assert new is not None, "a field of it has no row in disguise.py"
    old_packet, new_packet = decode(characteristic, value), decode(characteristic, new)
    # A rate in sixteen bits that would fit eight is written in eight: the one layout that a packet does not remember.
    assert len(new) == len(value) or old_packet.encode() != value
    assert _shape(new_packet.to_json()) == _shape(old_packet.to_json())
    before, after = old_packet.readings(), new_packet.readings()
    assert [(each.kind, each.qualities, each.user_slot) for each in after] == [
        (each.kind, each.qualities, each.user_slot) for each in before
    ]
    for old, fresh in zip(before, after, strict=True):
        assert fresh.device_time == (later(old.device_time, by=BY) or old.device_time if old.device_time else None)
        for one, other in zip(old.measures, fresh.measures, strict=True):
            assert isinstance(one.value, Special) is isinstance(other.value, Special)
            if isinstance(one.value, Decimal) and isinstance(other.value, Decimal):
                assert one.value.as_tuple().exponent == other.value.as_tuple().exponent, "the precision is the device's"


def _shape(shown: Any) -> Any:
    """What there is in a value, without its numbers."""
    if isinstance(shown, dict):
        return {name: _shape(part) for name, part in shown.items()}
    if isinstance(shown, list):
        return [_shape(part) for part in shown]
    return type(shown).__name__


def test_every_number_is_somebody_elses() -> None:
    of = {"systolic": 178, "diastolic": 111, "pulse": 44, "map": 140}
    feverish = TemperatureMeasurement(temperature=Decimal("40.15")).encode()
    new = disguised("2A1C", feverish, model=None, by=BY, key=KEY)
    assert new is not None
    assert abs(TemperatureMeasurement.decode(new).temperature - Decimal("36.8")) < 1  # type: ignore[operator]  # a Decimal
    assert set(of) <= set(INVENTED)


def test_the_same_octets_are_disguised_alike_and_only_under_one_key() -> None:
    record = bytes.fromhex("1e8a00580078000000041114293b3c00012700")
    once, again = (disguised("2A35", record, model=None, by=BY, key=KEY) for _ in range(2))
    others = {disguised("2A35", record, model=None, by=BY, key=bytes([each])) for each in range(40)}
    assert once == again, "a cuff that sends its memory twice is seen to send it twice"
    assert len(others) > 1


def test_moving_changes_the_times_and_nothing_else() -> None:
    record = bytes.fromhex("1e8a00580078000000041114293b3c00012700")
    cgm = bytes.fromhex("0a016b00000001f04981")
    assert moved("2AA7", cgm, model=None, by=BY) == cgm
    assert moved("2A35", record, model=None, by=BY) == record, "a year 0 is no date that could be moved"
    real = bytes.fromhex("1680004f005f00ea070b1608040a47000000")
    assert moved("2A35", moved("2A35", real, model=None, by=BY), model=None, by=-BY) == real


def test_nothing_that_no_table_knows_is_let_through() -> None:
    assert disguised("2A9F", b"\x02\x01\xd2\x04", model=None, by=BY, key=KEY) is None, "a consent code"
    assert disguised("2A85", b"\xbc\x07\x05\x11", model=None, by=BY, key=KEY) is None, "a date of birth"
    assert disguised("2A35", b"\x00\x01", model=None, by=BY, key=KEY) is None, "a cut packet"
    assert disguised("F00D", b"Jeanne", model=None, by=BY, key=KEY) is None, "octets of nobody knows what"
    said = disguised("2A9D", bytes.fromhex("001c39") + b"Jeanne", model=None, by=BY, key=KEY)
    assert said is not None
    assert said.endswith(bytes(6)), "what follows the last field"


def test_the_tables_name_each_field_once_and_only_fields_there_are() -> None:
    assert not KEPT & set(INVENTED)
    assert not SECONDS & (KEPT | set(INVENTED))
    names: set[str] = set()
    for decoder in (*DECODERS.values(), *(quirk.decoder for quirk in QUIRKS)):
        names |= _fields(decoder)
    computed = {"respiratory-rate", "glucose", "cuff"}
    assert KEPT | SECONDS | set(INVENTED) <= names | computed


def _fields(struct: type) -> set[str]:
    names: set[str] = set()
    for field in msgspec.structs.fields(struct):
        names.add(field.name)
        for inner in (field.type, *getattr(field.type, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                names |= _fields(inner)
    return names
