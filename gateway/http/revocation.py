"""Whose certificates are believed no more: a file, read again when it changes, and what operators have ordered.

An operator revokes a booth's certificates, not its name: with the key of its next enrolment it is believed again.

The file counts from the next request on; an order within a second, on every server of the same database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from gateway.errors import SettingsError, Unavailable
from gateway.identity.certificates import key_of, read_revoked
from gateway.store.orders import NOBODY

__all__ = ["Ordered", "RevocationList"]

Ordered = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns by name the booths that are believed with one key alone, or with none."""

_EVERY_S: Final = 1.0


class RevocationList:
    """The revoked serial numbers and booth names in the file *path*, if there is one, and the keys of the orders.

    A file that was there at the start and cannot be read any more revokes everybody: without it nobody can be believed.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._revoked: frozenset[str] = frozenset()
        self._keys: Mapping[str, str] = {}
        try:
            self.current()
        except Unavailable as error:
            raise SettingsError(f"booths.revoked: {error}") from None

    def current(self) -> frozenset[str]:
        """Return what is revoked now; raises Unavailable where the file cannot be read."""
        return self._listed() | {name for name, key in self._keys.items() if key == NOBODY}

    def believes(self, booth: str, certificate: bytes) -> bool:
        """Tell whether the booth may use the key of this certificate (DER), as far as operators have ordered."""
        key = self._keys.get(booth)
        return key is None or key == key_of(certificate)

    async def follow(self, ordered: Ordered) -> None:
        """Ask for what operators have *ordered*, for ever; what was ordered stands while the database is away."""
        while True:
            with contextlib.suppress(Unavailable):
                await self.ask(ordered)
            await asyncio.sleep(_EVERY_S)

    async def ask(self, ordered: Ordered) -> None:
        """Ask for what operators have *ordered* once. Raises Unavailable."""
        self._keys = await ordered()

    def _listed(self) -> frozenset[str]:
        if self._path is None:
            return frozenset()
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen != self._seen:
                self._revoked = read_revoked(self._path.read_text("utf-8"))
                self._seen = seen
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise Unavailable(f"The revocation list {self._path.name} cannot be read: {why}.") from None
        return self._revoked
