"""One participant's WebSocket: a bounded queue and, while something waits in it, a writer.

A slow reader holds up nobody but itself, and one that only waits costs no task of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any, Final

from aiohttp import WSMsgType, web

__all__ = ["MOST_MESSAGES", "MOST_OCTETS", "Closing", "Line"]

MOST_MESSAGES: Final = 512
MOST_OCTETS: Final = 2 * 1024 * 1024
"""What may wait for one reader; more, and its socket is closed: it can come back and resume."""

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Starts a task that its caller waits for."""

_CLOSE_S: Final = 2.0
_COUNT_AGAIN_S: Final = 0.1
_AT_ONCE: Final = 8 * 1024
"""Octets that an empty connection takes without anybody having to wait (asyncio's high-water mark is 64 KiB)."""

_EXTENDED: Final = 126
_SHORT: Final = tuple(bytes((0x81, octets)) for octets in range(_EXTENDED))


class Closing(IntEnum):
    """Why the server closes a socket: WebSocket close codes, 4000 to 4999 our own."""

    GOING_AWAY = 1001
    TOO_LARGE = 1009
    RESTART = 1012
    TAKEN_OVER = 4000
    TOO_SLOW = 4001
    TOO_FAST = 4002
    NO_HELLO = 4003
    SIGNED_OUT = 4004


def _frame(text: bytes) -> bytes:
    """Return *text*, less than 64 KiB, as a whole frame that is not masked: a server's.

    What many are told at once is half of what a busy server does, and aiohttp's own way to the transport costs as much
    again as writing the message. https://www.rfc-editor.org/rfc/rfc6455#section-5.2
    """
    octets = len(text)
    return (_SHORT[octets] if octets < _EXTENDED else b"\x81\x7e" + octets.to_bytes(2, "big")) + text


class Line:
    """What waits to be written to one socket, and how the socket is closed.

    *number* grows with each socket that is opened. `attached` becomes true when the messages of its own conversation
    begin; what was on its way to the participant's earlier socket is not for this one.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.WriteTransport | None,
        number: int,
        *,
        spawn: Spawn,
        send_s: float,
    ) -> None:
        self.number = number
        self._socket = socket
        self._transport = transport
        self._spawn = spawn
        self._send_s = send_s
        self._waiting: list[bytes] = []
        self._octets = 0
        self._writer: asyncio.Task[None] | None = None
        self._closing: Closing | None = None
        self._reading = asyncio.timeout(None)
        self.attached = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Read the socket in this block: it ends when the line is closed, and the line is closed when it ends."""
        try:
            with contextlib.suppress(TimeoutError):
                async with self._reading:
                    yield
        finally:
            self.close(Closing.GOING_AWAY)

    def say(self, text: bytes) -> None:
        """Write a message at once where nothing is in its way, which takes no time; else queue it."""
        at = self._transport
        if self._writer is not None or len(text) > _AT_ONCE or at is None or at.get_write_buffer_size():
            self.put(text)
        elif self._closing is None and not self._socket.closed:
            if at.is_closing():
                self.close(Closing.GOING_AWAY)
            else:
                at.write(_frame(text))

    def put(self, frame: bytes) -> None:
        """Queue a frame; a line whose reader does not keep up is closed instead."""
        if self._closing is not None:
            return
        self._waiting.append(frame)
        self._octets += len(frame)
        if len(self._waiting) > MOST_MESSAGES or self._octets > MOST_OCTETS:
            self.close(Closing.TOO_SLOW)
        elif self._writer is None:
            self._writer = self._spawn(self._write())

    def close(self, why: Closing) -> None:
        """End the reading of the socket, and the line after what it was doing; the first reason counts."""
        if self._closing is not None:
            return
        self._closing = why
        if why is Closing.TOO_SLOW:
            self._waiting.clear()
        with contextlib.suppress(RuntimeError):  # the reading has ended by itself
            self._reading.reschedule(asyncio.get_running_loop().time())

    async def _write(self) -> None:
        """Write what is queued."""
        try:
            await self._write_all()
        except TimeoutError:
            self.close(Closing.TOO_SLOW)
        except ConnectionError:
            self.close(Closing.GOING_AWAY)
        self._writer = None

    async def _write_all(self) -> None:
        """Write what waits; each frame may take `send_s`, which is counted anew only where one took time."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._send_s) as deadline:
            counted = loop.time()
            while self._waiting:
                frame = self._waiting.pop(0)
                self._octets -= len(frame)
                await self._socket.send_frame(frame, WSMsgType.TEXT)
                if (now := loop.time()) - counted > _COUNT_AGAIN_S:
                    counted = now
                    deadline.reschedule(now + self._send_s)

    async def end(self) -> None:
        """Close the socket with its code if the other side listens, and cut it where it does not take what is left."""
        why = self._closing or Closing.GOING_AWAY
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_CLOSE_S):
                await self._socket.close(code=why, message=why.name.lower().replace("_", "-").encode(), drain=True)
        if self._transport is not None and why is Closing.TOO_SLOW:
            self._transport.abort()
