"""`teleborne simulate`: in memory, and as a process of its own behind HCI over TCP."""

from __future__ import annotations

import asyncio
import io
import json
import re
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

from gateway.devices.session import Ended, EndReason, Indicated
from gateway.devices.virtual import BEHAVIOURS, MODELS, Persona
from gateway.devices.virtual.air import AirController
from gateway.devices.virtual.person import Body
from gateway.devices.virtual.scenario import shipped
from gateway.devices.virtual.simulate import listing, simulate
from gateway.errors import SettingsError
from tests.peers.listener import BRISK, Listener, listening
from tests.peers.patience import PATIENCE


async def _lines(names: Sequence[str], count: int, **options: Any) -> list[dict[str, Any]]:
    out = io.StringIO()
    running = asyncio.create_task(simulate(names, out=out, **options))
    async with asyncio.timeout(PATIENCE):
        while out.getvalue().count("\n") < count and not running.done():
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_every_packet_is_a_json_line_with_its_octets_and_its_value() -> None:
    lines = await _lines(["thermometer", "scale"], 4, every_s=0.05)
    lines = [line for line in lines if "direction" in line]
    assert {line["device"] for line in lines} == {"thermometer", "scale"}
    for line in lines:
        assert set(line) == {"device", "direction", "characteristic", "hex", "value", "at"}
        assert line["direction"] == "received"
    thermometer = next(line for line in lines if line["device"] == "thermometer")
    assert thermometer["characteristic"] == "2A1C"
    assert 34 < thermometer["value"]["temperature"] < 41


async def test_the_same_seed_gives_the_same_person() -> None:
    one, other = [await _lines(["thermometer"], 3, every_s=0.01, seed=7) for _ in range(2)]
    assert [line.get("hex") for line in one[:3]] == [line.get("hex") for line in other[:3]]
    assert one[0]["hex"]


@pytest.mark.parametrize(
    ("names", "options", "says"),
    [
        (
            ["cuff", "toaster"],
            {},
            "no virtual device is called toaster; there are cuff, oximeter, thermometer, scale, analyser, glucometer",
        ),
        (["cuff", "scale"], {"transport": "tcp-client:127.0.0.1:9"}, "one controller carries one device"),
        (["cuff"], {"transport": "carrier-pigeon:1"}, "--transport carrier-pigeon:1: unknown transport scheme"),
        (["cuff"], {"transport": "tcp-client:127.0.0.1:1"}, "Connect call failed"),
        (["cuff"], {"every_s": 0.0}, "--every 0: give a number of seconds above 0"),
        (["cuff+flies"], {}, "cuff+flies: no behaviour is called flies; there are open, bonded"),
        (["scale+no-end"], {}, "scale+no-end: no-end is no behaviour of a scale"),
        (["cuff*"], {}, "cuff*: write a device, its behaviours and how many"),
        (["cuff"], {"scenario": "bad-air"}, "give devices, or --scenario, or --replay"),
        ([], {"scenario": "bad-air", "transport": "tcp-client:127.0.0.1:9"}, "a scenario plays in memory"),
        ([], {"scenario": "no-such-thing"}, "--scenario no-such-thing: neither a scenario of ours nor a file"),
        ([], {"replay": Path("no-such-file")}, "--replay no-such-file: No such file"),
    ],
)
async def test_a_wrong_wish_is_refused_in_words(names: list[str], options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(says)):
        await simulate(names, **options)


def test_the_list_names_every_device_behaviour_and_scenario_with_what_it_is() -> None:
    lines = [line.split(maxsplit=1) for line in listing() if line.startswith(" ")]
    assert {name for name, _ in lines} == {*MODELS, *BEHAVIOURS, *shipped()}
    assert all(len(what) > 10 for _, what in lines)


def test_two_of_a_model_differ_in_address_serial_and_system_id() -> None:
    devices = [model(number=number) for model in MODELS.values() for number in (1, 2, 300)]
    for what in ("address", "serial", "system_id"):
        assert len({getattr(device.identity, what) for device in devices}) == len(devices)


def test_a_body_wanders_plausibly_around_its_persona() -> None:
    body = Body(Persona(systolic=118.0), seed=1)
    pressures = [body.value("systolic", "1") for _ in range(500)]
    assert 115 < sum(pressures) / 500 < 121
    assert 95 < min(pressures) < max(pressures) < 145
    assert len(set(pressures)) > 10


@asynccontextmanager
async def _remote_controller(booth: Listener) -> AsyncIterator[int]:
    """A controller in this process's air, for a host that comes over TCP."""
    listener = socket.create_server(("127.0.0.1", 0))
    transport = await open_tcp_server_transport_with_socket(listener)
    controller = AirController("remote", transport.source, transport.sink, booth.virtual.air)
    try:
        yield listener.getsockname()[1]
    finally:
        booth.virtual.air.leave(controller)
        await transport.close()
        transport.server.close()  # type: ignore[attr-defined]  # Bumble leaves its server open
        await transport.server.wait_closed()  # type: ignore[attr-defined]  # as above


async def test_a_booth_hears_a_cuff_that_runs_in_another_process() -> None:
    async with listening([], deadlines=BRISK) as booth, _remote_controller(booth) as port:
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", "simulate", "cuff"),
            *("--transport", f"tcp-client:127.0.0.1:{port}", "--every", "60", "--seed", "5"),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await booth.until_ended(seconds=20)
            assert program.stdout is not None
            sent = [json.loads(await program.stdout.readline()) for _ in booth.all(Indicated)]
        finally:
            program.terminate()
            await program.wait()

    said = [(line["characteristic"], bytes.fromhex(line["hex"])) for line in sent]
    assert said == [(event.characteristic, event.value) for event in booth.all(Indicated)]
    assert len(booth.packets("2A35")) == 1
    assert [event.reason for event in booth.all(Ended)] == [EndReason.HUNG_UP]
