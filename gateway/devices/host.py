"""What a session needs of the machine's Bluetooth beside bleak: which adapter, whether it still lives, and repairs.

bleak speaks to devices; it notices neither that the Bluetooth service was restarted nor that a device was taken from
its list, and it repairs nothing. A Host does. `Anywhere` is for radios that have nothing to watch (the virtual one,
other systems than Linux); `bluez.BlueZ` is for Linux.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from gateway.devices.errors import RadioError

__all__ = ["Adapter", "Anywhere", "Host"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One Bluetooth adapter as it is now.

    `name` is the system's ("hci0", None: the platform's own choice) and may change at each boot, `address` does not.
    `life` counts how often the service was started: an adapter of an earlier life is lost.
    """

    name: str | None = None
    address: str | None = None
    life: int = 0


class Host(Protocol):
    """The machine's Bluetooth, within `open`."""

    def open(self) -> AbstractAsyncContextManager[object]:
        """Return the context within which the rest works."""

    async def adapter(self) -> Adapter:
        """Wait until an adapter can be used, and return it: the preferred one, those in trouble last."""

    async def lost(self, adapter: Adapter) -> RadioError:
        """Wait until *adapter* can no more be used, and return why; for ever where nothing tells."""

    async def broken(self, adapter: Adapter, address: str) -> RadioError:
        """Wait until a session with the device at *address* has no future, and return why; or for ever."""

    def trouble(self, adapter: Adapter) -> None:
        """Take note that *adapter* did not scan: another one, if there is any, comes first from now on."""

    async def mend(self, adapter: Adapter, address: str, *, well: bool, alone: bool) -> str | None:
        """Bring what the machine believes of the device back to "not connected", by the mildest means that works.

        Called after each session: a link that the machine keeps and nobody listens to would swallow the next reading.
        *well* says that the session ended well, *alone* that no other one runs on the adapter.
        Return what was done in words for the operator, None where nothing had to be.
        """


class Anywhere:
    """A machine whose Bluetooth is as bleak shows it: one adapter, and nothing to watch or repair."""

    def open(self) -> AbstractAsyncContextManager[object]:
        """Return a context that does nothing."""
        return nullcontext()

    async def adapter(self) -> Adapter:
        """Return the platform's own adapter."""
        return Adapter()

    async def lost(self, adapter: Adapter) -> RadioError:
        """Wait for ever: only the next call to bleak tells."""
        return await _never(adapter)

    async def broken(self, adapter: Adapter, address: str) -> RadioError:
        """Wait for ever: bleak's own callback tells."""
        return await _never(adapter, address)

    def trouble(self, adapter: Adapter) -> None:
        """Do nothing: there is no other adapter."""

    async def mend(self, adapter: Adapter, address: str, *, well: bool, alone: bool) -> str | None:  # noqa: ARG002 - a Host's
        """Do nothing."""
        return None


async def _never(*_about: object) -> RadioError:
    await asyncio.Event().wait()
    return RadioError("for ever has ended")
