"""The talks of one visit face to face: one with the physician, and one with each who joins.

What does not hold with somebody who joined puts them out, and the talk with the physician goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final, Generic, TypeVar

import structlog

from booth_client.attending import Talking
from booth_client.company import Company
from signalling import messages as m
from signalling.envelope import Envelope
from signalling.errors import BindingError

__all__ = ["Talks"]

_log: Final = structlog.get_logger("visit")
T = TypeVar("T", bound=Talking)


class Talks(Generic[T]):
    """The endpoint `av` of a booth, with everybody. *make* gives one talk for a party, None for the physician's.

    `talks` has them by participant id, the physician's by none.
    """

    def __init__(self, make: Callable[[m.Party | None], T], company: Company) -> None:
        self._make = make
        self._company = company
        self.talks: dict[str, T] = {"": make(None)}
        self._running: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._admissions: asyncio.Queue[m.Admitted] = asyncio.Queue()

    def receive(self, envelope: Envelope) -> None:
        """Take in one message about this visit."""
        if isinstance(envelope.body, m.Admitted):
            self._admissions.put_nowait(envelope.body)
        for talk in self.talks.values():
            talk.receive(envelope)

    async def run(self, call_id: str, admitted: m.Admitted) -> None:
        """Talk with everybody in the visit, until cancelled; raises BindingError for the physician's connection."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.talks[""].run(call_id, admitted))
                self._meet(admitted, call_id, tasks)  # what was queued by now is newer
                while True:
                    self._meet(await self._admissions.get(), call_id, tasks)
        except ExceptionGroup as group:
            false = group.subgroup(BindingError)
            if false is None or group.split(BindingError)[1] is not None:
                raise
            raise false.exceptions[0] from None

    def begin(self, participant: str, talk: T) -> None:
        """Take in a talk with somebody who has joined."""
        self.talks[participant] = talk

    def narrow(self) -> None:
        """Let go of whom the physician left out."""
        joined = {entry.subject for entry in self._company.entries}
        self._end({participant for participant, (subject, _) in self._running.items() if subject not in joined})

    def _end(self, participants: Collection[str]) -> None:
        for participant in participants:
            self._running.pop(participant)[1].cancel()

    def _meet(self, admitted: m.Admitted, call_id: str, tasks: asyncio.TaskGroup) -> None:
        """Begin with whoever has joined, end with whoever has gone."""
        joined = {entry.subject for entry in self._company.entries}
        parties = {peer.participant: peer for peer in admitted.peers if peer.subject in joined}
        self._end(self._running.keys() - parties.keys())
        for participant, party in parties.items():
            if participant not in self._running:
                talk = self._make(party)
                self.begin(participant, talk)
                task = tasks.create_task(self._talk(participant, talk, call_id, admitted))
                self._running[participant] = party.subject, task

    async def _talk(self, participant: str, talk: T, call_id: str, admitted: m.Admitted) -> None:
        try:
            await talk.run(call_id, admitted)
        except BindingError as false:
            _log.warning("somebody who joined was put out", reason=str(false))
        finally:
            if self.talks.get(participant) is talk:
                del self.talks[participant]
