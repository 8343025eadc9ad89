"""What each maker's own layouts mean, and that the catalogue says what stands behind it."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.devices.catalogue import PROFILES, VENDORS, decode
from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.reading import DeviceTime, Kind, Name, Quality, Reading, Special
from gateway.devices.vendor import Verified
from gateway.devices.vendors import jumper, nonin, omron_frame, omron_record, viatom, yonker

PAGE = (Path(__file__).parents[2] / "docs" / "devices.md").read_text()
JUMPER = "cdeacb81-5235-4c07-8846-93a37ee6b86d"
NONIN = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"
VIATOM = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"
MODELS = [(vendor, model) for vendor in VENDORS for model in vendor.models]


def numbers(*readings: Reading) -> dict[str, Decimal | Special]:
    return {measure.name: measure.value for reading in readings for measure in reading.measures}


@pytest.mark.parametrize(("vendor", "model"), MODELS, ids=lambda row: row.name)
def test_every_model_has_its_row_in_the_documentation(vendor: object, model: object) -> None:
    row = (
        f"| {vendor.name} {model.name} | {model.speaks} | {model.verified} | {model.source} | {model.oddities or '-'} |"  # type: ignore[attr-defined]  # pytest's parameters have no types
    )
    assert row in PAGE.splitlines()


def test_the_catalogue_names_the_makers_that_are_asked_for() -> None:
    names = {f"{vendor.name} {model.name}" for vendor, model in MODELS}

    assert {"Beurer BM85", "Beurer BC87", "Beurer BF720", "Beurer BF788", "Nonin 3230", "Viatom O2Ring"} <= names
    assert {vendor.name for vendor in VENDORS} >= {"Jumper", "Omron"}
    assert any(model.verified is Verified.NONE for _, model in MODELS)


def test_a_makers_own_service_is_scanned_for() -> None:
    own = [profile for profile in PROFILES if len(profile.service) > 4]

    assert len(own) == 5
    assert all(re.fullmatch("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", profile.service) for profile in own)


def test_a_jumper_oximeter_shows_oxygen_pulse_and_perfusion() -> None:
    readings = decode(JUMPER, bytes.fromhex("81386344")).readings()

    assert numbers(*readings) == {Name.SPO2: 99, Name.PERFUSION: Decimal("6.8"), Name.PULSE: 56}
    assert not any(reading.stored for reading in readings)


def test_a_jumper_oximeter_without_a_finger_has_no_numbers() -> None:
    empty = jumper.JumperFrame.result(pulse=255, spo2=127, pi_raw=0)

    assert set(numbers(*empty.readings()).values()) == {Special.NAN}


@pytest.mark.parametrize("frame", ["80616263", "aa220e42", "2d"])
def test_a_frame_of_another_kind_is_no_measurement(frame: str) -> None:
    packet = decode(JUMPER, bytes.fromhex(frame))

    assert packet.readings() == ()
    assert packet.to_json()["octets"] == frame[2:]


def test_a_nonin_says_how_good_its_second_was() -> None:
    packet = nonin.NoninOximetry(status=0b1_0110, battery_raw=31, pai_raw=412, counter=9, spo2=97, pulse=64)

    readings = decode(NONIN, packet.encode()).readings()

    assert packet.encode().hex() == "0a161f019c000961" + "0040"
    assert numbers(*readings) == {Name.SPO2: 97, Name.PERFUSION: Decimal("4.12"), Name.PULSE: 64}
    assert readings[0].qualities == {Quality.POOR_SIGNAL, Quality.VALIDATED}


def test_a_nonin_off_the_finger_says_so() -> None:
    packet = nonin.NoninOximetry(status=0, battery_raw=31, pai_raw=0, counter=9, spo2=127, pulse=511)

    assert numbers(*packet.readings()) == {Name.SPO2: Special.NAN, Name.PULSE: Special.NAN}
    assert Quality.SENSOR_UNCONNECTED_TO_USER in packet.readings()[0].qualities


def test_a_viatom_is_asked_in_the_frames_that_others_have_published() -> None:
    assert viatom.request(0x14).hex() == "aa14eb00000000c6"
    assert viatom.ASK_LIVE.hex() == "aa1be40000000" + "0" + f"{viatom.crc8(viatom.ASK_LIVE[:-1]):02x}"


def test_a_viatoms_answer_is_read_with_its_wave() -> None:
    answer = viatom.ViatomAnswer.live(spo2=96, pulse=71, battery=80, pi_raw=34, wave=bytes([10, 20, 30]))

    packet = decode(VIATOM, answer.encode())

    assert numbers(*packet.readings()) == {Name.SPO2: 96, Name.PULSE: 71}
    assert packet.to_json() == {"spo2": 96, "pulse": 71, "battery": 80, "pi_raw": 34, "worn": True, "wave": 3}


def test_a_viatom_without_a_finger_measures_nobody() -> None:
    idle = viatom.ViatomAnswer.live(spo2=0, pulse=0, battery=80, pi_raw=0, worn=False)
    off = viatom.ViatomAnswer.live(spo2=255, pulse=0xFFFF, battery=80, pi_raw=0, worn=False)

    assert idle.readings() == off.readings() == ()


@pytest.mark.parametrize("damage", [0, 1, 5, 9, -1])
def test_a_damaged_answer_of_a_viatom_is_refused(damage: int) -> None:
    octets = bytearray(viatom.ViatomAnswer.live(spo2=96, pulse=71, battery=80, pi_raw=34).encode())
    octets[damage] ^= 0x10

    with pytest.raises(MalformedPacket):
        decode(VIATOM, bytes(octets))


def test_a_yonker_cuffs_clock_has_no_seconds() -> None:
    packet = yonker.YonkerMeasurement.decode(bytes.fromhex("818367510000190b18131200000000"))

    pressure, pulse = packet.readings()
    assert numbers(pressure) == {Name.SYSTOLIC: 131, Name.DIASTOLIC: 103}
    assert pulse.kind is Kind.PULSE_RATE
    assert pressure.device_time == DeviceTime(year=2024, month=11, day=25, hour=19, minute=18, second=0)


@pytest.mark.parametrize("record", [omron_record.Hem7322Record, omron_record.Hem7361Record])
def test_an_omron_record_is_read_from_its_bits(record: type[omron_record.OmronRecord]) -> None:
    octets = record.of(
        systolic=128 - 25,
        diastolic=82,
        pulse=66,
        year=24,
        month=6,
        day=15,
        hour=14,
        minute=30,
        second=63,
        movement=1,
        irregular=0,
    ).encode()

    pressure, pulse = record.decode(octets).readings()

    assert numbers(pressure, pulse) == {Name.SYSTOLIC: 128, Name.DIASTOLIC: 82, Name.PULSE: 66}
    assert pressure.device_time == DeviceTime(year=2024, month=6, day=15, hour=14, minute=30, second=59)
    assert pressure.qualities == {Quality.BODY_MOVEMENT}


@pytest.mark.parametrize("record", [omron_record.Hem7322Record, omron_record.Hem7361Record])
def test_an_empty_slot_of_an_omrons_memory_is_no_measurement(record: type[omron_record.OmronRecord]) -> None:
    empty = record.decode(b"\xff" * record.SIZE)

    assert empty.readings() == ()
    assert empty.to_json() == {"empty": True}


@pytest.mark.parametrize("kind", ["write", "written", "set-time", ""])
def test_no_frame_can_be_made_that_writes_an_omrons_memory(kind: str) -> None:
    with pytest.raises(NotRepresentable, match="nothing is written"):
        omron_frame.OmronFrame(kind=kind).encode()


def test_every_frame_that_can_be_made_for_an_omron_is_one_that_reads() -> None:
    made = {omron_frame.OmronFrame(kind=kind).encode()[1:3].hex() for kind in omron_frame.READS}

    # 01C0 and 81C0 are the protocol's write and its answer.
    assert made == {"0000", "0100", "0f00", "8000", "8100", "8f00"}
    with pytest.raises(MalformedPacket, match="none that reads"):
        omron_frame.OmronFrame.decode(bytes.fromhex("0801c0" + "026026" + "00" + "8d"))
