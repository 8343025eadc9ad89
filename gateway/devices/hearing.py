"""What is heard of a device: its advertisement, then what it says on a link, in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gateway.devices.catalogue import PROFILES
from gateway.devices.errors import DeviceTimeout, RadioError

if TYPE_CHECKING:
    from gateway.devices.peer import Peer

__all__ = ["Hearing", "Said", "Sighting"]

Said = tuple[str, bytes, datetime]
"""A packet: its characteristic, its octets, when it came."""

_ASKS: Final = tuple(profile.asks for profile in PROFILES if profile.asks is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An advertisement: who sent it, under what name, for which services of the catalogue ("1810")."""

    address: str
    name: str | None
    services: tuple[str, ...]


class Hearing:
    """A queue of packets, and of why the link ended; what came before the end is still given out.

    Devices that only answer are asked again and again.
    """

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Said | RadioError] = asyncio.Queue()
        self._ask_at = 0.0

    @property
    def nothing(self) -> bool:
        """Return whether all has been given out."""
        return self._heard.empty()

    def put(self, heard: Said | RadioError) -> None:
        """Take a packet, or the end of the link."""
        self._heard.put_nowait(heard)

    async def answer(self, what: str, *, until: float) -> Said | RadioError:
        """Return what is heard next; raise DeviceTimeout, naming *what* is awaited, at the loop's time *until*."""
        try:
            async with asyncio.timeout_at(until):
                return await self._heard.get()
        except TimeoutError as error:
            raise DeviceTimeout(f"{what}: no answer in time") from error

    async def next(self, peer: Peer, *, silence_s: float) -> Said | RadioError | None:
        """Return what is heard next, None after a long silence; raise RadioError where the device cannot be asked."""
        loop = asyncio.get_running_loop()
        silent_at = loop.time() + silence_s
        asks = next((row for row in _ASKS if row.characteristic in peer.offers), None)
        while True:
            ask_at = silent_at
            if asks is not None and self._heard.empty():
                if loop.time() >= self._ask_at:
                    await peer.write(asks.characteristic, asks.value)
                    self._ask_at = loop.time() + asks.every_s
                ask_at = self._ask_at
            try:
                async with asyncio.timeout_at(min(silent_at, ask_at)):
                    return await self._heard.get()
            except TimeoutError:
                if loop.time() >= silent_at:
                    return None
