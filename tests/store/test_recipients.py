"""What patients share with their own doctor, and what not: as a program that passes it on sees it, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.fhir.consent import ABOUT, consent
from gateway.fhir.json import loads
from gateway.identity.principal import RECIPIENT_SCOPES, program
from tests.store.endpoint import Endpoint, heart_rate

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def sharing(patient: str, *, permit: bool = True, withdrawn: bool = False, about: str = "share") -> dict[str, Any]:
    return consent(
        id=f"{about}-{patient}", patient=f"Patient/{patient}", at=AT, version="1", permit=permit, text="…",
        withdrawn=withdrawn, about=about,
    )  # fmt: skip


def report(patient: str) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "id": f"report-{patient}",
        "status": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "85208-7"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "date": "2026-11-22T10:00:00Z",
        "author": [{"reference": "Practitioner/claire"}],
        "title": "Compte rendu",
    }


@pytest.fixture
async def recipient(endpoint: Endpoint) -> Endpoint:
    """Give a recipient beside three records: one is shared, one is not, of one nobody was asked."""
    await endpoint.save({"resourceType": "Practitioner", "id": "claire"})
    for name in ("yes", "no", "unasked"):
        await endpoint.save({"resourceType": "Patient", "id": name, "name": [{"family": name}]})
        await endpoint.save(heart_rate(id=f"pulse-{name}", patient=name))
        await endpoint.save(report(name))
        # What else was agreed to opens nothing.
        await endpoint.save(sharing(name, about="visit"))
    await endpoint.save(sharing("yes"))
    await endpoint.save(sharing("no", permit=False))
    principal = program(client_id="mss", name="MSSanté", scopes=RECIPIENT_SCOPES, recipient=True)
    return Endpoint(store=endpoint.store, principal=principal)


async def test_a_record_is_shared_whose_patient_said_yes_and_no_other(recipient: Endpoint) -> None:
    for type_, prefix in (("Patient", ""), ("Observation", "pulse-"), ("Composition", "report-")):
        assert (await recipient.get(f"{type_}/{prefix}yes")).status == 200
        for name in ("no", "unasked"):
            answer = await recipient.get(f"{type_}/{prefix}{name}")
            issue = loads(answer.body)["issue"][0]
            assert (answer.status, issue["code"], issue["expression"]) == (403, "forbidden", [type_])
            assert "has not agreed that their own doctor reads this" in issue["diagnostics"]
            assert "they are asked at the booth" in issue["diagnostics"]
            for more in ("/_history/1", "/_history"):
                assert (await recipient.get(f"{type_}/{prefix}{name}{more}")).status == 403
        assert await recipient.ids(type_) == [f"{prefix}yes"]
        assert (await recipient.bundle(f"{type_}?_total=accurate"))["total"] == 1
        assert (await recipient.bundle(f"{type_}?_summary=count"))["total"] == 1
    assert (await recipient.get("Practitioner/claire")).status == 200
    assert len((await recipient.bundle("Patient/yes/$everything"))["entry"]) == 6
    assert (await recipient.get("Patient/no/$everything")).status == 403
    assert {each["resource"]["id"] for each in (await recipient.bundle("Patient/$everything"))["entry"]} == {
        "yes", "pulse-yes", "report-yes", "share-yes", "visit-yes", "claire"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("Observation?patient=no", []),
        ("Observation?patient=yes,no,unasked", ["pulse-yes"]),
        ("Observation?patient.family=no", []),
        ("Observation?subject:Patient.family=yes", ["pulse-yes"]),
        ("Observation?_id=pulse-no,pulse-yes", ["pulse-yes"]),
        ("Observation?code:not=1", ["pulse-yes"]),
        ("Patient?family:missing=false", ["yes"]),
        ("Patient?_has:Observation:patient:code=8867-4", ["yes"]),
        ("Patient/no/Observation", []),
        ("Practitioner?_has:Composition:author:patient=no", []),
        ("Practitioner?_has:Composition:author:patient=yes", ["claire"]),
        ("Consent?status=rejected", []),
    ],
)
async def test_no_way_of_searching_finds_what_is_not_shared(recipient: Endpoint, url: str, found: list[str]) -> None:
    assert await recipient.ids(url) == found


async def test_what_comes_along_is_shared_too(recipient: Endpoint) -> None:
    for url in ("Practitioner?_revinclude=Composition:author", "Practitioner?_revinclude=Composition:*"):
        entries = (await recipient.bundle(url))["entry"]
        assert {each["resource"]["id"] for each in entries} == {"claire", "report-yes"}
    along = (await recipient.bundle("Observation?_include=Observation:patient"))["entry"]
    assert {each["resource"]["id"] for each in along} == {"pulse-yes", "yes"}
    last = await recipient.bundle("Observation/$lastn?patient=no")
    assert "entry" not in last


async def test_a_yes_that_is_taken_back_counts_at_once_and_so_does_a_no_that_becomes_a_yes(
    endpoint: Endpoint, recipient: Endpoint
) -> None:
    await endpoint.save(sharing("yes", permit=False, withdrawn=True))
    assert (await recipient.get("Composition/report-yes")).status == 403
    assert await recipient.ids("Composition") == []
    await endpoint.save(sharing("no"))
    assert await recipient.ids("Composition") == ["report-no"]
    # A second word beside it: one no is enough.
    await endpoint.save(sharing("no", permit=False) | {"id": "another"})
    assert await recipient.ids("Composition") == []


async def test_a_recipient_writes_nothing_and_sees_no_list_of_what_happened(recipient: Endpoint) -> None:
    for answer in (
        await recipient.put("Patient/yes", {"resourceType": "Patient", "id": "yes"}),
        await recipient.post("Observation", heart_rate(patient="yes")),
        await recipient.ask("DELETE", "Observation/pulse-yes"),
        await recipient.get("_history"),
        await recipient.get("Observation/_history"),
        await recipient.get("AuditEvent"),
        await recipient.get("QuestionnaireResponse"),
    ):
        assert answer.status == 403, answer.body


async def test_other_programs_of_the_house_see_all_of_it(endpoint: Endpoint, recipient: Endpoint) -> None:
    assert sorted(await endpoint.ids("Composition")) == ["report-no", "report-unasked", "report-yes"]
    kept = await endpoint.ids(f"Consent?category={ABOUT}|share&status=active")
    assert kept == ["share-yes"]
    del recipient
