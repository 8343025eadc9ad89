"""Values that nobody on this project wrote, from real devices and others' tests: tests/data/ble/ORIGIN.md."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gateway.devices import catalogue
from gateway.devices.decode import decode_jsonl, decode_line

FILE = Path(__file__).parent.parent / "data" / "ble" / "vectors.jsonl"
LINES = FILE.read_text().splitlines()
VECTORS: list[dict[str, Any]] = [json.loads(line) for line in LINES]

# What each characteristic may print beyond fields.md: bits and numbers in words, and flags that have no key there.
EXTRA = {"site", "clock_not_set", "multiple", "supported", "medication_unit", "reserved_flags", "trailing"}
CUFF = {"unit", "systolic", "diastolic", "map", "timestamp", "pulse", "user_id", "status"}
KEYS = {
    "SFLOAT": {"value"},
    "FLOAT": {"value"},
    "2A08": {"time"},
    "2A2B": {"time", "dow", "frac256", "reason"},
    "2A19": {"level", "valid"},
    "2A23": {"eui64", "oui"},
    "2A35": CUFF,
    "2A35+quirk:beurer_bm85": CUFF - {"map"} | {"map_not_measured"},
    "2A36": {"unit", "cuff", "timestamp", "pulse", "user_id", "status"},
    "2A5E": {"spo2", "pr", "timestamp", "status", "sensor_status", "pai"},
    "2A5F": {"spo2", "pr", "fast", "slow", "status", "sensor_status", "pai"},
    "2A1C": {"unit", "temperature", "timestamp", "type"},
    "2A9D": {"unit", "weight", "timestamp", "user_id", "bmi", "height"},
    "2A9C": {
        *("fat_pct", "timestamp", "user_id", "bmr_kj", "muscle_pct", "muscle_mass", "ffm", "slm", "water_mass"),
        *("impedance_ohm", "weight", "height", "unit"),
    },
    "2A37": {"hr", "contact", "energy_kj", "rr"},
    "2A18": {
        *("seq", "base_time", "offset_min", "concentration", "unit", "type", "location", "status", "context_follows"),
    },
    "2A34": {
        *("seq", "extended_flags", "carbohydrate", "carbohydrate_id", "meal", "tester", "health", "exercise_s"),
        *("exercise_pct", "medication", "medication_id", "hba1c"),
    },
    "2A51": {"features"},
    "2A52": {"op", "operator", "operand", "request", "response", "count"},
    "2AA7": {"records"},
    "2AA8": {"features", "type", "location", "crc_ok", "crc"},
    "2AA9": {"offset_min", "status", "caltemp", "warning", "crc_ok"},
    "2AAA": {"time", "tz_15min", "dst_15min", "crc_ok"},
    "2A9F-write": {"op", "user_index", "consent_code"},
    "2A9F-response": {"op", "request", "result"},
    "2B8B": {
        *("first", "last", "counter", "class", "length", "obs_type", "patient", "suppl", "unit", "value", "time"),
    },
    "2BFF": {"label", "di", "issuer", "authority"},
    "cdeacb81-5235-4c07-8846-93a37ee6b86d": {"pulse", "spo2", "pi_raw"},
    "cdeacd81-5235-4c07-8846-93a37ee6b86d": {"systolic", "diastolic", "pulse", "timestamp"},
}
RECORD = {"glucose_mgdl", "offset_min", "status", "caltemp", "warning", "trend", "quality", "crc_ok"}


def holds(said: Any, expected: Any) -> bool:
    """Return whether *said* has everything that is *expected* of it, also inside of lists and objects."""
    if isinstance(expected, dict):
        return all(key in said and holds(said[key], value) for key, value in expected.items())
    if isinstance(expected, list):
        return len(said) == len(expected) and all(map(holds, said, expected))
    return bool(said == expected)


def name(vector: dict[str, Any]) -> str:
    return f"{vector['characteristic']}-{vector['hex'] or 'empty'}"


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_a_published_value_decodes_to_what_it_is_known_to_mean(vector: dict[str, Any]) -> None:
    decoded = json.loads(decode_line(vector["characteristic"], vector["hex"]))

    assert holds(decoded, vector["expected"]), decoded


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_a_published_value_prints_no_key_that_the_documentation_does_not_name(vector: dict[str, Any]) -> None:
    decoded = json.loads(decode_line(vector["characteristic"], vector["hex"]))

    allowed = KEYS[vector["characteristic"]] | EXTRA

    assert set(decoded) <= ({"error", "detail"} if "error" in vector["expected"] else allowed)
    assert all(set(record) <= RECORD for record in decoded.get("records", []))


@pytest.mark.parametrize(
    "vector",
    [each for each in VECTORS if "error" not in each["expected"] and each["characteristic"] not in {"SFLOAT", "FLOAT"}],
    ids=name,
)
def test_a_published_value_encodes_to_its_own_octets_again(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    packet = catalogue.decode(vector["characteristic"], data)

    encoded = packet.encode()

    # A heart rate below 256 needs one octet; some devices spend two.
    assert encoded == data or (vector["characteristic"] == "2A37" and type(packet).decode(encoded) == packet)


def test_the_file_itself_can_be_piped_through_decode() -> None:
    decoded = [json.loads(line) for line in decode_jsonl(LINES)]

    assert [each.get("error") for each in decoded] == [vector["expected"].get("error") for vector in VECTORS]


def test_every_vector_names_its_source_and_every_characteristic_is_covered() -> None:
    counted = Counter(vector["characteristic"] for vector in VECTORS)

    assert all(vector["source"] for vector in VECTORS)
    assert set(counted) == set(KEYS)
    assert counted.total() == 140


FRAMES = [json.loads(line) for line in (FILE.parent / "notes.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    "hex_", [frame["hex"] for frame in FRAMES if frame["characteristic"].startswith("Omron")], ids=str
)
def test_the_published_frames_of_omrons_memory_protocol_are_read(hex_: str) -> None:
    decoded = json.loads(decode_line("omron+frame", hex_))

    assert decoded["kind"] in {"start", "read", "end"}
    assert catalogue.decode("omron+frame", bytes.fromhex(hex_)).encode().hex() == hex_
