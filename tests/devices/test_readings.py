"""What becomes of decoded values: measurements, and what is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gateway.devices.blood_pressure import BloodPressureMeasurement, IntermediateCuffPressure
from gateway.devices.catalogue import decode
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.pulse_oximeter import PlxContinuous, PlxSpotCheck
from gateway.devices.reading import DeviceTime, Kind, Measure, Name, Quality, Reading, Special, Unit
from gateway.devices.thermometer import IntermediateTemperature, TemperatureMeasurement
from gateway.devices.weight_scale import UNSUCCESSFUL, WeightMeasurement

NOON = DeviceTime(year=2026, month=11, day=22, hour=12, minute=0, second=0)


def values(reading: Reading) -> dict[Name, str]:
    return {measure.name: str(measure.value) for measure in reading.measures}


def test_a_cuff_measures_a_pressure_and_a_pulse() -> None:
    pressure, pulse = BloodPressureMeasurement(
        systolic=Decimal(132),
        diastolic=Decimal(81),
        map=Decimal(98),
        timestamp=NOON,
        pulse=Decimal("72.0"),
        user_id=1,
        status=0b10_1101,
    ).readings()

    assert pressure == Reading(
        kind=Kind.BLOOD_PRESSURE,
        measures=(
            Measure(name=Name.SYSTOLIC, value=Decimal(132), unit=Unit.MMHG),
            Measure(name=Name.DIASTOLIC, value=Decimal(81), unit=Unit.MMHG),
            Measure(name=Name.MEAN, value=Decimal(98), unit=Unit.MMHG),
        ),
        device_time=NOON,
        qualities=frozenset(
            {
                Quality.BODY_MOVEMENT,
                Quality.IRREGULAR_PULSE,
                Quality.PULSE_ABOVE_RANGE,
                Quality.IMPROPER_POSITION,
            }
        ),
        user_slot=1,
    )
    assert pulse.kind is Kind.PULSE_RATE
    assert values(pulse) == {Name.PULSE: "72.0"}
    assert pulse.device_time == NOON


@pytest.mark.parametrize(
    ("characteristic", "stub"),
    [
        ("2A35", "00000000000000"),
        ("2A35", "1e00000000000000000000000000000000000000"),
        ("2A36", "00000000000000"),
        ("2A5E", "0000000000"),
        ("2A5F", "0000000000"),
        ("2A1C", "0000000000"),
        ("2A9D", "000000"),
        ("2A9D", "0e000000000000000000000000000000"),
        ("2A37", "0000"),
    ],
)
def test_a_zero_filled_stub_is_no_measurement(characteristic: str, stub: str) -> None:
    assert decode(characteristic, bytes.fromhex(stub)).readings() == ()


def test_a_mean_pressure_of_zero_was_not_measured() -> None:
    (pressure,) = decode("2A35", bytes.fromhex("006a0047000000")).readings()

    assert values(pressure) == {Name.SYSTOLIC: "106", Name.DIASTOLIC: "71"}


def test_a_pulse_below_zero_has_no_value_rather_than_a_wrong_one() -> None:
    _, pulse = decode("2A35", bytes.fromhex("566a0047000000ea07080b121f00003f000000")).readings()

    assert values(pulse) == {Name.PULSE: Special.NRES}


def test_a_bm85_read_by_its_own_layout_gives_a_pulse_and_no_mean() -> None:
    packet = decode("2A35", bytes.fromhex("566a0047000000ea07080b121f00003f000000"), model="BM85")

    pressure, pulse = packet.readings()

    assert values(pressure) == {Name.SYSTOLIC: "106", Name.DIASTOLIC: "71"}
    assert values(pulse) == {Name.PULSE: "63"}


def test_a_cuff_that_could_not_measure_keeps_its_special_values() -> None:
    (pressure,) = BloodPressureMeasurement(systolic=Special.NAN, diastolic=Special.NAN, map=Special.NAN).readings()

    assert {measure.value for measure in pressure.measures} == {Special.NAN}


def test_an_unknown_user_has_no_slot() -> None:
    (pressure,) = BloodPressureMeasurement(
        systolic=Decimal(120), diastolic=Decimal(80), map=Decimal(93), user_id=255
    ).readings()

    assert pressure.user_slot is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0b00 << 3, set()),
        (0b01 << 3, {Quality.PULSE_ABOVE_RANGE}),
        (0b10 << 3, {Quality.PULSE_BELOW_RANGE}),
        (0b11 << 3, set()),
        (1 << 1, {Quality.CUFF_LOOSE}),
    ],
)
def test_the_pulse_range_of_a_cuff_is_one_field_of_two_bits(status: int, expected: set[Quality]) -> None:
    (pressure,) = BloodPressureMeasurement(
        systolic=Decimal(120), diastolic=Decimal(80), map=Decimal(93), status=status
    ).readings()

    assert pressure.qualities == expected


def test_a_cuff_under_pressure_is_shown_and_not_stored() -> None:
    (live,) = IntermediateCuffPressure(unit=Unit.KPA, cuff=Decimal("21.4")).readings()

    assert values(live) == {Name.CUFF: "21.4"}
    assert live.measures[0].unit is Unit.KPA
    assert not live.stored


def test_a_spot_check_measures_saturation_and_pulse_with_what_the_device_thinks_of_them() -> None:
    saturation, pulse = PlxSpotCheck(
        spo2=Decimal(97),
        pr=Decimal(64),
        timestamp=NOON,
        status=1 << 8 | 1 << 14,
        sensor_status=1 << 5,
        pai=Decimal("1.8"),
        clock_not_set=True,
    ).readings()

    assert saturation.kind is Kind.OXYGEN_SATURATION
    assert values(saturation) == {Name.SPO2: "97", Name.PERFUSION: "1.8"}
    assert values(pulse) == {Name.PULSE: "64"}
    assert saturation.qualities == pulse.qualities
    assert saturation.qualities == {
        Quality.FULLY_QUALIFIED,
        Quality.QUESTIONABLE,
        Quality.LOW_PERFUSION,
        Quality.CLOCK_NOT_SET,
    }
    assert saturation.stored
    assert saturation.device_time == NOON


def test_the_continuous_stream_is_shown_and_not_stored() -> None:
    readings = PlxContinuous(spo2=Decimal(97), pr=Decimal(64), fast=(Decimal(96), Decimal(65))).readings()

    assert [reading.stored for reading in readings] == [False, False]


@pytest.mark.parametrize(
    ("bit", "quality"),
    [
        (5, Quality.ONGOING),
        (6, Quality.EARLY_ESTIMATE),
        (7, Quality.VALIDATED),
        (8, Quality.FULLY_QUALIFIED),
        (9, Quality.FROM_STORAGE),
        (10, Quality.DEMONSTRATION),
        (11, Quality.TESTING),
        (12, Quality.CALIBRATING),
        (13, Quality.UNAVAILABLE),
        (14, Quality.QUESTIONABLE),
        (15, Quality.INVALID),
    ],
)
def test_each_bit_of_the_oximeters_status_has_its_word(bit: int, quality: Quality) -> None:
    saturation, _ = PlxSpotCheck(spo2=Decimal(97), pr=Decimal(64), status=1 << bit).readings()

    assert saturation.qualities == {quality}


def test_an_oximeter_without_a_finger_says_so_and_gives_no_number() -> None:
    saturation, pulse = PlxSpotCheck(spo2=Special.NAN, pr=Special.NAN, sensor_status=1 << 11).readings()

    assert values(saturation) == {Name.SPO2: Special.NAN}
    assert values(pulse) == {Name.PULSE: Special.NAN}
    assert saturation.qualities == {Quality.SENSOR_UNCONNECTED_TO_USER}


def test_a_thermometer_keeps_its_unit_and_says_where_it_measured() -> None:
    (temperature,) = TemperatureMeasurement(unit=Unit.FAHRENHEIT, temperature=Decimal("99.7"), type=3).readings()

    assert values(temperature) == {Name.TEMPERATURE: "99.7"}
    assert temperature.measures[0].unit is Unit.FAHRENHEIT
    assert temperature.body_site == "ear"
    assert temperature.stored


@pytest.mark.parametrize("site", [None, 0, 10, 255])
def test_a_site_that_the_standard_does_not_know_is_no_site(site: int | None) -> None:
    (temperature,) = TemperatureMeasurement(temperature=Decimal("37.0"), type=site).readings()

    assert temperature.body_site is None


def test_an_intermediate_temperature_is_shown_and_not_stored() -> None:
    (temperature,) = IntermediateTemperature(temperature=Decimal("36.1")).readings()

    assert not temperature.stored


def test_a_scale_measures_weight_body_mass_index_and_height() -> None:
    packet = decode("2A9D", bytes.fromhex("0e205cea07070e1729200140018007"))

    weight, bmi, height = packet.readings()

    assert values(weight) == {Name.WEIGHT: "117.920"}
    assert values(bmi) == {Name.BMI: "32.0"}
    assert values(height) == {Name.HEIGHT: "1.920"}
    assert {reading.user_slot for reading in (weight, bmi, height)} == {1}


def test_pounds_and_inches_stay_pounds_and_inches() -> None:
    weight, _, height = WeightMeasurement(
        unit=Unit.POUND, weight=Decimal("154.30"), bmi=Decimal("24.1"), height=Decimal("67.0")
    ).readings()

    assert weight.measures[0] == Measure(name=Name.WEIGHT, value=Decimal("154.30"), unit=Unit.POUND)
    assert height.measures[0] == Measure(name=Name.HEIGHT, value=Decimal("67.0"), unit=Unit.INCH)


@pytest.mark.parametrize("packet", ["00ffff", "01ffff"])
def test_an_unsuccessful_weight_is_a_reading_without_a_value(packet: str) -> None:
    decoded = decode("2A9D", bytes.fromhex(packet))
    (weight,) = decoded.readings()

    assert decoded.to_json()["weight"] == UNSUCCESSFUL
    assert values(weight) == {Name.WEIGHT: Special.NRES}


@pytest.mark.parametrize(("contact", "qualities"), [(None, set()), (True, set()), (False, {Quality.NO_CONTACT})])
def test_a_strap_that_cannot_tell_contact_is_not_a_strap_without_contact(
    contact: bool | None,  # noqa: FBT001 - pytest passes it by name
    qualities: set[Quality],
) -> None:
    (rate,) = HeartRateMeasurement(hr=61, contact=contact, energy_kj=50).readings()

    assert values(rate) == {Name.PULSE: "61", Name.ENERGY: "50"}
    assert rate.qualities == qualities
    assert not rate.stored


@pytest.mark.parametrize(
    ("characteristic", "octets"),
    [("2A08", "e20704110f3300"), ("2A2B", "e907010f0e1e2d032101"), ("2A19", "4b"), ("2A23", "0102030405060708")],
)
def test_clocks_batteries_and_names_measure_nothing(characteristic: str, octets: str) -> None:
    assert decode(characteristic, bytes.fromhex(octets)).readings() == ()
