"""Scenarios play as they are written, and a hundred devices live in one process."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gateway.devices.events import ClockRead, Ended, EndReason, Indicated
from gateway.devices.glucose import GlucoseMeasurement
from gateway.devices.virtual import MODELS, Cuff, Thermometer
from gateway.devices.virtual.scenario import ACTIONS, Player, Scenario, read_scenario, shipped
from gateway.devices.virtual.simulate import simulate
from gateway.errors import SettingsError
from tests.peers.listener import Listener, listening
from tests.peers.patience import PATIENCE


async def _played(scenario: Scenario, **options: Any) -> Listener:
    player = Player(scenario, seed=3, **options)
    for device in player.devices:
        device.away_s = 0.5
        if isinstance(device, Cuff):
            device.inflates_s = 0.2
    async with listening(player.devices) as booth:
        await player.play(booth.virtual)
        await booth.until(lambda: len(booth.all(Ended)) >= 2 and not any(each.is_connected for each in player.devices))
    return booth


def _hurried(scenario: Scenario, factor: float) -> Scenario:
    return Scenario(
        about=scenario.about,
        devices=scenario.devices,
        steps=tuple(
            type(step)(at_s=step.at_s * factor, device=step.device, do=step.do, values=step.values)
            for step in scenario.steps
        ),
    )


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_can_be_cast(name: str) -> None:
    scenario = read_scenario(name)
    assert len(Player(scenario).devices) == len(scenario.devices)
    assert len(scenario.about) > 20
    assert {step.do for step in scenario.steps} <= set(ACTIONS)


def test_one_scenario_uses_every_device_there_is() -> None:
    assert {used.model for used in read_scenario("every-device").devices} == set(MODELS)


async def test_bad_air_ends_with_every_record_where_it_belongs() -> None:
    booth = await _played(_hurried(read_scenario("bad-air"), 0.4))
    heard = Counter(event.characteristic for event in booth.all(Indicated) if event.characteristic != "2A36")
    assert heard["2A35"] == 2, "heard once without its confirmation, once with it"
    assert (heard["2A9D"], heard["2A18"]) == (1, 1)
    assert {event.reason for event in booth.all(Ended)} & {EndReason.LOST, EndReason.HUNG_UP}


async def test_bad_clocks_are_read_before_they_are_set() -> None:
    booth = await _played(_hurried(read_scenario("bad-clocks"), 0.2))
    said = sorted(str(event.said)[:4] for event in booth.all(ClockRead))
    assert said[0] == "0000"
    assert int(said[1]) < booth.all(ClockRead)[0].at.year


async def test_the_person_of_a_scenario_is_measured() -> None:
    scenario = read_scenario("other-peoples-records")
    booth = await _played(_hurried(scenario, 0.1))
    strips = [each for each in booth.decoded("2A18") if isinstance(each, GlucoseMeasurement)]
    assert len(strips) == 21
    assert str(strips[-1].concentration) == "0.00187"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("about = 3", "Expected `str`"),
        ("about = ", "Invalid value"),
        ('about = "x"\nsteps = []\ndevices = [{name = "a", model = "cuff", speed = 3}]', "unknown field `speed`"),
        (
            'about = "x"\ndevices = []\nsteps = [{at_s = 0, device = "a", do = "measure"}]',
            "a step uses a; the devices are",
        ),
        (
            'about = "x"\ndevices = [{name = "a", model = "cuff"}]\nsteps = [{at_s = 0, device = "a", do = "fly"}]',
            "nobody can fly; a step can measure, vanish, come-back, forget-bonds",
        ),
    ],
)
def test_a_wrong_scenario_is_refused_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=says):
        read_scenario(str(path))


def test_a_person_has_only_what_people_have() -> None:
    scenario = read_scenario("bad-clocks")
    wrong = type(scenario.devices[0])(name="cuff", model="cuff", person={"wings": 2.0})
    with pytest.raises(SettingsError, match="nobody has wings"):
        Player(Scenario(about="", devices=(wrong,), steps=()))


async def test_simulate_plays_a_scenario_to_its_end_and_says_how_sessions_ended(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text(
        'about = "x"\n[[devices]]\nname = "scale"\nmodel = "scale"\n'
        '[[steps]]\nat_s = 0.0\ndevice = "scale"\ndo = "measure"\nvalues = { weight = "81.25" }\n'
    )
    out = io.StringIO()
    async with asyncio.timeout(PATIENCE):
        await simulate([], scenario=str(path), out=out)
    packet, end = (json.loads(line) for line in out.getvalue().splitlines())
    assert packet["value"]["weight"] == 81.25
    assert (end["device"], end["ended"], end["detail"]) == ("scale", "hung-up", None)


async def test_a_hundred_devices_are_read_once_each_in_one_process() -> None:
    devices = [Thermometer(number=number, window_s=PATIENCE) for number in range(1, 101)]
    async with listening(devices) as booth:
        async with asyncio.timeout(PATIENCE):
            records = await asyncio.gather(*(device.measure() for device in devices))
        await booth.until(lambda: len(booth.all(Ended)) >= 100)
    heard = {event.device.address: event.value for event in booth.all(Indicated)}
    assert heard == {device.address: record for device, record in zip(devices, records, strict=True)}
    assert len(booth.all(Indicated)) == 100
