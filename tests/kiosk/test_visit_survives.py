"""What breaks in a visit and does not end it: the agent, the server, the network."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from booth_client.app import open_booth
from booth_client.config import BoothSettings
from certs_example.make import make
from gateway.app import gateway
from signalling.side import Endpoint
from tests.peers.doctor import doctor, people_of
from tests.peers.kiosk import visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import RPPS, booth_settings, gateway_settings
from tests.peers.visiting import BRISK, DEVICES, TO_WAITING, Scene, chromium, in_visit, rises, scene

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def toml(path: Path, settings: BoothSettings) -> Path:
    link, trust = settings.gateway, settings.trust
    assert trust is not None
    path.write_text(
        f"""name = "{settings.name}"
data_dir = "{settings.data_dir}"
status_file = "{settings.status_file}"
radio = "virtual"
devices = ["scale", "cuff"]
ways = []
questions = false
rest_s = 0
rounds = 1
visits = true
[gateway]
base_url = "{link.base_url}"
ca = "{link.ca}"
certificate = "{link.certificate}"
key = "{link.key}"
[trust]
device_authority = "{trust.device_authority}"
registration_authority = "{trust.registration_authority}"
[virtual]
hands_after_s = 0.3
[place]
name = "Mairie de Caudry"
""",
        encoding="utf-8",
    )
    return path


@asynccontextmanager
async def program(config: Path, status: Path) -> AsyncIterator[Process]:
    """Run `teleborne booth` until its status file says that it is ready."""
    status.unlink(missing_ok=True)
    with (config.parent / "booth.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", "booth", "--config", str(config)),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while not status.exists():
                assert process.returncode is None, (config.parent / "booth.log").read_text()
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def killable(browser: Browser, folder: Path) -> AsyncIterator[tuple[Scene, Process, Path, Path]]:
    """A visit whose booth is a program of its own."""
    async with gateway(gateway_settings(folder)) as running:
        assert running.booths_url is not None
        settings = booth_settings(folder, running.booths_url, virtual=BRISK, devices=DEVICES, visits=True)
        config, status = toml(folder / "booth.toml", settings), settings.status_file
        assert status is not None
        people = people_of(make(folder / "certificates"), rpps=RPPS, name="Dr Claire Martin")
        async with program(config, status) as process:
            kiosk = json.loads(status.read_text("utf-8"))["kiosk"]
            async with (
                visitor(browser, kiosk, permissions=["camera", "microphone"]) as seer,
                doctor(running.people_url, people) as martin,
            ):
                yield Scene(people=people, seer=seer, doctor=martin), process, config, status


async def test_an_agent_that_is_killed_in_a_visit_comes_back_to_it_without_a_question(
    browser: Browser, tmp_path: Path
) -> None:
    async with killable(browser, tmp_path) as (on, process, config, status):
        await in_visit(on)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await on.seer.sees("call-trouble")
        async with program(config, status):
            await on.doctor.until(lambda: on.doctor.lines[Endpoint.AV].edge.generation == 2)
            await on.doctor.talks(generation=2)
            await on.seer.sees("in-visit")
            await rises(on.seer)
            assert on.doctor.made[0].edge.call == on.doctor.lines[Endpoint.AV].edge.call
            await on.doctor.hangs_up()
            await on.seer.sees("writing")


_ASKED_FOR = """async (numbers) => {
  const { makeTalk } = await import("/page/talk.js"), open = [];
  let told, said;
  for (const gen of numbers) {
    let offered = () => {}, call = {};
    const offer = new Promise((done) => { offered = done; });
    told = (event) => { if (event.type === "call") call = event.call; };
    said = (message) => { if (message.kind === "offer") offered(message.gen); };
    window.agents ??= makeTalk({ say: (message) => said(message), tell: (event) => told(event) });
    window.agents.heard({ kind: "start", gen, ice_servers: [] });
    const first = await Promise.race([offer, new Promise((late) => setTimeout(late, 5000))]);
    window.agents.heard({ kind: "unlock", gen });
    open.push([first ?? null, call.phase]);
  }
  window.agents.end();
  return open;
}"""
"""What comes of an agent's words to the page, by their numbers: the offer's number, and how the page takes it."""


async def test_the_page_makes_each_connection_that_its_agent_asks_for_by_whatever_number(
    browser: Browser, tmp_path: Path
) -> None:
    """One that was killed says again what it had not got to offer, or begins another call on the same page."""
    async with scene(browser, tmp_path) as on:
        made = await on.seer.page.evaluate(_ASKED_FOR, [7, 7, 1])
        assert made == [[7, "open"], [7, "open"], [1, "open"]]


async def test_an_agent_that_is_killed_while_somebody_waits_keeps_their_place(browser: Browser, tmp_path: Path) -> None:
    async with killable(browser, tmp_path) as (on, process, config, status):
        await on.seer.goes(*TO_WAITING)
        await on.doctor.until(lambda: on.doctor.queue)
        call = on.doctor.queue[0].call
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        async with program(config, status):
            await on.seer.page.wait_for_selector('h1:has-text("prochain")')
            assert [each.call for each in on.doctor.queue] == [call]
            await on.doctor.takes()
            await on.seer.goes(">doctor-coming", "ready>in-visit")
            await rises(on.seer)


async def test_a_gateway_that_is_restarted_in_mid_visit_is_not_even_noticed(browser: Browser, tmp_path: Path) -> None:
    people_port, booths_port = free_port(), free_port()

    def restarted() -> object:
        settings = gateway_settings(tmp_path, booth_port=booths_port)
        return gateway(replace(settings, listen=replace(settings.listen, port=people_port)))

    url = f"https://localhost:{booths_port}"
    settings = booth_settings(tmp_path, url, virtual=BRISK, devices=DEVICES, visits=True)
    people = people_of(make(tmp_path / "certificates"), rpps=RPPS, name="Dr Claire Martin")
    first = restarted()
    running = await first.__aenter__()  # type: ignore[attr-defined]  # ended in the middle of the visit
    async with open_booth(settings) as kiosk:
        assert kiosk is not None
        async with (
            visitor(browser, kiosk.url, permissions=["camera", "microphone"]) as seer,
            doctor(running.people_url, people) as martin,
        ):
            on = Scene(people=people, seer=seer, doctor=martin)
            await in_visit(on)
            await first.__aexit__(None, None, None)  # type: ignore[attr-defined]
            await rises(seer)
            await seer.sees("in-visit")
            async with restarted():  # type: ignore[attr-defined]
                await martin.join()
                await asyncio.sleep(3)
                await rises(seer)
                assert {line.edge.generation for line in martin.lines.values()} == {1}
                await martin.hangs_up()
                await seer.sees("writing")


async def test_without_network_nobody_is_promised_a_physician_and_measuring_goes_on(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    settings = booth_settings(tmp_path, f"https://localhost:{port}", virtual=BRISK, devices=DEVICES[:1], visits=True)
    async with open_booth(settings) as kiosk:
        assert kiosk is not None
        async with visitor(browser, kiosk.url) as seer:
            await seer.page.wait_for_selector('.line:has-text("Internet est coupé")')
            await seer.says("Touchez l’écran pour commencer.")
            await seer.goes(
                "touch>language", "french>safety", "no>consent", "yes>offline", "continue>do-scale", ">result"
            )
            await seer.goes("continue>no-doctor")
            await seer.says("Pas de médecin sans Internet.")
            await seer.goes("redo>no-doctor")
            async with gateway(gateway_settings(tmp_path, booth_port=port)):
                await seer.page.wait_for_selector('.line:not(:has-text("Internet"))', state="attached")
                await seer.goes("redo>consent-visit", "yes>company", "no>consent-share", "yes>reason", "tell>waiting")
                await seer.page.wait_for_selector('h1:has-text("prochain")')
            await seer.goes("finish>leave", "yes>goodbye")


async def test_a_booth_that_is_killed_in_the_middle_of_measuring_goes_on_there_and_keeps_what_was_measured(
    browser: Browser, tmp_path: Path
) -> None:
    async with killable(browser, tmp_path) as (on, process, config, status):
        await on.seer.goes(
            "touch>language", "english>safety", "no>consent", "yes>do-scale", ">result", "continue>do-cuff"
        )
        await asyncio.sleep(1)  # the step is being written down
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await on.seer.sees("out-of-service")
        async with program(config, status):
            await on.seer.sees("do-cuff")
            await on.seer.finds("The booth has restarted. Your readings are kept.")
            await on.seer.goes("skip>skip", "continue>consent-visit")
            assert "restarted" not in await on.seer.text()
