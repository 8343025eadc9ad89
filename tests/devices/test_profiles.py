"""What a value of each further profile becomes: readings, and from them Observations with the right codes and units."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.catalogue import decode
from gateway.devices.cgm_session import CgmFeature, CgmSessionStart
from gateway.devices.continuous_glucose import CgmMeasurement, CgmRecord
from gateway.devices.decode import decode_line
from gateway.devices.e2e_crc import crc16, sealed
from gateway.devices.elapsed_time import ElapsedTime
from gateway.devices.enhanced_blood_pressure import BloodPressureRecord, EnhancedBloodPressure
from gateway.devices.generic_health_sensor import CurrentElapsedTime, LiveHealthObservation
from gateway.devices.glucose import GlucoseMeasurement, GlucoseRecord
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.health_observation import Numeric, Observation
from gateway.devices.health_types import TYPES, UNITS
from gateway.devices.pulse_oximeter import PlxSpotCheck
from gateway.devices.reading import DeviceTime, Kind, Quality, Reading, Special, Unit
from gateway.fhir.codes import KINDS
from gateway.fhir.codes import UNITS as UCUM
from gateway.fhir.validation import check
from tests.fhir.mapping.profile import Checker
from tests.fhir.mapping.readings import observed, said

CHECKER = Checker()
NOON = DeviceTime(year=2026, month=11, day=22, hour=12, minute=0, second=0)
STRIP = GlucoseMeasurement(seq=7, base_time=NOON, offset_min=-65, concentration=Decimal("0.00098"), sample=0x11)


def observation(reading: Reading, **facts: Any) -> dict[str, Any]:
    """Return *reading* as an Observation that keeps every profile it claims."""
    made = observed(reading, **facts)
    check(made)
    for url in ("http://hl7.org/fhir/StructureDefinition/Observation", *made["meta"]["profile"]):
        assert CHECKER.problems(made, url) == []
    return made


def codes(made: dict[str, Any]) -> list[str]:
    return [each["code"] for each in said(made, "code.coding")]


def quantity(made: dict[str, Any]) -> str:
    value = made["valueQuantity"]
    return f"{value['value']} {value['code']}"


def components(made: dict[str, Any]) -> dict[str, Any]:
    """Return the value of each component by its text."""
    return {
        each["code"]["text"]: each.get("valueQuantity", {}).get("value")
        or each.get("valueCodeableConcept", {}).get("text")
        or each.get("valueBoolean")
        for each in made["component"]
    }


def test_a_body_composition_is_one_observation_for_each_quantity() -> None:
    packet = BodyCompositionMeasurement(
        fat_pct=Decimal("19.4"),
        timestamp=NOON,
        bmr_kj=6879,
        muscle_pct=Decimal("40.7"),
        muscle_mass=Decimal("28.490"),
        ffm=Decimal("64.420"),
        slm=Decimal("61.180"),
        water_mass=Decimal("43.250"),
        impedance_ohm=Decimal("452.0"),
        weight=Decimal("79.925"),
        height=Decimal("1.780"),
    )

    made = [observation(reading) for reading in packet.readings()]

    assert [(codes(each)[0], quantity(each)) for each in made] == [
        ("41982-0", "19.4 %"),
        ("69429-9", "6879 kJ/d"),
        ("73965-6", "40.7 %"),
        ("73964-9", "28.490 kg"),
        ("91557-9", "64.420 kg"),
        ("188760", "61.180 kg"),
        ("101683-1", "43.250 kg"),
        ("188780", "452.0 Ohm"),
        ("29463-7", "79.925 kg"),
        ("8302-2", "178.0 cm"),
    ]


@pytest.mark.parametrize(
    "stub",
    ["9803000096230000000000000000", "98030000000000000000000000000000", "0000" + "0000"],
    ids=["bf788", "all", "bare"],
)
def test_a_stub_of_a_scales_history_is_no_measurement(stub: str) -> None:
    assert decode("2A9C", bytes.fromhex(stub)).readings() == ()


def test_an_unsuccessful_body_composition_is_a_body_fat_without_a_value() -> None:
    (reading,) = BodyCompositionMeasurement(fat_pct="unsuccessful", bmr_kj=9000).readings()

    assert reading.measures[0].value is Special.NRES
    assert said(observation(reading), "dataAbsentReason.coding.0.code") == "error"


def test_a_glucose_is_written_in_milligrams_with_the_meters_own_number_beside_it() -> None:
    (reading,) = STRIP.readings()

    made = observation(reading)

    assert codes(made) == ["2345-7", "160184"]
    assert quantity(made) == "98 mg/dL"
    assert str(said(made, "valueQuantity.extension.0.valueQuantity.value")) == "0.00098"
    assert str(reading.device_time) == "2026-11-22T10:55:00"


def test_moles_of_glucose_become_milligrams() -> None:
    (reading,) = msgspec.structs.replace(STRIP, unit=Unit.MOLE_PER_LITRE, concentration=Decimal("0.0055")).readings()

    assert quantity(observation(reading)) == "99 mg/dL"


@pytest.mark.parametrize(("sample", "exact"), [(0x11, "160184"), (0x12, "160188"), (0x14, "160196"), (0x10, "160020")])
def test_what_was_measured_is_the_exact_code_of_a_glucose(sample: int, exact: str) -> None:
    (reading,) = msgspec.structs.replace(STRIP, sample=sample).readings()

    assert codes(observation(reading)) == ["2345-7", exact]


def test_a_glucose_of_the_tissue_is_another_quantity() -> None:
    (reading,) = msgspec.structs.replace(STRIP, sample=0x59).readings()

    assert reading.kind is Kind.INTERSTITIAL_GLUCOSE
    assert codes(observation(reading)) == ["99504-3", "160212"]


@pytest.mark.parametrize("sample", [0x4A, 0x1A, 0x41])
def test_a_control_solution_is_nobodys_glucose(sample: int) -> None:
    assert msgspec.structs.replace(STRIP, sample=sample).readings() == ()


@pytest.mark.parametrize(
    ("bit", "special", "reason"),
    [(5, Special.POSITIVE_INFINITY, "positive-infinity"), (6, Special.NEGATIVE_INFINITY, "negative-infinity")],
)
def test_a_result_beyond_the_meters_range_has_no_number(bit: int, special: Special, reason: str) -> None:
    (reading,) = msgspec.structs.replace(STRIP, status=1 << bit).readings()

    assert reading.measures[0].value is special
    assert said(observation(reading), "dataAbsentReason.coding.0.code") == reason


def test_the_context_of_a_glucose_is_in_its_components() -> None:
    context = GlucoseContext(
        seq=7,
        carbohydrate_id=2,
        carbohydrate=Decimal("0.060"),
        meal=2,
        tester_health=0x51,
        exercise_s=1800,
        exercise_pct=40,
        medication_id=1,
        medication=Decimal("0.000004"),
        medication_unit=Unit.LITRE,
        hba1c=Decimal("6.4"),
    )
    (reading,) = GlucoseRecord(measurement=STRIP, context=context).readings()

    assert components(observation(reading)) == {
        "Glucides du repas": Decimal("0.060"),
        "Durée de l'effort physique": Decimal(1800),
        "Intensité de l'effort physique": Decimal(40),
        "Médicament pris": Decimal("0.000004"),
        "Hémoglobine glyquée (HbA1c)": Decimal("6.4"),
        "Lieu du prélèvement": "Doigt",
        "Repas pris": "Déjeuner",
        "Moment par rapport au repas": "Après le repas",
        "Qui a mesuré": "La personne elle-même",
        "État de santé": "Aucun problème de santé",
        "Type de médicament": "Insuline rapide",
    }


def test_a_record_whose_crc_does_not_fit_is_reported_and_not_read() -> None:
    good = CgmRecord(glucose_mgdl=Decimal(120), offset_min=30, trend=Decimal("-1.5"), quality=Decimal(98)).sealed()
    bad = msgspec.structs.replace(good, crc=0x3412)
    packet = CgmMeasurement(records=(good, bad))

    shown = json.loads(decode_line("2AA7", packet.encode().hex()))

    assert [record["crc_ok"] for record in shown["records"]] == [True, False]
    assert len(packet.readings()) == 1


def test_a_falling_trend_is_a_number_and_no_fault() -> None:
    (reading,) = CgmRecord(glucose_mgdl=Decimal(120), offset_min=30, trend=Decimal("-1.5")).readings()

    made = observation(reading)

    assert codes(made) == ["99504-3", "160212"]
    assert components(made) == {"Tendance de la glycémie": Decimal("-1.5")}


def test_the_octets_of_a_sensors_status_are_read_in_the_standards_order() -> None:
    record = CgmRecord(glucose_mgdl=Decimal(40), offset_min=1, caltemp=0b1000, warning=0b0100_0000)

    assert record.encode().hex() == "0860280001000840"
    assert record.readings()[0].qualities == {Quality.CALIBRATION_REQUIRED, Quality.RESULT_TOO_LOW}
    assert record.readings()[0].measures[0].value is Special.NEGATIVE_INFINITY


def test_the_crc_is_the_one_of_the_standard() -> None:
    assert crc16(b"123456789") == 0x6F91  # CRC-16/MCRF4XX in every catalogue of CRCs
    assert sealed(bytes.fromhex("6e9e0116")).hex() == "6e9e01168ac1"
    assert CgmFeature(features=0x1000, sample=0x59).sealed().crc_ok
    assert CgmSessionStart(time=NOON, tz_15min=4, dst_15min=0).sealed().crc_ok


def test_an_enhanced_pressure_is_dated_by_the_time_that_its_owner_sees() -> None:
    packet = EnhancedBloodPressure(
        systolic=Decimal(132),
        diastolic=Decimal(81),
        map=Decimal(98),
        timestamp_s=0,
        pulse=Decimal(64),
        user_facing_s=848_664_000,
    )

    pressure, pulse = packet.readings()

    assert str(pressure.device_time) == "2026-11-22T12:00:00"
    assert packet.to_json()["timestamp"] == "2000-01-01T00:00:00"
    assert packet.to_json()["user_facing_time"] == "2026-11-22T12:00:00"
    assert codes(observation(pulse, characteristic="2B34"))[-1] == "149546"


def test_seconds_since_1900_are_seconds_since_1900() -> None:
    packet = EnhancedBloodPressure(
        since_2000=False, systolic=Decimal(132), diastolic=Decimal(81), map=Decimal(98), timestamp_s=86_400
    )

    assert str(packet.readings()[0].device_time) == "1900-01-02T00:00:00"


@pytest.mark.parametrize(("spoilt", "readings"), [(0, 1), (1, 0)])
def test_a_stored_pressure_is_read_from_its_record_if_its_crc_fits(spoilt: int, readings: int) -> None:
    inner = EnhancedBloodPressure(systolic=Decimal(132), diastolic=Decimal(81), map=Decimal(98)).encode()
    crc = crc16((9).to_bytes(2, "little") + bytes.fromhex("342b") + inner) ^ spoilt
    record = BloodPressureRecord(seq=9, uuid=0x2B34, octets=inner + crc.to_bytes(2, "little"))

    read = decode("2B36", record.encode())

    assert len(read.readings()) == readings
    assert read.to_json()["crc_ok"] is not bool(spoilt)


NOW = ElapsedTime(flags=0b10_0010, value=848_664_000, source=6, offset=0)


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for code, (kind, _) in TYPES.items()])
def test_a_health_observation_of_each_known_type_becomes_an_observation(code: int, kind: Kind) -> None:
    unit = next(mdc for mdc, unit in UNITS.items() if _fits(kind, unit))
    value = Numeric(unit=unit, value=Decimal("36.5"))
    packet = LiveHealthObservation(
        observation=Observation(class_=1, obs_type=code, time=NOW, suppl=(150588,), value=value)
    )

    (reading,) = decode("2B8B", packet.encode()).readings()

    assert (reading.kind, reading.stored) == (kind, True)
    assert str(reading.device_time) == "2026-11-22T12:00:00"
    assert quantity(observation(reading)).startswith("36.5")


def _fits(kind: Kind, unit: Unit) -> bool:
    return UCUM[unit].code in KINDS[kind].units


def test_a_health_observation_of_another_type_is_shown_and_measures_nothing() -> None:
    value = Numeric(unit=544, value=Decimal(7))
    packet = LiveHealthObservation(observation=Observation(class_=1, obs_type=999_999, value=value))

    assert packet.readings() == ()
    assert json.loads(decode_line("2B8B", packet.encode().hex()))["value"] == 7


def test_an_observation_of_another_class_is_skipped_by_its_length() -> None:
    text = Observation(class_=3, obs_type=150456, rest=b"\x02\x00ok")
    packet = LiveHealthObservation(observation=text, trailing=b"\xab\xcd")

    shown = json.loads(decode_line("2B8B", packet.encode().hex()))

    assert (shown["class"], shown["rest"], shown["trailing"]) == (3, "02006f6b", 2)
    assert packet.readings() == ()


def test_the_clock_of_a_health_sensor_shows_its_local_time() -> None:
    in_winter = msgspec.structs.replace(NOW, flags=0b11_0010, offset=4)

    assert str(CurrentElapsedTime(elapsed=in_winter).time) == "2026-11-22T13:00:00"
    assert CurrentElapsedTime(elapsed=msgspec.structs.replace(NOW, flags=1)).time is None
    assert CurrentElapsedTime(elapsed=msgspec.structs.replace(NOW, value=2**48 - 1)).time is None


@pytest.mark.parametrize("step", range(4))
def test_a_clock_counts_in_the_step_that_its_flags_say(step: int) -> None:
    per_second = (1, 10, 1000, 10_000)[step]
    counted = ElapsedTime(flags=step << 2, value=90 * per_second, source=0, offset=0)

    assert str(counted.local) == "2000-01-01T00:01:30"


def test_every_bit_of_an_oximeters_sensor_status_says_something_of_its_own() -> None:
    packets = [PlxSpotCheck(spo2=Decimal(97), pr=Decimal(64), sensor_status=1 << bit) for bit in range(16)]

    said = [packet.readings()[0].qualities - {Quality.QUESTIONABLE} for packet in packets]

    assert [len(each) for each in said] == [1] * 16
    assert len(set(said)) == 16


def test_the_pulse_amplitude_index_is_a_component_of_the_saturation() -> None:
    packet = PlxSpotCheck(spo2=Decimal(97), pr=Decimal(64), pai=Decimal("2.2"))

    assert components(observation(packet.readings()[0])) == {"Indice de perfusion": Decimal("2.2")}


@pytest.mark.parametrize(
    ("characteristic", "octets", "supported"),
    [
        ("2A49", "0701", ["body-movement", "cuff-fit", "irregular-pulse", "user-facing-time"]),
        ("2A51", "0108", ["low-battery"]),
        ("2A9E", "07000000", ["timestamp", "multiple-users", "bmi"]),
        ("2A9B", "01070000", ["timestamp", "impedance", "weight", "height"]),
        ("2A60", "4900e001", ["measurement-status", "timestamp", "pulse-amplitude-index"]),
    ],
)
def test_a_feature_says_in_words_what_a_device_can_do(characteristic: str, octets: str, supported: list[str]) -> None:
    assert json.loads(decode_line(characteristic, octets))["supported"] == supported


@pytest.mark.parametrize(
    ("characteristic", "octets", "shown"),
    [
        ("2A99", "05000000", {"increment": 5}),
        ("2A9A", "02", {"user_index": 2}),
        ("2A85", "c2070b16", {"year": 1986, "month": 11, "day": 22}),
        ("2A8C", "01", {"gender": 1}),
        ("2A8E", "b200", {"height": 1.78}),
        ("2A9F", "01a80e", {"op": 1, "consent_code": 3752}),
        ("2A9F", "20010102", {"op": 32, "request": 1, "result": 1, "user_index": 2}),
        ("2AAB", "5001", {"hours": 336}),
    ],
)
def test_the_user_data_of_a_device_are_read(characteristic: str, octets: str, shown: dict[str, object]) -> None:
    assert json.loads(decode_line(characteristic, octets)) == shown
