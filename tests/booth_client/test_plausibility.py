"""The quality check refuses what cannot be, repeats what is doubtful, and never touches a value."""

from __future__ import annotations

from decimal import Decimal

import pytest

from booth_client.plausibility import BANDS, Verdict, judge
from gateway.devices.reading import Kind, Measure, Name, Quality, Reading, Special, Unit


def pressure(systolic: str, diastolic: str, *qualities: Quality) -> Reading:
    return Reading(
        kind=Kind.BLOOD_PRESSURE,
        measures=(
            Measure(name=Name.SYSTOLIC, value=Decimal(systolic), unit=Unit.MMHG),
            Measure(name=Name.DIASTOLIC, value=Decimal(diastolic), unit=Unit.MMHG),
            Measure(name=Name.MEAN, value=Special.NAN, unit=Unit.MMHG),
        ),
        qualities=frozenset(qualities),
    )


def single(kind: Kind, name: Name, value: Decimal | Special, unit: Unit) -> Reading:
    return Reading(kind=kind, measures=(Measure(name=name, value=value, unit=unit),))


@pytest.mark.parametrize(
    ("systolic", "diastolic", "verdict"),
    [
        ("132", "81", Verdict.KEPT),
        ("80", "40", Verdict.KEPT),
        ("220", "130", Verdict.KEPT),
        ("79", "60", Verdict.CONFIRM),
        ("221", "100", Verdict.CONFIRM),
        ("150", "131", Verdict.CONFIRM),
        ("301", "100", Verdict.REFUSED),
        ("39", "25", Verdict.REFUSED),
        ("100", "19", Verdict.REFUSED),
        ("89", "80", Verdict.REFUSED),
        ("90", "80", Verdict.KEPT),
    ],
)
def test_blood_pressure_is_judged_by_its_bands_and_its_gap(systolic: str, diastolic: str, verdict: Verdict) -> None:
    assert judge([pressure(systolic, diastolic)]) is verdict


@pytest.mark.parametrize(("name", "unit"), BANDS)
def test_each_band_believes_its_ends_and_refuses_what_lies_outside(name: Name, unit: Unit) -> None:
    band = BANDS[name, unit]
    tick = Decimal("0.01")
    for value in band.believed:
        assert judge([single(Kind.BODY_WEIGHT, name, value, unit)]) is Verdict.KEPT
    for value in (band.possible[0] - tick, band.possible[1] + tick):
        assert judge([single(Kind.BODY_WEIGHT, name, value, unit)]) is Verdict.REFUSED
    assert band.possible[0] <= band.believed[0] < band.believed[1] <= band.possible[1]


@pytest.mark.parametrize(
    ("weight", "unit", "verdict"),
    [
        ("79.2", Unit.KILOGRAM, Verdict.KEPT),
        ("79.3", Unit.KILOGRAM, Verdict.CONFIRM),
        ("64.7", Unit.KILOGRAM, Verdict.CONFIRM),
        ("158.7", Unit.POUND, Verdict.KEPT),
        ("190", Unit.POUND, Verdict.CONFIRM),
    ],
)
def test_a_weight_a_tenth_away_from_the_last_one_is_taken_again(weight: str, unit: Unit, verdict: Verdict) -> None:
    reading = single(Kind.BODY_WEIGHT, Name.WEIGHT, Decimal(weight), unit)
    assert judge([reading], weight=Decimal(72)) is verdict
    assert judge([reading]) is Verdict.KEPT


def test_a_device_that_doubts_itself_is_asked_again() -> None:
    assert judge([pressure("132", "81", Quality.BODY_MOVEMENT)]) is Verdict.CONFIRM
    assert judge([pressure("132", "81", Quality.IRREGULAR_PULSE)]) is Verdict.KEPT


def test_a_number_the_device_does_not_have_is_asked_again_and_no_reading_is_refused() -> None:
    assert judge([single(Kind.OXYGEN_SATURATION, Name.SPO2, Special.NAN, Unit.PERCENT)]) is Verdict.CONFIRM
    assert judge([]) is Verdict.REFUSED


def test_the_gravest_reading_of_a_packet_decides() -> None:
    pulse = single(Kind.PULSE_RATE, Name.PULSE, Decimal(19), Unit.PER_MINUTE)
    assert judge([pressure("132", "81"), pulse]) is Verdict.REFUSED


@pytest.mark.parametrize(
    ("age", "systolic", "verdict"),
    [
        (None, "150", Verdict.KEPT),
        (40, "150", Verdict.KEPT),
        (12, "72", Verdict.CONFIRM),
        (11, "75", Verdict.KEPT),
        (11, "151", Verdict.CONFIRM),
        (5, "130", Verdict.KEPT),
        (5, "131", Verdict.CONFIRM),
        (1, "66", Verdict.KEPT),
        (0, "90", Verdict.CONFIRM),
        (0, "301", Verdict.REFUSED),
    ],
)
def test_a_childs_pressure_is_judged_by_the_childs_age(age: int | None, systolic: str, verdict: Verdict) -> None:
    assert judge([pressure(systolic, "55")], age=age) is verdict


@pytest.mark.parametrize(
    ("age", "verdict"), [(None, Verdict.CONFIRM), (8, Verdict.CONFIRM), (3, Verdict.KEPT), (0, Verdict.KEPT)]
)
def test_a_pulse_of_170_is_doubted_unless_the_person_is_small(age: int | None, verdict: Verdict) -> None:
    pulse = single(Kind.PULSE_RATE, Name.PULSE, Decimal(170), Unit.PER_MINUTE)
    assert judge([pulse], age=age) is verdict


@pytest.mark.parametrize(
    ("value", "unit", "verdict"),
    [
        ("0.00104", Unit.KILOGRAM_PER_LITRE, Verdict.KEPT),
        ("0.00058", Unit.KILOGRAM_PER_LITRE, Verdict.CONFIRM),
        ("0.00009", Unit.KILOGRAM_PER_LITRE, Verdict.REFUSED),
        ("0.0055", Unit.MOLE_PER_LITRE, Verdict.KEPT),
        ("0.0200", Unit.MOLE_PER_LITRE, Verdict.CONFIRM),
        ("0.0600", Unit.MOLE_PER_LITRE, Verdict.REFUSED),
    ],
)
def test_a_blood_glucose_is_judged_in_the_unit_in_which_it_was_sent(value: str, unit: Unit, verdict: Verdict) -> None:
    assert judge([single(Kind.GLUCOSE, Name.GLUCOSE, Decimal(value), unit)]) is verdict


@pytest.mark.parametrize("beyond", [Special.POSITIVE_INFINITY, Special.NEGATIVE_INFINITY])
def test_hi_and_lo_are_no_numbers_and_are_repeated(beyond: Special) -> None:
    assert judge([single(Kind.GLUCOSE, Name.GLUCOSE, beyond, Unit.KILOGRAM_PER_LITRE)]) is Verdict.CONFIRM
