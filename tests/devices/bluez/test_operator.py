"""`teleborne devices`, the command itself, on bleak's BlueZ backend and a private D-Bus."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.devices.virtual import Cuff, Scale, VirtualDevice
from tests.peers.bluez.daemon import Bluez, running_bluez
from tests.peers.bluez.tree import DEVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the lines of --json."""
        return [json.loads(line) for line in self.out.splitlines()]


async def _devices(*words: str, typed: str | None = None) -> Answer:
    """Run the command; *typed* is what somebody types at its terminal, None where it has none."""
    ours, theirs = pty.openpty()
    try:
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", "devices", *words),
            stdin=asyncio.subprocess.DEVNULL if typed is None else theirs,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        if typed is not None:
            os.write(ours, f"{typed}\n".encode())
        async with asyncio.timeout(60):
            out, err = await command.communicate()
    finally:
        os.close(ours)
        os.close(theirs)
    assert command.returncode is not None
    return Answer(status=command.returncode, out=out.decode(), err=err.decode())


@asynccontextmanager
async def _bluez(devices: Sequence[VirtualDevice], **daemon: Any) -> AsyncIterator[Bluez]:
    """A daemon, and devices that somebody keeps using."""
    async with running_bluez(devices, **daemon) as bluez, asyncio.TaskGroup() as hands:
        using = [hands.create_task(_use(device)) for device in devices]
        yield bluez
        for each in using:
            each.cancel()


async def _use(device: VirtualDevice) -> None:
    while True:
        await device.measure()


async def test_a_scan_a_pairing_a_test_and_a_farewell() -> None:
    cuff, scale = Cuff(), Scale()
    async with _bluez([cuff, scale]) as bluez:
        seen = await _devices("scan", "--json", "--seconds", "2")
        assert seen.status == 0, seen.err
        assert {(row["address"], row["name"], tuple(row["speaks"])) for row in seen.rows} == {
            (cuff.address, "TB Cuff", ("blood pressure",)),
            (scale.address, "TB Scale", ("weight scale",)),
        }

        stranger = await _devices("forget", cuff.address, "--json")
        assert (stranger.status, stranger.rows) == (1, [{"address": cuff.address, "forgotten": False}])

        paired = await _devices("pair", cuff.address.lower(), "--json", "--seconds", "10")
        assert paired.status == 0, paired.err
        assert (paired.rows[0]["paired"], paired.rows[0]["model"]) == (True, "TB-BP1")
        assert await bluez.virtual.bonds() == [cuff.address]

        fit = await _devices("test", cuff.address, scale.address, "--json", "--seconds", "20")
        assert fit.status == 0, fit.err
        assert [(row["model"], row["battery_percent"], row["faults"]) for row in fit.rows] == [
            ("TB-BP1", 87, []),
            ("TB-WS1", 87, []),
        ]
        assert [len(device.sent) for device in (cuff, scale)] == [0, 0], "a test takes no reading"

        farewell = await _devices("forget", cuff.address)
        assert (farewell.status, farewell.out) == (0, f"{cuff.address} is forgotten\n")
        assert await bluez.virtual.bonds() == []
        assert not bluez.agents, "no command leaves its agent behind"


@pytest.mark.parametrize("security", ["display", "confirm"])
async def test_a_passkey_is_shown_at_the_terminal(security: str) -> None:
    cuff = Cuff()
    async with _bluez([cuff], security=security, passkey=1234):
        paired = await _devices("pair", cuff.address, "--seconds", "10")
        assert (paired.status, paired.out) == (0, f"{cuff.address} is paired\n"), paired.err
        assert paired.err == f"{cuff.address}: compare with, or type at, the device: 001234\n"


@pytest.mark.parametrize(("typed", "status"), [("271828", 0), ("314159", 2), (None, 2)])
async def test_a_passkey_that_the_device_shows_is_typed_at_the_terminal(typed: str | None, status: int) -> None:
    cuff = Cuff()
    async with _bluez([cuff], security="enter") as bluez:
        paired = await _devices("pair", cuff.address, "--json", "--seconds", "10", typed=typed)
        assert paired.status == status, paired.err
        assert ("type the digits that the device shows" in paired.err) is (typed is not None)
        assert bool(bluez.tree.has(bluez.path_of(cuff), DEVICE, "Paired")) is (status == 0)
        assert "Traceback" not in paired.err


async def test_a_device_that_is_not_there_fails_the_test_in_words() -> None:
    scale = Scale()
    async with _bluez([scale]):
        tested = await _devices("test", scale.address, "F0:00:00:00:00:01", "--seconds", "4")
        assert tested.status == 1
        assert "F0:00:00:00:00:01: not seen: is it switched on" in tested.out
