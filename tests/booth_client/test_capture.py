"""`teleborne booth --capture FILE`: a booth goes on as ever, and a file fills beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from booth_client.app import open_booth
from booth_client.config import HomeSettings, VirtualRadioSettings, Who
from booth_client.journey import Device
from gateway.cli import _parser
from gateway.devices.capture import Recorded, read_capture
from gateway.errors import SettingsError
from tests.peers.patience import PATIENCE
from tests.peers.town import PERSONA, booth_settings

PATIENT = "0b0f4b7e-6c7a-4a3e-9d55-0d4d2a3c4b5e"


async def test_a_booth_that_captures_writes_its_sessions_and_keeps_its_readings(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    settings = booth_settings(
        tmp_path,
        "https://localhost:9",
        patient=Who.HOME,
        home=HomeSettings(patient=PATIENT),
        devices=(Device.SCALE,),
        virtual=VirtualRadioSettings(hands=False, persona=PERSONA, others=("scale", "thermometer")),
    )
    async with open_booth(settings, capture=path), asyncio.timeout(PATIENCE):
        while len(sessions := _sessions(path)) < 2:
            await asyncio.sleep(0.1)
    assert {session.services for session in sessions} == {("181D",), ("1809",)}
    assert all(session.packets and session.packets[0].hex for session in sessions)
    assert PATIENT not in path.read_text()
    with pytest.raises(SettingsError, match="File exists"):
        async with open_booth(settings, capture=path):
            pass


def _sessions(path: Path) -> list[Recorded]:
    return list(read_capture(path.read_text().splitlines()))


def test_the_command_takes_the_file() -> None:
    options = _parser().parse_args(["booth", "--config", "booth.toml", "--capture", "capture.jsonl"])
    assert options.capture == Path("capture.jsonl")
