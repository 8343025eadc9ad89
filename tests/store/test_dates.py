"""The date search against a slow oracle that knows only the words of the standard."""

from __future__ import annotations

import calendar
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.database import Keyring, open_database
from gateway.store import METADATA, open_store
from tests.store.endpoint import Endpoint, everything

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
Pair = tuple[datetime, datetime]

KEPT: Final[dict[str, Any]] = {
    "year": "2024",
    "leap-month": "2024-02",
    "month": "2024-03",
    "leap-day": "2024-02-29",
    "day": "2024-03-01",
    "second": "2024-02-29T23:59:59Z",
    "second-east": "2024-03-01T01:00:00+02:00",
    "second-west": "2024-02-29T20:00:00-04:00",
    "tenth": "2024-03-01T00:00:00.5Z",
    "milli": "2024-03-01T00:00:00.499Z",
    "now": "2026-11-22T12:00:00Z",
    "open-end": {"start": "2024-02-29"},
    "open-start": {"end": "2024-03"},
    "period": {"start": "2024-02-29T12:00:00Z", "end": "2024-03-01T12:00:00Z"},
    "moment": {"start": "2024-03-01T00:00:00Z", "end": "2024-03-01T00:00:00Z"},
    "dateless": None,
}


def ends(text: str) -> Pair:
    """Return the first moment of what *text* means, and the first moment after it."""
    if "T" not in text:
        numbers = [int(each) for each in text.split("-")]
        year, month, day = [*numbers, 1, 1][:3]
        low = datetime(year, month, day, tzinfo=UTC)
        days = {1: 366 if calendar.isleap(low.year) else 365, 2: calendar.monthrange(low.year, low.month)[1], 3: 1}
        return low, low + timedelta(days=days[len(numbers)])
    zone = "" if text[-1] == "Z" or text[-6] in "+-" else "+00:00"
    clock = text.split("T")[1].replace("Z", "").split("+")[0].split("-")[0]
    width = {1: timedelta(minutes=1), 2: timedelta(seconds=1)}[clock.count(":")]
    if "." in clock:
        width = timedelta(microseconds=10 ** (6 - len(clock.split(".")[1])))
    moment = datetime.fromisoformat(text.replace("Z", "+00:00") + zone)
    return moment, moment + width


def spans(kept: Any) -> Pair | None:
    if kept is None:
        return None
    if isinstance(kept, str):
        return ends(kept)
    low = ends(kept["start"])[0] if "start" in kept else FIRST
    return low, ends(kept["end"])[1] if "end" in kept else LAST


def overlaps(one: Pair, two: Pair) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def within(outer: Pair, inner: Pair) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def near(wanted: Pair, found: Pair) -> bool:
    slack = max(abs(NOW - wanted[0]), abs(NOW - wanted[1])) / 10
    return overlaps((wanted[0] - slack, wanted[1] + slack), found)


# https://hl7.org/fhir/R4/search.html#prefix, "the range above" and "below" the search value being unbounded.
RULES: Final[dict[str, Callable[[Pair, Pair], bool]]] = {
    "": within,
    "eq": within,
    "ne": lambda wanted, found: not within(wanted, found),
    "gt": lambda wanted, found: overlaps((wanted[1], LAST), found),
    "lt": lambda wanted, found: overlaps((FIRST, wanted[0]), found),
    "ge": lambda wanted, found: overlaps((wanted[1], LAST), found) or within(wanted, found),
    "le": lambda wanted, found: overlaps((FIRST, wanted[0]), found) or within(wanted, found),
    "sa": lambda wanted, found: wanted[1] <= found[0],
    "eb": lambda wanted, found: found[1] <= wanted[0],
    "ap": near,
}

INSTANTS = [
    *(value for value in KEPT.values() if isinstance(value, str)),
    "2023",
    "2025",
    "2024-03-01T00:00",
    "2024-02-29T22:00:00Z",
    "2024-03-01T00:00:00",
    "2024-03-01T00:00:00.4999Z",
    "1999-12-31",
]
DATES = st.sampled_from(INSTANTS) | st.integers(0, 5 * 86_400).map(
    lambda seconds: (datetime(2024, 2, 27, tzinfo=UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
)


@pytest.fixture
async def kept(database_url: str, keyring: Keyring) -> AsyncIterator[Endpoint]:
    async with (
        open_database(database_url, METADATA) as database,
        open_store(database, keyring, now=lambda: NOW) as store,
    ):
        endpoint = Endpoint(store=store, principal=everything())
        for name, value in KEPT.items():
            dated = (
                {} if value is None else {"effectiveDateTime" if isinstance(value, str) else "effectivePeriod": value}
            )
            resource = {
                "resourceType": "Observation",
                "id": name,
                "status": "final",
                "code": {"coding": [{"code": "x"}]},
                "subject": {"reference": "Patient/p1"},
                **dated,
            }
            await endpoint.save(resource)
        yield endpoint


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(asked=st.lists(st.tuples(st.sampled_from(sorted(RULES)), DATES), min_size=1, max_size=2), either=st.booleans())
async def test_a_date_search_finds_what_the_standards_words_say(
    kept: Endpoint, asked: list[tuple[str, str]], *, either: bool
) -> None:
    words = [quote(prefix + text) for prefix, text in asked]
    query = "date=" + ",".join(words) if either else "&".join(f"date={word}" for word in words)
    found = set(await kept.ids(f"Observation?{query}&_count=5"))
    join = any if either else all
    wanted = {
        name
        for name, value in KEPT.items()
        if (span := spans(value)) and join(RULES[prefix](ends(text), span) for prefix, text in asked)
    }
    assert found == wanted
    assert set(await kept.ids(f"Observation?patient=p1&code=x&_sort=date&{query}")) == wanted


async def test_every_pair_of_a_prefix_and_a_date_agrees(kept: Endpoint) -> None:
    for prefix, rule in RULES.items():
        for text in INSTANTS:
            found = set(await kept.ids(f"Observation?date={quote(prefix + text)}"))
            wanted = {name for name, value in KEPT.items() if (span := spans(value)) and rule(ends(text), span)}
            assert found == wanted, (prefix, text)
