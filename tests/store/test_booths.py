"""What a booth may write: its own visits and nobody else's; and what others know better than it does stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.fhir.json import dumps, loads
from gateway.identity.principal import booth
from tests.store.endpoint import BASE, Endpoint, heart_rate

MAIRIE, PHARMACIE = booth("mairie"), booth("pharmacie")


def of(endpoint: Endpoint, principal: Any) -> Endpoint:
    return Endpoint(store=endpoint.store, principal=principal)


def encounter(id_: str, patient: str, **more: Any) -> dict[str, Any]:
    virtual = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"}
    subject = {"reference": f"Patient/{patient}"}
    return {
        "resourceType": "Encounter", "id": id_, "status": "in-progress", "class": virtual, "subject": subject, **more
    }  # fmt: skip


def consent(id_: str, patient: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "id": id_,
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "treatment"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {"text": "1"},
        **more,
    }


def answers(id_: str, patient: str, **more: Any) -> dict[str, Any]:
    subject = {"reference": f"Patient/{patient}"}
    return {"resourceType": "QuestionnaireResponse", "id": id_, "status": "completed", "subject": subject, **more}


def call(id_: str, patient: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "id": id_,
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": "urn:teleborne:task", "code": "call-back"}]},
        "for": {"reference": f"Patient/{patient}"},
        "encounter": {"reference": "Encounter/e-unknown"},
        "authoredOn": "2026-11-20T08:30:00+01:00",
        "lastModified": "2026-11-20T08:30:00+01:00",
        "reasonCode": {"coding": [{"system": "urn:teleborne:call-back:because", "code": "wait"}]},
        **more,
    }


def reading(id_: str, patient: str, **more: Any) -> dict[str, Any]:
    return heart_rate(id=id_, patient=patient, **more)


KINDS: dict[str, Callable[..., dict[str, Any]]] = {
    "Observation": reading,
    "Encounter": encounter,
    "Consent": consent,
    "QuestionnaireResponse": answers,
    "Task": call,
}


async def visit(of_booth: Endpoint, patient: str) -> None:
    for resource in (
        {"resourceType": "Patient", "id": patient},
        *(make(f"{type_.lower()}-{patient}", patient) for type_, make in KINDS.items()),
    ):
        answer = await of_booth.put(f"{resource['resourceType']}/{resource['id']}", resource)
        assert answer.status == 201, answer.body


@pytest.mark.parametrize("type_", KINDS)
async def test_a_booth_writes_into_no_visit_but_its_own(endpoint: Endpoint, type_: str) -> None:
    mairie, pharmacie = of(endpoint, MAIRIE), of(endpoint, PHARMACIE)
    await visit(mairie, "p1")
    await visit(pharmacie, "p2")
    make = KINDS[type_]
    own = make(f"{type_.lower()}-p1", "p1", language="fr")
    assert (await mairie.put(f"{type_}/{own['id']}", own)).status == 200
    # Another's resource, by the id that somebody overheard: not changed, not learnt, not taken over.
    before = (await endpoint.get(f"{type_}/{own['id']}")).body
    for body in (own, make(own["id"], "p2"), make(own["id"], "p-new")):
        answer = await pharmacie.put(f"{type_}/{own['id']}", body)
        assert (answer.status, loads(answer.body)["issue"][0]["code"]) == (403, "forbidden"), answer.body
        assert "not written by this booth" in loads(answer.body)["issue"][0]["diagnostics"]
    # A new one about another's patient, at any of our addresses, and into another's visit.
    for about in ("Patient/p1", "Patient/p1/_history/1", f"{BASE}/Patient/p1"):
        element = {"Consent": "patient", "Task": "for"}.get(type_, "subject")
        new = make("new", "p2") | {element: {"reference": about}}
        assert (await pharmacie.put(f"{type_}/new", new)).status == 403
        assert (await pharmacie.post(type_, new)).status == 403
    if type_ in ("Observation", "QuestionnaireResponse", "Task"):
        into = make("new", "p2") | {"encounter": {"reference": "Encounter/encounter-p1"}}
        assert (await pharmacie.put(f"{type_}/new", into)).status == 403
    assert (await endpoint.get(f"{type_}/new")).status == 404
    assert (await endpoint.get(f"{type_}/{own['id']}")).body == before


async def test_a_booth_changes_no_person_that_a_program_or_another_booth_wrote(endpoint: Endpoint) -> None:
    await endpoint.save({"resourceType": "Patient", "id": "known", "birthDate": "1942-01-17"})
    mairie = of(endpoint, MAIRIE)
    await visit(mairie, "p1")
    for caller, id_ in ((mairie, "known"), (of(endpoint, PHARMACIE), "p1")):
        taken = {"resourceType": "Patient", "id": id_, "birthDate": "2000-01-01"}
        assert (await caller.put(f"Patient/{id_}", taken)).status == 403
    assert (await mairie.put("Observation/o", reading("o", "known"))).status == 403
    linked = {
        "resourceType": "Patient",
        "id": "p1",
        "link": [{"other": {"reference": "Patient/known"}, "type": "seealso"}],
    }
    assert (await mairie.put("Patient/p1", linked)).status == 403


async def test_what_a_booth_may_not_say_it_may_not_say_inside_something_either(endpoint: Endpoint) -> None:
    await visit(of(endpoint, MAIRIE), "p1")
    pharmacie = of(endpoint, PHARMACIE)
    await visit(pharmacie, "p2")
    spoke = {"resourceType": "RelatedPerson", "id": "spoke", "patient": {"reference": "Patient/p1"}}
    hidden = consent("c", "p2", contained=[spoke], performer=[{"reference": "#spoke"}])
    assert (await pharmacie.put("Consent/c", hidden)).status == 403
    entries = [
        {"resource": reading("o", "p1"), "request": {"method": "PUT", "url": "Observation/o"}},
        {"resource": answers("q", "p2"), "request": {"method": "PUT", "url": "QuestionnaireResponse/q"}},
    ]
    whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert (await pharmacie.post("", whole)).status == 403
    assert (await endpoint.get("QuestionnaireResponse/q")).status == 404


async def test_a_booth_may_send_a_whole_visit_at_once(endpoint: Endpoint) -> None:
    mairie = of(endpoint, MAIRIE)
    bodies = [
        {"resourceType": "Patient", "id": "p1"}, encounter("e1", "p1"),
        reading("o1", "p1", encounter={"reference": "Encounter/e1"}), consent("c1", "p1"),
    ]  # fmt: skip
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in bodies
    ]
    assert (await mairie.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})).status == 200
    assert await endpoint.ids("Observation?patient=p1") == ["o1"]


async def test_a_hub_tells_of_the_one_patient_it_serves_and_never_who_they_are(endpoint: Endpoint) -> None:
    for name in ("marcelle", "roger"):
        await endpoint.save({"resourceType": "Patient", "id": name})
    hub = of(endpoint, replace(booth("chez-marcelle"), patient="marcelle"))
    assert (await hub.put("Observation/o", reading("o", "marcelle"))).status == 201
    assert (await hub.put("Observation/r", reading("r", "roger"))).status == 403
    changed = {"resourceType": "Patient", "id": "marcelle", "gender": "male"}
    assert (await hub.put("Patient/marcelle", changed)).status == 403


async def test_the_cuff_that_two_booths_meet_stays_as_the_first_told_of_it(endpoint: Endpoint) -> None:
    mairie, pharmacie = of(endpoint, MAIRIE), of(endpoint, PHARMACIE)
    cuff = {"resourceType": "Device", "id": "cuff", "manufacturer": "A&D"}
    assert (await mairie.put("Device/cuff", cuff)).status == 201
    before = (await endpoint.get("Device/cuff")).body
    answer = await pharmacie.put("Device/cuff", cuff | {"manufacturer": "Nobody"})
    # It is no error: the reading that comes behind is the pharmacy's own. But nothing of the other's is shown.
    assert (answer.status, answer.body) == (200, b"")
    assert (await endpoint.get("Device/cuff")).body == before
    assert (await mairie.put("Device/cuff", cuff | {"serialNumber": "7"})).status == 200
    assert loads((await endpoint.get("Device/cuff")).body)["serialNumber"] == "7"


async def test_a_call_that_a_physician_wrote_down_first_is_the_visit_s_own_booth_s_too(endpoint: Endpoint) -> None:
    mairie = of(endpoint, MAIRIE)
    await visit(mairie, "p1")
    asked = call("t", "p1", encounter={"reference": "Encounter/encounter-p1"})
    await endpoint.save(asked | {"status": "accepted", "owner": {"reference": "Practitioner/claire"}})
    before = (await endpoint.get("Task/t")).body
    assert (await mairie.put("Task/t", asked)).status == 200
    assert (await of(endpoint, PHARMACIE).put("Task/t", call("t", "p-new"))).status == 403
    assert (await endpoint.get("Task/t")).body == before


async def test_what_somebody_else_has_corrected_since_stays_and_what_they_deleted_does_not_come_back(
    endpoint: Endpoint,
) -> None:
    mairie = of(endpoint, MAIRIE)
    await visit(mairie, "p1")
    await endpoint.save({"resourceType": "Patient", "id": "p1", "birthDate": "1951-03-02"})
    await endpoint.save(reading("observation-p1", "p1", status="entered-in-error"))
    # The booth sends again what it said: its answer was lost, or it says more.
    for body in ({"resourceType": "Patient", "id": "p1"}, {"resourceType": "Patient", "id": "p1", "active": True}):
        assert (await mairie.put("Patient/p1", body)).status == 200
    assert (await mairie.put("Observation/observation-p1", reading("observation-p1", "p1"))).status == 200
    assert loads((await endpoint.get("Patient/p1")).body)["birthDate"] == "1951-03-02"
    assert loads((await endpoint.get("Observation/observation-p1")).body)["status"] == "entered-in-error"
    await endpoint.ask("DELETE", "Observation/observation-p1")
    gone = await mairie.put("Observation/observation-p1", reading("observation-p1", "p1"))
    assert (gone.status, loads(gone.body)["issue"][0]["code"]) == (410, "deleted")
    assert (await endpoint.get("Observation/observation-p1")).status == 410


async def test_a_consent_that_is_taken_back_at_the_booth_counts_whoever_wrote_last(endpoint: Endpoint) -> None:
    mairie = of(endpoint, MAIRIE)
    await visit(mairie, "p1")
    await endpoint.save(consent("consent-p1", "p1", language="fr"))
    assert (await mairie.put("Consent/consent-p1", consent("consent-p1", "p1"))).status == 200
    assert loads((await endpoint.get("Consent/consent-p1")).body)["language"] == "fr"
    assert (await mairie.put("Consent/consent-p1", consent("consent-p1", "p1", status="inactive"))).status == 200
    assert loads((await endpoint.get("Consent/consent-p1")).body)["status"] == "inactive"


async def test_a_yes_that_comes_late_does_not_undo_the_no_that_was_said_after_it(endpoint: Endpoint) -> None:
    mairie = of(endpoint, MAIRIE)
    await visit(mairie, "p1")
    yes, no = (
        consent("consent-p1", "p1", status=status, dateTime=f"2026-11-20T08:3{minute}:00Z", provision={"type": said})
        for status, minute, said in (("active", 0, "permit"), ("inactive", 4, "deny"))
    )
    later = consent("consent-p1", "p1", dateTime="2026-11-20T08:39:00+00:00", provision={"type": "permit"})
    for told, kept in ((yes, "active"), (no, "inactive"), (yes, "inactive"), (later, "active"), (no, "inactive")):
        assert (await mairie.put("Consent/consent-p1", told)).status == 200
        assert loads((await endpoint.get("Consent/consent-p1")).body)["status"] == kept


async def test_of_a_yes_and_a_no_that_have_one_time_the_no_counts_whichever_comes_first(endpoint: Endpoint) -> None:
    mairie = of(endpoint, MAIRIE)
    await visit(mairie, "p1")
    at = "2026-11-20T08:30:00.500+00:00"  # a booth's clock had stood still: all it can say is until when
    yes = consent("consent-p1", "p1", dateTime=at, provision={"type": "permit"})
    no = consent("consent-p1", "p1", status="inactive", dateTime=at, provision={"type": "deny"})
    for told, kept in ((yes, "active"), (no, "inactive"), (yes, "inactive"), (no, "inactive")):
        assert (await mairie.put("Consent/consent-p1", told)).status == 200
        assert loads((await endpoint.get("Consent/consent-p1")).body)["status"] == kept


async def test_a_refused_writing_of_a_booth_s_is_in_the_audit(endpoint: Endpoint) -> None:
    await visit(of(endpoint, MAIRIE), "p1")
    pharmacie = of(endpoint, PHARMACIE)
    assert (
        await pharmacie.ask(
            "PUT", "Patient/p1", dumps({"resourceType": "Patient", "id": "p1"}), content_type="application/json"
        )
    ).status == 403
    # The row follows its answer in a commit of its own.
    found: list[str] = []
    for _ in range(200):
        found = await endpoint.ids(f"AuditEvent?agent:identifier={PHARMACIE.subject}&outcome=4")
        if found:
            break
    assert len(found) == 1
