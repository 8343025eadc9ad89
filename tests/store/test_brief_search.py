"""A search that begins in the loop's own thread answers what it would have answered anywhere else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.store.endpoint import Endpoint, heart_rate

FOUND = [
    ("Observation?patient=p1&code=8867-4", "1 2 3 4 5 6 7 8 9"),
    ("Observation?patient=p1&code=8867-4&_count=2", "1 2 3 4 5 6 7 8 9"),
    ("Observation?patient=p1&date=ge2026-11-22T10:03:00Z", "1 2 3 4 5 6 7"),
    ("Observation?patient=p1&value-quantity=gt77", "1 2"),
    ("Observation?patient.identifier=urn:ins|248&code=8867-4&_count=4", "1 2 3 4 5 6 7 8 9"),
    ("Observation?patient=p1&_sort=date&_count=3", "9 8 7 6 5 4 3 2 1"),
    ("Observation?patient=p1&_elements=status&_count=5", "1 2 3 4 5 6 7 8 9"),
    ("Observation?patient=p2", "long"),
    ("Observation?patient=nobody", ""),
    ("Patient?family=dub", "p1"),
]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def filled(endpoint: Endpoint) -> Endpoint:
    name, number = [{"family": "Dubois"}], [{"system": "urn:ins", "value": "248"}]
    await endpoint.save({"resourceType": "Patient", "id": "p1", "name": name, "identifier": number})
    await endpoint.save({"resourceType": "Patient", "id": "p2", "name": [{"family": "Durand"}]})
    for n in range(1, 10):
        await endpoint.save(heart_rate(id=str(n), value=str(80 - n), at=f"2026-11-22T10:{10 - n:02}:00Z"))
    words: list[Any] = [{"text": "é" * 80_000}]
    await endpoint.save(heart_rate(id="long", patient="p2", note=words))
    return endpoint


@pytest.mark.parametrize("steps", [7, 60, 500])
async def test_wherever_a_search_is_stopped_in_the_loop_it_is_answered_the_same(
    filled: Endpoint, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("gateway.database.sqlite_reading._BRIEF_S", 0.0)
    monkeypatch.setattr("gateway.database.sqlite_reading._STEPS", steps)
    for url, found in FOUND * 2:  # the first time a statement is new, and takes its time anyway
        assert await filled.ids(url) == found.split(), url


async def test_a_search_that_is_not_stopped_is_answered_the_same(filled: Endpoint) -> None:
    for url, found in FOUND * 2:
        assert await filled.ids(url) == found.split(), url
