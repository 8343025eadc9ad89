"""What BlueZ does at the worst moment: each is put into `Bluez.faults` under the method that it befalls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.peers.bluez.tree import DEVICE, BluezError

if TYPE_CHECKING:
    from tests.peers.bluez.daemon import Bluez, Work

__all__ = ["abort", "abort_after_a_flap", "answer_late", "in_progress", "never", "not_ready", "nothing"]


async def in_progress(_bluez: Bluez, _path: str, _work: Work) -> list[Any]:
    """Say that something else is still going on."""
    raise BluezError("InProgress", "Operation already in progress")


async def not_ready(_bluez: Bluez, _path: str, _work: Work) -> list[Any]:
    """Say that the adapter is not ready."""
    raise BluezError("NotReady", "Resource Not Ready")


async def never(bluez: Bluez, _path: str, _work: Work) -> list[Any]:
    """Never answer, for as long as the daemon lives."""
    await bluez.tree.gone.wait()
    return []


async def abort(_bluez: Bluez, _path: str, _work: Work) -> list[Any]:
    """Give up connecting, without ever having been connected."""
    raise BluezError("Failed", "le-connection-abort-by-local")


async def abort_after_a_flap(bluez: Bluez, path: str, _work: Work) -> list[Any]:
    """Give up connecting, after having been connected for a moment."""
    bluez.tree.change(path, DEVICE, Connected=True)
    bluez.tree.change(path, DEVICE, Connected=False)
    raise BluezError("Failed", "le-connection-abort-by-local")


async def answer_late(_bluez: Bluez, _path: str, work: Work) -> list[Any]:
    """Do it, but answer only when all that follows from it has been said."""
    done = await work()
    await asyncio.sleep(0.15)
    return done


async def nothing(_bluez: Bluez, _path: str, _work: Work) -> list[Any]:
    """Answer without having done anything."""
    return []
