"""Face to face with everybody of a visit: a Face for the physician, and one for each who joins, on the same kiosk page.

What the page says names its connection by `peer`, a participant's id; none is the physician's. What does not hold with
somebody who joined puts them out, and the talk with the physician goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from booth_client.company import Company
from booth_client.face import Face
from booth_client.kiosk.said import PageMessage
from signalling import messages as m
from signalling.envelope import Envelope
from signalling.errors import BindingError

__all__ = ["Faces"]

_log: Final = structlog.get_logger("visit")


class Faces:
    """The endpoint `av` of a booth with a kiosk. *make* gives the Face for a party, None for the physician's."""

    def __init__(self, make: Callable[[m.Party | None], Face], company: Company) -> None:
        self._make = make
        self._company = company
        self._there = False
        self._faces: dict[str, Face] = {"": make(None)}
        self._talks: dict[str, asyncio.Task[None]] = {}
        self._admissions: asyncio.Queue[m.Admitted] = asyncio.Queue()

    def page(self, *, there: bool) -> None:
        """Say that a new page is there, or that there is none any more."""
        self._there = there
        for face in self._faces.values():
            face.page(there=there)

    def said(self, message: PageMessage) -> None:
        """Take in what the page says of one connection; one that is no more is late."""
        face = self._faces.get(message.peer)
        if face is not None:
            face.said(message)

    def receive(self, envelope: Envelope) -> None:
        """Take in one message about this visit."""
        if isinstance(envelope.body, m.Admitted):
            self._admissions.put_nowait(envelope.body)
        for face in self._faces.values():
            face.receive(envelope)

    async def run(self, call_id: str, admitted: m.Admitted) -> None:
        """Talk with everybody in the visit, until cancelled; raises BindingError for the physician's connection."""
        self._admissions.put_nowait(admitted)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._faces[""].run(call_id, admitted))
                while True:
                    self._meet(await self._admissions.get(), call_id, tasks)
        except ExceptionGroup as group:
            false = group.subgroup(BindingError)
            if false is None or group.split(BindingError)[1] is not None:
                raise
            raise false.exceptions[0] from None

    def _meet(self, admitted: m.Admitted, call_id: str, tasks: asyncio.TaskGroup) -> None:
        """Begin with whoever has joined, end with whoever has gone."""
        joined = {entry.subject for entry in self._company.entries}
        parties = {peer.participant: peer for peer in admitted.peers if peer.subject in joined}
        for participant in self._talks.keys() - parties.keys():
            self._talks.pop(participant).cancel()
        for participant, party in parties.items():
            if participant not in self._talks:
                face = self._faces[participant] = self._make(party)
                face.page(there=self._there)
                self._talks[participant] = tasks.create_task(self._talk(participant, face, call_id, admitted))

    async def _talk(self, participant: str, face: Face, call_id: str, admitted: m.Admitted) -> None:
        try:
            await face.run(call_id, admitted)
        except BindingError as false:
            _log.warning("somebody who joined was put out", reason=str(false))
        finally:
            if self._faces.get(participant) is face:
                del self._faces[participant]
