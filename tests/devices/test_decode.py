"""What `teleborne decode` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.catalogue import DECODERS
from gateway.devices.decode import decode_jsonl, decode_line


def test_numbers_are_printed_with_the_digits_that_the_device_sent() -> None:
    assert decode_line("SFLOAT", "14f0") == '{"value":2.0}'
    assert decode_line("SFLOAT", "c8e0") == '{"value":2.00}'
    assert '"systolic":2.00' in decode_line("2A35", "00c8e014f00200")


def test_special_values_are_words() -> None:
    assert json.loads(decode_line("2A5E", "00ff070008")) == {"spo2": "NaN", "pr": "NRes"}


def test_a_whole_packet_prints_every_field() -> None:
    assert json.loads(decode_line("2a5f", "1f610040006000410062003f0020010a00008700")) == {
        "spo2": 97,
        "pr": 64,
        "fast": [96, 65],
        "slow": [98, 63],
        "status": 288,
        "sensor_status": 10,
        "pai": 135,
    }


def test_the_sides_of_a_spot_check_are_all_read() -> None:
    assert json.loads(decode_line("2A5E", "1f61004000ea070b160c0000000120000016f0")) == {
        "spo2": 97,
        "pr": 64,
        "timestamp": "2026-11-22T12:00:00",
        "status": 256,
        "sensor_status": 32,
        "pai": 2.2,
        "clock_not_set": True,
    }


def test_octets_after_the_last_field_are_counted_and_reserved_flags_shown() -> None:
    assert json.loads(decode_line("2A35", "e0780050005a00010203")) == {
        "unit": "mmHg",
        "systolic": 120,
        "diastolic": 80,
        "map": 90,
        "reserved_flags": 0xE0,
        "trailing": 3,
    }


def test_a_thermometers_site_is_also_said_in_words() -> None:
    assert json.loads(
        decode_line("2A1E", "0570010000ff06".replace("0570010000ff", "0570010 0ff".replace(" ", "")))
    ) == {
        "unit": "F",
        "temperature": 36.8,
        "type": 6,
        "site": "mouth",
    }


def test_a_device_information_text_is_printed_as_text() -> None:
    assert decode_line("2A29", "4126440000") == '{"text":"A&D"}'


@pytest.mark.parametrize(
    ("characteristic", "octets", "error"),
    [
        ("2A35", "00", "malformed"),
        ("2A35", "", "malformed"),
        ("2A37", "1055", "malformed"),
        ("2A37", "10550102 03", "malformed"),
        ("2A19", "4b4b", "malformed"),
        ("SFLOAT", "00", "malformed"),
        ("FLOAT", "000000", "malformed"),
        ("2A35", "0", "bad-hex"),
        ("2A35", "zz", "bad-hex"),
        ("2A35", "é", "bad-hex"),
        ("FFFF", "00", "unknown-characteristic"),
        ("", "00", "unknown-characteristic"),
        ("\ud800", "00", "unknown-characteristic"),
    ],
)
def test_what_cannot_be_decoded_is_one_error_that_says_why(characteristic: str, octets: str, error: str) -> None:
    printed = json.loads(decode_line(characteristic, octets))

    assert printed["error"] == error
    assert len(printed["detail"]) > 10


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "null",
        "[]",
        "42",
        '"2A35"',
        "{}",
        '{"characteristic": "2A35"}',
        '{"hex": "00"}',
        '{"characteristic": 2, "hex": "00"}',
        '{"characteristic": "2A35", "hex": null}',
        '{"characteristic": "2A35", "hex": ["00"]}',
        '{"characteristic": "2A35", "hex": "00"} {}',
        '{"characteristic": "\\ud800", "hex": "00"}',
        '{"characteristic": "\ud800", "hex": "00"}',
        '{"x": ' + "[" * 100_000 + "}",
        b"\xff\xfe",
    ],
    ids=lambda line: repr(line[:44]),
)
def test_a_bad_line_is_one_error_and_the_next_line_is_decoded(line: str | bytes) -> None:
    good = '{"characteristic": "2A19", "hex": "4b"}'

    first, second = decode_jsonl([line, good])

    assert set(json.loads(first)) == {"error", "detail"}
    assert json.loads(second) == {"level": 75, "valid": True}


@given(st.lists(st.text() | st.binary()))
def test_each_line_in_is_one_json_line_out(lines: Iterable[str | bytes]) -> None:
    given_lines = list(lines)

    printed = list(decode_jsonl(given_lines))

    assert len(printed) == len(given_lines)
    assert all(isinstance(json.loads(line), dict) and "\n" not in line for line in printed)


@given(st.sampled_from([*DECODERS, "SFLOAT", "FLOAT", "2A35+quirk:beurer_bm85"]), st.binary(max_size=40))
def test_whatever_octets_there_are_one_json_object_is_printed(characteristic: str, data: bytes) -> None:
    assert isinstance(json.loads(decode_line(characteristic, data.hex())), dict)
