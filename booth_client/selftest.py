"""The booth's self-test: at the start of the program, at the helper's word, and every quarter of an hour.

It looks at what can be looked at without disturbing anybody; whether the camera sees and the loudspeaker is heard is
the page's own check. What it finds is logged, shown to the helper and told to the operator; it is about no person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.clock import Clock
from booth_client.config import BoothSettings, RadioKind
from booth_client.gateway_time import told
from booth_client.link import fhir_base
from booth_client.machine.certificate import certificate
from booth_client.machine.clock import clock as machine_clock
from booth_client.machine.clock import clock_is_kept
from booth_client.machine.disk import disk
from booth_client.machine.media import media
from booth_client.machine.row import Row, State
from booth_client.printing import Printer, Unprinted

__all__ = ["EVERY_S", "SelfTest"]

_log: Final = structlog.get_logger("self-test")

EVERY_S: Final = 900.0
_SOON_S: Final = 60.0
_ASK_S: Final = 5.0
_PATIENCE_S: Final = 20.0


class SelfTest:
    """Looks at the machine of a booth; `rows` is what it found last.

    *relays* and *browser* say how the ways to the relays and the browser are: None where the booth has none.
    """

    def __init__(
        self,
        settings: BoothSettings,
        session: ClientSession,
        *,
        clock: Clock,
        printer: Printer | None,
        relays: Callable[[], Row] | None = None,
        browser: Callable[[], bool] | None = None,
        root: Path = Path("/"),
    ) -> None:
        self._settings = settings
        self._session = session
        self._clock = clock
        self._printer = printer
        self._relays = relays
        self._browser = browser
        self._root = root
        self._turn = asyncio.Lock()
        self.rows: tuple[Row, ...] = ()
        self.at: datetime | None = None
        self.low: tuple[str, ...] = ()

    async def run(self) -> None:
        """Look at everything now and then, for ever."""
        while True:
            await self.look()
            good = all(row.state in (State.GOOD, State.UNKNOWN) for row in self.rows)
            await asyncio.sleep(EVERY_S if good else _SOON_S)

    async def look(self) -> tuple[Row, ...]:
        """Look at everything once; a look takes at most some seconds, whatever is broken."""
        async with self._turn:
            found = [*await self._network(), *await asyncio.to_thread(self._machine)]
            if self._printer is not None:
                found.append(await self._paper(self._printer))
            if self._browser is not None:
                state = State.GOOD if self._browser() else State.ATTENTION
                found.append(Row(what="browser", state=state, remedy="systemctl restart teleborne-kiosk"))
            before = {row.what: row.state for row in self.rows}
            self.rows, self.at = tuple(found), self._clock()
        for row in self.rows:
            if row.state is not before.get(row.what, State.GOOD):
                _log.info("self-test", what=row.what, state=row.state, found=row.found, to_do=row.remedy)
        return self.rows

    async def _network(self) -> list[Row]:
        """Ask the gateway something small: whether it answers, and what time it has."""
        try:
            url = f"{fhir_base(self._settings.gateway)}/metadata"
            began = asyncio.get_running_loop().time()
            async with self._session.get(url, timeout=ClientTimeout(total=_ASK_S)) as answer:
                took = timedelta(seconds=asyncio.get_running_loop().time() - began)
                if (at := told(answer.headers)) is not None:
                    self._clock.hear(at, took=took)
            row = Row(what="network", state=State.GOOD, found="the gateway answers")
        except (ClientError, OSError, TimeoutError) as error:
            remedy = "look at the cable, the router and the gateway's address"
            row = Row(what="network", state=State.BROKEN, found=type(error).__name__, remedy=remedy)
        time = machine_clock(kept=clock_is_kept(), ahead=self._clock.ahead, passed=self._clock.passed)
        return [row, time, *([self._relays()] if self._relays else [])]

    def _machine(self) -> list[Row]:
        radio = self._settings.radio is RadioKind.BLUEZ
        return [
            disk(self._settings.data_dir),
            certificate(self._settings.gateway, now=self._clock.true(), sure=self._clock.known.is_set()),
            *media(root=self._root, radio=radio),
        ]

    async def _paper(self, printer: Printer) -> Row:
        self.low = ()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                condition = await printer.look()
        except (Unprinted, TimeoutError) as error:
            remedy = "look whether the printer is on, has paper, and is on the network"
            return Row(what="printer", state=State.BROKEN, found=str(error) or "no answer", remedy=remedy)
        self.low = tuple(sorted(condition.low))
        state = State.BROKEN if condition.why else State.ATTENTION if condition.low else State.GOOD
        found = ", ".join([condition.name, *([condition.why] if condition.why else ()), *sorted(condition.low)])
        return Row(what="printer", state=state, found=found, remedy="" if state is State.GOOD else "see to the printer")
