"""The booth's browser is kept open, and replaced; what it might leave on a disk can be found."""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Error, Playwright, async_playwright

from booth_client.kiosk.browser import check_in_memory
from gateway.errors import SettingsError
from tests.peers.borne import borne
from tests.peers.kiosk import CHROMIUM, FLAGS
from tests.peers.leftovers import leftovers, unsnapped
from tests.peers.memory import below
from tests.peers.webrtc_people import reachable

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def playwright() -> AsyncIterator[Playwright]:
    reachable()
    async with async_playwright() as started:
        yield started


async def test_a_browser_that_dies_or_is_stuck_is_replaced(playwright: Playwright, tmp_path: Path) -> None:
    async with borne(tmp_path, playwright) as here:
        first = await here.opened()
        async with here.hands() as anne:
            await anne.goes("touch>language", "english>safety")
            os.kill(next(below(here.supervisor.pid)), signal.SIGKILL)
        second = await here.opened(besides=first)
        assert not first.parent.exists()
        async with here.hands() as anne:
            await anne.sees("safety")  # the journey is the booth's, and goes on
            with pytest.raises(Error, match="closed"):
                await anne.page.evaluate("for (;;);")
        await here.opened(besides=second)
        assert not second.parent.exists()


async def test_a_booth_whose_browser_cannot_be_wiped_is_out_of_service(playwright: Playwright, tmp_path: Path) -> None:
    async with borne(tmp_path, playwright) as here:
        first = await here.opened()
        async with here.hands() as anne:
            await anne.goes("touch>language", "french>safety", "no>consent", "no>refused")
            (here.profiles / "somebody-elses").write_text("83.47")
            await anne.goes("finish>goodbye")
        await here.opened(besides=first)
        async with here.hands() as bruno:
            await bruno.sees("out-of-service")


async def test_the_browsers_first_address_opens_the_page_only_once(playwright: Playwright, tmp_path: Path) -> None:
    async with borne(tmp_path, playwright) as here, here.hands():
        (begun,) = {
            word
            for pid in below(here.supervisor.pid)
            for word in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "/borne/" in word
        }
        assert begun != here.town.kiosk
        async with ClientSession() as stranger, stranger.get(begun) as answer:
            assert answer.status == 403


async def test_a_folder_that_is_not_in_memory_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\ntmpfs {tmp_path}/run tmpfs rw 0 0\n")
    check_in_memory(tmp_path / "run" / "profiles", mounts=mounts)
    with pytest.raises(SettingsError, match=r"profiles: .*/var is on / \(ext4\), not in memory"):
        check_in_memory(tmp_path / "var", mounts=mounts)


async def test_the_search_finds_what_an_ordinary_browser_keeps(playwright: Playwright, tmp_path: Path) -> None:
    context = await playwright.chromium.launch_persistent_context(
        str(tmp_path / "profile"), executable_path=CHROMIUM, args=list(FLAGS)
    )
    page = await context.new_page()
    await page.route("**/*", lambda route: route.fulfill(body="<h1>Anne</h1>", content_type="text/html"))
    await page.goto("http://127.0.0.1:9/")
    await page.evaluate("localStorage.setItem('complaint', 'rhume-d-anne')")
    await context.close()
    found = leftovers([tmp_path / "profile"], ["rhume-d-anne"])
    assert any("leveldb" in each for each in found), found


async def test_what_is_packed_is_unpacked_before_it_is_looked_through(tmp_path: Path) -> None:
    literal, copy = b"\x30anne rhume-d-", b"\x01\x0d"  # "anne" is said once more, by its distance
    packed = bytes((17,)) + literal + copy
    assert unsnapped(packed) == b"anne rhume-d-anne"
    index = bytes((0, 1, 2)) + b"k" + bytes((0, len(packed))) + bytes(4) + (1).to_bytes(4, "little")
    index_at = len(packed) + 5
    footer = bytes((0, 0, index_at, len(index))).ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")
    (tmp_path / "000005.ldb").write_bytes(packed + b"\x01crc!" + index + b"\x00crc!" + footer)
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7 stream " + zlib.compress(b"(rhume-d-anne) Tj"))
    assert sorted(each.rpartition("(")[2] for each in leftovers([tmp_path], ["rhume-d-anne"])) == [
        "deflated)",
        "snappy)",
    ]
