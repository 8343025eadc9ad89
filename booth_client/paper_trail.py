"""How the papers are, told to the gateway for the physician who signed them: their talk with the booth may be over.

What is newest counts: where the gateway does not answer, only the last is tried again. It names no person and no value.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.config import GatewayLink
from booth_client.journey import Journey, State
from booth_client.papers import Printing, Step

__all__ = ["PaperTrail"]

_TELL_S: Final = 10.0
_AGAIN_S: Final = 3.0
_SERVER: Final = 500


class PaperTrail:
    """The papers of one visit after the other; `run` beside everything else."""

    def __init__(self, session: ClientSession, link: GatewayLink, *, again_s: float = _AGAIN_S) -> None:
        self._http = session
        self._base = link.base_url.rstrip("/")
        self._again_s = again_s
        self._newest: tuple[str, Printing] | None = None
        self._changed = asyncio.Event()
        self._before: State | None = None

    def note(self, encounter: str, printing: Printing) -> None:
        """Take in how the papers of the visit with that Encounter are."""
        self._newest = encounter, printing
        self._changed.set()

    def moved(self, journey: Journey) -> None:
        """Take in that somebody has touched « C'est fait » beside their papers."""
        before, self._before = self._before, journey.state
        done = before is State.TAKE_PAPERS and journey.state in (State.CODE, State.GOODBYE)
        beside = before is State.VISIT_PAPERS and journey.state is State.IN_VISIT
        if (done or beside) and self._newest is not None and self._newest[1].step is Step.PRINTED:
            encounter, printing = self._newest
            self.note(encounter, replace(printing, step=Step.TAKEN))

    async def run(self) -> None:
        """Tell the gateway whenever there is something new, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._newest is not None and not await self._tell(*self._newest):
                self._changed.set()
                await asyncio.sleep(self._again_s)

    async def _tell(self, encounter: str, printing: Printing) -> bool:
        """Say whether the gateway knows it now, or will never want to."""
        url = f"{self._base}/visits/{encounter}/report/printing"
        body = {"step": printing.step, "sheets": printing.sheets, "of": printing.of}
        try:
            async with self._http.put(url, json=body, timeout=ClientTimeout(total=_TELL_S)) as answer:
                return answer.status < _SERVER
        except (ClientError, OSError, TimeoutError):
            return False
