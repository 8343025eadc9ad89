"""A booth with a supervised browser: `teleborne kiosk` as a program, its real Chromium, and hands on the page in it."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession
from playwright.async_api import Error, Playwright

from booth_client.config import KioskListener
from tests.peers.kiosk import CHROMIUM, FLAGS, MEDIA_FLAGS, Visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import Town, town

__all__ = ["Borne", "borne", "supervisor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Borne:
    """The booth, its supervisor, and the folder in memory where the browser writes."""

    town: Town
    supervisor: Process
    profiles: Path
    playwright: Playwright

    @property
    def profile(self) -> Path | None:
        """The folder of the browser that is open now."""
        return next(self.profiles.glob("browser-*/profile"), None)

    async def opened(self, *, besides: Path | None = None) -> Path:
        """Wait for a browser in another folder than *besides*; return its folder."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = self.profile
                if found is not None and found != besides and _port(found):
                    return found
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def hands(self) -> AsyncIterator[Visitor]:
        """Touch the page of the browser that is open now."""
        profile = await self.opened()
        port = _port(profile)
        await _shown(port)
        browser = await self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        try:
            (page,) = (page for context in browser.contexts for page in context.pages)
            await page.wait_for_selector("main[data-state]")
            visitor = Visitor(page=page, complaints=[])
            await visitor.notes()
            yield visitor
        finally:
            with suppress(Error):  # it may have been replaced meanwhile
                await browser.close()


def _port(profile: Path) -> str:
    """Return the port at which a browser is driven, "" until it has written it: the file is there before its words."""
    with suppress(FileNotFoundError):
        return next(iter((profile / "DevToolsActivePort").read_text().split()), "")
    return ""


async def _shown(port: str) -> None:
    """Wait until the browser has its page: who connects earlier is never answered."""
    async with asyncio.timeout(PATIENCE), ClientSession() as session:
        while True:
            with suppress(ClientError):
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    if any(each["type"] == "page" and "127.0.0.1" in each["url"] for each in await answer.json()):
                        return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def supervisor(
    socket: Path, profiles: Path, log: Path, *flags: str, chromium: str = CHROMIUM
) -> AsyncIterator[Process]:
    """Run `teleborne kiosk` with a browser that tests can drive."""
    config = log.with_suffix(".toml")
    given = ["--headless=new", "--screen-info={1080x1920}", "--remote-debugging-port=0", *FLAGS, *flags]
    lines = {"booth": str(socket), "profiles": str(profiles), "chromium": chromium, "flags": given}
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items()))
    command = [sys.executable, "-m", "gateway.cli", "kiosk", "--config", str(config)]
    with log.open("ab") as said:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=said, stderr=said)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(PATIENCE):
                await process.wait()


@asynccontextmanager
async def borne(folder: Path, playwright: Playwright, *flags: str, **changes: Any) -> AsyncIterator[Borne]:
    """Run a booth with a supervised browser; *changes* are the booth's settings."""
    socket = folder / "kiosk.sock"
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="borne-") as memory:
        profiles = Path(memory) / "profiles"
        async with (
            town(folder, kiosk=KioskListener(supervisor=socket), **{"online": False, **changes}) as here,
            supervisor(socket, profiles, folder / "supervisor.log", *(flags or MEDIA_FLAGS)) as process,
        ):
            yield Borne(town=here, supervisor=process, profiles=profiles, playwright=playwright)
