"""What is stored and served is what was sent: every official example, digit for digit and in its order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.fhir.json import dumps, loads
from gateway.fhir.router import READ_ONLY
from gateway.fhir.search.parameters import TYPES
from gateway.fhir.version import bare
from tests.fhir.instances import instances
from tests.store.endpoint import Endpoint, heart_rate


async def test_every_official_instance_comes_back_exactly(endpoint: Endpoint, subtests: pytest.Subtests) -> None:
    met = set()
    for name, body in instances().items():
        resource = loads(body)
        type_, id_ = resource["resourceType"], resource.get("id", "none")
        if type_ not in TYPES or type_ in READ_ONLY:
            continue
        met.add(type_)
        resource["id"] = id_
        with subtests.test(name):
            response = await endpoint.put(f"{type_}/{id_}", dumps(resource))
            assert response.status in (200, 201), response.body
            read = await endpoint.get(f"{type_}/{id_}")
            assert dumps(bare(loads(read.body))) == dumps(bare(resource))
            found = await endpoint.get(f"{type_}?_id={id_}")
            assert read.body in found.body
            again = await endpoint.put(f"{type_}/{id_}", dumps(resource))
            assert (again.status, again.headers["ETag"]) == (200, response.headers["ETag"])
    assert len(met) >= 30


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
