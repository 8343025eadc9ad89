"""Whether a device is fit for the day is decided from what sessions tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from booth_client.config import Equipment as Listed
from booth_client.equipment import FAULTS, Equipment
from gateway.devices.date_time import device_time
from gateway.devices.events import Appeared, ClockRead, Ended, EndReason, Identified, Indicated, Listening
from gateway.devices.inspection import Checked, Expected, Fault, Inspection
from gateway.devices.reading import DeviceIdentity, DeviceTime
from gateway.devices.user_data import Consent

T0 = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
TODAY = date(2026, 3, 3)
CUFF = Expected(name="Tensiomètre", address="f0:54:42:01:00:01", calibrated=date(2025, 6, 1), every=timedelta(days=365))
SAID = DeviceIdentity(address="F0:54:42:01:00:01", model="UA-651BLE", battery_percent=80)


def _met(*, device: DeviceIdentity = SAID, ahead: timedelta | None = timedelta(0)) -> Inspection:
    inspection = Inspection([CUFF], zone=UTC)
    inspection.take(Appeared(address=device.address, name="A&D", services=("1810",), at=T0))
    inspection.take(Identified(device=device, at=T0))
    shown = (
        device_time(T0 + ahead) if ahead is not None else DeviceTime(year=0, month=0, day=0, hour=0, minute=0, second=0)
    )
    inspection.take(ClockRead(device=device, said=shown, at=T0))
    inspection.take(Ended(address=device.address, reason=EndReason.HUNG_UP, at=T0))
    return inspection


def _faults(inspection: Inspection, *, today: date = TODAY) -> tuple[Fault, ...]:
    (checked,) = inspection.report()
    return checked.faults(today=today)


def test_a_device_that_was_met_with_a_good_battery_clock_and_calibration_is_fit() -> None:
    inspection = _met()
    assert _faults(inspection) == ()
    assert inspection.complete
    (checked,) = inspection.report()
    assert (checked.seen, checked.clock_off, checked.device) == (T0, timedelta(0), SAID)
    assert checked.calibration_due == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("inspection", "faults"),
    [
        (Inspection([CUFF]), (Fault.NOT_SEEN,)),
        (_met(device=replace(SAID, battery_percent=19)), (Fault.BATTERY_LOW,)),
        (_met(device=replace(SAID, battery_percent=20)), ()),
        (_met(device=replace(SAID, battery_percent=None)), ()),
        (_met(ahead=timedelta(minutes=-2)), (Fault.CLOCK_OFF,)),
        (_met(ahead=timedelta(seconds=119)), ()),
        (_met(ahead=None), (Fault.CLOCK_UNSET,)),
    ],
)
def test_what_is_wrong_with_a_device_is_named(inspection: Inspection, faults: tuple[Fault, ...]) -> None:
    assert _faults(inspection) == faults


def test_a_calibration_is_due_on_its_last_day_and_unknown_where_nobody_wrote_it_down() -> None:
    assert _faults(_met(), today=date(2026, 5, 31)) == ()
    assert _faults(_met(), today=date(2026, 6, 1)) == (Fault.CALIBRATION_DUE,)
    never = Checked(expected=replace(CUFF, calibrated=None), seen=T0)
    assert never.faults(today=TODAY) == (Fault.CALIBRATION_UNKNOWN,)
    assert Checked(expected=replace(CUFF, calibrated=None, every=None), seen=T0).faults(today=TODAY) == ()


def test_a_failed_session_is_a_fault_until_one_goes_well() -> None:
    inspection = _met()
    inspection.take(Ended(address=SAID.address, reason=EndReason.BOND_LOST, at=T0, detail="PIN or Key Missing"))
    assert _faults(inspection) == (Fault.BOND_LOST,)
    assert inspection.report()[0].trouble == "PIN or Key Missing"
    inspection.take(Ended(address=SAID.address, reason=EndReason.CUT, at=T0))
    assert _faults(inspection) == (Fault.SESSION_FAILED,)
    inspection.take(Ended(address=SAID.address, reason=EndReason.SILENCE, at=T0))
    assert _faults(inspection) == ()


def test_strangers_are_listed_only_where_they_are_looked_for() -> None:
    stranger = Appeared(address="F0:00:00:00:00:01", name="Nonin", services=("1822",), at=T0)
    assert not Inspection([CUFF]).take(stranger)
    looking = Inspection([], strangers=True)
    assert looking.take(stranger)
    assert [each.expected.name for each in looking.report()] == ["Nonin"]
    measured = Indicated(device=SAID, connection="1", characteristic="2A35", value=b"", at=T0)
    assert not looking.take(measured), "what is measured says nothing of the device"
    assert not looking.take(Listening(adapter=None, at=T0))


def test_every_fault_has_words_in_both_languages() -> None:
    assert set(FAULTS) == {"fr", "en"}
    assert all(set(words) == set(Fault) for words in FAULTS.values())


def test_the_settings_name_the_equipment() -> None:
    listed = Listed(name="Tensiomètre", address="F0:54:42:01:00:01", calibrated="2025-06-01", calibrate_every_days=365)
    assert replace(listed.expected, address=CUFF.address) == CUFF
    assert Listed(name="Balance", address="F0:54:42:04:00:01").expected.every is None
    for wrong in ({"address": "cuff"}, {"calibrated": "in June"}, {"calibrate_every_days": -1}):
        with pytest.raises(ValueError, match=r"address|isoformat|calibrate_every_days"):
            replace(listed, **wrong)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"user": 1}, "go together"),
        ({"consent_code": "1234"}, "go together"),
        ({"user": 255, "consent_code": "1234"}, "user 255 is not between 0 and 254"),
        ({"user": 1, "consent_code": "12345"}, "one to four digits"),
        ({"user": 1, "consent_code": "0x12"}, "one to four digits"),
    ],
)
def test_a_devices_user_is_told_whole_or_refused_in_words(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        Listed(name="Balance", address=CUFF.address, **given)
    assert "1234" not in str(refused.value)


def test_a_consent_code_is_told_to_nobody_but_the_device() -> None:
    listed = Listed(name="Balance", address=CUFF.address, user=2, consent_code="0987")
    assert listed.consent == Consent(user_index=2, code=987)
    assert "987" not in repr(listed) + repr(listed.consent)


async def test_the_booths_own_check_hears_the_same_events() -> None:
    equipment = Equipment([CUFF])
    await equipment.receive(Appeared(address=SAID.address, name=None, services=("1810",), at=T0))
    await equipment.receive(Identified(device=SAID, at=T0))
    (checked,) = equipment.report()
    assert checked.device == SAID
    assert checked.faults(today=TODAY) == ()
