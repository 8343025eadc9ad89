"""Who somebody is, read from a real card, and from codes on a serial line and from a keyboard."""

from __future__ import annotations

import asyncio
import json
import os
import pty
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booth_client.guide import Guide
from booth_client.identifying import ReaderSettings, reading
from booth_client.identity import Reception
from booth_client.identity.demonstration_card import APPLICATION
from booth_client.identity.keyboard import _EVENT, _SHIFTED, _SIGNS, KeyboardScanner, Strokes
from booth_client.identity.status import Status
from booth_client.journey import Act, Effect, Plan, State
from booth_client.words import Way
from tests.peers.marcelle import CODE, GS, MARCELLE, NUMBER, TRAITS
from tests.peers.patience import PATIENCE
from tests.peers.smart_card import badge_of, card_of, card_reader


class Desk:
    """The journey at the question who is there."""

    def __init__(self, settings: ReaderSettings) -> None:
        async def nothing() -> None:
            return None

        ways = frozenset({Way.CARD, Way.CODE, Way.PHONE})
        self.carry: dict[Effect, Any] = dict.fromkeys(Effect, nothing)
        self.guide = Guide(Plan(ways=ways), self.carry)
        self.reception = Reception(self.guide)
        self.carry[Effect.FORGET_WHO] = self.reception.forget_others
        self.settings = settings
        self.moved = asyncio.Event()
        self.guide.listen(lambda _journey: self.moved.set())

    async def goes(self, *acts: Act) -> None:
        for act in (Act.TOUCH, Act.FRENCH, Act.NO, *acts):
            await self.guide.act(act)

    async def sees(self, state: State) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.guide.journey.state is not state:
                self.moved.clear()
                await self.moved.wait()

    async def closes(self, *ways: Way) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.guide.journey.closed != frozenset(ways):
                self.moved.clear()
                await self.moved.wait()


def carrying(desk: Desk, badge: Callable[[str], Awaitable[bool]] | None = None) -> Sequence[asyncio.Task[None]]:
    async def nobody(_code: str) -> None:
        return None

    return [asyncio.ensure_future(each) for each in reading(desk.settings, desk.reception, ask=nobody, badge=badge)]


async def test_a_code_on_a_serial_line_asks_the_person_and_a_scanner_that_is_pulled_out_loses_its_button() -> None:
    wall, scanner = pty.openpty()
    desk = Desk(ReaderSettings(scanner=Path(os.ttyname(scanner)), test_people=True))
    (work,) = carrying(desk)
    await desk.goes(Act.PHONE)
    await asyncio.sleep(0.2)  # the line is opened
    os.write(wall, CODE.encode()[:40])
    os.write(wall, CODE.encode()[40:] + b"\r\n")
    await desk.sees(State.WHO_CONFIRM)
    (known,) = desk.guide.journey.people
    assert known.name == "Marcelle D."
    assert known.age is not None
    assert known.age >= 84
    await desk.guide.act(Act.NO)
    assert desk.reception._people == {}
    await desk.guide.act(Act.PHONE)
    os.write(wall, b"https://example.org/\r")
    async with asyncio.timeout(PATIENCE):
        while not desk.guide.journey.tries:
            await asyncio.sleep(0.02)
    os.close(scanner)
    os.close(wall)
    await desk.closes(Way.CODE)
    work.cancel()


def typed(text: str) -> bytes:
    """Return the events of a keyboard on which *text* is typed, in the US layout."""
    plain = {sign: key for key, sign in _SIGNS.items()}
    shifted = {above: plain[below] for below, above in _SHIFTED.items()}
    events: list[tuple[int, int]] = []
    for sign in text:
        if sign == GS:
            events += [(29, 1), (plain["]"], 1), (plain["]"], 0), (29, 0)]
        elif sign in plain:
            events += [(plain[sign], 1), (plain[sign], 0)]
        else:
            key = shifted.get(sign) or plain[sign.lower()]
            events += [(42, 1), (key, 1), (key, 0), (42, 0)]
    events += [(28, 1), (28, 0)]
    # each stroke is followed by the kernel's SYN_REPORT, which says nothing
    return b"".join(_EVENT.pack(0, 0, 1, key, value) + _EVENT.pack(0, 0, 0, 0, 0) for key, value in events)


@given(st.integers(1, 60), st.text(st.sampled_from("abcXYZ019-_.' /:" + GS), min_size=1))
def test_what_a_scanner_types_is_read_whatever_the_pieces_it_comes_in(size: int, text: str) -> None:
    strokes, octets = Strokes(), typed(CODE) + typed(text) + typed("")
    pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
    assert [code for piece in pieces for code in strokes.take(piece)] == [CODE, text]


async def test_a_scanner_that_acts_as_a_keyboard_is_read_and_one_that_cannot_be_held_alone_is_not(
    tmp_path: Path,
) -> None:
    device, heard, there = tmp_path / "event3", asyncio.Queue[str](), asyncio.Queue[bool]()
    os.mkfifo(device)
    held: list[int] = []

    async def works(*, now: bool) -> None:
        there.put_nowait(now)

    wall = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    scanner = KeyboardScanner(device, hear=heard.put, works=works, hold=held.append)
    work = asyncio.ensure_future(scanner.run())
    async with asyncio.timeout(PATIENCE):
        assert await there.get() is True
        os.write(wall, typed(CODE))
        assert await heard.get() == CODE
    work.cancel()
    assert len(held) == 1
    refused = asyncio.ensure_future(KeyboardScanner(device, hear=heard.put, works=works).run())
    async with asyncio.timeout(PATIENCE):
        assert await there.get() is False  # what cannot be grabbed is no keyboard: nothing is read
    refused.cancel()
    os.close(wall)


async def test_a_card_in_a_real_reader_asks_its_holder_first_a_badge_is_a_helpers_and_another_card_is_no_card(
    tmp_path: Path,
) -> None:
    shown: list[str] = []

    async def badge(serial: str) -> bool:
        shown.append(serial)
        return serial == "04a1b2c3"

    async def holds(*, now: bool) -> None:
        async with asyncio.timeout(PATIENCE):
            while desk.guide.journey.card is not now:
                await asyncio.sleep(0.05)

    desk = Desk(ReaderSettings(cards=True, test_people=True))
    jean = {**MARCELLE, "given_names": ["Jean"], "sex": "male"}
    file = json.dumps({"v": 1, "people": [MARCELLE | NUMBER, jean]}).encode()
    (tmp_path / "readers").mkdir()
    async with card_reader(tmp_path / "readers") as reader:
        (work,) = carrying(desk, badge)
        async with reader.holds(badge_of("04a1b2c3")):
            await holds(now=True)
            async with asyncio.timeout(PATIENCE):
                while shown != ["04a1b2c3"]:
                    await asyncio.sleep(0.05)
        await holds(now=False)
        assert desk.guide.journey.state is State.IDLE
        await desk.goes(Act.CARD)
        async with reader.holds(card_of(b"something else", file)):
            async with asyncio.timeout(PATIENCE):
                while not desk.guide.journey.tries:
                    await asyncio.sleep(0.05)
        async with reader.holds(card_of(APPLICATION, file)):
            await desk.sees(State.WHO_CONFIRM)
        assert [each.name for each in desk.guide.journey.people] == ["Marcelle D.", "Jean D."]
        await desk.guide.act(Act.YES)
        assert desk.reception.person is not None
        assert desk.reception.person.traits == TRAITS
        assert desk.reception.person.status is Status.PROVISIONAL
    await desk.closes(Way.CARD)
    work.cancel()


async def test_without_the_service_a_booth_has_no_way_by_card_and_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "/nowhere")
    desk = Desk(ReaderSettings(cards=True))
    (work,) = carrying(desk)
    await desk.goes()
    await desk.closes(Way.CARD)
    assert desk.guide.journey.ways == {Way.CODE, Way.PHONE}
    work.cancel()
