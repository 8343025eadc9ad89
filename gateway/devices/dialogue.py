"""A memory that is read by asking piece by piece, in a maker's own words, for want of a Record Access Control Point.

A Dialogue decides without any I/O what is written next; `conversation.py` writes it and hands over what is heard. There
is one for each maker that needs one, in that maker's file; a Vendor names them by the layout that the operator sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.devices.reading import DeviceTime

__all__ = ["Dialogue", "MakeDialogue", "Next"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What comes of an answer: what to write where, the records that are whole now, and whether all has been read.

    A record has the name under which the catalogue decodes it. `clock` is what the device's clock said just now.
    """

    writes: tuple[tuple[str, bytes], ...] = ()
    records: tuple[tuple[str, bytes], ...] = ()
    clock: DeviceTime | None = None
    done: bool = False


class Dialogue(Protocol):
    """One reading of one device's memory."""

    @property
    def listens(self) -> tuple[str, ...]:
        """Return the characteristics on which the device answers."""

    def begin(self, *, offers: frozenset[str]) -> Next:
        """Return the first question to a device with the characteristics *offers*."""

    def take(self, uuid: str, value: bytes) -> Next:
        """Take in an answer. Raises RadioError where it is none, NotLetIn where the device does not know us."""


MakeDialogue = Callable[[bytes | None], Dialogue]
"""Makes one, with the key by which the device knows us (None: it needs none)."""
