"""`teleborne demo` keeps its contract: what it writes, what it answers, and that nothing is left when it ends."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from booth_client.badges import enrolled
from booth_client.config import BOOTH_PREFIX, BoothSettings
from gateway.authority import open_authority
from gateway.config import load
from gateway.demo.folder import prepare
from gateway.demo.people import HELPER
from gateway.demo.places import BOOTHS, ELSEWHERE, NEW_BOOTH
from signalling import jws
from signalling.credential import verify_credential
from tests.peers.demo import Demo, free_port, running_demo, smart_token
from tests.peers.patience import PATIENCE
from tests.peers.programs import alive
from tests.peers.visitors import Participant
from tests.signalling.client import hang_up_all


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with running_demo(tmp_path) as demo:
        yield demo


async def test_demo_json_says_where_everything_is_before_the_gateway_is_ready(demo: Demo) -> None:
    described = demo.described
    assert set(described) == {"gateway", "fhir", "kiosk", "physician", "citizen", "smart", "people"}
    for name in ("gateway", "fhir", "kiosk", "physician", "citizen"):
        assert described[name].startswith("http://")
        assert not described[name].endswith("/")
    assert Path(described["smart"]["private_key"]).is_absolute()
    assert Path(described["smart"]["private_key"]).stat().st_mode & 0o077 == 0
    assert {person["role"] for person in described["people"]} >= {"physician", "citizen"}
    assert demo.described_before_ready


async def test_every_page_of_the_demo_answers_and_each_person_can_sign_in(demo: Demo) -> None:
    described = demo.described
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        for name in ("gateway", "kiosk", "physician", "citizen"):
            async with session.get(described[name]) as answer:
                assert answer.status == 200, name
                assert answer.content_type == "text/html"
        for person in described["people"]:
            async with session.get(person["sign_in"]) as answer:
                assert answer.status == 200
            async with session.get(f"{described['gateway']}/session") as answer:
                assert (await answer.json())["name"] == person["name"]
        async with session.get(f"{described['kiosk']}?to=/plateau") as answer:
            assert "Cartes et codes à essayer" in await answer.text()
        # The operator signed in last: booths in each state are there but « hors ligne », which takes 90 s of silence.
        async with asyncio.timeout(60):
            while True:
                async with session.get(f"{described['gateway']}/fleet/booths") as answer:
                    told = (await answer.json())["booths"]
                seen = {each["name"]: each["condition"] for each in told}
                if len(seen) >= len(BOOTHS) - 1 + len(ELSEWHERE) and {"running", "attention", "broken"} <= set(
                    seen.values()
                ):
                    break
                await asyncio.sleep(0.5)
        assert seen["solesmes"] == "broken"
        assert all(each["status"]["position"] for each in told)


async def test_the_booth_that_has_no_certificate_runs_once_a_code_has_enrolled_it(demo: Demo) -> None:
    gateway = demo.described["gateway"]
    (operator,) = (person for person in demo.described["people"] if person["role"] == "operator")
    jar, headers = aiohttp.CookieJar(unsafe=True), {"Sec-Fetch-Site": "same-origin"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as session:
        async with session.get(operator["sign_in"]) as answer:
            assert answer.status == 200
        async with session.post(f"{gateway}/fleet/enrolments", json={"booth": NEW_BOOTH}) as answer:
            code = (await answer.json())["code"]
        command = (sys.executable, "-m", "gateway.cli", "booth", "--config", str(demo.folder / f"{NEW_BOOTH}.toml"))
        enrolling = await asyncio.create_subprocess_exec(*command, "--enrol", code)
        assert await enrolling.wait() == 0
        async with asyncio.timeout(90):
            while True:
                async with session.get(f"{gateway}/fleet/booths/{NEW_BOOTH}") as answer:
                    told = await answer.json()
                    if answer.status == 200:
                        break
                await asyncio.sleep(0.5)
        assert told["status"]["place"] == "Mairie de Ligny-en-Cambrésis"


async def test_a_simulated_patient_brings_a_blood_pressure_within_thirty_seconds_of_ready(demo: Demo) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {await smart_token(session, demo.described)}"}
        url = f"{demo.described['fhir']}/Observation"
        query = {"code": "http://loinc.org|85354-9", "_sort": "-date", "category": "phd"}
        while True:
            async with session.get(url, params=query, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                bundle = await answer.json(content_type=None)
            if bundle.get("entry"):
                break
            assert time.monotonic() - demo.ready_at < 30
            await asyncio.sleep(0.3)
    observation = bundle["entry"][0]["resource"]
    assert [part["code"]["coding"][0]["code"] for part in observation["component"][:2]] == ["8480-6", "8462-4"]
    assert "IEEE" not in json.dumps(observation["subject"])


async def test_sixty_four_parallel_requests_of_one_client_are_all_served(demo: Demo) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {await smart_token(session, demo.described)}"}

        async def one(number: int) -> int:
            async with session.get(
                f"{demo.described['fhir']}/Observation", params={"_count": str(1 + number % 5)}, headers=headers
            ) as answer:
                await answer.read()
                return answer.status

        assert await asyncio.gather(*(one(number) for number in range(64))) == [200] * 64


async def test_the_physician_s_key_is_certified_and_the_simulated_patient_waits_for_them(demo: Demo) -> None:
    url, jar = demo.described["gateway"], aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Sec-Fetch-Site": "same-origin"}) as desk:
        async with desk.get(f"{url}/demo/sign-in?person=claire-martin"):
            pass
        async with desk.get(f"{url}/medecin/anchors.json") as answer:
            anchors = await answer.json()
        key = x509.load_der_x509_certificate(base64.b64decode(anchors["registration_authority"])).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        jwk = jws.jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
        async with desk.post(f"{url}/credential", json={"jwk": jwk}) as answer:
            assert answer.status == 200, await answer.text()
            who = verify_credential((await answer.json())["credential"], key, now=datetime.now(UTC))
        assert (who.subject, who.name) == ("rpps:10001234567", "Dr Claire Martin")
        physician = Participant(http=desk, address=url, origin=url)
        try:
            await physician.join()
            await physician.say("available", {"on": True})
            async with asyncio.timeout(PATIENCE):
                while not (queue := (await next_of(physician))["body"].get("queue")):
                    pass
        finally:
            await hang_up_all()
        assert [(each["initials"], each["age"], each["place"]) for each in queue] == [
            ("J. M.", 82, "Pharmacie de Bertry")
        ]


async def next_of(physician: Participant) -> dict[str, Any]:
    """Return the next message, however long it takes."""
    while True:
        with contextlib.suppress(TimeoutError):
            return await physician.next()


async def test_ctrl_c_ends_every_program_within_ten_seconds(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        children = demo.children()
        assert len(children) == 5
        began = time.monotonic()
        demo.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            assert await demo.process.wait() == 0
        assert time.monotonic() - began < 10
        assert [pid for pid in children if alive(pid)] == []


async def test_a_killed_demo_leaves_no_orphan(tmp_path: Path) -> None:
    async with running_demo(tmp_path) as demo:
        children = demo.children()
        demo.process.kill()
        await demo.process.wait()
        async with asyncio.timeout(PATIENCE):
            while any(alive(pid) for pid in children):
                await asyncio.sleep(0.05)


async def test_a_second_start_in_the_same_folder_goes_on_with_what_is_there(tmp_path: Path) -> None:
    async def weights(described: dict[str, Any]) -> set[str]:
        async with aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {await smart_token(session, described)}"}
            query = {"code": "29463-7", "_count": "200"}
            async with session.get(f"{described['fhir']}/Observation", params=query, headers=headers) as answer:
                bundle = await answer.json(content_type=None)
        return {entry["resource"]["id"] for entry in bundle.get("entry", [])}

    async with running_demo(tmp_path) as demo:
        async with asyncio.timeout(PATIENCE):
            while len(before := await weights(demo.described)) < 21:
                await asyncio.sleep(0.2)
    async with running_demo(tmp_path) as demo:
        assert before <= await weights(demo.described)


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = run_demo("--port", port, "--data", str(tmp_path))
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert f"port {port}" in answer.stderr
    assert "--port" in answer.stderr


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    answer = run_demo("--port", "0", "--data", str(file / "demo"))
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert str(file) in answer.stderr


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", "demo", "--no-browser", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_the_demo_has_a_helper_and_a_booth_that_waits_for_its_code(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "demo", port=free_port())
    again = prepare(tmp_path / "demo", port=free_port())  # an operator's second start
    kiosk = load(BoothSettings, again.settings(BOOTHS[0]), BOOTH_PREFIX, environ={})
    assert enrolled(kiosk.data_dir) == (HELPER,)
    fresh = load(BoothSettings, folder.settings(NEW_BOOTH), BOOTH_PREFIX, environ={})
    assert fresh.gateway.enrolment == again.gateway_url
    assert not fresh.gateway.key.exists()
    authority = open_authority(folder.authority)
    device = x509.load_pem_x509_certificate(folder.certificates.device_ca.certificate.read_bytes())
    assert authority.devices.certificate == device
