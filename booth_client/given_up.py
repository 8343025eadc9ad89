"""Where people gave up before they had asked for a physician: counts of months, of nobody.

They are told once their month (UTC) is over: a count that rises while somebody leaves would say who it was. A kill may
lose the last one; whoever was there across a restart is counted as having begun only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, delete, insert, select, update

from booth_client.journey import Journey, State
from booth_client.transitions import agreeing, identifying, measuring
from gateway.database import Database
from gateway.errors import Unavailable
from gateway.fleet import Stop, Ways

__all__ = ["METADATA", "STOPS", "GivenUp"]

METADATA: Final = MetaData()
_COUNTED: Final = Table(
    "given_up",
    METADATA,
    Column("month", String(7), primary_key=True),
    Column("stop", String(30), primary_key=True),
    Column("count", Integer, nullable=False),
)
_BEGUN: Final = "begun"
_TOLD: Final = 12
_KEPT: Final = timedelta(days=400)

STOPS: Final[Mapping[State, Stop]] = {
    **dict.fromkeys((State.LANGUAGE, State.SAFETY), Stop.START),
    **dict.fromkeys((*identifying.ROWS,), Stop.WHO),
    **dict.fromkeys(
        (State.CONSENT, State.EXPLAIN, State.REFUSED, *agreeing.ROWS.keys() - {State.CALLED_BACK}), Stop.AGREEING
    ),
    **dict.fromkeys((State.REASON, State.QUESTIONS), Stop.REASON),
    **dict.fromkeys((*measuring.ROWS,), Stop.MEASURING),
    **dict.fromkeys((State.EMERGENCY, State.EMERGENCY_CALL, State.EMERGENCY_TEXT), Stop.EMERGENCY),
    State.OFFLINE: Stop.OFFLINE,
    State.NO_DOCTOR: Stop.NO_DOCTOR,
}
"""By the screen that was left. Whoever was promised a call has not given up."""

_ENDS: Final = frozenset({State.IDLE, State.GOODBYE, State.OUT_OF_SERVICE})


class GivenUp:
    """Listens to the journey, and counts in the booth's database (opened with METADATA); *now* is the time."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._before: Journey | None = None
        self._there = False
        self._seen: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def moved(self, journey: Journey) -> None:
        """Take in how the journey stands after a step."""
        before, self._before = self._before, journey
        if _under(journey) is State.LANGUAGE and (before is None or _under(before) is State.IDLE):
            self._there = journey.plan.visits
            self._count(_BEGUN)
        elif self._there and journey.consultation is not None:
            self._there = False  # from here on the gateway counts
        elif self._there and before is not None and _under(journey) in _ENDS:
            self._there = False
            screen = before.state if before.state in STOPS else _under(before)
            if _under(journey) is not State.OUT_OF_SERVICE and screen in STOPS:
                self._count(STOPS[screen])

    def _count(self, what: str) -> None:
        if self._there or what != _BEGUN:
            self._seen.put_nowait((f"{self._now():%Y-%m}", what))

    async def run(self) -> None:
        """Write down what is counted, for ever; a disk that refuses costs a count, and nobody's visit."""
        while True:
            month, what = await self._seen.get()
            with suppress(Unavailable):
                await self._database.act(lambda connection, m=month, w=what: _add(connection, m, w))  # type: ignore[misc]

    async def told(self) -> tuple[Ways, ...]:
        """Return the months that are over, the oldest first."""
        over = _COUNTED.c.month < f"{self._now():%Y-%m}"
        rows = await self._database.look(lambda connection: connection.execute(select(_COUNTED).where(over)).all())
        months = sorted({row.month for row in rows})[-_TOLD:]
        counts = {month: {row.stop: int(row[2]) for row in rows if row.month == month} for month in months}
        return tuple(
            Ways(
                month=month,
                begun=told.get(_BEGUN, 0),
                left={stop: told[stop] for stop in Stop if stop in told},
            )
            for month, told in counts.items()
        )


def _under(journey: Journey) -> State:
    return journey.behind[0] if journey.behind else journey.state


def _add(connection: Connection, month: str, stop: str) -> None:
    here = (_COUNTED.c.month == month) & (_COUNTED.c.stop == stop)
    if not connection.execute(update(_COUNTED).where(here).values(count=_COUNTED.c.count + 1)).rowcount:
        connection.execute(insert(_COUNTED).values(month=month, stop=stop, count=1))
        first = datetime.strptime(month, "%Y-%m") - _KEPT  # noqa: DTZ007  a month has no offset
        connection.execute(delete(_COUNTED).where(_COUNTED.c.month < f"{first:%Y-%m}"))
