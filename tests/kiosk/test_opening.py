"""The browser's supervisor as a program: it asks the booth for one page at a time, and for one that can be opened.

An address of the kiosk is good once, and only until the next is made. Who asks twice gets two, and opens a browser on
the first: the next person stands before an empty page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from booth_client.kiosk import orders
from tests.peers.borne import supervisor
from tests.peers.patience import PATIENCE

_QUIET_S = 2.5
"""Longer than the supervisor takes to look at its browser twice."""


@dataclass(kw_only=True)
class Booth:
    """The booth's end of the line, in a test's hands; `folders` are those of open browsers."""

    profiles: Path
    lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def hears(self) -> orders.Report:
        async with asyncio.timeout(PATIENCE):
            return orders.report(await self.reader.readline())

    async def hears_nothing(self) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(_QUIET_S):
                pytest.fail(f"it said {await self.reader.readline()!r}")

    def says(self, order: orders.Order) -> None:
        self.writer.write(orders.said(order))

    async def opens(self, page: str) -> Path:
        """Let a browser be opened at *page*; return its folder."""
        before = set(self.folders)
        self.says(orders.Open(address=f"http://127.0.0.1:9/borne/{page}"))
        async with asyncio.timeout(PATIENCE):
            while not (new := set(self.folders) - before):
                await asyncio.sleep(0.05)
        return new.pop()

    async def begins_anew(self) -> None:
        """Be another booth program than before."""
        self.writer.close()
        async with asyncio.timeout(PATIENCE):
            self.reader, self.writer = await self.lines.get()

    @property
    def folders(self) -> list[Path]:
        return sorted(self.profiles.glob("browser-*"))


@asynccontextmanager
async def supervised(folder: Path) -> AsyncIterator[Booth]:
    """Run the supervisor with a browser that only stays, on the line of a booth that the test speaks for."""
    lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    program = folder / "browser"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o700)
    server = await asyncio.start_unix_server(lambda *line: lines.put_nowait(line), folder / "kiosk.sock")
    with closing(server), TemporaryDirectory(dir="/dev/shm", prefix="opening-") as memory:
        profiles = Path(memory) / "profiles"
        async with supervisor(folder / "kiosk.sock", profiles, folder / "log", chromium=str(program)):
            async with asyncio.timeout(PATIENCE):
                reader, writer = await lines.get()
            booth = Booth(profiles=profiles, lines=lines, reader=reader, writer=writer)
            try:
                yield booth
            finally:
                booth.writer.close()


async def test_after_a_wipe_one_page_is_asked_for_and_not_two(tmp_path: Path) -> None:
    async with supervised(tmp_path) as booth:
        assert await booth.hears() == orders.Want()
        first = await booth.opens("one")
        booth.says(orders.Beat(good_s=600))
        booth.says(orders.Wipe(number=1))
        assert [await booth.hears(), await booth.hears()] == [orders.Wiped(number=1), orders.Want()]
        assert not first.exists()
        await booth.hears_nothing()
        second = await booth.opens("two")
        booth.says(orders.Open(address="http://127.0.0.1:9/borne/nobody-asked"))
        await booth.hears_nothing()
        assert booth.folders == [second]


async def test_a_page_that_never_spoke_is_opened_anew_for_a_booth_that_was_started_anew(tmp_path: Path) -> None:
    async with supervised(tmp_path) as booth:
        assert await booth.hears() == orders.Want()
        silent = await booth.opens("an-address-that-the-next-booth-has-not-given")
        await booth.begins_anew()
        assert await booth.hears() == orders.Want()
        assert not silent.exists()
        speaking = await booth.opens("another")
        booth.says(orders.Beat(good_s=600))
        await booth.begins_anew()
        await booth.hears_nothing()
        assert booth.folders == [speaking]
