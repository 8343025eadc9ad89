"""One participant's WebSocket: a bounded queue and a writer, so that a slow reader holds up nobody but itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from enum import IntEnum
from typing import Final

from aiohttp import web

__all__ = ["MOST_MESSAGES", "MOST_OCTETS", "Closing", "Line"]

MOST_MESSAGES: Final = 512
MOST_OCTETS: Final = 2 * 1024 * 1024
"""What may wait for one reader; more, and its socket is closed: it can come back and resume."""

_CLOSE_S: Final = 2.0
_COUNT_AGAIN_S: Final = 0.1


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


class Line:
    """What waits to be written to one socket, and how the socket is closed.

    `attached` becomes true when the messages of its own conversation begin; what was on its way to the participant's
    earlier socket is not for this one.
    """

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.WriteTransport | None, *, send_s: float
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._send_s = send_s
        self._waiting: deque[str] = deque()
        self._octets = 0
        self._something = asyncio.Event()
        self._closing: Closing | None = None
        self.attached = False

    async def say(self, frame: str) -> None:
        """Write a frame at once where nothing is in its way, which takes no time; else queue it."""
        if self._closing is not None or self._waiting or self._transport is None or self._busy(self._transport):
            self.put(frame)
            return
        try:
            await self._socket.send_str(frame)
        except ConnectionError:
            self.close(Closing.GOING_AWAY)

    @staticmethod
    def _busy(transport: asyncio.WriteTransport) -> bool:
        return transport.is_closing() or transport.get_write_buffer_size() > 0

    def put(self, frame: str) -> None:
        """Queue a frame; a line whose reader does not keep up is closed instead."""
        if self._closing is not None:
            return
        self._waiting.append(frame)
        self._octets += len(frame)
        if len(self._waiting) > MOST_MESSAGES or self._octets > MOST_OCTETS:
            self.close(Closing.TOO_SLOW)
        self._something.set()

    def close(self, why: Closing) -> None:
        """End the line after what it was doing; the first reason counts."""
        if self._closing is None:
            self._closing = why
            if why is Closing.TOO_SLOW:
                self._waiting.clear()
        self._something.set()

    async def write(self) -> Closing:
        """Write what is queued until the line is closed; return why."""
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                await self._write_all()
            except TimeoutError:
                self.close(Closing.TOO_SLOW)
            except ConnectionError:
                return Closing.GOING_AWAY
            if self._closing is not None:
                return self._closing

    async def _write_all(self) -> None:
        """Write what waits; each frame may take `send_s`, which is counted anew only where one took time."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._send_s) as deadline:
            counted = loop.time()
            while self._waiting:
                frame = self._waiting.popleft()
                self._octets -= len(frame)
                await self._socket.send_str(frame)
                if (now := loop.time()) - counted > _COUNT_AGAIN_S:
                    counted = now
                    deadline.reschedule(now + self._send_s)

    async def end(self, why: Closing) -> None:
        """Close the socket with its code if the other side listens, and cut it in any case."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_CLOSE_S):
                await self._socket.close(code=why, message=why.name.lower().replace("_", "-").encode(), drain=True)
        if self._transport is not None and why is Closing.TOO_SLOW:
            self._transport.abort()
