"""What only computes at the visit desk, in its browser: numbering, queue, a visit's steps, readings, curves, note."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from signalling.consultation import Step
from signalling.errors import Flaw
from tests.peers.patients import House

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

Event = dict[str, Any]

CALL = "8d0f"
WAITER = {"call": CALL, "since": "2026-11-22T09:00:00Z", "reason": "cough", "language": "fr", "place": "Caudry"}
QUEUE = {"queue": [WAITER | {"needs": [], "initials": "J. M.", "age": 82}]}
PEER = {
    "participant": "p-1",
    "role": "booth",
    "subject": "urn:teleborne:booth:caudry-03",
    "name": "?",
    "endpoints": [],
    "present": True,
}
ADMITTED = {
    "you": "p-2",
    "peers": [PEER],
    "ice_servers": [],
    "generations": {},
    "encounter": "Encounter/e1",
    "patient": "Patient/p1",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def page(browser: Browser, there: House) -> AsyncIterator[Page]:
    context = await browser.new_context(timezone_id="Europe/Paris", locale="fr-FR")
    opened = await context.new_page()
    await opened.goto(f"{there.running.url}/")
    yield opened
    await context.close()


async def run(page: Page, module: str, code: str, argument: Any = None) -> Any:
    """Evaluate *code* with the module's exports as `m` and *argument* as `a`."""
    path = f"/static/physician/visit/{module}"
    return await page.evaluate(f"async (a) => {{ const m = await import('{path}'); return ({code}); }}", argument)


def said(kind: str, body: dict[str, Any], *, call: str = CALL) -> Event:
    return {"type": "heard", "message": {"type": kind, "id": "1", "call": call, "gen": 1, "seq": 1, "body": body}}


async def after(page: Page, events: list[Event], code: str = "s") -> Any:
    """Return what *code* says of the state `s` after the events."""
    return await run(page, "state.js", f"((s) => {code})(a.reduce(m.next, m.first(1000)))", events)


TAKEN = [said("waiting", QUEUE), {"type": "take", "call": CALL}, said("admitted", ADMITTED)]


def leg(endpoint: str, phase: str, *, generation: int = 1, **more: str) -> dict[str, Any]:
    change = {"phase": phase, **({"name": "caudry-03", "digits": "123456"} if phase == "confirmed" else {}), **more}
    return {"type": "leg", "endpoint": endpoint, "generation": generation, "change": change}


# The line to signalling


async def test_a_numbered_message_is_the_next_one_or_was_seen_or_shows_a_gap(page: Page) -> None:
    memory = "{resume: 'r', seen: 4, tries: 0}"
    code = f"[5, 4, 0, 6].map((seq) => m.order({memory}, seq))"
    assert await run(page, "signalling.js", code) == ["next", "seen", "next", "gap"]


async def test_a_first_hello_says_nothing_and_a_later_one_what_is_known(page: Page) -> None:
    code = "[m.hello(m.BLANK), m.hello(m.welcomed({resume: 'r', seen: 7, tries: 2}, {resume: 'r', fresh: false}))]"
    assert await run(page, "signalling.js", code) == [{}, {"resume": "r", "last_seq": 7}]
    code = "m.welcomed({resume: 'r', seen: 7, tries: 2}, {resume: 'n', fresh: true})"
    assert await run(page, "signalling.js", code) == {"resume": "n", "seen": 0, "tries": 0}


async def test_only_two_closings_mean_not_to_come_back(page: Page) -> None:
    codes = [1001, 1006, 1009, 1012, 4000, 4001, 4002, 4003, 4004, 4900]
    told = dict(zip(codes, await run(page, "signalling.js", "a.map(m.after)", codes), strict=True))
    assert {code: line for code, line in told.items() if line != "down"} == {4000: "elsewhere", 4004: "out"}


async def test_the_pauses_double_to_five_seconds_and_are_spread_by_half(page: Page) -> None:
    code = "[0, 0.5, 1].map((chance) => [0, 1, 2, 9].map((tries) => m.pause(tries, chance)))"
    assert await run(page, "signalling.js", code) == [
        [100, 200, 400, 2500],
        [200, 400, 800, 5000],
        [300, 600, 1200, 7500],
    ]


@pytest.mark.parametrize("frame", ["", "{", "[]", "null", '{"v":2,"type":"x","id":"1"}', '{"v":1,"id":"1"}', 7])
async def test_what_is_no_envelope_is_none(page: Page, frame: object) -> None:
    assert await run(page, "signalling.js", "m.envelope(a)", frame) is None


# The waiting room


async def test_a_taken_visit_leaves_the_queue_and_keeps_what_its_card_said(page: Page) -> None:
    told = await after(
        page, TAKEN, "({queue: s.queue.length, taking: s.taking, visit: s.visit, talk: m.talk(s.visit)})"
    )
    assert (told["queue"], told["taking"], told["talk"]) == (0, None, "connecting")
    assert (told["visit"]["encounter"], told["visit"]["patient"]) == ("e1", "p1")
    assert told["visit"]["waiter"]["initials"] == "J. M."


async def test_whom_another_took_stays_in_place_for_a_moment(page: Page) -> None:
    events: list[Event] = [
        said("waiting", QUEUE),
        {"type": "take", "call": CALL},
        said("taken", {"by": "Dr Roy"}),
        said("waiting", {"queue": []}, call=""),
    ]
    code = "[m.cards(s).map(({by}) => by), s.taking, m.cards(m.next(s, {type: 'tick', now: 20000})).length]"
    assert await after(page, events, code) == [["Dr Roy"], None, 0]


async def test_switching_off_empties_the_queue(page: Page) -> None:
    assert await after(page, [said("waiting", QUEUE), {"type": "switch", "on": False}], "m.cards(s)") == []


# A visit


async def test_a_talk_is_lost_and_found_again_only_after_it_was_proved(page: Page) -> None:
    steps: list[Event] = [
        leg("av", "verifying"),
        leg("av", "confirmed"),
        leg("av", "lost"),
        leg("av", "verifying", generation=2),
        leg("av", "confirmed", generation=2),
    ]
    told = [await after(page, TAKEN + steps[:count], "m.talk(s.visit)") for count in range(1, 6)]
    assert told == ["connecting", "talking", "recovering", "recovering", "talking"]


async def test_what_an_old_connection_says_is_too_late(page: Page) -> None:
    events: list[Event] = [*TAKEN, leg("av", "confirmed", generation=2), leg("av", "lost", generation=1)]
    assert await after(page, events, "m.talk(s.visit)") == "talking"


async def test_a_refused_proof_stops_the_talk_for_good(page: Page) -> None:
    events: list[Event] = [
        *TAKEN,
        leg("av", "confirmed"),
        leg("agent", "refused", flaw="fingerprint"),
        leg("av", "confirmed", generation=2),
    ]
    assert await after(page, events, "[m.talk(s.visit), s.visit.flaw]") == ["stopped", "fingerprint"]


@pytest.mark.parametrize("flaw", list(Flaw))
async def test_a_talk_that_the_booth_stopped_is_a_hard_stop_here_too(page: Page, flaw: Flaw) -> None:
    events: list[Event] = [*TAKEN, said("ended", {"reason": flaw})]
    assert await after(page, events, "m.talk(s.visit)") == "stopped"


@pytest.mark.parametrize(("reporting", "talk"), [(True, Step.REPORTING.value), (False, "over")])
async def test_the_end_of_a_talk_is_a_report_to_write_or_the_end(page: Page, reporting: bool, talk: str) -> None:  # noqa: FBT001 - a table's column
    events: list[Event] = [
        *TAKEN,
        said("ended", {"reason": "finished", "reporting": reporting}),
        said("ended", {"reason": "later"}, call="other"),
    ]
    assert await after(page, events, "[m.talk(s.visit), s.visit.reason]") == [talk, "finished"]


async def test_a_request_follows_what_the_booth_answers(page: Page) -> None:
    asked: list[Event] = [{"type": "ask", "what": "cuff", "id": "r-1"}, {"type": "ask", "what": "scale", "id": "r-2"}]
    events: list[Event] = [
        *TAKEN,
        *asked,
        answer("r-1", "doing", kind="cuff"),
        answer("r-9", "refused", kind="scale"),
    ]
    assert await after(page, events, "[s.visit.asked.cuff.state, s.visit.asked.scale.state]") == ["doing", "sent"]


def answer(id_: str, state: str, **more: Any) -> Event:
    return {"type": "answer", "answer": {"id": id_, "what": "measure", "state": state, **more}}


async def test_a_page_that_was_reloaded_learns_what_goes_on_from_the_booth(page: Page) -> None:
    listening = [answer(f"r-{number}", "done", what="listen") for number in (1, 2)]
    events: list[Event] = [*TAKEN, *listening, answer("r-3", "doing", what="listen")]
    assert await after(page, events, "s.visit.asked.listen") == {"id": "r-3", "state": "doing"}
    late: list[Event] = [*events, answer("r-2", "done", what="listen")]
    assert await after(page, late, "s.visit.asked.listen.id") == "r-3"


async def test_a_loss_lets_the_booths_loudspeaker_out_again(page: Page) -> None:
    events: list[Event] = [
        *TAKEN,
        leg("av", "confirmed"),
        {"type": "exam", "event": {"type": "quiet", "on": True}},
    ]
    assert await after(page, events, "s.visit.exam.quiet") is True
    assert await after(page, [*events, leg("av", "lost")], "s.visit.exam.quiet") is False


async def test_what_was_written_large_is_read_or_answered(page: Page) -> None:
    events: list[Event] = [
        *TAKEN,
        {"type": "exam", "event": {"type": "line", "id": "r-1", "text": "Avez-vous mal ?"}},
        answer("r-1", "done", what="write", reply="no"),
    ]
    assert await after(page, events, "s.visit.exam.lines[0].reply") == "no"


async def test_nothing_of_a_visit_is_left_after_it(page: Page) -> None:
    assert await after(page, [*TAKEN, leg("av", "confirmed"), {"type": "leave"}], "s.visit") is None


# Readings on the channel

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
    return await run(page, "wave.js", f"((c) => {code})({add})", pieces)


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


# The note


async def noted(page: Page, events: list[Event], code: str) -> Any:
    return await run(page, "note.js", f"((n) => {code})(a.reduce(m.next, m.BLANK))", events)


DRAFT: Event = {"type": "draft", "draft": {"reason": "Toux"}}


async def test_what_was_typed_is_unsaved_until_the_server_has_exactly_that(page: Page) -> None:
    typed: list[Event] = [
        DRAFT,
        {"type": "text", "field": "plan", "text": "R"},
        {"type": "text", "field": "plan", "text": "Re"},
    ]
    assert await noted(page, typed, "m.unsaved(n)") is True
    assert await noted(page, [*typed, {"type": "kept", "edits": 1, "at": 0}], "m.unsaved(n)") is True
    assert await noted(page, [*typed, {"type": "kept", "edits": 2, "at": 0}], "m.unsaved(n)") is False


async def test_what_is_missing_is_said_until_it_is_typed(page: Page) -> None:
    gaps: list[Event] = [{"field": "plan", "flaw": "missing"}, {"field": "prescription[0].dose", "flaw": "missing"}]
    events: list[Event] = [DRAFT, {"type": "add-medicine"}, {"type": "check"}, {"type": "gaps", "gaps": gaps}]
    dose = {"type": "medicine", "index": 0, "part": "dose", "text": "1"}
    assert await noted(page, [*events, dose], "n.gaps.map(({field}) => field)") == ["plan"]
    assert await noted(page, [*events, {"type": "text", "field": "reason", "text": "x"}], "n.gaps.length") == 2


async def test_what_is_typed_after_the_papers_were_made_makes_them_void(page: Page) -> None:
    ready: list[Event] = [DRAFT, {"type": "check"}, {"type": "prepared", "prepared": {"to_sign": "{}", "papers": []}}]
    assert await noted(page, [*ready, {"type": "text", "field": "plan", "text": "x"}], "[n.step, n.prepared]") == [
        "writing",
        None,
    ]


async def test_a_signed_note_does_not_change(page: Page) -> None:
    signed: list[Event] = [
        DRAFT,
        {"type": "signed", "signed": {"composition": "c", "documents": []}},
        {"type": "text", "field": "plan", "text": "x"},
        {"type": "write-on"},
    ]
    assert await noted(page, signed, "[n.step, n.draft.plan, m.unsaved(n)]") == ["signed", "", False]


async def test_those_present_are_a_list(page: Page) -> None:
    events: list[Event] = [DRAFT, {"type": "present", "people": "Le patient ; sa fille\nMarie"}]
    assert await noted(page, events, "n.draft.present") == ["Le patient", "sa fille", "Marie"]
