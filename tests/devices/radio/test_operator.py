"""`teleborne devices` over the virtual radio: nothing is taken from a device but who it is and what time it shows."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.devices import operator
from gateway.devices.errors import DeviceTimeout
from gateway.devices.inspection import Expected, Inspection
from gateway.devices.operator import operate
from gateway.devices.virtual import Cuff, Scale, VirtualDevice, VirtualRadio, make
from gateway.devices.workbench import Workbench
from gateway.errors import SettingsError
from tests.peers.listener import BRISK

CUFF, SCALE = "F0:54:42:01:00:01", "F0:54:42:04:00:01"


@asynccontextmanager
async def bench(*devices: VirtualDevice) -> AsyncIterator[tuple[Workbench, VirtualRadio]]:
    """A workbench, and devices that somebody keeps using."""
    async with VirtualRadio(devices) as radio, asyncio.TaskGroup() as hands:
        using = [hands.create_task(_use(device)) for device in devices]
        yield (
            Workbench(scanner_backend=radio.scanner_backend, client_backend=radio.client_backend, deadlines=BRISK),
            radio,
        )
        for each in using:
            each.cancel()


async def _use(device: VirtualDevice) -> None:
    while True:
        await device.measure()


async def _said(act: str, *addresses: str, **options: Any) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    status = await operate(act, addresses, seconds=options.pop("seconds", 3.0), json=True, out=out, **options)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


async def test_a_scan_shows_what_advertises_and_what_it_speaks() -> None:
    status, found = await _said("scan", virtual="bad-clocks")
    assert status == 0
    assert {(each["address"], each["name"], tuple(each["speaks"])) for each in found} == {
        (CUFF, "TB Cuff", ("blood pressure",)),
        (SCALE, "TB Scale", ("weight scale",)),
    }


async def test_a_test_tells_battery_clock_and_calibration_and_what_is_unfit() -> None:
    known = [
        Expected(name="Tensiomètre", address=CUFF, calibrated=date(2020, 1, 1), every=timedelta(days=365)),
        Expected(name="Balance", address=SCALE.lower()),
        Expected(name="Oxymètre", address="F0:54:42:02:00:01"),
    ]
    status, (cuff, scale, oximeter) = await _said("test", virtual="bad-clocks", expected=known)
    assert status == 1
    assert abs(cuff["clock_off_s"] + 400 * 86400) < 5
    assert (cuff["name"], cuff["model"], cuff["battery_percent"]) == ("Tensiomètre", "TB-BP1", 87)
    assert cuff["faults"] == ["clock-off", "calibration-due"]
    assert (scale["battery_percent"], scale["faults"]) == (9, ["battery-low", "clock-unset"])
    assert oximeter["faults"] == ["not-seen"]


async def test_a_terminal_is_told_in_words_and_columns() -> None:
    out = io.StringIO()
    status = await operate("test", [], seconds=2.5, virtual="bad-clocks", out=out)
    head, *lines = out.getvalue().splitlines()
    assert status == 1
    assert head.split() == ["device", "address", "model", "battery", "clock", "calibrated"]
    columns = {line.index("F0:54") for line in lines if "F0:54" in line}
    assert columns == {head.index("address")}
    assert "TB Cuff: its clock is off; the booth sets it when it next measures" in lines
    assert "TB Scale: change its battery" in lines


async def test_a_test_takes_no_reading_and_leaves_the_clock_as_it_is() -> None:
    cuff, scale = make("cuff", clock_error=timedelta(hours=-3)), Scale()
    inspection = Inspection([Expected(name="cuff", address=CUFF), Expected(name="scale", address=SCALE)])

    async def take(event: Any) -> None:
        inspection.take(event)

    async with bench(cuff, scale) as (workbench, radio):
        await workbench.test(take, until=lambda: inspection.complete, seconds=5.0)
        assert await radio.bonds() == [CUFF], "its clock is for those it knows"
    assert inspection.complete
    assert [len(device.sent) for device in (cuff, scale)] == [0, 0]
    assert abs(cuff.clock_error + timedelta(hours=3)) < timedelta(seconds=1)


async def test_a_pairing_is_made_and_forgotten() -> None:
    async with bench(Cuff()) as (workbench, radio):
        assert not await workbench.forget(CUFF)
        device = await workbench.pair(CUFF.lower(), seconds=5.0)
        assert device.model == "TB-BP1"
        assert await radio.bonds() == [CUFF]
        assert await workbench.forget(CUFF)
        assert await radio.bonds() == []


async def test_a_device_that_does_not_advertise_cannot_be_paired() -> None:
    async with bench(Scale()) as (workbench, _):
        with pytest.raises(
            DeviceTimeout, match=r"wait for it to advertise \(is it in pairing mode\?\): no answer within"
        ):
            await workbench.pair(CUFF, seconds=0.5)


async def test_a_device_that_walks_away_while_it_is_tested_is_said_to_have_failed() -> None:
    cuff = Cuff()
    inspection = Inspection([Expected(name="cuff", address=CUFF)])
    async with bench(cuff) as (workbench, radio):

        async def take(event: Any) -> None:
            if type(event).__name__ == "Connected":
                radio.vanish("cuff")
            inspection.take(event)

        await workbench.test(take, until=lambda: bool(inspection.report()[0].trouble), seconds=5.0)
        radio.come_back("cuff")
    assert "no answer within" in str(inspection.report()[0].trouble)


async def test_a_command_without_its_address_is_refused_in_words() -> None:
    with pytest.raises(
        SettingsError, match="devices pair: give the device's address; `teleborne devices scan` shows it"
    ):
        await operate("pair", [], seconds=1.0, virtual="bad-clocks")


def test_the_command_reads_the_booths_equipment(tmp_path: Path) -> None:
    settings = tmp_path / "booth.toml"
    settings.write_text(
        f"""name = "caudry"
data_dir = "{tmp_path}"
[gateway]
base_url = "https://localhost:9"
ca = "ca.pem"
certificate = "booth.pem"
key = "booth-key.pem"
[[equipment]]
name = "Balance"
address = "{SCALE}"
"""
    )
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "gateway.cli", "devices", "test", "--json", "--virtual", "bad-clocks"),
            *("--config", str(settings), "--seconds", "4"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert answer.returncode == 1, answer.stderr
    (scale,) = [json.loads(line) for line in answer.stdout.splitlines()]
    assert (scale["name"], scale["faults"]) == ("Balance", ["battery-low", "clock-unset"])


def test_a_machine_without_bluetooth_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent")
    assert operator.ACTS == ("scan", "pair", "forget", "test")
    answer = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "devices", "scan", "--seconds", "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert answer.returncode == 2
    assert answer.stderr.splitlines() == [
        "teleborne devices: find a Bluetooth adapter (is there one, and is it switched on?): no answer within 4 s"
    ]
