"""Whatever schemathesis makes of our OpenAPI document, the gateway answers as the document says, and never with 5xx."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import requests

from gateway.fhir.json import dumps
from gateway.fhir.router import READ_ONLY
from gateway.fhir.search.parameters import TYPES
from tests.fhir.instances import instances, resource
from tests.http.fuzzing import KNOWN, Fuzz
from tests.peers.integrating import Integration, gateway_process
from tests.peers.patience import PATIENCE

PARTS: Final = 19
"""Of the long form: each is a test of its own, so that what was stopped goes on where it was."""


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Integration]:
    database = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    with gateway_process(tmp_path, database=database) as found:
        _fill(found)
        yield found
        log = found.log.read_text()
        assert found.process.poll() is None, log
        assert '"failed"' not in log
        assert " failed" not in log


def _fill(gateway: Integration) -> None:
    """Store one resource of each type that has an official example."""
    headers = {"Authorization": f"Bearer {gateway.token()}", "Content-Type": "application/fhir+json"}
    stored = 0
    for type_ in sorted(set(TYPES) - READ_ONLY):
        name = next((each for each in sorted(instances()) if each.startswith(f"r4/{type_}-")), None)
        if name is not None:
            body = dumps({**resource(name), "id": KNOWN})
            answer = requests.put(f"{gateway.fhir}/{type_}/{KNOWN}", data=body, headers=headers, timeout=PATIENCE)
            assert answer.status_code == 201, answer.text
            stored += 1
    assert stored > 20


def test_a_thousand_requests_of_schemathesis_on_each_engine_are_answered_as_the_document_says(
    gateway: Integration, request: pytest.FixtureRequest
) -> None:
    fuzz = Fuzz(gateway=gateway)
    operations = fuzz.operations()
    first = 7 if "postgresql" in request.node.name else 0  # each engine has operations of its own
    for _ in fuzz.run(operations[first::14], 20, with_body=2):
        pass
    assert sum(fuzz.statuses.values()) >= 1_000
    assert fuzz.wrong == []
    assert max(fuzz.statuses) < 500
    # The run reaches what is behind the checks: things are found, made or deleted, and refused by rule.
    assert {200, 400, 404, 422} <= set(fuzz.statuses)
    assert {201, 204} & set(fuzz.statuses)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(PARTS))
def test_two_hundred_thousand_requests_of_schemathesis_are_answered_as_the_document_says(
    gateway: Integration, part: int
) -> None:
    fuzz, began, told, wrong = Fuzz(gateway=gateway), time.monotonic(), 0, 0
    operations = fuzz.operations()[part::PARTS]
    for done in fuzz.run(operations, 210, with_body=64):
        for each in fuzz.wrong[wrong:]:  # not only after hours
            print(each)  # noqa: T201  what is to be mended
        wrong = len(fuzz.wrong)
        if done - told >= 1_000:
            told, took = done, time.monotonic() - began
            print(f"{done} requests in {took:.0f} s, {done / took:.0f} a second; {len(fuzz.wrong)} answers wrong")  # noqa: T201  progress
    print(f"part {part}: {fuzz.statuses.total()} requests, {dict(sorted(fuzz.statuses.items()))}")  # noqa: T201  figures
    assert fuzz.statuses.total() >= 200_000 / PARTS
    assert fuzz.wrong == []
    assert max(fuzz.statuses) < 500
