"""The guide keeps the journey's deadlines and carries out its effects, one thing at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from booth_client.clock import Clock as SetClock
from booth_client.clock import Machine
from booth_client.guide import Guide
from booth_client.hours import Hours
from booth_client.journey import Act, Effect, ForbiddenAct, Journey, Plan, State
from tests.peers.town import until

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = T0

    def __call__(self) -> datetime:
        return self.at


def behind(time: timedelta) -> SetClock:
    """Return the booth's clock on a machine whose own is that far behind, once the gateway has said what time it is."""
    clock = SetClock(machine=Machine(boot="b", count=lambda: timedelta(hours=9), says=lambda: T0 - time))
    clock.hear(T0)
    return clock


async def test_silence_asks_after_ninety_seconds_and_wipes_after_sixty_more() -> None:
    wiped: list[State] = []
    clock = Clock()

    async def wipe() -> Act | None:
        wiped.append(guide.journey.state)
        return Act.WIPED

    guide = Guide(Plan(), {Effect.WIPE: wipe}, now=clock)
    await guide.act(Act.TOUCH)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(guide.run())
        for ahead, state in ((89.9, State.STILL_THERE), (59.9, State.GOODBYE), (9.9, State.IDLE)):
            clock.at += timedelta(seconds=ahead)
            await guide.act(Act.ONLINE)  # anything that happens makes the guide look at its clock again
            await asyncio.sleep(0.02)
            assert guide.journey.state is not state
            clock.at += timedelta(seconds=0.1)
            await until(lambda state=state: guide.journey.state is state)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        running.cancel()
    assert wiped == [State.GOODBYE]


async def test_a_clock_that_is_set_while_nobody_is_there_tells_the_hours_of_the_right_time() -> None:
    local = T0.astimezone()
    hours = Hours(week=tuple(((local.hour * 60, local.hour * 60 + 60),) for _ in range(7)))
    clock = behind(timedelta(hours=5))
    guide = Guide(Plan(hours=hours), {}, now=clock)
    await guide.act(Act.ONLINE)
    told = [guide.journey.open]
    await guide.set_clock(clock)
    assert [*told, guide.journey.open] == [False, True]
    assert guide.journey.since == T0


async def test_a_clock_is_not_set_under_somebody() -> None:
    clock = behind(timedelta(hours=5))
    guide = Guide(Plan(), {}, now=clock)
    await guide.act(Act.TOUCH)
    await guide.set_clock(clock)
    assert clock() == T0 - timedelta(hours=5)
    await guide.act(Act.BACK)
    await guide.set_clock(clock)
    assert clock() == T0


async def test_what_an_effect_brings_about_happens_before_anything_else() -> None:
    order: list[str] = []

    async def open_visit() -> Act | None:
        await asyncio.sleep(0.05)
        order.append("opened")
        return Act.BROKEN

    async def expect() -> Act | None:
        order.append("expected")
        return None

    guide = Guide(Plan(), {Effect.OPEN_VISIT: open_visit, Effect.EXPECT: expect}, now=lambda: T0)
    for act in (Act.TOUCH, Act.FRENCH, Act.NO):
        await guide.act(act)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(guide.act(Act.YES))
        tasks.create_task(guide.act(Act.ONLINE))
    assert order[0] == "opened"
    assert guide.journey.state is State.OUT_OF_SERVICE


async def test_a_touch_on_a_screen_that_is_gone_is_passed_over() -> None:
    guide = Guide(Plan(), {}, now=lambda: T0)
    seen: list[Journey] = []
    guide.listen(seen.append)
    await guide.act(Act.TOUCH, screen=0)
    await guide.act(Act.FRENCH, screen=0)
    assert [journey.state for journey in seen] == [State.LANGUAGE]
    with pytest.raises(ForbiddenAct):
        await guide.act(Act.YES, screen=1)
