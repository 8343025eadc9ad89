"""The gateway, killed in the middle of a visit and started again: the visit is still there, for both sides."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import aiohttp

from certs_example.make import make
from gateway.demo.folder import Folder, prepare
from gateway.demo.places import BOOTHS
from tests.peers.demo import free_port
from tests.peers.visitors import CALL, Participant, eventually, talking
from tests.signalling.client import hang_up_all


async def start(folder: Folder) -> Process:
    """Start the gateway as its own process; its log goes to a file that a test may read."""
    command = [sys.executable, "-m", "gateway.cli", "gateway", "--config", str(folder.settings("gateway"))]
    with (folder.path / "gateway.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=log, stderr=log)
    async with aiohttp.ClientSession() as session:

        async def ready() -> bool:
            assert process.returncode is None, (folder.path / "gateway.log").read_text()
            try:
                async with session.get(f"{folder.gateway_url}/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(ready, within_s=30)
    return process


async def kill(process: Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.wait()


def booth_session(folder: Folder, name: str) -> aiohttp.ClientSession:
    certificates = make(folder.path / "certificates", booths=BOOTHS)
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.load_cert_chain(certificates.booths[name].certificate, certificates.booths[name].key)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))


async def test_a_visit_survives_the_gateway_s_kill_and_no_ticket_is_in_its_log(tmp_path: Path) -> None:
    folder = prepare(tmp_path, port=free_port())
    gateway = await start(folder)
    own = {"Sec-Fetch-Site": "same-origin"}
    desk = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=own)
    async with booth_session(folder, BOOTHS[0]) as kiosk, desk:
        try:
            async with desk.get(f"{folder.gateway_url}/demo/sign-in?person=claire-martin", allow_redirects=False):
                pass
            booth = Participant(http=kiosk, address=f"https://localhost:{folder.booth_port}")
            physician = Participant(http=desk, address=folder.gateway_url, origin=folder.gateway_url)
            await talking(booth, physician)
            await kill(gateway)
            gateway = await start(folder)
            for side in (booth, physician):
                welcome = await side.join()
                assert (welcome["fresh"], welcome["calls"]) == (True, [CALL])
                assert (await side.hear("admitted"))["body"]["peers"][0]["generations"] == {"av": 1}
            for side in (booth, physician):
                await side.say("connected", {"endpoint": "av"}, call=CALL)
            await physician.say("hang-up", {"reason": "finished"}, call=CALL)
            await booth.hear("ended", reporting=True)
            await kill(gateway)
            gateway = await start(folder)
            await physician.join()
            assert (await physician.hear("ended", reporting=True))["call"] == CALL
            await hang_up_all()
            log = folder.path / "gateway.log"

            async def told() -> bool:
                return "route=/signalling/v1 status=101" in log.read_text()

            await eventually(told)
            assert "ticket=" not in log.read_text()
        finally:
            await hang_up_all()
            await kill(gateway)


async def test_the_authority_is_a_program_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "authority"

    async def teleborne(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "gateway.cli", "authority", *arguments]
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
        out, err = await asyncio.wait_for(process.communicate(), 20)
        return process.returncode or 0, (out + err).decode()

    jwk = tmp_path / "key.json"
    key = {"kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"}
    jwk.write_text(json.dumps(key | {"y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}))
    assert await teleborne("init", str(folder)) == (0, f"{folder / 'registration-authority.pem'}\n")
    assert (await teleborne("init", str(folder)))[0] == 2
    assert await teleborne("register", str(folder), "--gateway", "cambresis", "--jwk", str(jwk)) == (0, "")
    by_hand = ("--physician", "rpps:10001234567", "--name", "Dr Roy", "--jwk", str(jwk))
    status, credential = await teleborne("certify", str(folder), *by_hand)
    assert (status, credential.count(".")) == (0, 2)
    status, told = await teleborne("certify", str(folder), *by_hand[:-1], str(tmp_path / "none"))
    assert (status, len(told.splitlines())) == (2, 1)
    serving = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "authority", "serve", str(folder), "--acr", "demo", "--port", "0",
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        address = (await asyncio.wait_for(serving.stdout.readline(), 20)).decode().strip()
        async with aiohttp.ClientSession() as session, session.post(f"{address}/credential", json={}) as answer:
            assert answer.status == 400
    finally:
        serving.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(serving.wait(), 10) in (0, 130)
    assert (await teleborne("serve", str(folder), "--acr", "demo", "--host", "0.0.0.0"))[0] == 2
