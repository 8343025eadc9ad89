"""The keys of the records, in rows and a backup stream of their own.

Each record (a patient, a visit) has a random 256-bit data key, stored wrapped (AES-KWP, RFC 5649) by the key-encryption
key: 32 octets in a file that only its owner may read. A key is on the disk before anything sealed with it can be: the
keyring commits by itself, inside whatever act asked. Destroying a key erases every copy of what it sealed, also the
copies in old backups, as long as those do not contain the keyring.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from sqlalchemy import URL

from gateway.database.file import synchronise_directory
from gateway.database.place import place_of
from gateway.database.seal import DataKey
from gateway.database.wrapped import Wrapped, WrappedInSQLite, WrappedKeys
from gateway.errors import SettingsError, Unavailable

__all__ = ["Keyring", "open_keyring"]

_KEK_OCTETS: Final = 32
_CACHED_KEYS: Final = 10_000
_PROOF: Final = b"teleborne keyring 1"


class Keyring:
    """The data keys of all records; every method may be called from any thread, also inside an act."""

    def __init__(self, rows: WrappedKeys, kek: bytes) -> None:
        self._rows = rows
        self._kek = kek
        self._lock = threading.Lock()
        self._by_record: OrderedDict[str, DataKey] = OrderedDict()
        self._by_id: OrderedDict[str, DataKey] = OrderedDict()
        self._version = -1

    def key(self, record: str) -> DataKey:
        """Return the key of *record*, made and durably stored if there is none; raises Unavailable if it cannot be."""
        with self._lock:
            self._follow()
            known = self._by_record.get(record)
            if known is not None:
                self._by_record.move_to_end(record)
                return known
            row = self._rows.of_record(record)
            if row is None:
                self._rows.add(record, self._fresh())
                row = self._rows.of_record(record)
            if row is None:
                raise Unavailable("the keyring: the key was destroyed as it was made")
            key = self._unwrap(*row)
            _remember(self._by_record, record, key)
            _remember(self._by_id, key.key_id, key)
            return key

    def remembered(self, record: str) -> DataKey | None:
        """Return the key of *record* where that needs no waiting, or None: then `key` has it, in another thread."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            known = self._by_record.get(record) if self._rows.heard() == self._version else None
            if known is not None:
                self._by_record.move_to_end(record)
            return known
        finally:
            self._lock.release()

    def find(self, key_id: str) -> DataKey | None:
        """Return the key called *key_id*, or None if it was destroyed."""
        with self._lock:
            self._follow()
            known = self._by_id.get(key_id)
            if known is not None:
                self._by_id.move_to_end(key_id)
                return known
            row = self._rows.called(key_id)
            if row is None:
                return None
            key = self._unwrap(*row)
            _remember(self._by_id, key_id, key)
            return key

    def destroy(self, record: str) -> None:
        """Destroy the key of *record* for ever; once this returns it is gone from the rows, and from a file's log."""
        with self._lock:
            key = self._by_record.pop(record, None)
            row = self._rows.of_record(record)
            if row is not None:
                self._by_id.pop(row.key_id, None)
            elif key is not None:
                self._by_id.pop(key.key_id, None)
            self._rows.destroy(record)

    def close(self) -> None:
        """Close the rows."""
        with self._lock:
            self._rows.close()

    def _follow(self) -> None:
        # Another program or node changed the rows, perhaps destroyed a key: what we remember is worth nothing.
        version = self._rows.version()
        if version != self._version:
            self._by_record.clear()
            self._by_id.clear()
            self._version = version

    def _fresh(self) -> Wrapped:
        secret = aes_key_wrap_with_padding(self._kek, secrets.token_bytes(_KEK_OCTETS))
        return Wrapped(secrets.token_hex(8), secret)

    def _unwrap(self, key_id: str, wrapped: bytes) -> DataKey:
        try:
            return DataKey(key_id=key_id, secret=aes_key_unwrap_with_padding(self._kek, wrapped))
        except (InvalidUnwrap, ValueError) as error:
            message = f"the keyring's key {key_id} is damaged"
            raise Unavailable(message, remedy="Restore the keyring from its backup.") from error


def _remember(cache: OrderedDict[str, DataKey], name: str, key: DataKey) -> None:
    cache[name] = key
    if len(cache) > _CACHED_KEYS:
        cache.popitem(last=False)


@asynccontextmanager
async def open_keyring(url: str, kek_path: Path) -> AsyncIterator[Keyring]:
    """Open the keyring at *url* with the key-encryption key in the file *kek_path*.

    *url*: `sqlite:///FILE` for one machine, `postgresql+asyncpg://…` for several nodes, each with a copy of the
    key file.
    Both are made on the first start. A key file that is missing beside an old keyring, too open, too short or of
    another keyring raises SettingsError: a new key would make everything sealed unreadable.
    """
    keyring = await asyncio.to_thread(_open, url, kek_path)
    try:
        yield keyring
    finally:
        await asyncio.shield(asyncio.to_thread(keyring.close))


def _open(url: str, kek_path: Path) -> Keyring:
    # Read before the rows are made, so that a bad key file leaves nothing behind.
    kek = _read_kek(kek_path) if kek_path.exists() else None
    place = place_of(url, what="keyring")
    rows = _rows(place)
    try:
        proof = rows.proof()
        if kek is None:
            kek = _make_kek(kek_path, proof=proof, place=place)
        if proof is None:
            rows.prove(aes_key_wrap_with_padding(kek, _PROOF))
        _check(kek, rows.proof(), kek_path)
    except BaseException:
        rows.close()
        raise
    return Keyring(rows, kek)


def _rows(place: Path | URL) -> WrappedKeys:
    if isinstance(place, Path):
        return WrappedInSQLite(place)
    from gateway.database.wrapped_postgresql import WrappedInPostgreSQL  # noqa: PLC0415  as in database.py

    return WrappedInPostgreSQL(place)


def _check(kek: bytes, proof: bytes | None, kek_path: Path) -> None:
    try:
        aes_key_unwrap_with_padding(kek, proof or b"")
    except (InvalidUnwrap, ValueError) as error:
        message = f"{kek_path}: not the key this keyring was made with; put the right key file back"
        raise SettingsError(message) from error


def _read_kek(path: Path) -> bytes:
    try:
        mode, kek = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot read the key file ({error.strerror})") from error
    if mode & 0o077:
        raise SettingsError(f"{path}: other users can read the key file; run chmod 600 on it")
    if len(kek) != _KEK_OCTETS:
        raise SettingsError(f"{path}: a key file has {_KEK_OCTETS} octets, this one {len(kek)}; put the right one back")
    return kek


def _make_kek(path: Path, *, proof: bytes | None, place: Path | URL) -> bytes:
    if proof is not None:
        message = f"{path}: the key file of the keyring {place} is missing; put it back (a new one opens nothing)"
        raise SettingsError(message)
    kek = secrets.token_bytes(_KEK_OCTETS)
    # Written beside and renamed, so that a power cut leaves either no key file or a whole one.
    draft = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(kek)
            file.flush()
            os.fsync(descriptor)
        draft.rename(path)
        synchronise_directory(path.parent)
    except OSError as error:
        raise SettingsError(f"{path}: cannot make the key file ({error.strerror})") from error
    return kek
