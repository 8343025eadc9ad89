"""The booth's end of the line to its browser's supervisor, and what each does when the other is gone or lies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from booth_client.journey import Journey, Plan
from booth_client.kiosk import orders
from booth_client.kiosk.supervised import Supervised
from tests.peers.patience import PATIENCE


@dataclass(kw_only=True)
class Line:
    """The supervisor's end, in a test's hands."""

    watched: Supervised
    broken: list[str] = field(default_factory=list)
    reader: Any = None
    writer: Any = None

    async def hears(self) -> orders.Order:
        async with asyncio.timeout(PATIENCE):
            return orders.order(await self.reader.readline())

    def says(self, report: orders.Report) -> None:
        self.writer.write(orders.said(report))


@asynccontextmanager
async def line(folder: Path, *, fresh: bool = False, answers: bool = True) -> AsyncIterator[Line]:
    async def broken() -> None:
        held.broken.append("broken")

    watched = Supervised(
        folder / "sock", address=lambda: "http://127.0.0.1:1/borne/x", broken=broken, fresh=fresh, patience_s=1
    )
    held = Line(watched=watched)
    async with watched.listen(), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watched.run())
        if answers:
            held.reader, held.writer = await asyncio.open_unix_connection(folder / "sock")
            held.says(orders.Want())
        yield held
        running.cancel()
        if held.writer:
            held.writer.close()


def idle() -> Journey:
    return Journey(plan=Plan(), since=None)  # type: ignore[arg-type]  # when is not asked here


async def test_a_booth_that_starts_has_its_browser_wiped_before_it_opens_a_page(tmp_path: Path) -> None:
    async with line(tmp_path) as there:
        assert await there.hears() == orders.Wipe(number=1)
        there.says(orders.Wiped(number=1))
        there.says(orders.Want())
        assert isinstance(await there.hears(), orders.Open)
        assert there.broken == []


async def test_a_booth_that_goes_on_with_a_visit_leaves_the_page_alone(tmp_path: Path) -> None:
    async with line(tmp_path, fresh=True) as there:
        assert isinstance(await there.hears(), orders.Open)


async def test_what_is_owed_is_due_at_the_idle_screen_and_a_failure_is_tried_again(tmp_path: Path) -> None:
    async with line(tmp_path, fresh=True) as there:
        await there.hears()
        there.watched.moved(idle())
        there.watched.owe()
        there.watched.moved(idle())
        assert await there.hears() == orders.Wipe(number=1)
        there.says(orders.Failed(number=1, why="somebody-elses is left"))
        async with asyncio.timeout(PATIENCE):
            while not there.broken:
                await asyncio.sleep(0.01)
        trying = asyncio.ensure_future(there.watched.wipe())
        assert await there.hears() == orders.Wipe(number=2)
        there.says(orders.Wiped(number=2))
        assert await trying
        assert await there.watched.wipe()  # nothing is owed any more: nobody is asked


async def test_a_booth_whose_supervisor_is_gone_at_the_goodbye_is_broken(tmp_path: Path) -> None:
    async with line(tmp_path) as there:
        await there.hears()
        there.says(orders.Wiped(number=1))
        there.says(orders.Want())
        await there.hears()
        there.writer.close()
        there.watched.owe()
        there.watched.moved(idle())
        async with asyncio.timeout(PATIENCE):
            while not there.broken:
                await asyncio.sleep(0.01)


async def test_an_answer_to_another_question_is_no_answer(tmp_path: Path) -> None:
    async with line(tmp_path) as there:
        await there.hears()
        there.says(orders.Wiped(number=7))
        there.writer.close()
        async with asyncio.timeout(PATIENCE):
            while not there.broken:
                await asyncio.sleep(0.01)


async def test_a_supervisor_that_comes_back_takes_the_line_over(tmp_path: Path) -> None:
    async with line(tmp_path, fresh=True) as there:
        await there.hears()
        first, earlier = there.reader, there.writer
        there.reader, there.writer = await asyncio.open_unix_connection(tmp_path / "sock")
        there.says(orders.Want())
        assert isinstance(await there.hears(), orders.Open)
        assert await first.read() == b""
        earlier.close()
        there.watched.beat(12)
        assert await there.hears() == orders.Beat(good_s=12)
        assert there.watched.alive


async def test_only_its_own_group_may_use_the_line(tmp_path: Path) -> None:
    async with line(tmp_path, answers=False):
        assert (tmp_path / "sock").stat().st_mode & 0o777 == 0o660
    assert not (tmp_path / "sock").exists()


@pytest.mark.parametrize(
    "text", [b"{}", b"[]", b'{"say":"open"}', b'{"say":"wipe","number":1,"more":2}', b'{"say":"fly"}']
)
def test_a_line_that_is_no_order_is_refused(text: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        orders.order(text)
