"""How models are treated that want something else than the profiles say."""

from __future__ import annotations

import pytest

from gateway.devices.conduct import CONDUCTS, conduct_of
from gateway.devices.reading import DeviceIdentity


@pytest.mark.parametrize(
    "device",
    [
        DeviceIdentity(address="A", name="BLEsmart_0000021FB0C5D9E1"),
        DeviceIdentity(address="A", name="Cuff", manufacturer="OMRON HEALTHCARE"),
    ],
)
def test_the_clock_of_a_model_that_suffers_from_it_is_never_set(device: DeviceIdentity) -> None:
    assert not conduct_of(device).takes_time


def test_any_other_model_is_treated_as_the_profiles_say() -> None:
    usual = conduct_of(DeviceIdentity(address="A", name="A&D_UA-651BLE_A1B2C3", manufacturer="A&D Medical"))
    assert usual.takes_time
    assert usual.answers


def test_a_model_that_does_not_tell_the_end_of_its_records_is_known() -> None:
    assert not conduct_of(DeviceIdentity(address="A", model="BC87")).answers


def test_every_row_is_written_as_it_is_compared() -> None:
    assert all(row.prefix and row.prefix == row.prefix.lower() for row in CONDUCTS)
