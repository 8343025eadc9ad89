"""Many people, many mishaps: what a device considers delivered is there once, and in nobody else's name.

The long form is `make soak`: SESSIONS and SEED in the environment choose another size and another day.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from booth_client.ledger import METADATA
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.virtual import Sent
from tests.peers.bluez.booth import bluez_booth
from tests.peers.bluez.daemon import FIRST, SECOND
from tests.peers.busy_booth import BusyBooth, Day, Heard, devices_of
from tests.peers.mishaps import MISHAPS, OnBluez, OverTheRadio
from tests.peers.troubled_radio import troubled_radio

_SHORT: Final = 40
_LONG: Final = int(os.environ.get("SESSIONS", "2000"))
_SEED: Final = int(os.environ.get("SEED", "20261122"))
_FLAT: Final = 1.15
"""How much larger the process may be at the end than after its first fifth."""


@asynccontextmanager
async def _busy_booth(
    radio: str, folder: Path, seed: int
) -> AsyncIterator[tuple[BusyBooth, Heard, OnBluez | OverTheRadio]]:
    random, day = Random(seed), Day()
    sent: list[tuple[str, Sent]] = []
    devices = devices_of(day, sent)
    async with AsyncExitStack() as opening:
        keyring = await opening.enter_async_context(open_keyring(f"sqlite:///{folder}/keyring.db", folder / "kek"))
        rows = open_database(f"sqlite:///{folder}/booth.db", METADATA, outbox.METADATA)
        database = await opening.enter_async_context(rows)
        booth = BusyBooth(database, keyring, day, devices, sent, random)
        options: dict[str, Any] = {"now": day.now, "memory": booth.ledger.remembered}
        mishaps: OnBluez | OverTheRadio
        if radio == "bluez":
            bluez = await opening.enter_async_context(
                bluez_booth(devices, adapters=(FIRST, SECOND), listener=Heard, booth=booth, radio=options)
            )
            heard, mishaps = bluez.heard, OnBluez(bluez)
            booth.operator = mishaps.forgotten
        else:
            host, heard = await opening.enter_async_context(
                troubled_radio(devices, adapters=(FIRST, SECOND), listener=Heard, booth=booth, **options)
            )
            mishaps, booth.operator = OverTheRadio(host, heard.virtual), host.forget
        assert isinstance(heard, Heard)
        yield booth, heard, mishaps


async def _work_through(radio: str, folder: Path, *, sessions: int, seed: int) -> None:
    async with _busy_booth(radio, folder, seed) as (booth, heard, mishaps):
        started = time.monotonic()
        sizes: list[float] = []
        while heard.ends.total() < sessions:
            async with asyncio.TaskGroup() as visit:
                for _ in range(booth.random.choice((0, 1, 1, 2))):
                    befalls = getattr(mishaps, booth.random.choice(MISHAPS))
                    visit.create_task(befalls(booth.random, booth.random.choice(booth.devices)))
                visit.create_task(booth.person())
            await _quiet(heard)
            await booth.leave()
            if heard.ends.total() >= (len(sizes) + 1) * sessions / 10:
                gc.collect()
                sizes.append(_resident_mb())
                _say(f"{radio}: {heard.ends.total()} sessions, {booth.people} people, {sizes[-1]:.1f} MB")
        mishaps.clear()
        for device in booth.devices:  # what is still in a memory is read in peace
            await booth.person([device])
            await _quiet(heard)
            await booth.leave()
        count = await booth.count()
        ends = ", ".join(f"{reason}: {times}" for reason, times in heard.ends.most_common())
        _say(
            f"{radio}, seed {seed}: {heard.ends.total()} sessions with {booth.people} people in "
            f"{time.monotonic() - started:.0f} s; {count.delivered} records delivered, {count.saved} saved, "
            f"{count.aside} set aside, {len(count.missing)} missing, {len(count.twice)} twice, "
            f"{len(count.wrong)} in a wrong name; {ends}; MB {[round(size, 1) for size in sizes]}"
        )
        assert not count.missing
        assert not count.twice
        assert not count.wrong
        if sessions >= _LONG:
            assert sizes[-1] <= sizes[1] * _FLAT


async def _quiet(heard: Heard) -> None:
    """Wait until no session is under way."""
    await heard.until(lambda: heard.open == 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.parametrize("radio", ["virtual", "bluez"])
async def test_a_busy_morning_loses_nothing_and_mistakes_nobody(radio: str, tmp_path: Path) -> None:
    await _work_through(radio, tmp_path, sessions=_SHORT, seed=_SEED)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("radio", ["virtual", "bluez"])
async def test_a_busy_year_loses_nothing_and_mistakes_nobody(radio: str, tmp_path: Path) -> None:
    await _work_through(radio, tmp_path, sessions=_LONG, seed=_SEED)
