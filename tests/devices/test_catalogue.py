from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.catalogue import DECODERS, PROFILES, QUIRKS, Profile, decode, long_uuid, short_uuid
from gateway.devices.date_time import CurrentTime, DateTime, device_time
from gateway.devices.device_information import TEXTS, DeviceText, SystemId
from gateway.devices.errors import UnknownCharacteristic
from gateway.devices.reading import DeviceIdentity, DeviceTime
from tests.devices.packets import PACKETS

QUICK = settings(phases=[Phase.generate], database=None, max_examples=5000)
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "devices.md").read_text()


@pytest.mark.parametrize(
    "uuid",
    ["2A35", "2a35", "0x2A35", "00002a35-0000-1000-8000-00805f9b34fb", "00002A35-0000-1000-8000-00805F9B34FB"],
)
def test_a_characteristic_may_be_spelt_in_any_way_that_bluetooth_spells_it(uuid: str) -> None:
    assert isinstance(decode(uuid, bytes.fromhex("00780050005a00")), BloodPressureMeasurement)


@pytest.mark.parametrize("uuid", ["", "2A00", "SFLOAT", "cdeacb82-5235-4c07-8846-93a37ee6b86d", "2A35+quirk:nobody"])
def test_a_characteristic_without_a_decoder_is_refused_by_name(uuid: str) -> None:
    with pytest.raises(UnknownCharacteristic, match=r"known are 0734594A.*, 2A08, 2A18, 2A19"):
        decode(uuid, b"\0")


@pytest.mark.parametrize("short", sorted(each for each in DECODERS if len(each) in {4, 36} and "+" not in each))
def test_the_two_spellings_of_a_characteristic_lead_to_each_other(short: str) -> None:
    assert short_uuid(long_uuid(short)) == short


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_what_a_profile_sends_can_be_decoded(profile: Profile) -> None:
    assert {*profile.measurement, *profile.live} <= set(DECODERS)


@pytest.mark.parametrize("characteristic", [each for profile in PROFILES for each in profile.live])
@settings(max_examples=20)
@given(choice=st.data())
def test_the_live_values_of_a_profile_are_shown_and_not_stored(characteristic: str, choice: st.DataObject) -> None:
    packet = choice.draw(PACKETS[DECODERS[characteristic]])

    assert not any(reading.stored for reading in packet.readings())


# A context is part of its glucose; a sensor's record has no time without the start of its session; a health sensor says
# itself which of its observations are spot ones. All three are tried where they are joined.
BY_ITSELF = {"2A34": "a context", "2AA7": "undated", "2B8B": "spot or stream"}


@pytest.mark.parametrize(
    "characteristic", [each for profile in PROFILES for each in profile.measurement if each not in BY_ITSELF]
)
@settings(max_examples=20)
@given(choice=st.data())
def test_the_measurements_of_a_profile_are_stored(characteristic: str, choice: st.DataObject) -> None:
    packet = choice.draw(PACKETS[DECODERS[characteristic]])

    assert all(reading.stored for reading in packet.readings())


@pytest.mark.parametrize(
    "characteristic", [each for profile in PROFILES for each in (*profile.measurement, *profile.live) if each != "2A34"]
)
def test_what_a_profile_sends_measures_something(characteristic: str) -> None:
    packet = find(PACKETS[DECODERS[characteristic]], lambda packet: bool(packet.readings()), settings=QUICK)

    assert decode(characteristic, packet.encode()).readings() == packet.readings()


@pytest.mark.parametrize("characteristic", [*DECODERS, *(f"2A35+quirk:{quirk.name}" for quirk in QUIRKS)])
def test_every_characteristic_has_its_row_in_the_documentation(characteristic: str) -> None:
    assert f"| `{characteristic.lower()}` |" in DOCUMENTED.lower()


def test_each_text_of_the_device_information_fills_a_part_of_the_identity() -> None:
    identity = DeviceIdentity(address="00:11:22:33:44:55", **dict.fromkeys(TEXTS.values(), "text"))  # type: ignore[arg-type]  # the test is that the names exist

    assert all(getattr(identity, part) == "text" for part in TEXTS.values())


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"UA-651BLE\0\0", "UA-651BLE"),
        ("Téléborne".encode(), "Téléborne"),
        (b"Caf\xe9", "Caf�"),
        (b"", ""),
    ],
)
def test_a_device_text_is_read_however_badly_it_is_written(octets: bytes, text: str) -> None:
    assert DeviceText.decode(octets).text == text


def test_a_system_id_is_printed_with_its_maker_first() -> None:
    system_id = SystemId.decode(bytes.fromhex("74e8fffeff051c00"))

    assert system_id.eui64 == "001C05FFFEFFE874"
    assert system_id.oui == "001C05"


def test_a_clock_is_set_to_the_local_time_with_its_day_and_fraction() -> None:
    local = datetime(2026, 11, 22, 14, 30, 45, 500_000, tzinfo=UTC)

    packet = CurrentTime.at(local)

    assert packet.encode().hex() == "ea070b160e1e2d078002"
    assert DateTime(time=device_time(local)).encode().hex() == "ea070b160e1e2d"


def test_an_impossible_date_is_kept_as_the_device_said_it() -> None:
    packet = DateTime.decode(bytes.fromhex("00000f1f183c3d"))

    assert str(packet.time) == "0000-15-31T24:60:61"
    assert packet.time == DeviceTime(year=0, month=15, day=31, hour=24, minute=60, second=61)
