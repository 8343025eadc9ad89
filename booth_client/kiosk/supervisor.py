"""`teleborne kiosk`: keeps the booth's browser open, and gives every person a fresh one.

A program of its own beside the booth's, for two reasons. The page with a visit in it must outlive a booth program that
is killed or updated; and the browser, which shows what others send, runs as another user of the machine, who can read
neither the booth's keys nor its disk.

    booth's order ─► open   start the browser there           browser ended ─► erase, want
                     wipe   end, erase, wiped or failed, want    page silent ─► end, erase, want
                     beat   the page lives                     booth gone ─► the browser stays; connect again
"""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog

from booth_client.kiosk import orders
from booth_client.kiosk.browser import Browser, adopt_orphans, check_in_memory
from booth_client.notify import notified, notify
from gateway.config import LogFormat
from gateway.errors import SettingsError
from gateway.log import configure_log

__all__ = ["KIOSK_PREFIX", "KioskSettings", "Supervisor", "run_kiosk"]

_log: Final = structlog.get_logger("kiosk")

KIOSK_PREFIX: Final = "TELEBORNE_KIOSK_"
_AGAIN_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
_WELL_S: Final = 60.0
_FIRST_WORD_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskSettings:
    """All that the supervisor can be told: the booth's socket, a folder in memory, the browser, its further flags."""

    booth: Path
    profiles: Path
    chromium: Path = Path("/usr/bin/chromium")
    flags: tuple[str, ...] = ()
    log: LogFormat = LogFormat.TEXT


async def run_kiosk(settings: KioskSettings) -> None:
    """Run until SIGINT or SIGTERM. Raises SettingsError for what the operator can repair."""
    configure_log(json=settings.log is LogFormat.JSON)
    if not settings.chromium.exists():
        raise SettingsError(f"chromium: {settings.chromium} does not exist; apt-get install chromium, or name another")
    try:
        settings.profiles.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"profiles: {settings.profiles} cannot be made: {error.strerror}") from error
    check_in_memory(settings.profiles)
    adopt_orphans()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    browser = Browser(settings.chromium, settings.profiles, flags=settings.flags)
    supervisor = Supervisor(browser, settings.booth)
    async with notified(), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(supervisor.run(), name="supervisor")
        await stop.wait()
        running.cancel()
    await supervisor.clear()


class Supervisor:
    """Carries out the booth's orders, and starts the browser anew where it ended or fell silent."""

    def __init__(self, browser: Browser, booth: Path) -> None:
        self._browser = browser
        self._booth = booth
        self._turn = asyncio.Lock()
        self._good_until = 0.0
        self._started = 0.0
        self._spoke = False
        self._wanted = False
        self._pause_s = 0.0
        self._writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        """Serve the booth for ever; while it is gone the browser stays as it is."""
        await self.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch(), name="watch")
            while True:
                with suppress(OSError, msgspec.MsgspecError, ValueError):  # ValueError: a line that never ends
                    await self._serve()
                self._writer = None
                await asyncio.sleep(_AGAIN_S)

    async def clear(self) -> None:
        """End the browser and erase everything. Raises OSError where something is left."""
        await self._browser.end()
        await asyncio.to_thread(self._browser.erase)

    async def _serve(self) -> None:
        reader, writer = await asyncio.open_unix_connection(self._booth, limit=orders.LONGEST_LINE)
        try:
            self._writer = writer
            self._wanted = False
            self._good_until = max(self._good_until, time.monotonic() + _FIRST_WORD_S)
            async with self._turn:
                await self._greet()
            while line := await reader.readline():
                await self._follow(orders.order(line))
        finally:
            writer.close()

    async def _greet(self) -> None:
        """Ask a booth that has come for a page, unless there is one: it is no page before it has spoken."""
        if self._browser.runs and not self._spoke:  # its address died with the booth that gave it
            await self._end()
        if not self._browser.runs:
            self._want()

    async def _follow(self, order: orders.Order) -> None:
        match order:
            case orders.Beat(good_s=good_s):
                self._good_until = time.monotonic() + good_s
                self._spoke = True
            case orders.Open(address=address):
                async with self._turn:
                    if self._wanted and not self._browser.runs:
                        self._wanted = False
                        await self._start(address)
            case orders.Wipe(number=number):
                async with self._turn:
                    await self._wipe(number)

    async def _start(self, address: str) -> None:
        await asyncio.sleep(self._pause_s)
        self._started, self._spoke = time.monotonic(), False
        self._good_until = self._started + _FIRST_WORD_S
        try:
            await self._browser.start(address)
        except OSError as error:
            _log.error("the browser cannot be started", reason=error.strerror)
            self._started, self._pause_s = 0.0, _LONGEST_PAUSE_S
            self._want()
        else:
            _log.info("a fresh browser is open")

    async def _wipe(self, number: int) -> None:
        try:
            await self._end()
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            _log.error("the browser cannot be wiped", reason=why)
            self._say(orders.Failed(number=number, why=why))
        else:
            self._say(orders.Wiped(number=number))
            self._pause_s = 0.0
        self._wanted = False  # what was asked for during a wipe was not heard
        self._want()

    async def _watch(self) -> None:
        """Replace a browser that ended or whose page is silent."""
        while True:
            await asyncio.sleep(_AGAIN_S)
            notify(f"STATUS={'open' if self._browser.runs else 'no browser'}")
            async with self._turn:
                if self._browser.runs and not self._silent():
                    continue
                if self._started:
                    await self._replace()

    def _silent(self) -> bool:
        """Say whether the page should have spoken by now: only while the booth is there to hear it."""
        return self._writer is not None and time.monotonic() > self._good_until

    async def _replace(self) -> None:
        well = time.monotonic() - self._started > _WELL_S
        self._pause_s = 0.0 if well else min(_LONGEST_PAUSE_S, self._pause_s * 2 or _AGAIN_S)
        _log.warning("the browser is replaced", ended=not self._browser.runs, pause_s=self._pause_s)
        await self._end()
        self._want()

    async def _end(self) -> None:
        """End and erase what was opened: until the next is, there is nothing to be replaced."""
        self._started = 0.0
        await self.clear()

    def _want(self) -> None:
        """Ask for a page, once: an address is good until the next is made, and a second would be opened in vain."""
        if not self._wanted:
            self._wanted = True
            self._say(orders.Want())

    def _say(self, report: orders.Report) -> None:
        if self._writer is not None:
            self._writer.write(orders.said(report))
