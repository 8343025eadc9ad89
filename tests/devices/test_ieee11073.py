from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.devices.errors import NotRepresentable
from gateway.devices.ieee11073 import decode_float, decode_sfloat, encode_float, encode_sfloat
from gateway.devices.reading import Special


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (0x0002, "2"),
        (0xF014, "2.0"),
        (0xE0C8, "2.00"),
        (0xF170, "36.8"),
        (0xFE01, "-51.1"),
        (0x04D2, "1234"),
        (0x1002, "2E+1"),
        (0x8062, "9.8E-7"),
        (0xF000, "0.0"),
        (0x0803, "-2045"),
    ],
)
def test_an_sfloat_keeps_the_precision_that_its_exponent_states(raw: int, text: str) -> None:
    assert str(decode_sfloat(raw)) == text
    assert encode_sfloat(Decimal(text)) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [(0xFE0000C8, "2.00"), (0xFFFFFB2E, "-123.4"), (0xFE000EB0, "37.60"), (0x01000002, "2E+1"), (0xFF000168, "36.0")],
)
def test_a_float_keeps_the_precision_that_its_exponent_states(raw: int, text: str) -> None:
    assert str(decode_float(raw)) == text
    assert encode_float(Decimal(text)) == raw


@pytest.mark.parametrize(
    ("sfloat", "float32", "special"),
    [
        (0x07FF, 0x007FFFFF, Special.NAN),
        (0x0800, 0x00800000, Special.NRES),
        (0x07FE, 0x007FFFFE, Special.POSITIVE_INFINITY),
        (0x0802, 0x00800002, Special.NEGATIVE_INFINITY),
        (0x0801, 0x00800001, Special.RESERVED),
    ],
)
def test_the_five_special_values_are_not_numbers(sfloat: int, float32: int, special: Special) -> None:
    assert decode_sfloat(sfloat) is special
    assert decode_float(float32) is special
    assert encode_sfloat(special) == sfloat
    assert encode_float(special) == float32


def test_each_of_the_65536_sfloats_encodes_to_itself() -> None:
    assert all(encode_sfloat(decode_sfloat(raw)) == raw for raw in range(1 << 16))


@given(st.integers(0, (1 << 32) - 1))
def test_any_float_encodes_to_itself(raw: int) -> None:
    assert encode_float(decode_float(raw)) == raw


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("2048", "mantissa"),
        ("204.80", "mantissa"),
        ("1E+8", "exponent"),
        ("1E-9", "exponent"),
        ("2047", "would mean NaN"),
        ("-2048", "would mean NRes"),
        ("NaN", "Special"),
        ("Infinity", "Special"),
    ],
)
def test_a_number_that_an_sfloat_cannot_hold_exactly_is_refused(number: str, reason: str) -> None:
    with pytest.raises(NotRepresentable, match=reason):
        encode_sfloat(Decimal(number))
