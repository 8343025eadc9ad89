"""The list of revoked certificates, read again when its file changes: it counts from the next request on."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import SettingsError, Unavailable
from gateway.identity.certificates import read_revoked

__all__ = ["RevocationList"]


class RevocationList:
    """The revoked serial numbers and booth names in the file *path*; None: nothing is revoked.

    A file that was there at the start and cannot be read any more revokes everybody: without it nobody can be believed.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._revoked: frozenset[str] = frozenset()
        try:
            self.current()
        except Unavailable as error:
            raise SettingsError(f"booths.revoked: {error}") from None

    def current(self) -> frozenset[str]:
        """Return what is revoked now; raises Unavailable where the file cannot be read."""
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
