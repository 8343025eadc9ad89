"""Where people give up before they ask for a physician is counted by month, of nobody, and told when it is over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from booth_client.given_up import METADATA, STOPS, GivenUp
from booth_client.journey import Act, Device, Journey, State, advance
from gateway.database import open_database
from gateway.fleet import Stop, Ways
from tests.booth_client.ways import CONSENTED, T0, TO_WAITING, VISITS, reading
from tests.peers.patience import PATIENCE

OCTOBER, NOVEMBER = datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)


class Booth:
    """A booth where people come one after the other."""

    def __init__(self, counts: GivenUp) -> None:
        self._counts = counts
        self._journey = Journey(plan=VISITS, since=T0)

    def does(self, *acts: Act | tuple[Act, Device]) -> None:
        for each in acts:
            act, result = (each[0], reading(each[1])) if isinstance(each, tuple) else (each, None)
            self._journey, _ = advance(self._journey, act, T0, result=result)
            self._counts.moved(self._journey)

    def leaves(self) -> None:
        """Nobody answers any more."""
        self.does(Act.SILENCE, Act.ELAPSED, Act.WIPED, Act.ELAPSED)


async def test_whoever_leaves_before_asking_is_counted_where_they_stopped_once_the_month_is_over(
    tmp_path: Path,
) -> None:
    now = OCTOBER
    async with open_database(f"sqlite:///{tmp_path}/booth.db", METADATA) as database, asyncio.TaskGroup() as tasks:
        counts = GivenUp(database, now=lambda: now)
        running = tasks.create_task(counts.run())
        booth = Booth(counts)
        booth.does(Act.TOUCH, Act.BACK)
        for _ in range(2):
            booth.does(Act.TOUCH, Act.FRENCH)
            booth.leaves()
        booth.does(*CONSENTED)
        booth.does(Act.SKIP)
        booth.leaves()
        booth.does(*TO_WAITING, Act.FINISH, Act.YES, Act.WIPED, Act.ELAPSED)  # the gateway counts them
        assert await counts.told() == ()
        now = NOVEMBER
        async with asyncio.timeout(PATIENCE):
            while (told := await counts.told()) != _told(begun=5, start=3, measuring=1):
                await asyncio.sleep(0.02)
        booth.does(Act.TOUCH, Act.BACK)
        assert await counts.told() == told
        running.cancel()


def _told(*, begun: int, start: int, measuring: int) -> tuple[Ways, ...]:
    return (Ways(month="2026-10", begun=begun, left={Stop.START: start, Stop.MEASURING: measuring}),)


def test_every_screen_before_the_request_has_its_place_and_a_promised_call_is_no_giving_up() -> None:
    never = {State.IDLE, State.GOODBYE, State.CALLED_BACK}
    assert {State.LANGUAGE, State.WHO, State.CONSENT, State.DO_CUFF, State.QUESTIONS, State.OFFLINE} <= STOPS.keys()
    assert never.isdisjoint(STOPS)
    assert set(STOPS.values()) == set(Stop)
