"""A booth where people come one after the other, and whoever looks for what the one before left: with root, everywhere.

The booth and its browser's supervisor are programs, each in the variables of its unit. Searched are all octets of their
memory, of the booth's folders, of its log and of the browser's folder; then what a fresh page can ask for.
"""

from __future__ import annotations

import asyncio
import os
import re
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.async_api import Playwright

from booth_client.config import BoothSettings, KioskListener
from gateway.app import Gateway
from tests.peers.booth_program import booth_program, of_the_unit
from tests.peers.borne import Borne, supervisor
from tests.peers.kiosk import MEDIA_FLAGS, Visitor
from tests.peers.leftovers import leftovers
from tests.peers.memory import below, held
from tests.peers.town import Town

__all__ = ["Marks", "Place", "copies", "found", "pasted", "place"]

Marks = Sequence[str | bytes]

_KEPT: Final = """async () => ({
  history: history.length,
  storage: [localStorage.length, sessionStorage.length, document.cookie],
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  cached: performance.getEntriesByType("resource").filter((each) => each.transferSize === 0).map((each) => each.name),
})"""
_NOTHING: Final[dict[str, Any]] = {
    "history": 1,
    "storage": [0, 0, ""],
    "databases": 0,
    "caches": 0,
    "workers": 0,
    "cached": [],
}
_FIELD: Final = """(text) => {
  const field = document.createElement("textarea");
  document.body.append(field);
  field.value = text;
  field.focus();
  field.select();
}"""
_OUTSIDE: Final = re.compile(r"/dev/|/proc/|/sys/|/memfd:|anon_inode|socket:|pipe:|/tmp/\.X11-unix")
_SEARCHED: Final = "memory was searched for what somebody left"


@dataclass(kw_only=True)
class Place:
    """The booth's process, its browser, its log, and the `folders` that are searched."""

    borne: Borne
    settings: BoothSettings
    machine: Path
    running: AsyncExitStack
    booth: Process
    folders: tuple[Path, ...]

    @property
    def browser(self) -> set[int]:
        return set(below(self.borne.supervisor.pid))

    @property
    def said(self) -> str:
        """Return the booth's log."""
        return (self.machine / "booth.log").read_text("utf-8")

    async def remembered(self, marks: Marks) -> list[str]:
        """Return where *marks* are found in memory; whoever else is in a talk goes on meanwhile."""
        own = self.booth.pid
        everybody = [own, *below(own), self.borne.supervisor.pid, *self.browser]
        return await asyncio.to_thread(held, everybody, marks)

    async def is_killed(self) -> None:
        """Let the booth's program be killed, and started again as systemd does."""
        self.booth.kill()
        await self.booth.wait()
        assert self.settings.status_file is not None
        self.settings.status_file.unlink()
        self.booth = await self.running.enter_async_context(_program(self.settings, self.machine))

    def opened_outside(self) -> set[str]:
        """Return the files outside its own folder that a process of the browser has open for writing."""
        opened = set()
        for pid in self.browser:
            for number in (Path("/proc") / str(pid) / "fd").iterdir():
                try:
                    path = str(number.readlink())
                    about = Path(f"/proc/{pid}/fdinfo/{number.name}").read_text()
                except FileNotFoundError:
                    continue
                written = int(re.findall(r"flags:\s+(\d+)", about)[0], 8) & os.O_ACCMODE
                if written and not _OUTSIDE.match(path) and not path.startswith(str(self.borne.profiles)):
                    opened.add(path)
        return opened

    async def has_searched(self, times: int, *, since: int) -> None:
        """Wait until the booth has searched its memory *times* after somebody left; *since*: from there in its log."""
        searched = re.compile(rf"{_SEARCHED}.*time={times}")
        async with asyncio.timeout(60):
            while not searched.search(self.said[since:]):
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def somebody(self) -> AsyncIterator[tuple[Visitor, list[str | bytes]]]:
        """Let somebody use the booth, and the next person look for what is added to the list; all of it is gone.

        They leave as they like: what is looked for is what the booth searched for itself, a second and four after.
        """
        first, browser, log = await self.borne.opened(), self.browser, len(self.said)
        marks: list[str | bytes] = []
        async with self.borne.hands() as seer:
            yield seer, marks
        second = await self.borne.opened(besides=first)
        assert not first.parent.exists()
        assert browser.isdisjoint(self.browser)
        async with self.borne.hands() as bruno:
            await bruno.sees("idle")
            assert await bruno.page.evaluate(_KEPT) == _NOTHING
            assert await pasted(bruno) == ""
            await self.has_searched(2, since=log)
            await bruno.goes("touch>language", "french>safety")
            await self.has_nothing_of(marks)
            await bruno.page.go_back()
            await bruno.sees("safety")
        assert self.borne.profile == second

    async def has_nothing_of(self, marks: Marks) -> None:
        """Look for *marks* on the disk and in memory."""
        words = [each for each in marks if isinstance(each, str)]
        left = [*leftovers(self.folders, (*words, "%PDF-")), *await self.remembered(marks)]
        assert left == [], "\n".join(left)


def found(marks: Marks, places: Sequence[str]) -> set[str | bytes]:
    """Return which of *marks* were found at one of *places*."""
    return {mark for mark in marks if any(each.startswith(f"{mark!r}: ") for each in places)}


async def copies(seer: Visitor, text: str) -> None:
    """Copy *text* as somebody does."""
    await seer.page.evaluate(_FIELD, text)
    await seer.page.keyboard.press("Control+C")
    await seer.page.evaluate("document.activeElement.remove()")


async def pasted(seer: Visitor) -> str:
    """Return what comes out of the clipboard."""
    await seer.page.evaluate(_FIELD, "")
    await seer.page.keyboard.press("Control+V")
    return str(await seer.page.evaluate("(() => { const e = document.activeElement; e.remove(); return e.value; })()"))


def _program(settings: BoothSettings, machine: Path) -> Any:
    return booth_program(settings, machine, **{**of_the_unit(), "TMPDIR": str(machine / "tmp")})


@asynccontextmanager
async def place(
    folder: Path, playwright: Playwright, settings: BoothSettings, gateway: Gateway | None, *flags: str
) -> AsyncIterator[Place]:
    """Run the booth of *settings* as its units do; *flags* are its browser's besides those of a test."""
    machine = folder / "machine"
    (machine / "tmp").mkdir(parents=True)
    socket = machine / "kiosk.sock"
    settings = replace(settings, kiosk=KioskListener(supervisor=socket))
    with TemporaryDirectory(dir="/dev/shm", prefix="next-person-") as memory:
        profiles, log = Path(memory) / "profiles", machine / "supervisor.log"
        async with AsyncExitStack() as running:
            booth = await running.enter_async_context(_program(settings, machine))
            async with supervisor(socket, profiles, log, *MEDIA_FLAGS, *flags) as watching:
                here = Town(settings=settings, kiosk="", gateway=gateway)
                yield Place(
                    borne=Borne(town=here, supervisor=watching, profiles=profiles, playwright=playwright),
                    settings=settings,
                    machine=machine,
                    running=running,
                    booth=booth,
                    folders=(settings.data_dir, machine / "tmp", machine / "booth.log", log, profiles),
                )
