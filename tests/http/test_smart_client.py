"""The SMART project's own Python client works against a gateway: token, create, search, pages, transaction, history.

https://github.com/smart-on-fhir/client-py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fhirclient.client import FHIRClient  # type: ignore[import-untyped]  # it ships no type information
from fhirclient.models.bundle import Bundle  # type: ignore[import-untyped]  # it ships no type information
from fhirclient.models.fhirsearch import FHIRSearch  # type: ignore[import-untyped]  # it ships no type information
from fhirclient.models.observation import Observation  # type: ignore[import-untyped]  # it ships no type information
from fhirclient.models.patient import Patient  # type: ignore[import-untyped]  # it ships no type information
from fhirclient.server import FHIRNotFoundException  # type: ignore[import-untyped]  # it ships no type information

from tests.peers.integrating import gateway_process
from tests.peers.running import heart_rate

INS = "urn:oid:1.2.250.1.213.1.4.8"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def smart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FHIRClient]:
    """A client that found the token endpoint by itself, in the CapabilityStatement, and signed in with an assertion."""
    database = ""
    if request.param == "postgresql":
        database = request.getfixturevalue("postgresql_server").make_database()
    with gateway_process(tmp_path_factory.mktemp("gateway"), database=database) as gateway:
        client = FHIRClient(
            settings={
                "app_id": gateway.described["smart"]["client_id"],
                "api_base": gateway.fhir,
                "scope": "system/*.cruds",
                "jwt_token": gateway.assertion(),
            }
        )
        client.wants_patient = False
        client.prepare()
        client.authorize()
        assert client.ready
        yield client


@pytest.fixture
def patient(smart: FHIRClient) -> Any:
    made = Patient({"name": [{"family": "Dubois", "given": ["Marcelle"]}], "birthDate": "1948-03-02"})
    answer = made.create(smart.server)
    return Patient.read(answer["id"], smart.server)


def observed(patient: str, value: int, **more: Any) -> Any:
    return Observation(heart_rate(patient, value=value, **more))


def test_a_resource_is_created_read_updated_and_deleted(smart: FHIRClient, patient: Any) -> None:
    assert smart.human_name(patient.name[0]) == "Marcelle Dubois"
    patient.gender = "female"
    assert patient.update(smart.server)["meta"]["versionId"] == "2"
    history = Bundle(smart.server.request_json(f"Patient/{patient.id}/_history"))
    assert [each.resource.meta.versionId for each in history.entry] == ["2", "1"]
    assert [each.request.method for each in history.entry] == ["PUT", "POST"]
    patient.delete(smart.server)
    with pytest.raises((FHIRNotFoundException, Exception)) as gone:
        Patient.read(patient.id, smart.server)
    assert "410" in str(gone.value)


def test_a_search_follows_a_chain_and_brings_what_is_referred_to(smart: FHIRClient, patient: Any) -> None:
    for value in (61, 64):
        observed(patient.id, value).create(smart.server)
    search = Observation.where(
        {"patient.family": "Dubois", "patient._id": patient.id, "code": "http://loinc.org|8867-4"}
    )
    (found,) = search.include("subject").perform_iter(smart.server)
    kinds = [(each.search.mode, each.resource.resource_type) for each in found.entry]
    assert kinds == [("match", "Observation"), ("match", "Observation"), ("include", "Patient")]
    (back,) = (
        FHIRSearch(Patient, {"_id": patient.id})
        .include("subject", Observation, reverse=True)
        .perform_iter(smart.server)
    )
    assert sorted(each.resource.resource_type for each in back.entry) == ["Observation", "Observation", "Patient"]


def test_all_pages_are_followed_to_the_last(smart: FHIRClient, patient: Any) -> None:
    for value in range(60, 77):
        observed(patient.id, value).create(smart.server)
    search = Observation.where({"patient": patient.id, "_count": "5", "_sort": "-date"})
    values = [each.valueQuantity.value for each in search.perform_resources_iter(smart.server)]
    assert sorted(values) == list(range(60, 77))


def test_a_transaction_creates_once_and_resolves_its_references(smart: FHIRClient) -> None:
    number = "248036200100162"
    entries = [
        {
            "fullUrl": "urn:uuid:6b8f6b0e-6a3b-4a41-8e3d-0f4a1f0c9d10",
            "resource": {"resourceType": "Patient", "identifier": [{"system": INS, "value": number}]},
            "request": {"method": "POST", "url": "Patient", "ifNoneExist": f"identifier={INS}|{number}"},
        },
        {
            "resource": {
                **heart_rate("x", value=70),
                "identifier": [{"system": "urn:example", "value": "pulse-1"}],
                "subject": {"reference": "urn:uuid:6b8f6b0e-6a3b-4a41-8e3d-0f4a1f0c9d10"},
            },
            "request": {"method": "POST", "url": "Observation", "ifNoneExist": "identifier=urn:example|pulse-1"},
        },
    ]
    bundle = Bundle({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    first = Bundle(smart.server.post_json("", bundle.as_json()).json())
    again = Bundle(smart.server.post_json("", bundle.as_json()).json())
    assert [each.response.status[:3] for each in first.entry] == ["201", "201"]
    assert [each.response.status[:3] for each in again.entry] == ["200", "200"]
    (pulse,) = Observation.where({"identifier": "urn:example|pulse-1"}).perform_resources_iter(smart.server)
    (person,) = Patient.where({"identifier": f"{INS}|{number}"}).perform_resources_iter(smart.server)
    assert pulse.subject.reference == f"Patient/{person.id}"
    assert pulse.subject.resolved(Patient).id == person.id
