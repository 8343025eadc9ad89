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

# What each characteristic may print beyond fields.md: words for bits, and a flag that has no key there.
EXTRA = {"site", "clock_not_set"}
KEYS = {
    "SFLOAT": {"value"},
    "FLOAT": {"value"},
    "2A08": {"time"},
    "2A2B": {"time", "dow", "frac256", "reason"},
    "2A19": {"level", "valid"},
    "2A23": {"eui64", "oui"},
    "2A35": {"unit", "systolic", "diastolic", "map", "timestamp", "pulse", "user_id", "status"},
    "2A35+quirk:beurer_bm85": {
        "unit",
        "systolic",
        "diastolic",
        "map_not_measured",
        "timestamp",
        "pulse",
        "user_id",
        "status",
    },
    "2A36": {"unit", "cuff", "timestamp", "pulse", "user_id", "status"},
    "2A5E": {"spo2", "pr", "timestamp", "status", "sensor_status", "pai"},
    "2A5F": {"spo2", "pr", "fast", "slow", "status", "sensor_status", "pai"},
    "2A1C": {"unit", "temperature", "timestamp", "type"},
    "2A9D": {"unit", "weight", "timestamp", "user_id", "bmi", "height"},
    "2A37": {"hr", "contact", "energy_kj", "rr"},
}


def name(vector: dict[str, Any]) -> str:
    return f"{vector['characteristic']}-{vector['hex'] or 'empty'}"


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_a_published_value_decodes_to_what_it_is_known_to_mean(vector: dict[str, Any]) -> None:
    decoded = json.loads(decode_line(vector["characteristic"], vector["hex"]))

    shown = {key: decoded.get(key, "absent") for key in vector["expected"]}

    assert shown == vector["expected"]


@pytest.mark.parametrize("vector", VECTORS, ids=name)
def test_a_published_value_prints_no_key_that_the_documentation_does_not_name(vector: dict[str, Any]) -> None:
    decoded = json.loads(decode_line(vector["characteristic"], vector["hex"]))

    allowed = KEYS[vector["characteristic"]] | EXTRA | {"reserved_flags", "trailing"}

    assert set(decoded) <= ({"error", "detail"} if "error" in vector["expected"] else allowed)


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
    assert counted.total() == 79
