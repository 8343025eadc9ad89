"""The pure parts that search stands on: dates, elements, cursors, and what the server adds to a resource."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.fhir.json import dumps
from gateway.fhir.search import cursor
from gateway.fhir.search.date import at, parse, range_of
from gateway.fhir.search.element import elements, folded, target, tokens
from gateway.fhir.search.index import extract
from gateway.fhir.search.query import Cursor, Order
from gateway.fhir.version import bare, same, stamped

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
    list(elements({"a": value}, "a.b.c"))
    extract(
        {
            "resourceType": "Observation",
            "id": "a",
            "subject": value,
            "code": value,
            "component": value,
            "identifier": [value, {"value": value, "system": value}],
            "effectivePeriod": value,
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


@given(
    key=st.integers(-(2**63) + 1, 2**63 - 1),
    serial=st.integers(1, 2**63 - 1),
    order=st.sampled_from([Order.DATE, Order.LAST_UPDATED]),
)
def test_a_cursor_comes_back_as_it_was(key: int, serial: int, order: Order) -> None:
    one = Cursor(key=key, serial=serial)
    word = cursor.encode(one, order)
    assert cursor.decode(word, order) == one
    with pytest.raises(Malformed):
        cursor.decode(word, Order.NEWEST)


@given(word=st.text())
def test_any_other_word_is_no_cursor(word: str) -> None:
    with pytest.raises(Malformed):
        cursor.decode(word, Order.ID)


def test_the_server_adds_its_elements_and_moves_none_of_the_clients() -> None:
    sent = {"status": "final", "resourceType": "Observation", "valueInteger": Decimal("1.0")}
    made = stamped(sent, id_="a", version=2, updated=NOW)
    assert dumps(made) == (
        b'{"resourceType":"Observation","id":"a","meta":{"versionId":"2","lastUpdated":"2026-11-22T10:00:00.123Z"},'
        b'"status":"final","valueInteger":1.0}'
    )
    placed = {"resourceType": "Device", "status": "active", "meta": {"tag": []}, "id": "b"}
    assert list(stamped(placed, id_="b", version=1, updated=NOW)) == list(placed)


def test_what_the_server_added_makes_no_difference_and_a_digit_does() -> None:
    sent = {"resourceType": "Observation", "meta": {"profile": ["x"]}, "value": Decimal("72.0")}
    body = dumps(stamped(sent, id_="a", version=3, updated=NOW))
    assert same(sent, body)
    assert same(sent | {"id": "a", "meta": {"profile": ["x"], "versionId": "9"}}, body)
    assert not same(sent | {"value": Decimal("72.00")}, body)
    assert not same(sent | {"meta": {"profile": ["y"]}}, body)
    assert bare({"resourceType": "Device", "meta": {"versionId": "1"}}) == {"resourceType": "Device"}
