"""Who may help at this booth: names, each with a code and perhaps a badge, both hashed, in a file of its folder.

The file is read anew at each try, so that whoever is taken out is out at once. One salt a booth: a code is hashed once
and compared with all, which is also why no two helpers may have the same. scrypt with OWASP's parameters:
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from booth_client.offering import LONGEST_CODE, SHORTEST_CODE
from gateway.errors import SettingsError, TeleborneError

__all__ = ["Badges", "Helper", "NotLetIn", "anybody", "enrol", "enrolled", "remove"]

_FILE: Final = "badges.json"
_TRIES: Final = 5
_WITHIN_S: Final = 300.0
_LONGEST_NAME: Final = 40
_N, _R, _P = 2**14, 8, 5


class NotLetIn(TeleborneError):
    """A code or a badge is nobody's; `wait`: there were too many tries."""

    def __init__(self, *, wait: bool) -> None:
        super().__init__("too many tries: wait five minutes" if wait else "nobody has this code or badge")
        self.wait = wait


class Helper(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may help: `code` and `badge` are hashes, in hexadecimal."""

    name: str
    code: str
    badge: str | None = None


class _Book(msgspec.Struct, frozen=True, kw_only=True):
    v: int = 1
    salt: str
    helpers: tuple[Helper, ...] = ()


class Badges:
    """The helpers of the booth whose folder is *directory*; five codes that are nobody's shut it for five minutes."""

    def __init__(self, directory: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._clock = clock
        self._wrong: deque[float] = deque(maxlen=_TRIES)
        self._turn = asyncio.Lock()

    async def by_code(self, code: str) -> str:
        """Return whose code it is. Raises NotLetIn."""
        async with self._turn:  # one after the other, or many at once would all be the first try
            now = self._clock()
            if len(self._wrong) == _TRIES and now - self._wrong[0] < _WITHIN_S:
                raise NotLetIn(wait=True)
            found = await asyncio.to_thread(_find, self._directory, "code", code)
            if found is None:
                self._wrong.append(now)
                raise NotLetIn(wait=False)
            self._wrong.clear()
            return found

    async def by_badge(self, serial: str) -> str:
        """Return whose badge it is. Raises NotLetIn."""
        found = await asyncio.to_thread(_find, self._directory, "badge", serial)
        if found is None:
            raise NotLetIn(wait=False)
        return found


def enrolled(directory: Path) -> tuple[str, ...]:
    """Return the names of those who may help. Raises SettingsError where the file cannot be read."""
    return tuple(each.name for each in _read(directory).helpers)


def anybody(directory: Path) -> bool:
    """Say whether somebody may help; a file that cannot be read may name them: the door says what is wrong."""
    try:
        return bool(enrolled(directory))
    except SettingsError:
        return True


def enrol(directory: Path, name: str, code: str, *, badge: str | None = None) -> None:
    """Let somebody help, or give them another code and badge. Raises SettingsError."""
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise SettingsError(f"a name has 1 to {_LONGEST_NAME} letters")
    if not (code.isascii() and code.isdigit() and SHORTEST_CODE <= len(code) <= LONGEST_CODE):
        raise SettingsError(f"a code has {SHORTEST_CODE} to {LONGEST_CODE} digits and nothing else")
    if len(set(code)) == 1 or code in "01234567890123456789" or code in "98765432109876543210":
        raise SettingsError("this code is the first that anybody would try; choose another")
    book = _read(directory)
    helper = Helper(name=name, code=_hash(book.salt, code), badge=_hash(book.salt, badge) if badge else None)
    others = tuple(each for each in book.helpers if each.name != name)
    if any(each.code == helper.code for each in others):
        raise SettingsError("this code cannot be taken; choose another")
    if badge and any(each.badge == helper.badge for each in others):
        raise SettingsError("this badge is somebody else's")
    _write(directory, msgspec.structs.replace(book, helpers=(*others, helper)))


def remove(directory: Path, name: str) -> None:
    """Let somebody help no more, at once. Raises SettingsError where nobody has that name."""
    book = _read(directory)
    left = tuple(each for each in book.helpers if each.name != name)
    if left == book.helpers:
        raise SettingsError(f"nobody is called {name!r} here; `teleborne badge list` tells who is")
    _write(directory, msgspec.structs.replace(book, helpers=left))


def _find(directory: Path, what: str, said: str) -> str | None:
    book = _read(directory)
    hashed = _hash(book.salt, said)
    fits = [each for each in book.helpers if hmac.compare_digest(getattr(each, what) or "", hashed)]
    return fits[0].name if fits else None


def _hash(salt: str, said: str) -> str:
    return hashlib.scrypt(said.encode(), salt=bytes.fromhex(salt), n=_N, r=_R, p=_P, maxmem=64 * 1024**2).hex()


def _read(directory: Path) -> _Book:
    path = directory / _FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Book)
    except FileNotFoundError:
        return _Book(salt=secrets.token_hex(16))
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path} cannot be read: {error}; remove it and enrol the helpers again") from error


def _write(directory: Path, book: _Book) -> None:
    """Put the file there whole, for the booth's user alone."""
    path, fresh = directory / _FILE, directory / f"{_FILE}.new"
    try:
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(book))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error}; run this as the booth's user") from error
