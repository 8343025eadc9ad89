"""The visit desk's state, in its browser: the waiting room, a visit's steps, those who joined."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from signalling.consultation import Step
from signalling.errors import Flaw
from tests.peers.modules import run

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


def said(kind: str, body: dict[str, Any], *, call: str = CALL) -> Event:
    return {"type": "heard", "message": {"type": kind, "id": "1", "call": call, "gen": 1, "seq": 1, "body": body}}


async def after(page: Page, events: list[Event], code: str = "s") -> Any:
    """Return what *code* says of the state `s` after the events."""
    return await run(page, "physician/visit/state.js", f"((s) => {code})(a.reduce(m.next, m.first(1000)))", events)


TAKEN = [said("waiting", QUEUE), {"type": "take", "call": CALL}, said("admitted", ADMITTED)]


def leg(endpoint: str, phase: str, *, generation: int = 1, **more: str) -> dict[str, Any]:
    change = {"phase": phase, **({"name": "caudry-03", "digits": "123456"} if phase == "confirmed" else {}), **more}
    return {"type": "leg", "endpoint": endpoint, "generation": generation, "change": change}


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


async def test_since_when_there_is_no_connection_is_known_also_before_the_first(page: Page) -> None:
    assert await after(page, TAKEN, "s.visit.cutSince !== null")
    assert await after(page, [*TAKEN, leg("av", "confirmed")], "s.visit.cutSince") is None
    assert await after(page, [*TAKEN, leg("av", "confirmed"), leg("av", "lost")], "s.visit.cutSince !== null")


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


# Those who joined

GUEST = {"invitation": "i-1", "part": "interpreter", "standing": "in", "participant": "p-3", "subject": "urn:guest:a"}


def member(phase: str, *, participant: str = "p-3", generation: int = 1) -> dict[str, Any]:
    change = {"phase": phase, **({"name": "", "digits": "123456"} if phase == "confirmed" else {})}
    return {"type": "member", "participant": participant, "generation": generation, "change": change}


def going(participant: str | None, **how: Any) -> dict[str, Any]:
    return {"type": "going", "participant": participant, "going": {"ours": "full", "theirs": "full", **how}}


async def test_a_guest_whose_digits_were_the_same_stays_known_by_their_key_and_no_other_is(page: Page) -> None:
    come = [*TAKEN, said("thirds", {"thirds": [GUEST]}), member("confirmed")]
    known = [*come, {"type": "compared", "subject": "urn:guest:a"}, {"type": "compared", "subject": "urn:guest:a"}]
    again = [*known, member("lost"), member("confirmed", generation=2)]
    left = [*again, said("thirds", {"thirds": []})]
    assert await after(page, again, "s.visit.known") == ["urn:guest:a"]
    assert await after(page, left, "[s.visit.known, Object.keys(s.visit.members)]") == [["urn:guest:a"], []]
    other = said("thirds", {"thirds": [GUEST | {"subject": "urn:guest:b"}]})
    assert await after(page, [*left, other], "s.visit.known.includes('urn:guest:b')") is False


async def test_how_ones_own_picture_goes_is_as_it_goes_to_whom_it_goes_worst(page: Page) -> None:
    events = [*TAKEN, said("thirds", {"thirds": [GUEST]}), member("confirmed"), going(None)]
    assert await after(page, events, "m.ours(s.visit)") == "full"
    assert await after(page, [*events, going("p-3", ours="small")], "m.ours(s.visit)") == "small"
    worst = [*events, going("p-3", ours="sound"), going(None, ours="small")]
    assert await after(page, worst, "m.ours(s.visit)") == "sound"
    assert await after(page, [*worst, member("lost")], "m.ours(s.visit)") == "small"


async def test_a_picture_that_is_closed_is_told_from_one_that_is_cut(page: Page) -> None:
    code = "a.map((each) => m.unseen(each))"
    found = await run(
        page,
        "shared/sending.js",
        code,
        [
            {"theirs": "full", "still": False},
            {"theirs": "small", "still": True},
            {"theirs": "sound", "still": False},
            {"theirs": "off", "still": True},
        ],
    )
    assert found == [None, "cut", "cut", "off"]


async def test_that_no_relay_answered_is_forgotten_when_there_is_a_connection(page: Page) -> None:
    events = [*TAKEN, leg("av", "connecting"), {"type": "unrelayed"}]
    assert await after(page, events, "s.visit.unrelayed") is True
    assert await after(page, [*events, leg("av", "verifying", generation=2)], "s.visit.unrelayed") is True
    assert await after(page, [*events, leg("av", "confirmed")], "s.visit.unrelayed") is False
