"""The booth's browser is kept open, and the next person finds nothing of the one before in it or on the booth."""

from __future__ import annotations

import os
import re
import signal
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import Error, Playwright, async_playwright

from booth_client.config import PrinterSettings
from booth_client.kiosk.browser import check_in_memory
from certs_example.make import make
from gateway.errors import SettingsError
from tests.peers.borne import Borne, borne
from tests.peers.doctor import doctor, people_of
from tests.peers.kiosk import CHROMIUM, FLAGS
from tests.peers.leftovers import leftovers, unsnapped
from tests.peers.town import BOOTH, PERSONA, RPPS
from tests.peers.visiting import BRISK, DEVICES, TO_WAITING
from tests.peers.webrtc_people import reachable

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

ANNE = replace(PERSONA, weight="83.47")
OF_ANNE = ("83.47", "83,47", "Dubois", "Marcelle", "Rhinopharyngite", "1944", "rhume-d-anne")
OUTSIDE = re.compile(r"/dev/|/proc/|/sys/|/memfd:|anon_inode|socket:|pipe:|/tmp/\.X11-unix")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def playwright() -> AsyncIterator[Playwright]:
    reachable()
    async with async_playwright() as started:
        yield started


def below(pid: int) -> Iterator[int]:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield int(child)
        yield from below(int(child))


def written(here: Borne) -> set[str]:
    """Return the files outside its own folder that a process of the browser has open for writing."""
    found = set()
    for pid in below(here.supervisor.pid):
        for number in (Path("/proc") / str(pid) / "fd").iterdir():
            try:
                path = str(number.readlink())
                flags = int(re.findall(r"flags:\s+(\d+)", Path(f"/proc/{pid}/fdinfo/{number.name}").read_text())[0], 8)
            except FileNotFoundError:
                continue
            if flags & os.O_ACCMODE and not OUTSIDE.match(path) and not path.startswith(str(here.profiles)):
                found.add(path)
    return found


async def test_the_next_person_finds_nothing_of_the_one_before(playwright: Playwright, tmp_path: Path) -> None:
    printed = tmp_path / "print"
    settings = {
        "virtual": replace(BRISK, persona=ANNE),
        "devices": DEVICES,
        "visits": True,
        "printer": PrinterSettings(folder=printed),
    }
    async with borne(tmp_path, playwright, online=True, **settings) as here:
        assert here.town.gateway is not None
        people = people_of(make(tmp_path / "certificates"), rpps=RPPS, name="Dr Claire Martin")
        everywhere = (tmp_path / BOOTH, printed, here.profiles)
        first = await here.opened()
        browser_of_anne = set(below(here.supervisor.pid))
        async with doctor(here.town.gateway.people_url, people) as martin, here.hands() as anne:
            await anne.goes(*TO_WAITING)
            await martin.takes()
            await martin.talks()
            await anne.goes(">doctor-coming", "ready>in-visit")
            await martin.hangs_up()
            await anne.sees("writing")
            await martin.signs()
            await anne.goes(">report", "print>take-papers")
            await anne.page.wait_for_selector('h1:has-text("Prenez")')
            # What this test looks for can be found: the paper, and what a page of another release might keep.
            assert leftovers([printed], ["%PDF-"])
            (first / "Default").mkdir(exist_ok=True)
            (first / "Default" / "leveldb.log").write_text("rhume-d-anne", "utf-16-le")
            assert leftovers(everywhere, ["rhume-d-anne"])
            assert written(here) == set()
            await anne.goes("done>goodbye")
        second = await here.opened(besides=first)
        assert not first.parent.exists()
        assert browser_of_anne.isdisjoint(below(here.supervisor.pid))
        async with here.hands() as bruno:
            await bruno.sees("idle")
            assert await bruno.page.evaluate("history.length") == 1
            await bruno.goes("touch>language", "french>safety")
            assert leftovers(everywhere, (*OF_ANNE, "%PDF-")) == []
        assert here.profile == second


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
