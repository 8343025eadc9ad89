"""INS numbers on their way into the record: an invented person's has no place among real ones, whoever brings it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.database import Database, Keyring
from gateway.errors import Invalid
from gateway.fhir.ins import Authority, key_of
from gateway.fhir.json import dumps, loads
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Response
from gateway.identity.principal import booth
from gateway.store import open_store
from tests.store.endpoint import BASE, Endpoint, everything, heart_rate

INVENTED = {"system": f"urn:oid:{Authority.TEST}", "value": "242015999900150"}
DEMONSTRATION = {"system": f"urn:oid:{Authority.DEMO}", "value": "242015999900150"}
REAL = {"system": f"urn:oid:{Authority.NIR}", "value": "2420159999001" + key_of("2420159999001")}


def patient(identifier: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [dict(identifier)], **more}


def bundle(type_: str, **entry: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": type_, "entry": [entry]}


def refused(answer: Response) -> str:
    """Return where the number stands, of an answer that refuses it in plain words."""
    assert answer.status == 422, answer.body
    issue = loads(answer.body)["issue"][0]
    assert "invented person" in issue["diagnostics"], issue
    assert "a server of their own" in issue["diagnostics"], issue
    return str(issue["expression"][0])


@pytest.mark.parametrize("number", [INVENTED, DEMONSTRATION], ids=["test", "demonstration"])
async def test_the_number_of_an_invented_person_is_refused_on_every_way_in(
    endpoint: Endpoint, number: dict[str, str]
) -> None:
    await endpoint.save({"resourceType": "Patient", "id": "p1"})
    where = "Patient.identifier[0].system"
    assert refused(await endpoint.post("Patient", patient(number))) == where
    assert refused(await endpoint.post("Patient", patient(number), if_none_exist="identifier=urn:x|7")) == where
    assert refused(await endpoint.put("Patient/p1", patient(number, id="p1"))) == where
    assert refused(await endpoint.put("Patient/new", patient(number, id="new"))) == where
    assert refused(await endpoint.put("Patient?identifier=urn:x|7", patient(number))) == where
    patch = dumps([{"op": "add", "path": "/identifier", "value": [number]}])
    assert refused(await endpoint.ask("PATCH", "Patient/p1", patch, content_type="application/json-patch+json"))
    request = {"method": "POST", "url": "Patient"}
    assert refused(await endpoint.post("", bundle("transaction", resource=patient(number), request=request)))
    batched = loads((await endpoint.post("", bundle("batch", resource=patient(number), request=request))).body)
    assert batched["entry"][0]["response"]["status"].startswith("422")
    assert await endpoint.ids("Patient") == ["p1"]


async def test_it_is_found_wherever_it_stands_and_however_it_is_written(endpoint: Endpoint) -> None:
    contained = {"resourceType": "RelatedPerson", "id": "r", "patient": {"identifier": INVENTED}}
    for resource, where in (
        (heart_rate(subject={"identifier": INVENTED}), "Observation.subject.identifier.system"),
        (bundle("collection", resource=patient(INVENTED)), "Bundle.entry[0].resource.identifier[0].system"),
        (heart_rate(contained=[contained], performer=[{"reference": "#r"}]), None),
        (patient({**INVENTED, "system": INVENTED["system"].upper()}), "Patient.identifier[0].system"),
        (patient({**INVENTED, "system": str(Authority.TEST)}), "Patient.identifier[0].system"),
    ):
        found = refused(await endpoint.post(resource["resourceType"], resource))
        assert where in (found, None)
    # Words that look like it are none: only a system says whose a number is.
    assert await endpoint.save({"resourceType": "Patient", "name": [{"text": f"urn:oid:{Authority.TEST}"}]})


async def test_neither_a_booth_nor_the_server_itself_may_bring_one(endpoint: Endpoint) -> None:
    deliverer = Endpoint(store=endpoint.store, principal=booth("mairie"))
    assert refused(await deliverer.put("Patient/new", patient(INVENTED, id="new")))

    def write(repository: Repository) -> None:
        repository.create(patient(INVENTED))

    with pytest.raises(Invalid, match="invented person"):
        await endpoint.store.perform(write, who="urn:teleborne:x", base=BASE)


async def test_a_trial_s_server_takes_them(database: Database, keyring: Keyring) -> None:
    async with open_store(database, keyring, invented=True) as store:
        trial = Endpoint(store=store, principal=everything())
        for number in (INVENTED, DEMONSTRATION):
            id_ = await trial.save(patient(number))
            assert await trial.ids(f"Patient?identifier={number['system']}|{number['value']}") == [id_]


async def test_a_real_person_s_number_is_taken_where_its_key_holds(endpoint: Endpoint) -> None:
    assert await endpoint.save(patient(REAL))
    for value in ("123", REAL["value"][:13], f"{REAL['value'][:13]}00", REAL["value"] + "0"):
        answer = await endpoint.post("Patient", patient({**REAL, "value": value}))
        issue = loads(answer.body)["issue"][0]
        assert (answer.status, issue["expression"]) == (422, ["Patient.identifier[0].value"]), issue
    # What is asked for is nobody's number yet: a search by a wrong one finds nobody.
    assert await endpoint.ids(f"Patient?identifier={REAL['system']}|123") == []
