"""FHIR JSON is read and written without changing a digit, and what is ambiguous is refused."""

from __future__ import annotations

import json as stdlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.fhir import json
from tests.fhir.mapping.profile import DATA

EXAMPLES = sorted((DATA / "examples").glob("*.json"))


class Literal(str):
    """A number as it is written."""

    __slots__ = ()


def _as_written(text: bytes) -> Any:
    return stdlib.loads(text, parse_float=Literal, parse_int=Literal)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_official_example_comes_back_with_the_same_digits_in_the_same_order(path: Path) -> None:
    before = path.read_bytes()
    after = json.dumps(json.loads(before))
    assert stdlib.dumps(_as_written(after)) == stdlib.dumps(_as_written(before))


NUMBERS = [
    *("0", "1", "-1", "2.00", "36.50", "0.10", "100", "1.0E+2", "1E-7", "-0.0", "123456789012345678901234567890"),
    "0.1234567890123456789012345678901234567890",
]


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.parametrize("own", [True, False])
def test_a_number_comes_back_as_it_was_written(text: str, *, own: bool) -> None:
    assert json.dumps(json.loads(text, own=own)).decode() == text


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_decimal_survives_with_its_exponent(value: Decimal) -> None:
    back = Decimal(json.loads(json.dumps(value)))
    assert back == value
    assert value.as_tuple().exponent in {back.as_tuple().exponent, 0} or value.as_tuple() == back.as_tuple()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b'{"a":1,"a":2}', "'a' is given twice"),
        (b'{"x":[{"b":1,"c":2,"b":1}]}', "'b' is given twice"),
        (b'{"a":1,"\\u0061":2}', "'a' is given twice"),
        (b'{"a":NaN}', "byte"),
        (b"Infinity", "byte"),
        (b"01", "byte"),
        (b'{"a":1,}', "byte"),
        (b"{} {}", "trailing"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'"a\\ud800b-------"', "surrogate"),
        (b'"a\\u0000b"', "NUL"),
        (b'{"a\\u0000b":1}', "NUL"),
        (b'{"a":["\\u0000"]}', "NUL"),
        (b'"a\x01b"', "byte"),
        (b"[" * 5000 + b"]" * 5000, "nested too deeply"),
        (b"1e99999999999999999999", "cannot be read"),
        (b"1" * 5000, "out of range"),
        ("\ud800", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte"),
        ("{}".encode("utf-16"), "byte"),
    ],
)
def test_what_two_programs_could_read_differently_is_refused(data: bytes | str, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        json.loads(data)
    assert says.lower() in str(caught.value).lower()


def test_a_backslash_before_u0000_is_just_text() -> None:
    assert json.loads(b'"\\\\u0000"') == "\\u0000"


@given(st.binary(max_size=60))
def test_no_bytes_give_anything_but_a_value_or_a_malformed(data: bytes) -> None:
    try:
        json.loads(data)
    except Malformed:
        return


@pytest.mark.parametrize("value", [Decimal("NaN"), {"a": [Decimal("Infinity")]}, Decimal("sNaN")])
def test_a_number_that_is_none_is_never_written(value: object) -> None:
    with pytest.raises(ValueError, match="no JSON number"):
        json.dumps(value)


def test_words_that_look_like_such_numbers_are_written() -> None:
    assert json.dumps({"a": "NaN", "b": ["Infinity"]}) == b'{"a":"NaN","b":["Infinity"]}'
