"""Devices, patients, visits and consents keep the profiles that they claim."""

from __future__ import annotations

import base64
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from gateway.devices.reading import DeviceIdentity, DeviceUdi, Kind
from gateway.fhir import json
from gateway.fhir.consent import Actor, consent
from gateway.fhir.device import device_id, gateway_device, phd_device
from gateway.fhir.encounter import booth_encounter
from gateway.fhir.patient import patient, provisional_patient
from gateway.fhir.validation import check
from tests.fhir.mapping.profile import Checker
from tests.fhir.mapping.readings import DEVICE, IDENTITIES, said

CHECKER = Checker()
R4 = "http://hl7.org/fhir/StructureDefinition/"
PHD = "http://hl7.org/fhir/uv/phd/StructureDefinition/"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _conforms(resource: dict[str, Any], *profiles: str) -> None:
    text = json.dumps(resource)
    check(json.loads(text))
    claimed = resource.get("meta", {}).get("profile", [])
    for url in {R4 + resource["resourceType"], *claimed, *profiles}:
        assert CHECKER.known(url)
        assert CHECKER.problems(resource, url) == []


@given(IDENTITIES)
@settings(max_examples=150, deadline=None)
def test_any_health_object_is_a_phd_device(identity: DeviceIdentity) -> None:
    for kinds in ((), (Kind.BLOOD_PRESSURE, Kind.PULSE_RATE), tuple(Kind)):
        resource = phd_device(identity, kinds=kinds)
        assert PHD + "PhdDevice" in resource["meta"]["profile"]
        _conforms(resource)


def test_an_object_is_named_by_its_system_id_and_its_address() -> None:
    resource = phd_device(DEVICE, kinds=[Kind.BLOOD_PRESSURE])
    assert [(each["system"], each["value"]) for each in resource["identifier"]] == [
        ("urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680", "74-E8-FF-FE-FF-05-1C-00"),
        ("http://hl7.org/fhir/sid/eui-48/bluetooth", "00-1C-05-FF-E8-74"),
    ]
    assert (resource["manufacturer"], resource["modelNumber"]) == ("A&D Medical", "UA-651BLE")
    assert said(resource, "specialization.0.systemType.coding.0.code") == "528391"


def test_what_an_object_does_not_tell_is_marked_unknown() -> None:
    resource = phd_device(DeviceIdentity(address="00:1C:05:FF:E8:74"))
    assert "manufacturer" not in resource
    assert said(resource, "_manufacturer.extension.0.valueCode") == "unknown"
    assert said(resource, "version.0._value.extension.0.valueCode") == "unknown"


def test_what_regulators_know_an_object_by_is_its_udi_carrier() -> None:
    udi = DeviceUdi(label="(01)09506000134352(21)77", di="09506000134352", issuer="2.51.1.1", authority="not an OID")
    resource = phd_device(replace(DEVICE, udi=udi))
    assert resource["udiCarrier"] == [
        {
            "deviceIdentifier": "09506000134352",
            "issuer": "urn:oid:2.51.1.1",
            "carrierHRF": "(01)09506000134352(21)77",
        }
    ]
    _conforms(resource)


def test_an_object_has_the_same_id_every_time_and_no_other_has_it() -> None:
    again = DeviceIdentity(address="another address", system_id=DEVICE.system_id)
    assert device_id(again) == device_id(DEVICE) == phd_device(DEVICE)["id"]
    assert device_id(DeviceIdentity(address=DEVICE.address)) != device_id(DEVICE)
    assert uuid.UUID(device_id(DEVICE)).version == 5


def test_a_booth_is_a_phg_device() -> None:
    resource = gateway_device(id="g1", name="Borne de Caudry", software_version="0.1.0", system_id="ECDE3D4E58532D31")
    assert resource["meta"]["profile"] == [PHD + "PhgDevice"]
    assert said(resource, "identifier.0.value") == "EC-DE-3D-4E-58-53-2D-31"
    assert said(resource, "version.0.value") == "0.1.0"
    _conforms(resource)


def test_a_booth_without_an_eui64_is_refused() -> None:
    with pytest.raises(ValueError, match="16 hex digits"):
        gateway_device(id="g1", name="Borne", software_version="0.1.0", system_id="ECDE")


def test_somebody_unidentified_is_a_provisional_patient() -> None:
    resource = provisional_patient(id="p1", label="Visite de 9 h 30")
    assert said(resource, "extension.0.extension.0.valueCoding.code") == "PROV"
    assert resource["name"] == [{"use": "temp", "text": "Visite de 9 h 30"}]
    _conforms(resource, PHD + "PhdPatient")


@pytest.mark.parametrize("born", [date(1942, 1, 31), "1942-01", "1942"])
def test_a_known_person_is_a_patient(born: date | str) -> None:
    ins = {"use": "official", "system": "urn:oid:1.2.250.1.213.1.4.10", "value": "242015999900150"}
    resource = patient(
        id="p2",
        family="Dubois",
        given=["Marcelle", "Anne"],
        birth_date=born,
        gender="female",
        identifiers=[ins],
        test=True,
    )
    assert resource["birthDate"] == str(born)
    assert said(resource, "name.0.text") == "Marcelle Anne Dubois"
    assert said(resource, "meta.security.0.code") == "HTEST"
    _conforms(resource, PHD + "PhdPatient")


def test_a_visit_is_a_virtual_encounter() -> None:
    open_ = booth_encounter(
        id="e1", patient="Patient/p1", status="in-progress", start=NOON, location="Mairie de Caudry"
    )
    assert said(open_, "class.code") == "VR"
    assert open_["period"] == {"start": "2026-11-22T12:00:00+00:00"}
    _conforms(open_)
    _conforms(
        booth_encounter(
            id="e1", patient="Patient/p1", status="finished", start=NOON, end=NOON, location="Mairie de Caudry"
        )
    )


@pytest.mark.parametrize(("permit", "status", "provision"), [(True, "active", "permit"), (False, "rejected", "deny")])
def test_a_consent_holds_the_words_that_were_shown(*, permit: bool, status: str, provision: str) -> None:
    words = "J'accepte que mes mesures soient envoyées au médecin."
    resource = consent(id="c1", patient="Patient/p1", at=NOON, version="mesures 1", permit=permit, text=words)
    assert resource["status"] == status
    assert said(resource, "provision.type") == provision
    assert base64.b64decode(said(resource, "sourceAttachment.data")).decode() == words
    assert said(resource, "sourceAttachment.title") == "mesures 1"
    _conforms(resource)


def test_a_consent_says_in_codes_what_it_is_about_in_which_visit_and_whom_it_lets_in() -> None:
    resource = consent(
        id="c1",
        patient="Patient/p1",
        at=NOON,
        version="borne-tiers-1",
        permit=True,
        text="Voulez-vous parler aussi avec Amina B.\u00a0?",
        about="third-party",
        encounter="Encounter/e1",
        actor=Actor(part="interpreter", name="Amina B."),
    )
    assert [each["coding"][0]["code"] for each in resource["category"]] == ["59284-0", "third-party"]
    assert resource["provision"]["data"] == [{"meaning": "related", "reference": {"reference": "Encounter/e1"}}]
    assert resource["provision"]["actor"][0]["reference"] == {"display": "Amina B."}
    _conforms(resource)
