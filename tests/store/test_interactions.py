"""What an integrator may rely on, on both engines."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from gateway.fhir.json import dumps, loads
from gateway.fhir.rest import Response
from tests.store.endpoint import BASE, Endpoint, heart_rate

UNKNOWN = "c0ffee00-0000-4000-8000-000000000000"


def outcome(response: Response) -> dict[str, Any]:
    found = loads(response.body)
    assert found["resourceType"] == "OperationOutcome"
    assert response.headers["Content-Type"] == "application/fhir+json"
    issue = found["issue"][0]
    assert issue["severity"] == "error"
    assert issue["diagnostics"]
    assert isinstance(issue, dict)
    return issue


async def test_a_created_resource_is_answered_with_where_it_is_and_read_back_byte_for_byte(endpoint: Endpoint) -> None:
    created = await endpoint.post("Observation", heart_rate(value="72.00"))
    assert created.status == 201
    location = re.fullmatch(rf"{BASE}/Observation/([0-9a-f-]{{36}})/_history/1", created.headers["Location"])
    assert location
    assert created.headers["ETag"] == 'W/"1"'
    assert created.headers["Last-Modified"].endswith(" GMT")
    assert b'"value":72.00,' in created.body
    read = await endpoint.get(f"Observation/{location[1]}")
    assert (read.status, read.body, read.headers["ETag"]) == (200, created.body, 'W/"1"')
    assert (await endpoint.get(created.headers["Location"])).body == created.body


async def test_ids_versions_and_times_are_the_servers_and_everything_else_is_the_clients(endpoint: Endpoint) -> None:
    sent = (
        b'{"meta":{"lastUpdated":"1999-01-01T00:00:00Z","profile":["http://hl7.org/fhir/StructureDefinition/heartrate"],'
        b'"versionId":"77"},"status":"final", "resourceType":"Observation","id":"mine","valueQuantity":'
        b'{"unit":"beats/minute","system":"http://unitsofmeasure.org","code":"/min","value":72.10},'
        b'"code":{"coding":[{"code":"8867-4","system":"http://loinc.org"}]},"effectiveDateTime":"2026-11-22T10:00:00.120+01:00",'
        b'"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],'
        b'"subject":{"reference":"Patient/p1"},"note":[{"text":"Apr\\u00e8s l\'effort \xf0\x9f\x98\x80"}]}'
    )
    response = await endpoint.post("Observation", sent)
    assert response.status == 201, response.body
    kept = loads(response.body)
    assert kept["id"] != "mine"
    assert kept["meta"]["versionId"] == "1"
    assert kept["meta"]["lastUpdated"].startswith("20")
    assert kept["meta"]["lastUpdated"] != "1999-01-01T00:00:00Z"
    expected = loads(sent)
    given = loads(response.body)
    assert next(iter(given)) == "resourceType"
    assert [each for each in given if each != "resourceType"] == [each for each in expected if each != "resourceType"]
    for each in (expected, given):
        del each["id"], each["meta"]["versionId"], each["meta"]["lastUpdated"], each["resourceType"]
    assert dumps(given) == dumps(expected)


async def test_an_update_makes_a_version_and_the_old_one_stays_readable(endpoint: Endpoint) -> None:
    id_ = await endpoint.save(heart_rate())
    first = await endpoint.get(f"Observation/{id_}")
    second = await endpoint.put(f"Observation/{id_}", heart_rate(value="73", id=id_))
    assert (second.status, second.headers["ETag"]) == (200, 'W/"2"')
    assert "Location" not in second.headers
    assert (await endpoint.get(f"Observation/{id_}")).body == second.body
    assert (await endpoint.get(f"Observation/{id_}/_history/1")).body == first.body
    assert (await endpoint.get(f"Observation/{id_}/_history/2")).body == second.body
    for version in ("0", "3", "x", "9" * 40, "²"):
        assert (await endpoint.get(f"Observation/{id_}/_history/{version}")).status == 404


async def test_an_update_creates_under_the_clients_id(endpoint: Endpoint) -> None:
    response = await endpoint.put("Observation/booth-7.1", heart_rate(id="booth-7.1"))
    assert response.status == 201
    assert response.headers["Location"] == f"{BASE}/Observation/booth-7.1/_history/1"
    assert loads(response.body)["meta"]["versionId"] == "1"


async def test_an_identical_update_changes_nothing_and_a_digit_is_a_change(endpoint: Endpoint) -> None:
    sent = heart_rate(id="same", value="72.0", meta={"tag": [{"code": "x"}]})
    first = await endpoint.put("Observation/same", sent)
    for again in (sent, loads(first.body), sent | {"meta": {"tag": [{"code": "x"}], "versionId": "9"}}):
        repeated = await endpoint.put("Observation/same", again)
        assert (repeated.status, repeated.body) == (200, first.body)
    changed = await endpoint.put(
        "Observation/same", heart_rate(id="same", value="72.00", meta={"tag": [{"code": "x"}]})
    )
    assert (changed.status, changed.headers["ETag"]) == (200, 'W/"2"')
    assert b'"value":72.00,' in changed.body


async def test_a_version_that_is_expected_and_not_there_is_refused(endpoint: Endpoint) -> None:
    id_ = await endpoint.save(heart_rate())
    new = heart_rate(id=id_, value="80")
    for tag in ('W/"2"', '"7"'):
        assert outcome(await endpoint.put(f"Observation/{id_}", new, if_match=tag))["code"] == "conflict"
    assert (await endpoint.put(f"Observation/{id_}", new, if_match='W/"2"')).status == 412
    assert (await endpoint.put(f"Observation/{id_}", new, if_none_match="*")).status == 412
    assert (await endpoint.put(f"Observation/{id_}", new, if_match="2")).status == 400
    assert (await endpoint.put(f"Observation/{UNKNOWN}", heart_rate(id=UNKNOWN), if_match="*")).status == 412
    assert (await endpoint.get(f"Observation/{id_}")).headers["ETag"] == 'W/"1"'
    assert (await endpoint.put(f"Observation/{id_}", new, if_match='"9", W/"1"')).status == 200
    assert (await endpoint.put("Observation/new", heart_rate(id="new"), if_none_match="*")).status == 201


async def test_a_client_that_has_the_version_is_told_so_without_it(endpoint: Endpoint) -> None:
    id_ = await endpoint.save(heart_rate())
    response = await endpoint.get(f"Observation/{id_}")
    for headers in (
        {"if_none_match": 'W/"1"'},
        {"if_none_match": '"0", "1"'},
        {"if_modified_since": response.headers["Last-Modified"]},
    ):
        unchanged = await endpoint.get(f"Observation/{id_}", **headers)
        assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", 'W/"1"')
    for headers in (
        {"if_none_match": 'W/"2"'},
        {"if_modified_since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"if_modified_since": "yesterday"},
    ):
        assert (await endpoint.get(f"Observation/{id_}", **headers)).status == 200


async def test_a_write_answers_what_the_client_prefers(endpoint: Endpoint) -> None:
    minimal = await endpoint.post("Observation", heart_rate(), prefer="return=minimal")
    assert (minimal.status, minimal.body) == (201, b"")
    assert minimal.headers["Location"]
    told = await endpoint.post("Observation", heart_rate(), prefer="respond-async, return=OperationOutcome")
    assert loads(told.body)["issue"][0]["severity"] == "information"
    shown = await endpoint.put("Observation/a", heart_rate(id="a"), prefer="return=representation")
    assert loads(shown.body)["id"] == "a"


async def test_a_conditional_create_makes_one_and_then_finds_it(endpoint: Endpoint) -> None:
    resource = heart_rate(identifier=[{"system": "urn:x", "value": "a|b,c"}])
    condition = r"identifier=urn:x|a\|b\,c"
    first = await endpoint.post("Observation", resource, if_none_exist=condition)
    assert first.status == 201
    again = await endpoint.post("Observation", resource, if_none_exist="?" + condition)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["ETag"] == 'W/"1"'
    assert (await endpoint.post("Observation", resource)).status == 201
    many = await endpoint.post("Observation", resource, if_none_exist=condition)
    assert many.status == 412
    assert outcome(many)["location"] == ["http.if-none-exist"]


@pytest.mark.parametrize(
    "condition", ["", "?", "_count=1", "nonsense=1", "identifier=", "code:in=x", "date=tomorrow", "_sort=date"]
)
async def test_a_condition_that_says_nothing_or_too_much_is_refused(endpoint: Endpoint, condition: str) -> None:
    response = await endpoint.post("Observation", heart_rate(), if_none_exist=condition)
    assert response.status == 400
    outcome(response)
    assert await endpoint.ids("Observation") == []


NOT_SERVED: list[tuple[str, str, bytes, dict[str, str], int]] = [
    ("GET", "Observation/" + UNKNOWN, b"", {}, 404),
    ("GET", "Observation/../secrets", b"", {}, 404),
    ("GET", "Observation/a\0b", b"", {}, 400),
    ("GET", "Observation/\ud800", b"", {}, 400),
    ("GET", "Medication/1", b"", {}, 404),
    ("GET", "observation", b"", {}, 404),
    ("GET", "", b"", {}, 405),
    ("GET", "Observation/$everything", b"", {}, 404),
    ("GET", "Observation/$nonsense", b"", {}, 404),
    ("GET", "Observation/_nonsense", b"", {}, 404),
    ("POST", "AuditEvent", b"", {}, 405),
    ("DELETE", "AuditEvent/1", b"", {}, 405),
    ("GET", "Observation//1", b"", {}, 404),
    ("GET", "Observation/1?_summary=everything", b"", {}, 400),
    ("GET", "metadata?colour=red", b"", {}, 400),
    ("PUT", "Observation/1?identifier=1", b"", {}, 400),
    ("POST", "Observation?colour=red", dumps(heart_rate()), {"content_type": "application/json"}, 400),
    ("PATCH", "Observation/1", b"", {}, 415),
    ("PUT", "Observation", dumps(heart_rate()), {"content_type": "application/json"}, 400),
    ("DELETE", "Observation", b"", {}, 400),
    ("POST", "metadata", b"", {}, 405),
    ("GET", "Observation/_search", b"", {}, 405),
    ("GET", "Observation?_format=xml", b"", {}, 406),
    ("GET", "Observation", b"", {"accept": "application/fhir+xml"}, 406),
    ("GET", "Observation", b"", {"accept": "application/fhir+json; fhirVersion=5.0"}, 406),
    ("GET", "Observation", b"", {"accept": "application/fhir+json;q=0"}, 406),
    ("POST", "Observation", b"<Observation/>", {"content_type": "application/fhir+xml"}, 415),
    ("POST", "Observation", b"{}", {}, 415),
    ("POST", "Observation", b"{}", {"content_type": "application/fhir+json; charset=latin-1"}, 415),
    ("POST", "Observation/_search", b"{}", {"content_type": "application/json"}, 415),
    ("POST", "Observation/_search", b"a=%ff", {"content_type": "application/x-www-form-urlencoded"}, 400),
    ("POST", "Observation/_search", b"a=1&" * 200, {"content_type": "application/x-www-form-urlencoded"}, 400),
]


async def test_what_is_not_served_is_refused_in_words(endpoint: Endpoint, subtests: pytest.Subtests) -> None:
    for method, url, body, headers, status in NOT_SERVED:
        with subtests.test(f"{method} {url!r} {headers}"):
            response = await endpoint.ask(method, url, body, **headers)
            assert response.status == status
            outcome(response)


NO_RESOURCE = [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b"null", 400),
    (b"\xff\xfe", 400),
    (b'{"resourceType":"Observation","resourceType":"Observation"}', 400),
    (b'{"resourceType":"Patient"}', 400),
    (b'{"resourceType":["Observation"]}', 400),
    (b'{"resourceType":"Observation"}', 422),
    (dumps(heart_rate()).replace(b"final", b"foo"), 422),
    (dumps(heart_rate()).replace(b"Heart rate", b"a\\u0000b"), 400),
    (dumps(heart_rate()).replace(b"Heart rate", b"\\ud800"), 400),
    (b'{"resourceType":"Observation","extension":' + b"[" * 200 + b"]" * 200 + b"}", 400),
    (b'{"resourceType":"Observation","extension":' + b"[" * 200_000 + b"]" * 200_000 + b"}", 400),
    (b" " * (4 * 1024 * 1024 + 1), 400),
]


async def test_a_body_that_is_no_resource_is_refused_and_nothing_is_kept(
    endpoint: Endpoint, subtests: pytest.Subtests
) -> None:
    for body, status in NO_RESOURCE:
        with subtests.test(repr(body[:80])):
            response = await endpoint.post("Observation", body)
            assert response.status == status, response.body
            outcome(response)
    assert await endpoint.ids("Observation") == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (dumps(heart_rate(note=[{"text": "x"}])).replace(b'"x"', b'"a\\u0000b"'), "Observation.note[0].text"),
        (dumps(heart_rate(note=[{"text": "x"}])).replace(b'"x"', b'"\\udc00"'), "Observation.note[0].text"),
        (dumps(heart_rate(note=[{"text": "x"}])).replace(b'"x"', b'"x","text":"y"'), "Observation.note[0]"),
        (b'{"resourceType":"Observation","extension":' + b"[" * 66 + b"]" * 66 + b"}", "Observation.extension[0]"),
        (dumps({"resourceType": "Observation", "note": [{"text": "x" * 4_194_305}]}), "Observation"),
        (dumps(heart_rate(note=[{"text": "x" * 1_048_577}])), "Observation.note[0].text"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_place(endpoint: Endpoint, body: bytes, where: str) -> None:
    response = await endpoint.post("Observation", body)
    assert response.status == 400
    assert outcome(response)["expression"][0].startswith(where)


async def test_a_method_that_is_not_offered_is_answered_with_those_that_are(endpoint: Endpoint) -> None:
    assert (await endpoint.ask("POST", "Observation/1")).headers["Allow"] == "GET, HEAD, PUT, PATCH, DELETE"
    assert (await endpoint.ask("OPTIONS", "Observation")).headers["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE"
    assert (await endpoint.ask("PUT", "AuditEvent/1")).headers["Allow"] == "GET, HEAD"
    assert (await endpoint.ask("PUT", "Observation/_search")).headers["Allow"] == "POST"


async def test_head_answers_like_get(endpoint: Endpoint) -> None:
    id_ = await endpoint.save(heart_rate())
    head, get = await endpoint.ask("HEAD", f"Observation/{id_}"), await endpoint.get(f"Observation/{id_}")
    assert (head.status, head.headers) == (200, get.headers)


@pytest.mark.parametrize("id_", ["a_b", "x" * 65, "é", "a b", "*"])
async def test_an_id_that_fhir_does_not_allow_is_refused(endpoint: Endpoint, id_: str) -> None:
    response = await endpoint.put(f"Observation/{id_}", heart_rate(id=id_))
    assert response.status == 400
    outcome(response)


async def test_an_update_with_another_id_than_its_address_is_refused(endpoint: Endpoint) -> None:
    assert (await endpoint.put("Observation/a", heart_rate(id="b"))).status == 400
    assert (await endpoint.put("Observation/a", heart_rate())).status == 400


async def test_pretty_changes_the_blanks_and_no_digit(endpoint: Endpoint) -> None:
    id_ = await endpoint.save(heart_rate(value="72.00"))
    pretty = await endpoint.get(f"Observation/{id_}?_pretty=true")
    assert b'\n  "status": "final",' in pretty.body
    assert b"72.00" in pretty.body
    assert loads(pretty.body)["valueQuantity"]["value"] == Decimal("72.00")


async def test_a_french_client_is_told_in_french(endpoint: Endpoint) -> None:
    response = await endpoint.get("Observation/none", accept_language="fr-FR, en;q=0.5")
    assert outcome(response)["details"]["text"] == "Cette ressource n'existe pas."


async def test_the_capabilities_say_what_the_tables_say(endpoint: Endpoint) -> None:
    statement = loads((await endpoint.get("metadata")).body)
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    rest = statement["rest"][0]
    token = rest["security"]["extension"][0]["extension"][0]
    assert token == {"url": "token", "valueUri": "https://gateway.example/oauth/token"}
    assert [row["code"] for row in rest["interaction"]] == ["transaction", "batch", "history-system"]
    written = {"create", "update", "patch", "delete"}
    read = {"read", "vread", "history-instance", "history-type", "search-type"}
    for each in rest["resource"]:
        codes = {row["code"] for row in each["interaction"]}
        made = {"read", "vread", "search-type"}  # of our audit rows, which never change
        assert codes == (made if each["type"] == "AuditEvent" else read | written)
    by_name = {each["type"]: each for each in rest["resource"]}
    assert {row["name"] for row in by_name["Patient"]["operation"]} == {"validate", "everything"}
    assert {row["name"] for row in by_name["Observation"]["operation"]} == {"validate", "lastn"}
    assert "http://hl7.org/fhir/StructureDefinition/bp" in by_name["Observation"]["supportedProfile"]


async def test_every_search_parameter_that_the_capabilities_name_is_there(endpoint: Endpoint) -> None:
    statement = loads((await endpoint.get("metadata")).body)
    values = {
        "date": "2026",
        "token": "a",
        "string": "a",
        "reference": "Patient/a",
        "uri": "a",
        "number": "1",
        "quantity": "1",
    }
    for each in statement["rest"][0]["resource"]:
        for parameter in each["searchParam"]:
            if parameter["type"] in values:
                url = f"{each['type']}?{parameter['name']}={values[parameter['type']]}"
                assert (await endpoint.get(url)).status == 200, url
