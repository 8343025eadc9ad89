"""The visit's note, in its browser: what is unsaved, what is missing, what a signature ends."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.peers.modules import run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

Event = dict[str, Any]


async def noted(page: Page, events: list[Event], code: str) -> Any:
    return await run(page, "physician/visit/note.js", f"((n) => {code})(a.reduce(m.next, m.BLANK))", events)


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
