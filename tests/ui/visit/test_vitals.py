"""Readings and curves as they come at the visit desk, in its browser: digits, what is absent, what is old."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.peers.modules import run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

VITAL = """const w = await import("/static/shared/writing.js"); const t = (said) => m.vital(w.parse(said), 0);"""
TEXT = """t('{"k":"vital","seq":3,"kind":"%s","measures":[%s],"device":"x","at":"2026-11-22T09:00:00.000Z"%s}')"""
SYSTOLIC, DIASTOLIC = '{"name":"systolic","value":132,"unit":"mmHg"}', '{"name":"diastolic","value":81.0,"unit":"mmHg"}'
PRESSURE = TEXT % ("blood-pressure", f"{SYSTOLIC},{DIASTOLIC}", ',"quality":["body-movement"]')


async def vital(page: Page, code: str) -> Any:
    return await page.evaluate(
        f"async () => {{ const m = await import('/static/physician/visit/vitals.js'); {VITAL} return ({code}); }}"
    )


async def test_a_reading_keeps_the_devices_digits(page: Page) -> None:
    assert await vital(page, f"m.figures({PRESSURE}, 'fr')") == "132/81,0"
    assert await vital(page, f"{PRESSURE}.remarks") == ["movement"]


async def test_the_arm_that_a_pressure_was_taken_on_is_named_and_no_other_word(page: Page) -> None:
    texts = [
        TEXT % ("blood-pressure", SYSTOLIC, more) for more in (',"arm":"left"', ',"arm":"right"', ',"arm":"x"', "")
    ]
    assert await vital(page, f"[{','.join(texts)}].map((each) => each.site)") == ["left-arm", "right-arm", None, None]


async def test_a_number_that_the_device_has_not_got_is_a_dash_and_never_zero(page: Page) -> None:
    text = TEXT % ("oxygen-saturation", '{"name":"spo2","value":null,"unit":"%","special":"NaN"}', "")
    assert await vital(page, f"m.figures({text}, 'fr')") == "—"


async def test_the_pressure_inside_a_cuff_is_no_blood_pressure(page: Page) -> None:
    text = TEXT % ("blood-pressure", '{"name":"cuff","value":118,"unit":"mmHg"}', ',"live":true')
    assert await vital(page, text) is None


async def test_the_same_reading_said_again_is_one(page: Page) -> None:
    assert await vital(page, f"m.add(m.add([], {PRESSURE}), {PRESSURE}).length") == 1


async def test_a_live_value_that_stops_is_no_value_and_a_kept_one_only_grows_old(page: Page) -> None:
    code = "[0, 2999, 3000, 9999, 10000].map((now) => m.freshness({live: true, heard: 0, at: 0}, now))"
    assert await vital(page, code) == ["live", "live", "silent", "silent", "gone"]
    code = "[0, 600000, 600001].map((now) => m.freshness({live: false, heard: 0, at: 0}, now))"
    assert await vital(page, code) == ["kept", "kept", "old"]


# Curves


async def curve(page: Page, pieces: list[list[Any]], code: str) -> Any:
    """Return what *code* says of the curve `c` after pieces of (t0 in ms, samples) that came at that time."""
    piece = "{name: 'cuff', unit: 'mmHg', t0: new Date(at).toISOString(), period_ms: 100, samples}"
    add = f"a.reduce((c, [at, samples]) => m.add(c, {piece}, at), m.BLANK)"
    return await run(page, "shared/wave.js", f"((c) => {code})({add})", pieces)


async def test_what_is_lost_of_a_curve_is_a_hole_and_never_joined(page: Page) -> None:
    pieces = [[0, [1, 2]], [200, [3, None, 5]], [700, [8]]]
    assert await curve(page, pieces, "m.runs(c).map((run) => run.map(({value}) => value))") == [[1, 2, 3], [5], [8]]


async def test_a_piece_that_comes_late_or_twice_finds_its_place(page: Page) -> None:
    pieces = [[0, [1]], [200, [3]], [100, [2]], [200, [3]]]
    assert await curve(page, pieces, "m.runs(c).map((run) => run.map(({value}) => value))") == [[1, 2, 3]]


async def test_a_sweep_is_six_seconds_and_begins_anew_at_the_left(page: Page) -> None:
    pieces = [[at, [1]] for at in range(0, 9000, 100)]
    runs = await curve(page, pieces, "m.runs(c).map((run) => [run[0].x, run.at(-1).x])")
    assert [[round(x, 2) for x in run] for run in runs] == [[0.55, 0.98], [0.0, 0.48]]


async def test_a_curve_pauses_four_hundred_milliseconds_after_what_was_due(page: Page) -> None:
    assert await curve(page, [[0, [1, 2, 3]]], "[700, 701].map((now) => m.paused(c, now))") == [False, True]
