"""The gateway as a process: it starts or says in one line why not, and it stops when told to, losing nothing."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from certs_example.make import make
from gateway import app
from gateway.config import ClientSettings, GatewaySettings
from gateway.errors import SettingsError
from gateway.store.credentials import Credentials
from tests.peers.patience import PATIENCE
from tests.peers.running import FHIR_JSON, Running, heart_rate, make_programs, make_settings, running_gateway

Change = Callable[[Path, GatewaySettings], GatewaySettings]


@asynccontextmanager
async def process(tmp_path: Path, text: str) -> AsyncIterator[asyncio.subprocess.Process]:
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "gateway.cli", "gateway", "--config", str(path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def told(started: asyncio.subprocess.Process, event: str) -> dict[str, Any]:
    assert started.stderr is not None
    async with asyncio.timeout(PATIENCE):
        async for raw in started.stderr:
            line: dict[str, Any] = json.loads(raw)
            if line["event"] == event:
                return line
    raise AssertionError(f"the gateway ended without saying {event}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
async def test_the_program_starts_serves_and_stops_at_once_with_an_open_stream(
    tmp_path: Path, number: signal.Signals
) -> None:
    text = 'data_dir = "data"\ndemo = true\nlog = "json"\n[listen]\nport = 0\n'
    text += '[limits]\nstop_s = 60\n[[people]]\nid = "c"\nname = "C"\nrole = "physician"\n'
    async with process(tmp_path, text) as started:
        url = (await told(started, "ready"))["people"]
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(f"{url}/demo/sign-in?person=c", allow_redirects=False) as answer:
                assert answer.status == 303
            async with browser.get(f"{url}/live") as stream:
                assert stream.status == 200
                began = asyncio.get_running_loop().time()
                started.send_signal(number)
                assert await asyncio.wait_for(started.wait(), PATIENCE) == 0
                assert asyncio.get_running_loop().time() - began < 30  # not what open requests are given


MISTAKES: dict[str, tuple[str, str]] = {
    "unknown setting": ('data_dir = "data"\nprot = 1', "prot: there is no such setting"),
    "unwritable folder": ('data_dir = "/proc/nothing"\n[listen]\nport = 0', "cannot make"),
    "data folder is a file": ('data_dir = "gateway.toml"\n[listen]\nport = 0', "gateway.toml"),
    "used port": (
        'data_dir = "data"\n[listen]\nport = {used}',
        "cannot listen on 127.0.0.1 port {used} (Address already in use)",
    ),
    "no certificate": ('data_dir = "data"\n[listen]\nport = 0\ncertificate = "c"\nkey = "k"', "there is no such file"),
    "everybody's listener": ('data_dir = "data"\n[listen]\nhost = "0.0.0.0"', "TLS is needed"),
    "no such database": ('data_dir = "data"\ndatabase = "mysql://x/y"\n[listen]\nport = 0', "neither sqlite:///"),
}


@pytest.mark.parametrize("case", MISTAKES)
async def test_a_mistake_stops_the_start_with_one_clear_line(tmp_path: Path, case: str) -> None:
    text, words = MISTAKES[case]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        used = taken.getsockname()[1]
        async with process(tmp_path, text.replace("{used}", str(used))) as started:
            _, errors = await asyncio.wait_for(started.communicate(), 20)
    lines = errors.decode().splitlines()
    assert started.returncode == 2
    assert len(lines) == 1, lines
    assert lines[0].startswith("teleborne gateway: ")
    assert words.replace("{used}", str(used)) in lines[0]


def client(**changed: Any) -> Change:
    def change(_folder: Path, settings: GatewaySettings) -> GatewaySettings:
        first: ClientSettings = replace(settings.clients[0], **changed)
        return replace(settings, clients=(first,))

    return change


def booths(**changed: Any) -> Change:
    def change(_folder: Path, settings: GatewaySettings) -> GatewaySettings:
        assert settings.booths is not None
        return replace(settings, booths=replace(settings.booths, **changed))

    return change


def file(text: bytes) -> Path:
    path = Path(__file__).with_name("conftest.py")
    return path if text == b"python" else path.with_name("none")


WRONG: dict[str, tuple[Change, str]] = {
    "key file missing": (client(public_key=file(b"")), "clients: everything: .*none: cannot be read"),
    "key file is no key": (client(public_key=file(b"python")), "not a PEM public key for ES384"),
    "key of another algorithm": (client(alg="RS384"), "not a PEM public key for RS384"),
    "scopes": (client(scopes="system/Observation"), "clients: everything: .*is not a SMART scope"),
    "revocation list missing": (booths(revoked=file(b"")), "booths.revoked: .*cannot be read"),
    "certificate missing": (booths(certificate=file(b"")), "booths.certificate: .*there is no such file"),
    "certificate is none": (booths(certificate=file(b"python")), "are not a certificate and its key"),
    "authority is none": (booths(client_ca=file(b"python")), "booths.client_ca: .*no CA certificate can be read"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_file_that_is_not_what_the_settings_say_is_named(tmp_path: Path, case: str) -> None:
    change, words = WRONG[case]
    _, clients = make_programs(tmp_path)
    settings = change(tmp_path, make_settings(tmp_path, make(tmp_path / "certificates"), clients))
    with pytest.raises(SettingsError, match=words) as refused:
        async with app.gateway(settings):
            pass
    assert "\n" not in str(refused.value)


async def test_a_key_that_is_not_the_certificate_s_is_refused(tmp_path: Path) -> None:
    certificates = make(tmp_path / "certificates", booths=["mairie"])
    _, clients = make_programs(tmp_path)
    settings = make_settings(tmp_path, certificates, clients)
    assert settings.booths is not None
    wrong = replace(settings, booths=replace(settings.booths, key=certificates.booths["mairie"].key))
    with pytest.raises(SettingsError, match="are not a certificate and its key"):
        async with app.gateway(wrong):
            pass


async def test_a_request_under_way_is_finished_before_the_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = asyncio.Event()
    grant = Credentials.grant

    async def slow(*arguments: Any, **named: Any) -> str:
        entered.set()
        await asyncio.sleep(0.5)
        return await grant(*arguments, **named)

    monkeypatch.setattr(Credentials, "grant", slow)
    async with asyncio.TaskGroup() as tasks:
        async with running_gateway(tmp_path) as running:
            token = tasks.create_task(running.token())
            await entered.wait()
        assert await token


async def test_a_worker_that_dies_stops_the_program_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_self: Credentials) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Credentials, "sweep", broken)
    with pytest.raises(BaseExceptionGroup) as ended:
        async with asyncio.timeout(PATIENCE), running_gateway(tmp_path):
            await asyncio.Event().wait()
    assert ended.value.subgroup(ZeroDivisionError)


async def test_what_was_answered_is_there_after_a_restart(tmp_path: Path) -> None:
    async def read(running: Running) -> list[str]:
        async with running.program() as program, program.get(f"{running.fhir}/Observation") as answer:
            bundle = await answer.json(content_type=None)
            return [entry["resource"]["id"] for entry in bundle.get("entry", [])]

    async with running_gateway(tmp_path) as running, running.booth() as booth:
        url = f"{running.booths_fhir}/Observation/o-1"
        async with booth.put(url, json=heart_rate(id="o-1"), headers=FHIR_JSON) as answer:
            assert answer.status == 201
    async with running_gateway(tmp_path) as running:
        assert await read(running) == ["o-1"]
