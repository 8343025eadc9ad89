"""A TCP link that fails on purpose: between the client and the real server, on loopback.

Each time the client sends octets, `choose` says what the link does with them. It sees octets only, so it breaks TLS
just as well as plain HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from types import TracebackType
from typing import Self

__all__ = ["Fault", "FlakyLink"]


class Fault(Enum):
    """What the link does with what the client just sent."""

    NONE = auto()
    CUT_BEFORE_REQUEST = auto()
    CUT_IN_REQUEST = auto()
    LOSE_RESPONSE = auto()  # the server has done it, the client never hears
    CUT_IN_RESPONSE = auto()
    SILENCE = auto()  # half open: nothing arrives and nobody says so
    LATE = auto()  # silence for the client; the server gets it when the client has given up and sent it anew


class FlakyLink:
    """`async with FlakyLink(port) as link`: connect to `link.port`; set `link.choose` or `link.down` at any time."""

    def __init__(
        self, target: int, *, port: int = 0, choose: Callable[[], Fault] = lambda: Fault.NONE, late_s: float = 2.0
    ) -> None:
        self.target = target
        self.choose = choose
        self.late_s = late_s
        self.down = False
        self.faults: list[Fault] = []
        self.mute = 0
        """On how many connections a request waits that nobody will ever answer."""
        self.port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """Cut every connection that is open now."""
        for task in self._connections:
            task.cancel()

    @property
    def open(self) -> int:
        """Return how many connections there are."""
        return len(self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._relay(reader, writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            return
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        state = {"fault": Fault.NONE}
        pumps = [
            asyncio.create_task(self._forth(reader, to_server, state)),
            asyncio.create_task(self._back(from_server, writer, state)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            if state["fault"] is not Fault.LATE:
                to_server.transport.abort()

    async def _forth(
        self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, state: dict[str, Fault]
    ) -> None:
        while data := await reader.read(65_536):
            fault = state["fault"] = Fault.CUT_BEFORE_REQUEST if self.down else self.choose()
            if fault is not Fault.NONE:
                self.faults.append(fault)
            match fault:
                case Fault.CUT_BEFORE_REQUEST:
                    return
                case Fault.CUT_IN_REQUEST:
                    to_server.write(data[: len(data) // 2])
                    await to_server.drain()
                    return
                case Fault.SILENCE:
                    await self._until_closed(reader)
                    return
                case Fault.LATE:
                    late = asyncio.create_task(self._deliver_late(data, to_server))
                    self._connections.add(late)
                    late.add_done_callback(self._connections.discard)
                    await self._until_closed(reader)
                    return
                case _:
                    to_server.write(data)
                    await to_server.drain()

    async def _deliver_late(self, data: bytes, to_server: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                await asyncio.sleep(self.late_s)
                to_server.write(data)
                await to_server.drain()
                await asyncio.sleep(self.late_s)  # time to do it; the answer goes nowhere
        finally:
            to_server.transport.abort()

    async def _back(
        self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter, state: dict[str, Fault]
    ) -> None:
        while data := await from_server.read(65_536):
            if state["fault"] is Fault.LOSE_RESPONSE:
                return
            if state["fault"] is Fault.CUT_IN_RESPONSE:
                writer.write(data[: len(data) // 2])
                await writer.drain()
                return
            writer.write(data)
            await writer.drain()

    async def _until_closed(self, reader: asyncio.StreamReader) -> None:
        """Read and forget until the client closes."""
        self.mute += 1
        try:
            while await reader.read(65_536):
                pass
        finally:
            self.mute -= 1
