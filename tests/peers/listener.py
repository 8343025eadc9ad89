"""A booth that only listens: runs the real Radio over a virtual one and keeps what it delivers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gateway.devices.ble import Radio
from gateway.devices.catalogue import Packet, decode
from gateway.devices.session import Deadlines, DeviceEvent, Ended, Indicated
from gateway.devices.virtual import VirtualDevice, VirtualRadio
from tests.peers.patience import PATIENCE

__all__ = ["BRISK", "Listener", "listening", "running"]

_E = TypeVar("_E", bound=DeviceEvent)

BRISK = Deadlines(
    connect_s=1.0,
    pair_s=1.0,
    read_s=0.3,
    write_s=0.3,
    subscribe_s=0.3,
    disconnect_s=0.3,
    silence_s=0.4,
    backoff_s=0.05,
    backoff_max_s=0.2,
)


@dataclass
class Listener:
    """What was delivered, in order; `first` is awaited with each event before it is kept."""

    virtual: VirtualRadio
    first: Callable[[DeviceEvent], Awaitable[None]] | None = None
    events: list[DeviceEvent] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def deliver(self, event: DeviceEvent) -> None:
        if self.first:
            await self.first(event)
        async with self.news:
            self.events.append(event)
            self.news.notify_all()

    def all(self, kind: type[_E]) -> list[_E]:
        return [event for event in self.events if isinstance(event, kind)]

    def packets(self, characteristic: str) -> list[bytes]:
        return [event.value for event in self.all(Indicated) if event.characteristic == characteristic]

    def decoded(self, characteristic: str) -> list[Packet]:
        return [decode(characteristic, value) for value in self.packets(characteristic)]

    async def until(self, true: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds), self.news:
            await self.news.wait_for(true)

    async def until_ended(self, sessions: int = 1, *, seconds: float = PATIENCE) -> None:
        await self.until(lambda: len(self.all(Ended)) >= sessions, seconds=seconds)


@asynccontextmanager
async def running(radio: Radio, listener: Listener) -> AsyncIterator[None]:
    """Have *listener* hear what *radio* delivers; what stops the radio is raised at the end."""
    listens = asyncio.create_task(radio.run(listener.deliver))
    try:
        yield
    finally:
        listens.cancel()
        await asyncio.wait([listens])
    if not listens.cancelled():
        listens.result()


@asynccontextmanager
async def listening(
    devices: Iterable[VirtualDevice],
    *,
    deadlines: Deadlines = BRISK,
    first: Callable[[DeviceEvent], Awaitable[None]] | None = None,
    **options: Any,
) -> AsyncIterator[Listener]:
    """Switch the devices on and a Radio that listens to them; both are gone afterwards."""
    async with VirtualRadio(devices) as virtual:
        listener = Listener(virtual, first=first)
        radio = Radio(
            scanner_backend=virtual.scanner_backend,
            client_backend=virtual.client_backend,
            deadlines=deadlines,
            **options,
        )
        async with running(radio, listener):
            yield listener
