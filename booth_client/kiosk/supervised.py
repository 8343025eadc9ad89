"""The booth's end of the line to its browser's supervisor: who gets a fresh browser, and when.

Whoever leaves the idle screen may leave something in the browser. So a wipe is owed from the start of the program
(unless a visit is gone on with) and from every goodbye on. It is due when the idle screen is shown: nobody is there.
A booth that cannot have its browser wiped is out of service.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog

from booth_client.journey import Journey, State
from booth_client.kiosk import orders
from gateway.errors import SettingsError

__all__ = ["Supervised"]

_log: Final = structlog.get_logger("kiosk")
PATIENCE_S: Final = 10.0
"""How long a wipe may take, and a supervisor that is gone to come back."""


class Supervised:
    """Listens on *socket* for the supervisor; `address` makes an address that opens the page once.

    *broken* is called where a wipe that was due has failed.
    """

    def __init__(
        self,
        socket: Path,
        *,
        address: Callable[[], str],
        broken: Callable[[], Awaitable[None]],
        fresh: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._socket = socket
        self._address = address
        self._broken = broken
        self._patience_s = patience_s
        self._owed = not fresh
        self._begun = False
        self._due = asyncio.Event()
        if self._owed:
            self._due.set()
        self._there = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._number = 0
        self._answers: dict[int, asyncio.Future[bool]] = {}
        self._good_until = 0.0

    @property
    def alive(self) -> bool:
        """Return whether there is a supervisor and a page that has spoken lately."""
        return self._writer is not None and time.monotonic() < self._good_until

    def owe(self) -> None:
        """Say that somebody's traces are in the browser from now on."""
        self._owed = True

    def moved(self, journey: Journey) -> None:
        """Look where the journey is: at the idle screen, what is owed is due."""
        if self._owed and journey.state is State.IDLE:
            self._due.set()

    def beat(self, good_s: float) -> None:
        """Pass on that the page lives, and for how long it may now be silent."""
        self._good_until = time.monotonic() + good_s
        self._say(orders.Beat(good_s=good_s))

    async def wipe(self) -> bool:
        """Have the browser replaced if that is owed; return whether nothing of anybody's is in it now."""
        if not self._owed:
            return True
        if self._writer is None:
            return False
        self._number += 1
        number = self._number
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            self._say(orders.Wipe(number=number))
            async with asyncio.timeout(self._patience_s):
                done = await answer
        except TimeoutError:
            done = False
        finally:
            del self._answers[number]
        self._owed = not done
        return done

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[None]:
        """Listen for the supervisor, and nobody else of this machine but the group that both belong to."""
        try:
            self._socket.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(self._serve, self._socket, limit=orders.LONGEST_LINE)
            self._socket.chmod(0o660)
        except OSError as error:
            why = error.strerror or error
            raise SettingsError(f"kiosk.supervisor: {self._socket} cannot be made: {why}") from error
        try:
            yield
        finally:
            server.close()
            if self._writer is not None:
                self._writer.close()
            with suppress(FileNotFoundError):
                os.unlink(self._socket)  # noqa: PTH108  a Path's unlink would do as well; suppress says why not to fail

    async def run(self) -> None:
        """Have the browser wiped whenever it is due, for ever."""
        while True:
            await self._due.wait()
            with suppress(TimeoutError):  # at the start of the machine nobody has been at the booth yet
                async with asyncio.timeout(self._patience_s if self._begun else None):
                    await self._there.wait()
            self._begun = True
            self._due.clear()
            if not await self.wipe():
                await self._broken()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            self._writer.close()  # the one before, whose end was not seen
        self._writer = writer
        self._there.set()
        try:
            with suppress(OSError, msgspec.MsgspecError, ValueError):
                while line := await reader.readline():
                    self._hear(orders.report(line))
        finally:
            writer.close()
            if self._writer is writer:
                self._writer = None
                self._there.clear()
                for answer in self._answers.values():
                    if not answer.done():
                        answer.set_result(False)

    def _hear(self, report: orders.Report) -> None:
        match report:
            case orders.Want():
                wiping = self._due.is_set() or any(not each.done() for each in self._answers.values())
                if not wiping:  # else it is said again, of a browser that is fresh
                    self._say(orders.Open(address=self._address()))
            case orders.Wiped(number=number):
                self._answer(number, done=True)
            case orders.Failed(number=number, why=why):
                _log.error("the browser could not be wiped", reason=why)
                self._answer(number, done=False)

    def _answer(self, number: int, *, done: bool) -> None:
        answer = self._answers.get(number)
        if answer is not None and not answer.done():
            answer.set_result(done)

    def _say(self, order: orders.Order) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(orders.said(order))
