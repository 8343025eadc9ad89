"""The pure parts that search stands on: dates, elements, cursors, and what the server adds to a resource."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.fhir.search import cursor
from gateway.fhir.search.date import at, parse, range_of
from gateway.fhir.search.element import folded, measures, target, tokens
from gateway.fhir.search.index import extract
from gateway.fhir.search.number import ordered
from gateway.fhir.search.query import LAST_UPDATED, NEWEST, Cursor, Sort
from gateway.fhir.search.text import beginning, pieces, within
from gateway.fhir.search.ucum import unit

BASE = "https://gateway.example/fhir/R4"
NOW = datetime(2026, 11, 22, 10, 0, 0, 123_456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "low", "seconds"),
    [
        ("2024", "2024-01-01T00:00:00+00:00", 366 * 86_400),
        ("2024-02", "2024-02-01T00:00:00+00:00", 29 * 86_400),
        ("9999-12-31", "9999-12-31T00:00:00+00:00", 86_400),
        ("2024-02-29T12:30", "2024-02-29T12:30:00+00:00", 60),
        ("2024-02-29T12:30:15+05:30", "2024-02-29T07:00:15+00:00", 1),
        ("2024-02-29T12:30:15.25Z", "2024-02-29T12:30:15.250000+00:00", 0.01),
        ("2024-02-29T12:30:15.1234567891Z", "2024-02-29T12:30:15.123456+00:00", 0.000001),
    ],
)
def test_a_date_is_as_wide_as_its_precision(text: str, low: str, seconds: float) -> None:
    found = parse(text)
    assert found is not None
    assert found.low == at(datetime.fromisoformat(low))
    assert found.high - found.low == round(seconds * 1_000_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "2024-13",
        "2024-02-30",
        "0000",
        "2024-1-1",
        "2024-01-01T24:00:00Z",
        "2024-01-01T10",
        "2024-01-01T10:00+15:00",
        "2024-01-01T10:61Z",
        "2024-01-01T10:00:61Z",
        "2024-01-01 10:00",
        "²024",
        "2024-01-01T10:00:00.Z",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse(text) is None


@given(
    value=st.recursive(
        st.none() | st.text() | st.integers(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)
    )
)
def test_no_value_breaks_the_reading_of_an_element(value: Any) -> None:
    list(tokens(value))
    range_of(value)
    range_of({"start": value, "end": value, "event": value})
    list(measures(value))
    list(measures({"value": value, "low": value, "origin": value}))
    extract(
        {
            "resourceType": "Observation",
            "id": "a",
            "subject": value,
            "code": value,
            "component": value,
            "identifier": [value, {"value": value, "system": value}],
            "effectivePeriod": value,
            "valueQuantity": value,
            "valuePeriod": {"start": value},
            "device": {"identifier": value},
            "meta": {"tag": value, "profile": value},
        },
        base=BASE,
    )


def test_a_timing_reaches_from_its_first_to_its_last_event() -> None:
    found = range_of({"event": ["2024-03-02", "2024-03-01", "nonsense"]})
    first, last = parse("2024-03-01"), parse("2024-03-02")
    assert first is not None
    assert last is not None
    assert found == (first.low, last.high)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("Patient/1", "Patient/1"),
        (f"{BASE}/Patient/1", "Patient/1"),
        ("Patient/1/_history/2", "Patient/1"),
        ("https://elsewhere.example/fhir/R4/Patient/1", "https://elsewhere.example/fhir/R4/Patient/1"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("#a", "#a"),
    ],
)
def test_a_reference_to_us_is_relative_and_without_version(reference: str, found: str) -> None:
    assert target(reference, base=BASE) == found


def test_names_are_found_without_case_and_accents() -> None:
    assert folded("  Élodie\tLE  GALL ") == folded("elodie le gall")
    assert folded("Straße") == folded("STRASSE")


DATE = Sort("date", "date", descending=False)
AMOUNT = Sort("value-quantity", "amount", descending=True)


@given(
    key=st.integers(-(2**63) + 1, 2**63 - 1),
    number=st.decimals(allow_nan=False, allow_infinity=False),
    serial=st.integers(1, 2**63 - 1),
    order=st.sampled_from([DATE, LAST_UPDATED]),
)
def test_a_cursor_comes_back_as_it_was(key: int, number: Decimal, serial: int, order: Sort) -> None:
    one = Cursor(keys=(key, ordered(number)), serial=serial)
    word = cursor.encode(one, (order, AMOUNT))
    assert cursor.decode(word, (order, AMOUNT)) == one
    for other in ((NEWEST,), (AMOUNT, order), (order,)):
        with pytest.raises(Malformed):
            cursor.decode(word, other)


@given(word=st.text())
def test_any_other_word_is_no_cursor(word: str) -> None:
    with pytest.raises(Malformed):
        cursor.decode(word, (NEWEST,))


@given(one=st.decimals(allow_nan=False, allow_infinity=False, places=12), other=st.decimals(-1000, 1000, places=3))
def test_numbers_sort_as_their_texts_do(one: Decimal, other: Decimal) -> None:
    assert (ordered(one) < ordered(other)) == (one < other)
    assert ordered(other) == ordered(other * Decimal("1.000"))


@pytest.mark.parametrize(
    ("value", "code", "other_value", "other_code"),
    [
        ("37.0", "Cel", "98.6", "[degF]"),
        ("1.2", "g/L", "120", "mg/dL"),
        ("120", "mm[Hg]", "15.99864", "kPa"),
        ("72", "/min", "1.2", "Hz"),
        ("1", "[lb_av]", "0.45359237", "kg"),
        ("5", "10*9/L", "5000", "10*3/mL"),
        ("60", "mL/min", "1", "mL/s"),
        ("2", "L/(min.m2)", "2000", "mL/min/m2"),
        ("1", "{beats}/min", "60", "/h"),
    ],
)
def test_units_of_one_kind_meet_in_their_base_unit(value: str, code: str, other_value: str, other_code: str) -> None:
    one, other = unit(code), unit(other_code)
    assert one is not None
    assert other is not None
    assert (one.base, one.converted(Decimal(value))) == (other.base, other.converted(Decimal(other_value)))


@given(code=st.text(max_size=70) | st.text("kgm[]{}()./-0123456789*", max_size=30))
def test_no_text_breaks_the_reading_of_a_unit(code: str) -> None:
    unit(code)


@given(text=st.text(min_size=3, max_size=60), start=st.integers(0, 57), length=st.integers(3, 60))
def test_a_string_is_found_by_each_of_its_parts(text: str, start: int, length: int) -> None:
    plain, kept = folded(text), set(pieces(text))
    part = plain[start : start + length]
    for phrase in (
        beginning("f", plain[:length]),
        *([within("f", part)] if len(folded(part)) == len(part) > 2 else []),
    ):
        assert any(all((first + place, code) in kept for place, code in phrase.pieces) for first in range(61))
