"""One demo from its first line to its last: prepare, start, tell, wait, end.

The kiosk booth is started before the gateway, because `demo.json` must be there before `/readyz` answers and only the
booth knows its page's address (it holds a token of this boot). A booth that waits for its gateway is the ordinary case
anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import aiohttp

from gateway.demo.authority import STRONG
from gateway.demo.fleet import tell_of_the_fleet
from gateway.demo.folder import Folder, prepare
from gateway.demo.places import BOOTHS, NEW_BOOTH
from gateway.demo.processes import Programs, running
from gateway.demo.record import write_record
from gateway.errors import LinkError, TeleborneError

__all__ = ["run_demo"]

_START_S: Final = 60.0


async def run_demo(*, port: int, data: Path, browser: bool) -> None:
    """Run the demo on *port* with its files in *data* until SIGINT or SIGTERM.

    Raises SettingsError where the port or the folder cannot be used, ProgramEnded where one of the programs died,
    LinkError where they are not ready in time.
    """
    folder = prepare(data, port=port)
    stop = asyncio.Event()
    failure: BaseException | None = None
    with _signals(stop):
        try:
            async with running(folder.path / "logs") as programs:
                kiosk, *others = BOOTHS
                await programs.start("authority", *_authority(folder))
                _say("starting the booth…")
                await programs.start(kiosk, "booth", "--config", str(folder.settings(kiosk)))
                if not await _wait(lambda: _kiosk(folder), stop):
                    return
                address = await _kiosk(folder) or ""
                _write(folder, kiosk=address)
                _say("starting the gateway…")
                config = ("--config", str(folder.settings("gateway")))
                await programs.start("gateway", "gateway", *config, TELEBORNE_GATEWAY_KIOSK=address)
                for booth in others:
                    await programs.start(booth, "booth", "--config", str(folder.settings(booth)))
                if not await _wait(lambda: _ready(folder), stop):
                    return
                await write_record(folder)
                _tell(folder)
                programs.beside(tell_of_the_fleet(folder))
                programs.beside(_new_booth(folder, programs))
                if browser:
                    webbrowser.open(folder.gateway_url)
                await stop.wait()
        except* (TeleborneError, TimeoutError) as failed:
            failure = failed.exceptions[0]  # raised below: inside except* it would become a group again
    if isinstance(failure, TimeoutError):
        raise LinkError(f"not ready after {_START_S:.0f} s; look into {folder.path / 'logs'}")
    if failure is not None:
        raise failure
    _say("ended.")


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _wait(ready: Callable[[], Awaitable[object]], stop: asyncio.Event) -> bool:
    """Return True once *ready* answers, False when the demo is asked to stop first."""
    async with asyncio.timeout(_START_S):
        while not await ready():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):  # wait_for may lose a cancellation that comes with the stop
                    await stop.wait()
            if stop.is_set():
                return False
    return True


def _authority(folder: Folder) -> list[str]:
    """Return the command of the registration authority; docs/signalling.md, *Who signs*: a program of its own."""
    strong = [word for acr in STRONG for word in ("--acr", acr)]
    return ["authority", "serve", str(folder.authority), "--port", str(folder.authority_port), *strong]


async def _new_booth(folder: Folder, programs: Programs) -> None:
    """Start the booth that has no certificate once an operator's code has brought it one; its key is there last."""
    key = folder.path / NEW_BOOTH / "booth-key.pem"
    while not await asyncio.to_thread(key.exists):  # noqa: ASYNC110  another program makes it
        await asyncio.sleep(1)
    await programs.start(NEW_BOOTH, "booth", "--config", str(folder.settings(NEW_BOOTH)))


async def _kiosk(folder: Folder) -> str | None:
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        status = json.loads(folder.status(BOOTHS[0]).read_text())
        if status.get("ready"):
            return str(status["kiosk"]).rstrip("/")
    return None


async def _ready(folder: Folder) -> bool:
    timeout = aiohttp.ClientTimeout(total=2)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{folder.gateway_url}/readyz") as answer,
        ):
            return answer.status == 200  # noqa: PLR2004 - HTTP's own
    except (aiohttp.ClientError, TimeoutError):
        return False


def _write(folder: Folder, *, kiosk: str) -> None:
    """Write `demo.json` whole or not at all: whoever waits for it may read at any moment."""
    text = json.dumps(folder.describe(kiosk=kiosk), indent=2, ensure_ascii=False) + "\n"
    part = folder.path / "demo.json.part"
    part.write_text(text, encoding="utf-8")
    part.replace(folder.path / "demo.json")


def _tell(folder: Folder) -> None:
    described = json.loads((folder.path / "demo.json").read_text())
    _say("ready. Ctrl-C ends it.")
    rows = [
        ("start here", described["gateway"]),
        ("the booth", described["kiosk"]),
        *((person["name"], person["sign_in"]) for person in described["people"]),
        ("FHIR R4", described["fhir"]),
        ("a booth to enrol", f"{NEW_BOOTH}: Odile Renard makes a code, and the booth gets its key and starts with"),
        ("", f"{sys.argv[0]} booth --config {folder.settings(NEW_BOOTH)} --enrol CODE"),
        ("files", str(folder.path)),
    ]
    for what, where in rows:
        _say(f"  {what:18} {where}")


def _say(line: str) -> None:
    sys.stdout.write(f"teleborne demo: {line}\n")
    sys.stdout.flush()
