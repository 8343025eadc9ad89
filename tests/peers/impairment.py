"""The countryside's network in front of a relay: a UDP proxy that loses, delays, narrows and cuts.

It needs no kernel's help and no root. Each client has a socket of its own towards the relay, as a router's NAT would
have; `move` gives it another, as when the address changes in the middle of a talk.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Impairment", "Link", "impaired"]

_TAIL_S = 0.4
"""What waits longer than this in a narrow line is dropped, as a modem's full buffer does."""


@dataclass(kw_only=True)
class Link:
    """How bad it is, each way: share lost, seconds one way, bits a second (None: wide)."""

    loss: float = 0.0
    delay_s: float = 0.0
    bits_s: float | None = None
    cut: bool = False


@dataclass(kw_only=True)
class Impairment:
    """The proxy that runs on *port*; change `link` at any time."""

    link: Link
    port: int = 0
    dropped: int = 0
    passed: int = 0
    _relay: tuple[str, int]
    _chance: random.Random
    _free_at: dict[str, float] = field(default_factory=dict)
    _here: asyncio.DatagramTransport | None = None
    _beyond: dict[Any, asyncio.DatagramTransport] = field(default_factory=dict)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    def carry(self, way: str, octets: bytes, send: Any) -> None:
        """Send *octets* on when and if the line lets them through."""
        loop = asyncio.get_running_loop()
        now, free = loop.time(), max(loop.time(), self._free_at.get(way, 0.0))
        if self.link.cut or self._chance.random() < self.link.loss or free - now > _TAIL_S:
            self.dropped += 1
            return
        if self.link.bits_s is not None:
            free += 8 * (len(octets) + 28) / self.link.bits_s
            self._free_at[way] = free
        self.passed += 1
        loop.call_later(max(0.0, free - now) + self.link.delay_s, send, octets)

    async def arrive(self, octets: bytes, client: Any) -> None:
        """Carry what a client said towards the relay."""
        loop = asyncio.get_running_loop()
        async with self._opening:
            if client not in self._beyond:
                self._beyond[client], _ = await loop.create_datagram_endpoint(
                    lambda: _Beyond(self, client), remote_addr=self._relay
                )
            beyond = self._beyond[client]
        self.carry("up", octets, lambda data: None if beyond.is_closing() else beyond.sendto(data))

    def move(self) -> None:
        """Give every client another address, as a router that dialled in again does."""
        for beyond in self._beyond.values():
            beyond.close()
        self._beyond.clear()


class _Here(asyncio.DatagramProtocol):
    def __init__(self, proxy: Impairment, tasks: asyncio.TaskGroup) -> None:
        self._proxy = proxy
        self._tasks = tasks

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._tasks.create_task(self._proxy.arrive(data, addr))


class _Beyond(asyncio.DatagramProtocol):
    def __init__(self, proxy: Impairment, client: Any) -> None:
        self._proxy = proxy
        self._client = client

    def datagram_received(self, data: bytes, _addr: Any) -> None:
        here = self._proxy._here
        if here is not None:
            self._proxy.carry(
                "down", data, lambda octets: None if here.is_closing() else here.sendto(octets, self._client)
            )

    def error_received(self, _error: Exception) -> None:
        """Say nothing: a port that is closed beyond is as silent as a cut line."""


@asynccontextmanager
async def impaired(
    relay_port: int, link: Link | None = None, *, host: str = "127.0.0.1", seed: int = 1
) -> AsyncIterator[Impairment]:
    """Run the proxy in front of the relay's UDP port for as long as the block lasts."""
    proxy = Impairment(
        link=link or Link(),
        _relay=(host, relay_port),
        _chance=random.Random(seed),
    )
    async with asyncio.TaskGroup() as tasks:
        loop = asyncio.get_running_loop()
        here, _ = await loop.create_datagram_endpoint(lambda: _Here(proxy, tasks), local_addr=("127.0.0.1", 0))
        proxy._here, proxy.port = here, int(here.get_extra_info("sockname")[1])
        try:
            yield proxy
        finally:
            here.close()
            proxy.move()
