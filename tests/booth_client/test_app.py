"""The booth as a program: a simulated patient, a hub at home, a clean stop, and a kill that loses nobody's visit."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, CookieJar

from booth_client.app import open_booth
from booth_client.config import (
    BOOTH_PREFIX,
    BoothSettings,
    HomeSettings,
    SimulatedPatient,
    VirtualRadioSettings,
    Who,
)
from booth_client.itself import booth_of
from booth_client.journey import Device
from gateway.app import gateway
from gateway.config import load
from gateway.errors import SettingsError
from tests.peers.patience import PATIENCE
from tests.peers.town import BOOTH, PERSONA, Town, booth_settings, gateway_settings, town

BRISK = VirtualRadioSettings(hands_after_s=0.2, persona=PERSONA)
PRESSURE = "Observation?code=85354-9&_count=50"


async def found(here: Town, query: str, count: int, *, seconds: float = PATIENCE) -> list[dict[str, Any]]:
    async with asyncio.timeout(seconds):
        while len(resources := await here.search(query)) < count:
            await asyncio.sleep(0.2)
    return resources


_LOADED = """
import sys
import booth_client.app, booth_client.visiting, booth_client.relays, gateway.cli
print(*sorted({"aiortc", "av", "asyncpg", "bumble", "sqlalchemy.orm"} & sys.modules.keys()))
"""


async def test_a_booth_that_nobody_has_visited_has_loaded_neither_webrtc_nor_decoders_nor_another_database() -> None:
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", _LOADED, stdout=PIPE)
    told, _ = await program.communicate()
    assert (program.returncode, told.strip()) == (0, b"")


async def test_a_simulated_patient_visits_alone_and_again(tmp_path: Path) -> None:
    began = time.monotonic()
    async with town(
        tmp_path,
        virtual=BRISK,
        patient=Who.SIMULATED,
        devices=(Device.CUFF,),
        simulated=SimulatedPatient(pace_s=0.1, pause_s=0.1),
    ) as here:
        assert here.kiosk == ""
        await found(here, PRESSURE, 1)
        assert time.monotonic() - began < 30
        both = await found(here, PRESSURE, 2, seconds=PATIENCE)
    assert len({one["subject"]["reference"] for one in both}) == 2


async def test_a_hub_at_home_keeps_every_reading_for_its_one_patient(tmp_path: Path) -> None:
    patient = str(uuid4())
    async with town(
        tmp_path,
        virtual=BRISK,
        patient=Who.HOME,
        home=HomeSettings(patient=patient, every_s=0.1),
        devices=(Device.SCALE,),
    ) as here:
        weights = await found(here, "Observation?code=29463-7", 2)
        assert await here.search("Encounter") == []
    assert {one["subject"]["reference"] for one in weights} == {f"Patient/{patient}"}


async def test_an_operator_closes_a_booth_and_opens_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booth_client.upkeep.EVERY_S", 0.2)
    page = {"Sec-Fetch-Site": "same-origin"}
    async with town(tmp_path) as here, ClientSession(cookie_jar=CookieJar(unsafe=True), headers=page) as operator:
        assert here.gateway is not None
        base = here.gateway.people_url
        await operator.get(f"{base}/demo/sign-in?person=renard", allow_redirects=False)

        async def told() -> dict[str, Any]:
            async with operator.get(f"{base}/fleet/booths") as answer:
                return next((each["status"] for each in (await answer.json())["booths"]), {})

        async with asyncio.timeout(PATIENCE):
            while not (await told()).get("in_service"):
                await asyncio.sleep(0.1)
            for act, serves in (("close", False), ("open", True)):
                async with operator.post(f"{base}/fleet/booths/{BOOTH}/{act}") as answer:
                    assert answer.status == 200
                while (await told())["in_service"] is not serves or (await told()).get("closed", False) is serves:
                    await asyncio.sleep(0.1)


@asynccontextmanager
async def program(settings_file: Path, status: Path) -> AsyncIterator[Process]:
    """Run `teleborne booth` until its status file says that it is ready."""
    status.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "booth", "--config", str(settings_file), stdin=DEVNULL, stderr=PIPE
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while not status.exists():
                assert process.returncode is None, (await process.communicate())[1].decode()
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def toml(folder: Path, settings: BoothSettings) -> Path:
    link = settings.gateway
    path = folder / "booth.toml"
    path.write_text(
        f"""name = "{settings.name}"
data_dir = "{settings.data_dir}"
status_file = "{settings.status_file}"
radio = "virtual"
ways = []
rest_s = 0
rounds = 1

[gateway]
base_url = "{link.base_url}"
ca = "{link.ca}"
certificate = "{link.certificate}"
key = "{link.key}"

[virtual]
hands = false
""",
        encoding="utf-8",
    )
    return path


async def consent_at_the_page(kiosk: str) -> None:
    """Give consent by the page's own WebSocket."""
    origin = kiosk.split("/borne/", maxsplit=1)[0]
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        await (await client.get(kiosk, allow_redirects=False)).release()
        async with client.ws_connect(f"{origin}/ws", origin=origin) as page:
            for state, act in (("idle", "touch"), ("language", "french"), ("safety", "no"), ("consent", "yes")):
                while (shown := await page.receive_json(timeout=PATIENCE))["state"] != state:
                    pass  # the same screen again, because the network was found to be cut
                await page.send_str(json.dumps({"act": act, "screen": shown["screen"]}))
            while (await page.receive_json(timeout=PATIENCE))["state"] not in ("do-scale", "offline"):
                pass


async def test_the_program_says_where_its_kiosk_is_and_stops_within_five_seconds(tmp_path: Path) -> None:
    settings = booth_settings(tmp_path, "https://localhost:9")
    assert settings.status_file is not None
    async with program(toml(tmp_path, settings), settings.status_file) as process:
        status = json.loads(settings.status_file.read_text(encoding="utf-8"))
        assert (status["pid"], status["ready"], status["name"]) == (process.pid, True, BOOTH)
        assert status["kiosk"].startswith("http://127.0.0.1:")
        assert settings.status_file.stat().st_mode & 0o077 == 0
        await consent_at_the_page(status["kiosk"])
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await process.wait()
        assert process.returncode == 0
        assert not settings.status_file.exists()


async def test_a_visit_that_a_kill_interrupted_is_closed_at_the_next_start(tmp_path: Path) -> None:
    async with gateway(gateway_settings(tmp_path)) as running:
        assert running.booths_url is not None
        settings = booth_settings(tmp_path, running.booths_url, virtual=VirtualRadioSettings(hands=False))
        assert settings.status_file is not None
        here = Town(settings=settings, kiosk="", gateway=running)
        async with program(toml(tmp_path, settings), settings.status_file) as process:
            status = json.loads(settings.status_file.read_text(encoding="utf-8"))
            await consent_at_the_page(status["kiosk"])
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        async with open_booth(settings):
            async with asyncio.timeout(PATIENCE):
                while [one["status"] for one in await here.search("Encounter")] != ["finished"]:
                    await asyncio.sleep(0.1)


async def test_a_booth_without_its_certificate_does_not_start(tmp_path: Path) -> None:
    settings = booth_settings(tmp_path, "https://localhost:9")
    gone = replace(settings.gateway, certificate=tmp_path / "none.pem")
    with pytest.raises(SettingsError, match=r"none\.pem does not exist"):
        async with open_booth(replace(settings, gateway=gone)):
            pass


async def test_a_booth_whose_folder_cannot_be_made_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = booth_settings(tmp_path, "https://localhost:9", data_dir=tmp_path / "file" / "data")
    with pytest.raises(SettingsError, match=r"data_dir: .* cannot be made"):
        async with open_booth(settings):
            pass


def test_the_booths_ids_follow_from_its_name(tmp_path: Path) -> None:
    settings = booth_settings(tmp_path, "https://localhost:9")
    booth = booth_of(settings)
    assert booth == booth_of(replace(settings, data_dir=tmp_path / "another disk"))
    assert booth != booth_of(replace(settings, name="bertry"))
    first = int(booth.system_id[:2], 16)
    assert len(booth.system_id) == 16
    assert first & 0b11 == 0b10  # locally administered, of one device


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('language = "de"', "language 'de' is not one of fr, en"),
        ("rounds = 0", "rounds 1 or more"),
        ('devices = ["scale", "scale"]', "each only once"),
        ('patient = "home"', "go together"),
        ('radio = "wifi"', "'wifi' is not one of bluez, virtual"),
        ("colour = 1", "there is no such setting"),
        ('kiosk = { host = "0.0.0.0" }', "not loopback"),
        ('virtual = { persona = { weight = "heavy" } }', "weight 'heavy' is not a decimal number"),
        ('home = { patient = "marcelle" }', "home"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "booth.toml"
    path.write_text(f'name = "b"\ndata_dir = "d"\n{line}\n[gateway]\nbase_url = "https://x"\nca = "a"\n', "utf-8")
    path.write_text(path.read_text("utf-8") + 'certificate = "c"\nkey = "k"\n', "utf-8")
    with pytest.raises(SettingsError, match=complaint) as told:
        load(BoothSettings, path, BOOTH_PREFIX, environ={})
    assert "\n" not in str(told.value)


def test_a_gateway_without_tls_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mutual TLS"):
        booth_settings(tmp_path, "http://localhost:9")
