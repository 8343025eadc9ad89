"""What a search finds, in which order, and what it refuses; on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from gateway.fhir.json import loads
from tests.store.endpoint import BASE, LOINC, Endpoint, heart_rate

MDC = "urn:iso:std:iso:11073:10101"


def blood_pressure(**more: Any) -> dict[str, Any]:
    def component(code: str, mdc: str, value: int) -> dict[str, Any]:
        return {
            "code": {"coding": [{"system": LOINC, "code": code}, {"system": MDC, "code": mdc}]},
            "valueQuantity": {
                "value": value,
                "unit": "mmHg",
                "system": "http://unitsofmeasure.org",
                "code": "mm[Hg]",
            },
        }

    whole = heart_rate(**more)
    del whole["valueQuantity"]
    return whole | {
        "code": {"coding": [{"system": LOINC, "code": "85354-9"}, {"system": MDC, "code": "150020"}]},
        "component": [component("8480-6", "150021", 120), component("8462-4", "150022", 80)],
    }


@pytest.fixture
async def filled(endpoint: Endpoint) -> Endpoint:
    """Give an endpoint with two patients' visits and readings."""
    names = [{"family": "Dubois-Élie", "given": ["Marcelle", "Anne"], "text": "Mme Marcelle Dubois-Élie"}]
    resources: list[Mapping[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": "p1",
            "name": names,
            "birthDate": "1948-03-05",
            "gender": "female",
            "identifier": [{"system": "urn:ins", "value": "248"}],
        },
        {"resourceType": "Patient", "id": "p2", "name": [{"family": "Durand"}], "birthDate": "1990", "gender": "male"},
        {
            "resourceType": "Device",
            "id": "d1",
            "identifier": [{"value": "00091FFFFE001122"}],
            "type": {"coding": [{"system": MDC, "code": "528391"}]},
        },
        {"resourceType": "Device", "id": "d2", "patient": {"reference": "Patient/p2"}},
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"},
            "subject": {"reference": f"{BASE}/Patient/p1"},
            "period": {"start": "2026-11-22T09:50:00Z", "end": "2026-11-22T10:10:00Z"},
        },
        heart_rate(
            id="h1",
            at="2026-11-22T10:00:00Z",
            encounter={"reference": "Encounter/e1"},
            device={"reference": "Device/d1"},
        ),
        heart_rate(
            id="h2", at="2026-11-22T10:05:00Z", status="amended", identifier=[{"system": "urn:a", "value": "1"}]
        ),
        heart_rate(id="h3", at="2026-11-21", identifier=[{"system": "urn:b", "value": "1"}, {"value": "2"}]),
        blood_pressure(id="b1", at="2026-11-22T10:02:00Z"),
        heart_rate(id="other", patient="p2", at="2026-11-22T10:03:00Z"),
    ]
    for each in resources:
        await endpoint.save(each)
    return endpoint


FOUND = [
    ("Observation", "h2 other b1 h1 h3"),
    ("Observation?patient=p1", "h2 b1 h1 h3"),
    ("Observation?patient=Patient/p1", "h2 b1 h1 h3"),
    (f"Observation?patient={BASE}/Patient/p1", "h2 b1 h1 h3"),
    ("Observation?patient:Patient=p1", "h2 b1 h1 h3"),
    ("Observation?subject=p2", "other"),
    ("Observation?subject=Patient/p2", "other"),
    ("Observation?subject:Patient=p2", "other"),
    ("Observation?subject=Device/p2", ""),
    ("Observation?patient=https://elsewhere.example/Patient/p1", ""),
    ("Observation?patient=p1,p2", "h2 other b1 h1 h3"),
    ("Observation?patient=p1&patient=p2", ""),
    ("Observation?patient=nobody", ""),
    ("Observation?code=8867-4", "h2 other h1 h3"),
    (f"Observation?code={LOINC}|8867-4", "h2 other h1 h3"),
    ("Observation?code=|8867-4", ""),
    ("Observation?code=urn:wrong|8867-4", ""),
    (f"Observation?code={MDC}|150020", "b1"),
    ("Observation?code=150020,8867-4", "h2 other b1 h1 h3"),
    ("Observation?code=8480-6", ""),
    ("Observation?combo-code=8480-6", "b1"),
    (f"Observation?combo-code={MDC}|150022", "b1"),
    ("Observation?combo-code=85354-9", "b1"),
    ("Observation?patient=p1&code=8867-4", "h2 h1 h3"),
    ("Observation?patient=p1&code=8867-4,85354-9&status=final", "b1 h1 h3"),
    ("Observation?code=8867-4&code=85354-9", ""),
    ("Observation?category=vital-signs&patient=p2", "other"),
    ("Observation?status=amended", "h2"),
    ("Observation?status=http://hl7.org/fhir/observation-status|amended", "h2"),
    ("Observation?identifier=1", "h2 h3"),
    ("Observation?identifier=urn:b|1", "h3"),
    ("Observation?identifier=|2", "h3"),
    ("Observation?identifier=|1", ""),
    ("Observation?encounter=e1", "h1"),
    ("Observation?encounter=Encounter/e1&device=Device/d1&patient=p1", "h1"),
    ("Observation?_id=h1,h3,zz", "h1 h3"),
    ("Observation?_id=h1,other&patient=p1", "h1"),
    ("Observation?_sort=date", "h3 h1 b1 other h2"),
    ("Observation?_sort=_id", "b1 h1 h2 h3 other"),
    ("Observation?_sort=_lastUpdated", "h1 h2 h3 b1 other"),
    ("Observation?_sort=-_lastUpdated", "other b1 h3 h2 h1"),
    ("Observation?date=2026-11-22", "h2 other b1 h1"),
    ("Observation?date=2026-11", "h2 other b1 h1 h3"),
    ("Observation?date=ne2026-11-22", "h3"),
    ("Observation?date=lt2026-11-22T10:02:00Z", "h1 h3"),
    ("Observation?date=ge2026-11-22T10:02:00Z&date=lt2026-11-22T10:05:00Z", "other b1"),
    ("Observation?date=ge2026-11-22T11:03:00%2B01:00", "h2 other"),
    ("Observation?date=ge2026-11-22T11:03:00+01:00", "h2 other"),
    ("Observation?date=2026-11-21,2026-11-22T10:00", "h1 h3"),
    ("Observation?patient=p1&code=8867-4&date=gt2026-11-22T10:00:00Z", "h2"),
    ("Observation?_lastUpdated=gt2026-01-01", "other b1 h3 h2 h1"),
    ("Observation?_lastUpdated=lt2026-01-01", ""),
    ("Patient?family=dub", "p1"),
    ("Patient?family=DUBOIS-ELIE", "p1"),
    ("Patient?family=Élie", ""),
    ("Patient?family=du&_sort=_id", "p1 p2"),
    ("Patient?family:exact=Dubois-Élie", "p1"),
    ("Patient?family:exact=Dubois-Elie", ""),
    ("Patient?given=anne", "p1"),
    ("Patient?name=marc", "p1"),
    ("Patient?name=mme%20%20marcelle", "p1"),
    ("Patient?name=" + "m" * 41, ""),
    ("Patient?birthdate=1948-03-05", "p1"),
    ("Patient?birthdate=ge1980", "p2"),
    ("Patient?_sort=birthdate", "p1 p2"),
    ("Patient?gender=female", "p1"),
    ("Patient?identifier=urn:ins|248&family=dub&birthdate=1948", "p1"),
    ("Device?identifier=00091FFFFE001122", "d1"),
    ("Device?patient=p2", "d2"),
    (f"Device?type={MDC}|528391", "d1"),
    ("Encounter?patient=p1", "e1"),
    ("Encounter?subject=Patient/p1&status=finished", "e1"),
    ("Encounter?date=2026-11-22", "e1"),
    ("Encounter?date=sa2026-11-22T09:50:00Z", ""),
    ("Encounter?date=gt2026-11-22T10:00:00Z", "e1"),
]


async def test_a_search_finds_exactly_this_in_this_order(filled: Endpoint, subtests: pytest.Subtests) -> None:
    for url, found in FOUND:
        with subtests.test(url):
            assert await filled.ids(url) == found.split()
            joined = url + ("&" if "?" in url else "?")
            assert await filled.ids(joined + "_count=1") == found.split()
            assert (await filled.bundle(joined + "_total=accurate"))["total"] == len(found.split())


REFUSED = [
    ("colour=red", "colour"),
    ("patient.colour=x", "colour"),
    ("status.name=x", "status.name"),
    ("subject:Practitioner.name=x", "Practitioner"),
    ("_has:AuditEvent:colour:type=x", "colour"),
    ("_has:AuditEvent:entity", "_has:AuditEvent:entity"),
    ("_content=x", "_content"),
    ("code:in=x", "code:in"),
    ("code:above=x", "code:above"),
    ("code:of-type=a|b|c", "code:of-type"),
    ("date:missing=perhaps", "date:missing"),
    ("value-quantity=x", "value-quantity"),
    ("value-quantity=5|mg", "value-quantity"),
    ("code-value-quantity=x", "code-value-quantity"),
    ("focus=17", "focus"),
    ("family=x", "family"),
    ("_include=Observation:colour", "_include"),
    ("_include=Patient:link", "_include"),
    ("_revinclude=Observation:code", "_revinclude"),
    ("_sort=code", "_sort"),
    ("_sort=date,-date", "_sort"),
    ("_sort=date,_id,_lastUpdated,value-date", "_sort"),
    ("_count=-1", "_count"),
    ("_count=1e3", "_count"),
    ("_count=²", "_count"),
    ("_count=1&_count=2", "_count"),
    ("_total=perhaps", "_total"),
    ("_summary=perhaps", "_summary"),
    ("code=", "code"),
    ("code=a,,b", "code"),
    ("code=a|b|c", "code"),
    ("code=|", "code"),
    ("date=2026-13-01", "date"),
    ("date=2026-02-30", "date"),
    ("date=zz2026", "date"),
    ("date=2026-11-22T25:00:00Z", "date"),
    ("_cursor=x", "_cursor"),
    ("_cursor=W10", "_cursor"),
    ("code=" + ",".join("abc" for _ in range(101)), "code"),
]


async def test_a_parameter_that_is_not_understood_is_refused_by_name(
    endpoint: Endpoint, subtests: pytest.Subtests
) -> None:
    for query, named in REFUSED:
        with subtests.test(query[:40]):
            response = await endpoint.get(f"Observation?{query}")
            assert response.status == 400
            assert named in loads(response.body)["issue"][0]["diagnostics"]


async def test_an_unknown_parameter_is_answered_with_those_that_exist(endpoint: Endpoint) -> None:
    response = await endpoint.get("Observation?colour=red")
    text = loads(response.body)["issue"][0]["diagnostics"]
    assert all(name in text for name in ("colour", "patient", "combo-code", "_lastUpdated", "_count", "lenient"))


async def test_a_lenient_client_is_told_what_was_left_out(filled: Endpoint) -> None:
    bundle = await filled.bundle("Observation?colour=red&patient=p2&_x=1", prefer="handling=lenient")
    match, told = bundle["entry"]
    assert (match["resource"]["id"], match["search"]["mode"]) == ("other", "match")
    assert told["search"]["mode"] == "outcome"
    assert "colour, _x" in told["resource"]["issue"][0]["diagnostics"]
    assert bundle["link"][0]["url"] == f"{BASE}/Observation?patient=p2"


async def test_the_answer_carries_the_stored_bytes_and_its_own_links(filled: Endpoint) -> None:
    await filled.save(heart_rate(id="exact", value="72.000", at="2027-01-01T00:00:00Z"))
    response = await filled.get("Observation?_count=1&patient=p1")
    assert (await filled.get("Observation/exact")).body in response.body
    bundle = loads(response.body)
    assert (bundle["type"], bundle["entry"][0]["fullUrl"]) == ("searchset", f"{BASE}/Observation/exact")
    links = {each["relation"]: each["url"] for each in bundle["link"]}
    assert links["self"] == f"{BASE}/Observation?_count=1&patient=p1"
    assert links["next"].startswith(f"{BASE}/Observation?_count=1&patient=p1&_cursor=")
    assert "total" not in bundle


async def test_the_self_link_says_the_count_that_was_given(filled: Endpoint) -> None:
    bundle = await filled.bundle("Observation?_count=100000")
    assert bundle["link"][0]["url"] == f"{BASE}/Observation?_count=500"


@pytest.mark.parametrize("query", ["_count=0", "_summary=count", "_summary=count&_count=3", "_count=0&_total=none"])
async def test_a_count_alone_has_a_total_and_no_entry(filled: Endpoint, query: str) -> None:
    bundle = await filled.bundle(f"Observation?patient=p1&{query}")
    assert bundle["total"] == 4
    assert "entry" not in bundle


async def test_a_search_by_post_is_the_same_search(filled: Endpoint) -> None:
    form = f"code={quote(LOINC + '|8867-4')}&_sort=date".encode()
    posted = await filled.ask(
        "POST", "Observation/_search?patient=p1", form, content_type="application/x-www-form-urlencoded"
    )
    got = await filled.get(f"Observation?patient=p1&code={LOINC}|8867-4&_sort=date")
    assert (posted.status, posted.body) == (200, got.body)
    assert (await filled.ask("POST", "Observation/_search")).status == 200
    unacceptable = await filled.ask(
        "POST", "Observation/_search", b"_format=xml", content_type="application/x-www-form-urlencoded"
    )
    assert unacceptable.status == 406


async def test_pages_neither_skip_nor_repeat_what_was_there_while_others_write(endpoint: Endpoint) -> None:
    # All at the same moment: the order of equals must be stable too.
    before = {await endpoint.save(heart_rate()) for _ in range(7)}
    bundle = await endpoint.bundle("Observation?_count=3")
    seen = [each["resource"]["id"] for each in bundle["entry"]]
    for at in ("2026-11-22T10:00:00Z", "2030-01-01", "2001-01-01"):
        await endpoint.save(heart_rate(at=at))
    seen += await endpoint.ids(next(each["url"] for each in bundle["link"] if each["relation"] == "next"))
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


async def test_a_cursor_of_another_order_is_refused(filled: Endpoint) -> None:
    bundle = await filled.bundle("Observation?_count=1&_sort=_id")
    next_url = bundle["link"][1]["url"]
    response = await filled.get(next_url.replace("_sort=_id", "_sort=date"))
    assert response.status == 400


async def test_an_update_is_found_by_what_it_says_now(filled: Endpoint) -> None:
    await filled.save(blood_pressure(id="h1", patient="p2", at="2027-01-01"))
    assert await filled.ids("Observation?patient=p1&code=8867-4") == ["h2", "h3"]
    assert await filled.ids("Observation?patient=p2") == ["h1", "other"]
    assert await filled.ids("Observation?combo-code=8480-6&date=2027") == ["h1"]
    assert await filled.ids("Observation?encounter=e1") == []


async def test_words_longer_than_an_index_row_are_found_too(endpoint: Endpoint) -> None:
    long = "x" * 5_000
    await endpoint.save(heart_rate(id="long", identifier=[{"system": f"urn:{long}", "value": long}]))
    await endpoint.save(heart_rate(id="far", device={"reference": f"https://elsewhere.example/Device/{long}"}))
    assert await endpoint.ids(f"Observation?identifier=urn:{long}|{long}") == ["long"]
    assert await endpoint.ids(f"Observation?identifier=urn:{long}|{long}y") == []
    assert await endpoint.ids(f"Observation?device=https://elsewhere.example/Device/{long}") == ["far"]
