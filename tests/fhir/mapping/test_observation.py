"""A reading becomes an Observation that says exactly what the device said, and keeps every profile it claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from gateway.devices.reading import DeviceTime, Kind, Name, Quality, Reading, Special, Unit
from gateway.fhir import json
from gateway.fhir.codes import BITS, KINDS, STATUSES
from gateway.fhir.observation import coincident_timestamp, observation
from gateway.fhir.validation import check
from tests.fhir.mapping.profile import Checker
from tests.fhir.mapping.readings import FACTS, READINGS, TIMES, observed, reading, said

CHECKER = Checker()
MDC = "urn:iso:std:iso:11073:10101"
LOINC = "http://loinc.org"
SYSTOLIC = (Name.SYSTOLIC, "132", Unit.MMHG)
DIASTOLIC = (Name.DIASTOLIC, "81", Unit.MMHG)
WEIGHT = (Name.WEIGHT, "72.50", Unit.KILOGRAM)


def _conforms(resource: dict[str, Any]) -> None:
    text = json.dumps(resource)
    check(json.loads(text))
    assert json.loads(text) == resource
    for url in ["http://hl7.org/fhir/StructureDefinition/Observation", *resource["meta"]["profile"]]:
        assert CHECKER.known(url)
        assert CHECKER.problems(resource, url) == []


@given(READINGS, TIMES)
@settings(max_examples=250, deadline=None)
def test_whatever_a_device_says_conforms_to_every_profile_claimed(what: Reading, at: datetime) -> None:
    _conforms(observed(what, effective=at, issued=None))


@given(READINGS)
@settings(max_examples=150, deadline=None)
def test_every_number_reaches_the_json_with_its_digits_or_a_reason_for_its_absence(what: Reading) -> None:
    resource = observed(what)
    text = json.dumps(resource).decode()
    withheld = bool(what.qualities & {Quality.INVALID, Quality.UNAVAILABLE})
    for measure in what.measures:
        if measure.name is Name.ENERGY:
            continue
        if isinstance(measure.value, Special) or withheld:
            assert "dataAbsentReason" in text
        else:
            assert f'"value":{measure.value},' in text


@given(READINGS)
@settings(max_examples=150, deadline=None)
def test_a_users_slot_in_the_device_is_never_written(what: Reading) -> None:
    without = replace(what, user_slot=None)
    assert observed(what) == observed(without)


@pytest.mark.parametrize(
    ("what", "characteristic", "mdc", "loinc", "code"),
    [
        (reading(Kind.PULSE_RATE, (Name.PULSE, "72", Unit.PER_MINUTE)), "2A35", "149546", ["8867-4"], "/min"),
        (reading(Kind.PULSE_RATE, (Name.PULSE, "72", Unit.PER_MINUTE)), "2A5E", "149530", ["8867-4"], "/min"),
        (reading(Kind.PULSE_RATE, (Name.PULSE, "72", Unit.PER_MINUTE)), None, "149514", ["8867-4"], "/min"),
        (reading(Kind.HEART_RATE, (Name.PULSE, "72", Unit.PER_MINUTE)), "2A37", "147842", ["8867-4"], "/min"),
        (
            reading(Kind.OXYGEN_SATURATION, (Name.SPO2, "97", Unit.PERCENT)),
            "2A5E",
            "150456",
            ["2708-6", "59408-5"],
            "%",
        ),
        (reading(Kind.BODY_TEMPERATURE, (Name.TEMPERATURE, "36.6", Unit.CELSIUS)), "2A1C", "150364", ["8310-5"], "Cel"),
        (
            reading(Kind.BODY_TEMPERATURE, (Name.TEMPERATURE, "97.9", Unit.FAHRENHEIT)),
            "2A1C",
            "150364",
            ["8310-5"],
            "[degF]",
        ),
        (reading(Kind.BODY_WEIGHT, WEIGHT), "2A9D", "188736", ["29463-7"], "kg"),
        (reading(Kind.BODY_WEIGHT, (Name.WEIGHT, "159.83", Unit.POUND)), "2A9D", "188736", ["29463-7"], "[lb_av]"),
        (reading(Kind.BODY_HEIGHT, (Name.HEIGHT, "1.750", Unit.METRE)), "2A9D", "188740", ["8302-2"], "cm"),
        (
            reading(Kind.BODY_MASS_INDEX, (Name.BMI, "23.7", Unit.KILOGRAM_PER_SQUARE_METRE)),
            "2A9D",
            "188752",
            ["39156-5"],
            "kg/m2",
        ),
    ],
)
def test_a_number_carries_mdc_and_loinc_codes_and_ucum(
    what: Reading, characteristic: str | None, mdc: str, loinc: list[str], code: str
) -> None:
    resource = observed(what, characteristic=characteristic)
    codings = said(resource, "code.coding")
    assert [each["code"] for each in codings if each["system"] == MDC] == [mdc]
    assert [each["code"] for each in codings if each["system"] == LOINC] == loinc
    assert said(resource, "valueQuantity.code") == code
    assert resource["code"]["text"]


def test_a_blood_pressure_is_three_components() -> None:
    resource = observed(reading(Kind.BLOOD_PRESSURE, SYSTOLIC, DIASTOLIC, (Name.MEAN, "98.0", Unit.MMHG)))
    parts = resource["component"]
    codes = [[each["code"] for each in part["code"]["coding"]] for part in parts]
    assert codes == [["8480-6", "150021"], ["8462-4", "150022"], ["8478-0", "150023"]]
    assert [part["valueQuantity"]["value"] for part in parts] == [Decimal(132), Decimal(81), Decimal("98.0")]
    assert {part["valueQuantity"]["code"] for part in parts} == {"mm[Hg]"}
    assert "valueQuantity" not in resource


def test_a_precision_survives_to_the_bytes() -> None:
    assert b'"value":2.00,' in json.dumps(observed(reading(Kind.BODY_WEIGHT, (Name.WEIGHT, "2.00", Unit.KILOGRAM))))
    assert b'"value":1.2E+2,' in json.dumps(observed(reading(Kind.BODY_WEIGHT, (Name.WEIGHT, "1.2E2", Unit.KILOGRAM))))


@pytest.mark.parametrize(
    ("kilopascal", "millimetres"),
    [
        ("16.0", "120"),
        ("10.7", "80"),
        ("13.33", "100.0"),
        ("21.3", "160"),
        ("16", "120"),
        ("2E+1", "150"),
        ("0.0", "0"),
    ],
)
def test_kilopascal_become_millimetres_of_mercury_beside_what_the_device_said(
    kilopascal: str, millimetres: str
) -> None:
    resource = observed(reading(Kind.BLOOD_PRESSURE, (Name.SYSTOLIC, kilopascal, Unit.KPA), DIASTOLIC))
    quantity = said(resource, "component.0.valueQuantity")
    assert str(quantity["value"]) == millimetres
    assert quantity["code"] == "mm[Hg]"
    (translation,) = quantity["extension"]
    assert translation["url"] == "http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation"
    assert translation["valueQuantity"] == {
        "value": Decimal(kilopascal),
        "unit": "kPa",
        "system": "http://unitsofmeasure.org",
        "code": "kPa",
    }


def test_a_height_in_metres_becomes_centimetres_without_losing_a_digit() -> None:
    resource = observed(reading(Kind.BODY_HEIGHT, (Name.HEIGHT, "1.750", Unit.METRE)))
    assert str(said(resource, "valueQuantity.value")) == "175.0"
    assert str(said(resource, "valueQuantity.extension.0.valueQuantity.value")) == "1.750"


@pytest.mark.parametrize(
    ("special", "reason"),
    [
        (Special.NAN, "not-a-number"),
        (Special.NRES, "error"),
        (Special.POSITIVE_INFINITY, "positive-infinity"),
        (Special.NEGATIVE_INFINITY, "negative-infinity"),
        (Special.RESERVED, "error"),
    ],
)
def test_a_special_value_is_a_reason_for_absence(special: Special, reason: str) -> None:
    resource = observed(reading(Kind.BODY_TEMPERATURE, (Name.TEMPERATURE, special, Unit.CELSIUS)))
    assert said(resource, "dataAbsentReason.coding.0.code") == reason
    assert "valueQuantity" not in resource


def test_a_pressure_without_its_diastolic_says_so() -> None:
    resource = observed(reading(Kind.BLOOD_PRESSURE, SYSTOLIC))
    assert said(resource, "component.1.dataAbsentReason.coding.0.code") == "unknown"
    _conforms(resource)


def test_a_body_mass_index_without_a_number_claims_no_vital_sign() -> None:
    resource = observed(reading(Kind.BODY_MASS_INDEX, (Name.BMI, Special.NAN, Unit.KILOGRAM_PER_SQUARE_METRE)))
    assert all(each["code"] != "39156-5" for each in said(resource, "code.coding"))
    _conforms(resource)


def test_every_kind_has_a_row_and_every_quality_a_place() -> None:
    assert KINDS.keys() == set(Kind)
    assert STATUSES.keys() | BITS.keys() == set(Quality)
    assert not STATUSES.keys() & BITS.keys()


def test_a_thermometers_site_is_a_body_site() -> None:
    warm = (Name.TEMPERATURE, "36.6", Unit.CELSIUS)
    known = observed(reading(Kind.BODY_TEMPERATURE, warm, body_site="ear"))
    assert said(known, "bodySite.coding.0.code") == "117590005"
    assert observed(reading(Kind.BODY_TEMPERATURE, warm, body_site="left knee"))["bodySite"] == {"text": "left knee"}
    assert "bodySite" not in observed(reading(Kind.BODY_TEMPERATURE, warm))


def test_the_reading_says_whose_by_what_through_what_and_when() -> None:
    resource = observed(reading(Kind.BODY_WEIGHT, WEIGHT), coincident="Observation/c1")
    assert said(resource, "subject.reference") == FACTS["patient"]
    assert said(resource, "encounter.reference") == FACTS["encounter"]
    assert said(resource, "device.reference") == FACTS["device"]
    references = {each["url"].rpartition("/")[2]: each["valueReference"]["reference"] for each in resource["extension"]}
    assert references == {
        "observation-gatewayDevice": FACTS["gateway_device"],
        "CoincidentTimeStampReference": "Observation/c1",
    }
    assert resource["effectiveDateTime"] == "2026-11-22T09:30:12+01:00"
    assert resource["issued"] == "2026-11-22T08:30:14.250+00:00"


CLOCK = DeviceTime(year=2021, month=11, day=22, hour=11, minute=56, second=0)


def test_the_conditional_create_identifier_is_device_patient_type_and_the_devices_own_time() -> None:
    what = reading(Kind.BODY_WEIGHT, WEIGHT, device_time=CLOCK)
    (identifier,) = observed(what, patient_key="sisansarahId-urn:oid:2.999.1")["identifier"]
    assert identifier == {
        "system": "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation",
        "value": "74E8FFFEFF051C00-sisansarahId-urn:oid:2.999.1-188736-690897360",
    }


def test_the_identifier_of_an_address_has_no_dashes_and_names_the_patient_by_id() -> None:
    (identifier,) = observed(reading(Kind.BODY_WEIGHT, WEIGHT, device_time=CLOCK), device_key="00:1C:05:FF:E8:74")[
        "identifier"
    ]
    assert identifier["value"] == "001C05FFE874-5f3c1f5e-9a39-4c8e-8f6b-7f0d7a4c2b11-188736-690897360"


@pytest.mark.parametrize("month", [0, 13])
def test_an_unknown_time_gives_no_identifier(month: int) -> None:
    unknown = DeviceTime(year=2021, month=month, day=22, hour=11, minute=56, second=30)
    assert "identifier" not in observed(reading(Kind.BODY_WEIGHT, WEIGHT, device_time=unknown))
    assert "identifier" not in observed(reading(Kind.BODY_WEIGHT, WEIGHT))


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001 - the point of this test
    with pytest.raises(ValueError, match="no time zone"):
        observation(reading(Kind.BODY_WEIGHT, WEIGHT), **(FACTS | {"effective": naive}))


def test_a_unit_that_the_profile_has_no_room_for_is_refused() -> None:
    with pytest.raises(ValueError, match="bodytemp Observation cannot hold temperature in kPa"):
        observed(reading(Kind.BODY_TEMPERATURE, (Name.TEMPERATURE, "36.6", Unit.KPA)))


def test_a_zone_of_odd_seconds_becomes_utc() -> None:
    paris = timezone(timedelta(minutes=9, seconds=21))
    resource = observed(reading(Kind.BODY_WEIGHT, WEIGHT), effective=datetime(1900, 1, 1, 0, 9, 21, tzinfo=paris))
    assert resource["effectiveDateTime"] == "1900-01-01T00:00:00+00:00"


@pytest.mark.parametrize("clock", [CLOCK, None, DeviceTime(year=0, month=0, day=0, hour=0, minute=0, second=0)])
def test_a_coincident_time_stamp_conforms_and_a_wrong_clock_is_a_time_fault(clock: DeviceTime | None) -> None:
    resource = coincident_timestamp(
        id="c1",
        device="Device/d1",
        gateway_device="Device/g1",
        device_time=clock,
        at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    )
    _conforms(resource)
    assert resource.get("valueDateTime") == ("2021-11-22T11:56:00+00:00" if clock is CLOCK else None)
    assert ("dataAbsentReason" in resource) is (clock is not CLOCK)
