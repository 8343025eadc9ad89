"""The booth's disk is full, as a person sees it: nothing is called saved that is not, and the booth recovers by itself.

The booth is a program in a mount namespace of its own, its folder a small tmpfs; the test fills it and makes room.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from booth_client.journey import Device
from gateway.app import gateway
from tests.peers.booth_program import booth_program
from tests.peers.kiosk import Visitor, visitor
from tests.peers.patience import PATIENCE
from tests.peers.town import BOOTH, Town, booth_settings, gateway_settings
from tests.peers.visiting import BRISK, chromium

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

_UNHURRIED = replace(BRISK, hands_after_s=2.0)  # the disk has to be full before they measure
_SMALL = 'mount -t tmpfs -o size=4m,mode=700 tmpfs "$0" && exec "$@"'


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The booth's own small disk, as it is mounted where only the booth sees it."""

    folder: Path

    def fill(self) -> None:
        """Leave no room at all, and at once: somebody measures meanwhile."""
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            size = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
            while size:
                try:
                    os.posix_fallocate(ballast.fileno(), os.fstat(ballast.fileno()).st_size, size)
                except OSError:
                    size >>= 1

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()


@asynccontextmanager
async def small_booth(folder: Path, browser: Browser) -> AsyncIterator[tuple[Visitor, Disk, Town]]:
    """A booth with four megabytes of disk, somebody before it, and a gateway."""
    async with gateway(gateway_settings(folder)) as running:
        own = folder / BOOTH
        own.mkdir()
        settings = booth_settings(folder, str(running.booths_url), virtual=_UNHURRIED, devices=(Device.SCALE,))
        small = ("unshare", "-rm", "sh", "-c", _SMALL, str(own))
        async with booth_program(settings, folder, within=small) as booth:
            assert settings.status_file is not None
            kiosk = json.loads(settings.status_file.read_text("utf-8"))["kiosk"]
            disk = Disk(folder=Path(f"/proc/{booth.pid}/root{own}"))
            async with visitor(browser, kiosk) as seer:
                yield seer, disk, Town(settings=settings, kiosk=kiosk, gateway=running)


async def test_what_cannot_be_kept_is_never_called_saved_and_with_room_again_the_booth_goes_on_by_itself(
    browser: Browser, tmp_path: Path
) -> None:
    async with small_booth(tmp_path, browser) as (seer, disk, here):
        await seer.goes("touch>language", "french>safety", "no>consent")
        await seer.goes("yes>do-scale")
        disk.fill()
        await seer.sees("unsaved")
        await seer.says("Pas enregistré. Marie vient.")
        await seer.finds("Restez là. La borne sonne.")
        for language in ("fr", "en"):
            await seer.looks(f"full-disk-{language}")
            await seer.checks(f"full-disk-{language}")
            if language == "fr":
                await seer.goes("comfort>comfort", "english>unsaved")
        await seer.says("Not saved. Marie is coming.")
        await seer.goes("redo>do-scale", ">unsaved")  # nothing is invented the second time
        assert await here.search("Observation") == []
        disk.make_room()
        await seer.goes("redo>do-scale", ">result")
        assert (await seer.reads()).endswith("It is saved.")
        disk.fill()
        await seer.goes("continue>out-of-service")  # who was there cannot be forgotten yet
        assert "15" in await seer.text()
        await seer.looks("full-disk-out-of-service")
        disk.make_room()
        await seer.sees("idle")
        async with asyncio.timeout(PATIENCE):
            while not (kept := await here.search("Observation?code=29463-7")):
                await asyncio.sleep(0.2)
        assert [each["valueQuantity"]["value"] for each in kept] == [Decimal("72.40")]
        (visit,) = await here.search("Encounter")
        assert visit["status"] == "finished"
        assert not seer.complaints, seer.complaints
