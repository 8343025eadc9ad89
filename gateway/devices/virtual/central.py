"""The one Bumble host behind all scanners and clients of a virtual radio, as one adapter is behind all programs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bumble import core, hci
from bumble.device import Advertisement, Connection, Device

__all__ = ["Central"]

_GIVE_UP_S: Final = 1.0


class Central:
    """The one Bumble host that all scanners and clients of a virtual radio share, as programs share an adapter."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self._opening = False
        self._scanners: set[Callable[[Advertisement], None]] = set()
        device.on(Device.EVENT_ADVERTISEMENT, self._advertised)

    async def scan(self, hear: Callable[[Advertisement], None]) -> None:
        """Call *hear* with every advertisement from now on."""
        self._scanners.add(hear)
        if len(self._scanners) == 1:
            await self.device.start_scanning(active=False)

    async def stop_scan(self, hear: Callable[[Advertisement], None]) -> None:
        """Stop calling *hear*."""
        self._scanners.discard(hear)
        if not self._scanners and self.device.is_scanning:
            await self.device.stop_scanning()

    async def connect(self, address: hci.Address) -> Connection:
        """Open a link to *address*, waiting until it advertises; when cancelled, no link is left behind.

        One at a time, as controllers do: raise InvalidStateError while another link is being opened. (Of two at once,
        Bumble lets the controller refuse the second, and then no longer knows what the first one's link is.)
        """
        if self._opening:
            raise core.InvalidStateError("another link is being opened")
        self._opening = True
        try:
            link = await self._open(address)
        finally:
            self._opening = False
        if not self._is_up(link):  # nobody could hear of its end: whoever asked for it has it only now
            raise core.InvalidStateError(f"the link to {address} broke as soon as it was open")
        return link

    async def close(self, link: Connection) -> None:
        """Close a link; one that is down already is closed."""
        if self._is_up(link):
            with suppress(hci.HCI_Error):  # it went down while we asked
                await link.disconnect()

    async def _open(self, address: hci.Address) -> Connection:
        async with asyncio.TaskGroup() as tasks:
            attempt = tasks.create_task(self._attempt(address))
            try:
                result = await asyncio.shield(attempt)
            except asyncio.CancelledError:
                with suppress(core.BaseBumbleError):  # it may have given up or succeeded just now
                    await self.device.send_sync_command(hci.HCI_LE_Create_Connection_Cancel_Command())
                await asyncio.wait([attempt], timeout=_GIVE_UP_S)
                if attempt.done() and isinstance(link := attempt.result(), Connection):
                    await self.close(link)
                raise
        if isinstance(result, Connection):
            return result
        raise result

    def _is_up(self, link: Connection) -> bool:
        return self.device.connections.get(link.handle) is link

    async def _attempt(self, address: hci.Address) -> Connection | core.BaseBumbleError:
        try:
            return await self.device.connect_le(address, timeout=None)
        except core.BaseBumbleError as error:
            return error

    def _advertised(self, advertisement: Advertisement) -> None:
        for hear in tuple(self._scanners):
            hear(advertisement)
