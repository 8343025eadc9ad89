"""A picture or a file on its way, in either direction: announced with its SHA-256, then piece by piece.

    sender    blob ──►                    pieces ──►                      blob ──► pieces ──►
    receiver          ◄── got: from where           ◄── got: so many now          ◄── got: all of it, or a flaw

The receiver says where to begin, so what a lost connection interrupted goes on where it was. Whole is only what has the
announced size and SHA-256, and begins as its type does; anything else is thrown away, and said to be.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from booth_client.channels import CHUNK, LARGEST_BLOB, Blob, Flaw, Got
from booth_client.protection import PeerLost
from gateway.errors import TeleborneError

if TYPE_CHECKING:
    from booth_client.call import Call

__all__ = ["TYPES", "File", "Incoming", "NotTaken", "Outgoing"]

TYPES: Final[Mapping[str, bytes]] = MappingProxyType(
    {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "application/pdf": b"%PDF-"}
)
"""What a blob may be, and how its octets begin: a name proves nothing."""

SENT_WITHIN_S: Final = 120.0
_SAID_EVERY: Final = 256 * 1024


class NotTaken(TeleborneError):
    """The other side does not take the blob; the text is its flaw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A blob that has come whole."""

    id: str
    type: str
    data: bytes


class Incoming:
    """What comes, one blob at a time; one that was interrupted is kept until another is announced."""

    def __init__(self) -> None:
        self._due: Blob | None = None
        self._held = bytearray()
        self._said = 0

    def announce(self, blob: Blob) -> Got:
        """Take in an announcement; return from where on it is to be sent, or why it is not taken."""
        if blob.type not in TYPES:
            return self._drop(blob, Flaw.TYPE)
        if blob.size > LARGEST_BLOB:
            return self._drop(blob, Flaw.SIZE)
        if blob != self._due:
            self._due, self._held = blob, bytearray()
        self._said = len(self._held)
        return Got(id=blob.id, octets=self._said)

    def piece(self, octets: bytes) -> tuple[Got | None, File | None]:
        """Take in a piece; return what is to be said of it, and the file where this was its last."""
        due = self._due
        if due is None:
            return None, None
        self._held += octets
        if len(self._held) > due.size:
            return self._drop(due, Flaw.SIZE), None
        if not self._held.startswith(TYPES[due.type][: len(self._held)]):
            return self._drop(due, Flaw.TYPE), None
        if len(self._held) < due.size:
            return self._progress(due), None
        data = bytes(self._held)
        if hashlib.sha256(data).hexdigest() != due.sha256:
            return self._drop(due, Flaw.HASH), None
        self.forget()
        return Got(id=due.id, octets=due.size), File(id=due.id, type=due.type, data=data)

    def forget(self) -> None:
        """Forget what has come so far."""
        self._due, self._held = None, bytearray()

    def _progress(self, due: Blob) -> Got | None:
        if len(self._held) - self._said < _SAID_EVERY:
            return None
        self._said = len(self._held)
        return Got(id=due.id, octets=self._said)

    def _drop(self, blob: Blob, flaw: Flaw) -> Got:
        self.forget()
        return Got(id=blob.id, octets=0, flaw=flaw)


class Outgoing:
    """What is sent, one blob after the other, over as many connections as it takes."""

    def __init__(self) -> None:
        self._call: Call | None = None
        self._over = False
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._gots: asyncio.Queue[Got | None] = asyncio.Queue()

    def begin(self, call: Call) -> None:
        """Send on *call* from now on."""
        self._call = call
        self._changed.set()

    def lost(self) -> None:
        """There is no connection now."""
        self._call = None
        self._gots.put_nowait(None)

    def end(self) -> None:
        """There will be no other connection."""
        self._over = True
        self.lost()
        self._changed.set()

    def got(self, got: Got) -> None:
        """Take in what the other side has."""
        self._gots.put_nowait(got)

    async def send(self, data: bytes, *, name: str, media_type: str, within_s: float = SENT_WITHIN_S) -> None:
        """Return when the other side has it whole; after a loss it goes on where it was.

        Raises PeerLost where there is no connection now or it takes too long, NotTaken where it is refused.
        """
        if self._call is None:
            raise PeerLost("there is no connection now")
        blob = Blob(id=name, type=media_type, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        try:
            async with asyncio.timeout(within_s), self._turn:
                while not self._over:
                    if self._call is not None and await self._sent(self._call, blob, data):
                        return
                    await self._changed.wait()
        except TimeoutError:
            raise PeerLost(f"{name} was not taken within {within_s:g} s") from None
        raise PeerLost("the visit is over")

    async def _sent(self, call: Call, blob: Blob, data: bytes) -> bool:
        """Send on one connection; False where it was lost meanwhile."""
        self._changed.clear()
        self._gots = asyncio.Queue()
        try:
            call.say(blob)
            start = await self._taken(blob)
            for at in range(start, len(data), CHUNK):
                await call.pour(data[at : at + CHUNK])
            while start < len(data):
                start = await self._taken(blob)
        except PeerLost:
            return False
        return True

    async def _taken(self, blob: Blob) -> int:
        """Return how much of *blob* is there."""
        while (got := await self._gots.get()) is not None:
            if got.id == blob.id and got.flaw is not None:
                raise NotTaken(got.flaw)
            if got.id == blob.id:
                return min(got.octets, blob.size)
        raise PeerLost("the connection is lost")
