"""The instruments that a physician examines with from afar: read while an examination goes on, and at no other time.

Each instrument is read by one task and given to every connection that has a source of it. What a device gives blocks,
so it is read in a thread; what nobody takes in time is dropped, oldest first: what is late is not live.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from weakref import WeakSet

import structlog

from booth_client.words import Exam
from gateway.errors import TeleborneError

if TYPE_CHECKING:  # what reads pictures and sound is loaded when somebody waits for a physician
    from booth_client.source import Given

__all__ = ["Camera", "Instrument", "InstrumentError", "Instruments", "Reader"]

_log: Final = structlog.get_logger("visit")
_HELD: Final = 5
_AGAIN_S: Final = 1.0
_STILL_S: Final = 2.0

Opened: TypeAlias = "AbstractContextManager[Iterator[Given]]"
"""An open device: what it gives, one after the other, each call waiting until there is one."""


class InstrumentError(TeleborneError):
    """The device is not there, or gives nothing that can be read: its setting and the reason."""


class Reader:
    """One connection's view of an instrument; a Source."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._given: asyncio.Queue[Given] = asyncio.Queue(_HELD)

    async def frame(self) -> Given:
        """Return the next that the instrument gives."""
        return await self._given.get()

    def give(self, frame: Given) -> None:
        """Take in what the instrument gives; the oldest goes where there is too much."""
        if self._given.full():
            self._given.get_nowait()
        self._given.put_nowait(frame)


class Instrument:
    """One device; *opening* opens it and may raise InstrumentError."""

    def __init__(self, kind: str, opening: Callable[[], Opened]) -> None:
        self._kind = kind
        self._opening = opening
        self._readers: WeakSet[Reader] = WeakSet()
        self._wanted = asyncio.Event()

    def source(self) -> Reader:
        """Return a source for one more connection."""
        reader = Reader(self._kind)
        self._readers.add(reader)
        return reader

    def use(self, *, wanted: bool) -> None:
        """Let it be read, or not any more."""
        (self._wanted.set if wanted else self._wanted.clear)()

    async def run(self) -> None:
        """Read it whenever it is wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self._read()
            except InstrumentError as error:
                _log.error("an instrument cannot be read", reason=str(error))
                await asyncio.sleep(_AGAIN_S)

    async def _read(self) -> None:
        opened = self._opening()
        frames = await asyncio.to_thread(opened.__enter__)
        try:
            while self._wanted.is_set():
                frame = await _uncut(frames)
                if frame is None:
                    raise InstrumentError("it gives nothing any more")
                for reader in self._readers:
                    reader.give(frame)
        finally:
            opened.__exit__(None, None, None)


async def _uncut(frames: Iterator[Given]) -> Given | None:
    """Return the next frame; whoever is cancelled waits for the thread, so that nobody closes what it reads."""
    work = asyncio.get_running_loop().run_in_executor(None, next, frames, None)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


class Camera(Protocol):
    """An instrument that takes pictures: booth_client.exam_camera.ExamCamera."""

    def still(self) -> bytes | None:
        """Return a JPEG at full resolution; None while nothing is looked at. It blocks."""

    def source(self) -> Reader:
        """Return a source of what it sees live."""

    def picture(self, frame: Given) -> bytes:
        """Return what a source gave as a JPEG. It blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What this booth has, by what is examined with it."""

    by_exam: dict[Exam, Instrument] = field(default_factory=dict)
    camera: Camera | None = None

    def use(self, exam: Exam | None) -> None:
        """Read the instrument of *exam* and no other."""
        for each, instrument in self.by_exam.items():
            instrument.use(wanted=each is exam)

    def sources(self) -> list[Reader]:
        """Return a source of each, for one more connection."""
        return [instrument.source() for instrument in self.by_exam.values()]

    async def still(self) -> bytes | None:
        """Return what the camera sees, as a JPEG at full resolution; None while it is not looked at."""
        return None if self.camera is None else await asyncio.to_thread(self.camera.still)

    async def near(self) -> AsyncIterator[bytes]:
        """Give what the camera sees as JPEGs, for whoever holds it, until it is not looked at any more."""
        if self.camera is None:
            return
        source = self.camera.source()
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(_STILL_S):
                    frame = await source.frame()
                yield await asyncio.to_thread(self.camera.picture, frame)

    async def run(self) -> None:
        """Read what is wanted, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for instrument in self.by_exam.values():
                tasks.create_task(instrument.run())
