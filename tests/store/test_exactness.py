"""What is stored and served is what was sent: every official example, digit for digit and in its order."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.fhir.json import dumps, loads
from gateway.fhir.search.parameters import TYPES
from gateway.fhir.version import bare
from tests.store.endpoint import Endpoint, heart_rate

EXAMPLES = sorted((Path(__file__).parents[1] / "data" / "fhir" / "examples").glob("*.json"))


async def test_every_official_example_comes_back_exactly(endpoint: Endpoint, subtests: pytest.Subtests) -> None:
    met = set()
    for path in EXAMPLES:
        resource = loads(path.read_bytes())
        type_ = resource["resourceType"]
        if type_ not in TYPES:
            continue
        met.add(type_)
        with subtests.test(path.name):
            response = await endpoint.put(f"{type_}/{resource['id']}", path.read_bytes())
            assert response.status == 201, response.body
            read = await endpoint.get(f"{type_}/{resource['id']}")
            assert dumps(bare(loads(read.body))) == dumps(bare(resource))
            found = await endpoint.get(f"{type_}?_id={resource['id']}")
            assert read.body in found.body
            again = await endpoint.put(f"{type_}/{resource['id']}", path.read_bytes())
            assert (again.status, again.headers["ETag"]) == (200, 'W/"1"')
    assert {"Observation", "Patient", "Device", "Encounter", "Consent"} <= met


DECIMALS = st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(number=DECIMALS.filter(lambda number: Decimal(number) != 0 or number[0] != "-"))
async def test_any_decimal_keeps_its_digits(endpoint: Endpoint, number: str) -> None:
    sent = dumps(heart_rate()).replace(b'"value":72', b'"value":' + number.encode())
    response = await endpoint.post("Observation", sent)
    assert response.status == 201, response.body
    value = loads(response.body)["valueQuantity"]["value"]
    wanted = loads(sent)["valueQuantity"]["value"]
    assert (value, str(value)) == (wanted, str(wanted))
