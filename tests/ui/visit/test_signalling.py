"""The visit desk's line to signalling, in its browser: numbers, hello, closings, pauses, what is no envelope."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.peers.modules import run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MODULE = "physician/visit/signalling.js"


async def test_a_numbered_message_is_the_next_one_or_was_seen_or_shows_a_gap(page: Page) -> None:
    memory = "{resume: 'r', seen: 4, tries: 0}"
    code = f"[5, 4, 0, 6].map((seq) => m.order({memory}, seq))"
    assert await run(page, MODULE, code) == ["next", "seen", "next", "gap"]


async def test_a_first_hello_says_nothing_and_a_later_one_what_is_known(page: Page) -> None:
    code = "[m.hello(m.BLANK), m.hello(m.welcomed({resume: 'r', seen: 7, tries: 2}, {resume: 'r', fresh: false}))]"
    assert await run(page, MODULE, code) == [{}, {"resume": "r", "last_seq": 7}]
    code = "m.welcomed({resume: 'r', seen: 7, tries: 2}, {resume: 'n', fresh: true})"
    assert await run(page, MODULE, code) == {"resume": "n", "seen": 0, "tries": 0}


async def test_only_two_closings_mean_not_to_come_back(page: Page) -> None:
    codes = [1001, 1006, 1009, 1012, 4000, 4001, 4002, 4003, 4004, 4900]
    told = dict(zip(codes, await run(page, MODULE, "a.map(m.after)", codes), strict=True))
    assert {code: line for code, line in told.items() if line != "down"} == {4000: "elsewhere", 4004: "out"}


async def test_the_pauses_double_to_five_seconds_and_are_spread_by_half(page: Page) -> None:
    code = "[0, 0.5, 1].map((chance) => [0, 1, 2, 9].map((tries) => m.pause(tries, chance)))"
    assert await run(page, MODULE, code) == [
        [100, 200, 400, 2500],
        [200, 400, 800, 5000],
        [300, 600, 1200, 7500],
    ]


async def test_a_line_that_is_lost_is_said_to_be_until_it_is_up_again_and_not_anew_with_each_try(page: Page) -> None:
    code = """await new Promise((done) => { const told = []; let tries = 0;
      const line = new m.SignallingLine({hear: () => {}, tell: (how) => told.push(how), chance: () => 0,
        ticket: async () => { if (++tries === 4) { line.close(); done([tries, told]); } return null; }}); })"""
    assert await run(page, MODULE, code) == [4, ["opening", "down", "down", "down"]]


@pytest.mark.parametrize("frame", ["", "{", "[]", "null", '{"v":2,"type":"x","id":"1"}', '{"v":1,"id":"1"}', 7])
async def test_what_is_no_envelope_is_none(page: Page, frame: object) -> None:
    assert await run(page, MODULE, "m.envelope(a)", frame) is None
