"""JSON Patch through the endpoint, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.fhir.json import dumps, loads
from gateway.fhir.rest import Response
from tests.store.endpoint import Endpoint, heart_rate, patient_alone

MEDIA = "application/json-patch+json"


async def patch(endpoint: Endpoint, url: str, *operations: dict[str, Any], **headers: str) -> Response:
    return await endpoint.ask("PATCH", url, dumps(list(operations)), **{"content_type": MEDIA, **headers})


async def test_a_patch_changes_what_it_names_and_no_digit_of_anything_else(endpoint: Endpoint) -> None:
    before = await endpoint.put("Observation/a", heart_rate(id="a", value="72.00"))
    sent = b'[{"op":"add","path":"/referenceRange","value":[{"low":{"value":60.0},"high":{"value":1E+2}}]}]'
    response = await endpoint.ask("PATCH", "Observation/a", sent, content_type=MEDIA, if_match='W/"1"')
    assert (response.status, response.headers["ETag"]) == (200, 'W/"2"')
    assert b'"value":72.00,' in response.body
    assert b'"referenceRange":[{"low":{"value":60.0},"high":{"value":1E+2}}]' in response.body
    assert (await endpoint.get("Observation/a/_history/1")).body == before.body


async def test_a_patch_that_changes_nothing_makes_no_version(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a"))
    test = {"op": "test", "path": "/status", "value": "final"}
    assert (await patch(endpoint, "Observation/a", test)).headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "test", "path": "/status", "value": "amended"}, 422),
        ({"op": "remove", "path": "/note"}, 422),
        ({"op": "remove", "path": "/status"}, 422),
        ({"op": "replace", "path": "/status", "value": "foo"}, 422),
        ({"op": "replace", "path": "/id", "value": "b"}, 400),
        ({"op": "replace", "path": "/resourceType", "value": "Patient"}, 400),
        ({"op": "replace", "path": "", "value": 7}, 400),
        ({"op": "replace", "path": "status", "value": "final"}, 400),
        ({"op": "add", "path": "/status"}, 400),
        ({"op": "spoil", "path": "/status"}, 400),
    ],
)
async def test_a_patch_that_cannot_be_is_refused_and_nothing_changes(
    endpoint: Endpoint, operation: dict[str, Any], status: int
) -> None:
    await endpoint.save(heart_rate(id="a"))
    response = await patch(endpoint, "Observation/a", operation)
    assert response.status == status, response.body
    assert loads(response.body)["resourceType"] == "OperationOutcome"
    assert (await endpoint.get("Observation/a")).headers["ETag"] == 'W/"1"'


async def test_a_patch_meets_what_any_write_meets(endpoint: Endpoint) -> None:
    amended = {"op": "replace", "path": "/status", "value": "amended"}
    assert (await patch(endpoint, "Observation/none", amended)).status == 404
    await endpoint.save(heart_rate(id="a", patient="p2"))
    assert (await patch(endpoint, "Observation/a", amended, if_match='W/"7"')).status == 412
    xml = await endpoint.ask("PATCH", "Observation/a", b"<diff/>", content_type="application/xml-patch+xml")
    assert (xml.status, "json-patch" in xml.body.decode()) == (415, True)
    assert (await patch(endpoint, "Observation/a", amended, content_type="application/json")).status == 415
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    assert (await patch(citizen, "Observation/a", amended)).status == 403
    await endpoint.ask("DELETE", "Observation/a")
    assert (await patch(endpoint, "Observation/a", amended)).status == 410


async def test_a_patch_may_name_its_resource_by_criteria(endpoint: Endpoint) -> None:
    identifier = [{"system": "urn:x", "value": "7"}]
    await endpoint.save(heart_rate(id="a", identifier=identifier))
    amended = {"op": "replace", "path": "/status", "value": "amended"}
    assert (await patch(endpoint, "Observation?identifier=urn:x|7", amended)).headers["ETag"] == 'W/"2"'
    assert (await patch(endpoint, "Observation?identifier=urn:x|8", amended)).status == 404
    await endpoint.save(heart_rate(id="b", identifier=identifier))
    assert (await patch(endpoint, "Observation?identifier=urn:x|7", amended)).status == 412
    assert (await patch(endpoint, "Observation", amended)).status == 400
