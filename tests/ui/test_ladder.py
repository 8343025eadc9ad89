"""How much of a talk the line carries, decided in the browser that runs it: down after 4 s, up after 20 s clean."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from playwright.async_api import Page

from tests.peers import modules

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

GOOD = {"loss": 0.0, "rtt": 0.05, "available": 900_000, "limited": False, "frozen": False}


async def run(page: Page, code: str, argument: Any = None) -> Any:
    return await modules.run(page, "shared/ladder.js", code, argument)


async def rungs(page: Page, *spells: tuple[int, dict[str, Any]]) -> list[str]:
    """Return the rung after each second of the spells: so many seconds, with what each look finds."""
    looks = [GOOD | look for seconds, look in spells for _ in range(seconds)]
    code = """(() => { let ladder = m.TOP;
        return a.map((look, at) => (ladder = m.next(ladder, {...look, at: 1000 * at})).rung); })()"""
    found: list[str] = await run(page, code, looks)
    return found


def turns(found: list[str]) -> list[tuple[int, str]]:
    """Return when the rung changed, and to what."""
    return [(at, now) for at, (before, now) in enumerate(pairwise(found), 1) if before != now]


@pytest.mark.parametrize(
    "trouble",
    [{"loss": 0.12}, {"rtt": 1.4}, {"available": 40_000}, {"limited": True}, {"frozen": True}],
    ids=lambda each: next(iter(each)),
)
async def test_four_seconds_of_any_trouble_take_the_picture_down(page: Page, trouble: dict[str, Any]) -> None:
    found = await rungs(page, (3, {}), (12, trouble))
    assert turns(found)[0] == (7, "small")


async def test_the_picture_goes_first_and_the_sound_never(page: Page) -> None:
    assert turns(await rungs(page, (30, {"loss": 0.3}))) == [(4, "small"), (9, "sound")]


async def test_three_bad_seconds_change_nothing(page: Page) -> None:
    assert turns(await rungs(page, (5, {}), (4, {"loss": 0.3}), (5, {}), (4, {"frozen": True}), (9, {}))) == []


async def test_twenty_clean_seconds_bring_each_step_back(page: Page) -> None:
    found = await rungs(page, (10, {"loss": 0.3}), (60, {}))
    assert turns(found) == [(4, "small"), (9, "sound"), (30, "small"), (51, "full")]


async def test_at_the_edge_nothing_swings(page: Page) -> None:
    edge = {"loss": 0.08, "rtt": 0.7}
    assert turns(await rungs(page, (60, edge))) == []
    assert turns(await rungs(page, (5, {"loss": 0.3}), (120, edge))) == [(4, "small")]


async def test_a_line_that_does_not_carry_the_next_step_is_asked_ever_more_rarely(page: Page) -> None:
    code = """(() => { let ladder = m.TOP; const climbs = [];
        for (let at = 0; at < 700; at++) { const before = ladder.rung;
          ladder = m.next(ladder, {...a, at: 1000 * at, available: null, loss: before === "sound" ? 0 : 0.3});
          if (before === "sound" && ladder.rung === "small") climbs.push(at); }
        return climbs; })()"""
    climbs = await run(page, code, GOOD)
    pauses = [later - sooner for sooner, later in pairwise(climbs)]
    assert len(climbs) >= 4
    assert pauses == sorted(pauses)
    assert pauses[-1] > 3 * pauses[0]


async def test_what_nobody_reports_is_neither_trouble_nor_clean(page: Page) -> None:
    unknown = {"loss": None, "rtt": None, "available": None}
    assert turns(await rungs(page, (60, unknown))) == []
    assert turns(await rungs(page, (5, {"loss": 0.3}), (60, unknown))) == [(4, "small")]


async def test_reports_that_come_seconds_apart_take_it_down_and_bring_it_back_all_the_same(page: Page) -> None:
    silent = {"loss": None, "rtt": None}
    bad = [part for _ in range(7) for part in ((1, {"loss": 0.3}), (2, silent))]
    good = [part for _ in range(16) for part in ((1, {}), (4, silent))]
    assert [rung for _, rung in turns(await rungs(page, *bad, *good))] == ["small", "sound", "small", "full"]


async def test_from_sound_alone_the_next_step_needs_no_estimate_but_the_whole_picture_does(page: Page) -> None:
    narrow = {"available": 160_000}
    assert turns(await rungs(page, (10, {"loss": 0.3}), (90, narrow)))[2:] == [(30, "small")]


async def lives(page: Page, *signs: tuple[float, float, float], before: str = "well") -> list[str]:
    """Return what each means: at so many ms, heard last then, and come last then."""
    code = f"a.map(([at, heardAt, cameAt]) => m.life({{at, heardAt, cameAt, lost: 5000, before: '{before}'}}))"
    found: list[str] = await run(page, code, signs)
    return found


async def test_silence_is_said_after_three_seconds_and_is_a_loss_after_five(page: Page) -> None:
    found = await lives(page, (2999, 0, 0), (3000, 0, 0), (4999, 0, 0), (5000, 0, 0))
    assert found == ["well", "silent", "silent", "lost"]


async def test_what_comes_back_after_a_silence_is_made_anew(page: Page) -> None:
    signs = ((4000, 0, 0), (4000, 0, 3900), (4000, 3900, 0))
    assert await lives(page, *signs, before="silent") == ["silent", "lost", "lost"]


async def test_while_anything_comes_a_channel_that_stands_still_is_slow_and_not_dead(page: Page) -> None:
    assert await lives(page, (20_000, 0, 19_000), (29_000, 0, 25_500)) == ["well", "silent"]
    assert await lives(page, (29_999, 0, 29_999), (30_000, 0, 30_000)) == ["well", "lost"]


async def test_what_comes_is_counted_on_every_pair_of_addresses_and_once(page: Page) -> None:
    pairs = [
        {"type": "candidate-pair", "bytesReceived": 40},
        {"type": "candidate-pair", "bytesReceived": 2},
        {"type": "candidate-pair"},
        {"type": "transport", "bytesReceived": 42},
    ]
    assert await run(page, "m.octetsOf(a)", pairs) == 42


STATISTICS: list[dict[str, Any]] = [
    {"id": "T", "type": "transport", "selectedCandidatePairId": "P"},
    {"id": "P", "type": "candidate-pair", "availableOutgoingBitrate": 250_000},
    {"id": "Q", "type": "candidate-pair", "availableOutgoingBitrate": 9},
    {"id": "ra", "type": "remote-inbound-rtp", "kind": "audio", "timestamp": 1, "fractionLost": 0.02},
    {
        "id": "rv",
        "type": "remote-inbound-rtp",
        "kind": "video",
        "timestamp": 1,
        "fractionLost": 0.07,
        "roundTripTime": 0.3,
    },
    {
        "id": "ov",
        "type": "outbound-rtp",
        "kind": "video",
        "active": True,
        "qualityLimitationReason": "bandwidth",
        "framesPerSecond": 3,
    },
    {"id": "iv", "type": "inbound-rtp", "kind": "video", "totalFreezesDuration": 0.8, "framesDecoded": 40},
    {"id": "ia", "type": "inbound-rtp", "kind": "audio", "packetsReceived": 50},
]


async def test_a_look_takes_the_worst_of_both_streams_once(page: Page) -> None:
    code = """(() => { const one = m.read(a, 5, m.UNCOUNTED); const two = m.read(a, 6, one.counted);
        return [one.look, one.froze, two.look, two.froze]; })()"""
    look, froze, again, still_frozen = await run(page, code, STATISTICS)
    assert look == {"at": 5, "loss": 0.07, "rtt": 0.3, "available": 250_000, "limited": True, "frozen": True}
    assert (froze, still_frozen) == (True, False)
    assert (again["loss"], again["rtt"]) == (None, None)


async def test_reports_of_a_picture_that_is_not_sent_say_nothing_of_the_line(page: Page) -> None:
    held = [each | {"active": False} if each["type"] == "outbound-rtp" else each for each in STATISTICS]
    looks = [held, [each for each in held if each["id"] != "ra"]]
    found = await run(page, "a.map((each) => m.read(each, 5, m.UNCOUNTED).look)", looks)
    assert [(look["loss"], look["rtt"]) for look in found] == [(0.02, None), (None, None)]


async def test_a_picture_that_stands_still_while_sound_comes_is_told_after_four_seconds(page: Page) -> None:
    code = """(() => { let counted = m.UNCOUNTED; return a.map(([frames, packets], at) => {
        const s = [{type: "inbound-rtp", kind: "video", framesDecoded: frames},
                   {type: "inbound-rtp", kind: "audio", packetsReceived: packets}];
        return (counted = m.read(s, 1000 * at + 1, counted).counted).still; }); })()"""
    moving, still = [[10 * n, 50 * n] for n in range(3)], [[20, 50 * n] for n in range(3, 10)]
    found = await run(page, code, moving + still + [[21, 500]])
    assert found == [False] * 6 + [True] * 4 + [False]
    silent = [[10, 50]] * 10
    assert not any(await run(page, code, silent))


async def test_sound_has_its_own_limit_and_goes_first_on_every_rung(page: Page) -> None:
    code = """["full", "small", "sound"].map((rung) => ["audio", "video"].map((kind) =>
        m.shaped({transactionId: "x", encodings: [{rid: "r"}]}, kind, rung, 1)))"""
    for (audio, video), expected in zip(
        await run(page, code), [(True, 1, 700_000), (True, 2, 150_000), (False, None, None)], strict=True
    ):
        assert (audio["transactionId"], audio["encodings"][0]["rid"]) == ("x", "r")
        assert audio["encodings"][0]["networkPriority"] == "high"
        assert audio["encodings"][0]["maxBitrate"] == 32_000
        (seen,) = video["encodings"]
        assert (seen["active"], seen.get("scaleResolutionDownBy"), seen.get("maxBitrate")) == expected
