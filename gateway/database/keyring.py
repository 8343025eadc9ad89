"""The keys of the records, in a file and a backup stream of their own.

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
from typing import Any, Final

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway.database.seal import DataKey
from gateway.database.sqlite import connect, create_file, explain, sqlite3, synchronise_directory
from gateway.errors import SettingsError, Unavailable

__all__ = ["Keyring", "open_keyring"]

_KEK_OCTETS: Final = 32
_CACHED_KEYS: Final = 10_000
_PROOF: Final = b"teleborne keyring 1"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proof (wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS data_key (
    record TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    wrapped BLOB NOT NULL
) WITHOUT ROWID;
"""


class Keyring:
    """The data keys of all records; every method may be called from any thread, also inside an act."""

    def __init__(self, path: Path, kek: bytes) -> None:
        self._kek = kek
        self._lock = threading.Lock()
        self._by_record: OrderedDict[str, DataKey] = OrderedDict()
        self._by_id: OrderedDict[str, DataKey] = OrderedDict()
        self._version = 0
        self._connection: Any = connect(path)
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.executescript(_SCHEMA)

    def key(self, record: str) -> DataKey:
        """Return the key of *record*, made and durably stored if there is none; raises Unavailable if it cannot be."""
        with self._lock:
            self._follow()
            known = self._by_record.get(record)
            if known is not None:
                self._by_record.move_to_end(record)
                return known
            self._write(
                "INSERT INTO data_key (record, key_id, wrapped) VALUES (?, ?, ?) ON CONFLICT (record) DO NOTHING",
                *self._fresh(record),
            )
            row = self._row("SELECT key_id, wrapped FROM data_key WHERE record = ?", record)
            key = self._unwrap(*row)
            _remember(self._by_record, record, key)
            _remember(self._by_id, key.key_id, key)
            return key

    def find(self, key_id: str) -> DataKey | None:
        """Return the key called *key_id*, or None if it was destroyed."""
        with self._lock:
            self._follow()
            known = self._by_id.get(key_id)
            if known is not None:
                self._by_id.move_to_end(key_id)
                return known
            row = self._row("SELECT key_id, wrapped FROM data_key WHERE key_id = ?", key_id)
            if row is None:
                return None
            key = self._unwrap(*row)
            _remember(self._by_id, key_id, key)
            return key

    def destroy(self, record: str) -> None:
        """Destroy the key of *record* for ever; once this returns the wrapped key is gone from the file and its log."""
        with self._lock:
            key = self._by_record.pop(record, None)
            row = self._row("SELECT key_id, wrapped FROM data_key WHERE record = ?", record)
            if row is not None:
                self._by_id.pop(row[0], None)
            elif key is not None:
                self._by_id.pop(key.key_id, None)
            self._write("DELETE FROM data_key WHERE record = ?", record)
            self._row("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def prove(self, kek_path: Path) -> None:
        """Check that the key-encryption key is the one this keyring was made with; raises SettingsError."""
        row = self._row("SELECT wrapped FROM proof")
        if row is None:
            self._write("INSERT INTO proof (wrapped) VALUES (?)", aes_key_wrap_with_padding(self._kek, _PROOF))
            return
        try:
            aes_key_unwrap_with_padding(self._kek, row[0])
        except InvalidUnwrap as error:
            message = f"{kek_path}: not the key this keyring was made with; put the right key file back"
            raise SettingsError(message) from error

    def _follow(self) -> None:
        # Another program of this machine changed the file, perhaps destroyed a key: what we remember is worth nothing.
        version = self._row("PRAGMA data_version")[0]
        if version != self._version:
            self._by_record.clear()
            self._by_id.clear()
            self._version = version

    def _fresh(self, record: str) -> tuple[str, str, bytes]:
        secret = aes_key_wrap_with_padding(self._kek, secrets.token_bytes(_KEK_OCTETS))
        return record, secrets.token_hex(8), secret

    def _unwrap(self, key_id: str, wrapped: bytes) -> DataKey:
        try:
            return DataKey(key_id=key_id, secret=aes_key_unwrap_with_padding(self._kek, wrapped))
        except (InvalidUnwrap, ValueError) as error:
            message = f"the keyring's key {key_id} is damaged"
            raise Unavailable(message, remedy="Restore the keyring from its backup.") from error

    def _row(self, statement: str, *values: object) -> Any:
        try:
            return self._connection.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"the keyring: {explain(error)}") from error

    def _write(self, statement: str, *values: object) -> None:
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise Unavailable(f"the keyring: {explain(error)}") from error


def _remember(cache: OrderedDict[str, DataKey], name: str, key: DataKey) -> None:
    cache[name] = key
    if len(cache) > _CACHED_KEYS:
        cache.popitem(last=False)


@asynccontextmanager
async def open_keyring(url: str, kek_path: Path) -> AsyncIterator[Keyring]:
    """Open the keyring at *url* (`sqlite:///FILE`) with the key-encryption key in the file *kek_path*.

    Both are made on the first start. A key file that is missing beside an old keyring, too open, too short or of
    another keyring raises SettingsError: a new key would make everything sealed unreadable.
    """
    keyring = await asyncio.to_thread(_open, _file(url), kek_path)
    try:
        yield keyring
    finally:
        keyring.close()


def _open(path: Path, kek_path: Path) -> Keyring:
    kek = _read_kek(kek_path) if kek_path.exists() else _make_kek(kek_path, keyring=path)
    create_file(path)
    try:
        keyring = Keyring(path, kek)
    except sqlite3.Error as error:
        raise SettingsError(f"{path}: {explain(error)}") from error
    keyring.prove(kek_path)
    return keyring


def _file(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "sqlite" or not parsed.database:
        message = f"keyring: {url!r} is no SQLite file; write sqlite:///FILE"
        raise SettingsError(message)
    return Path(parsed.database)


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


def _make_kek(path: Path, *, keyring: Path) -> bytes:
    if keyring.exists() and keyring.stat().st_size:
        message = f"{path}: the key file of the keyring {keyring} is missing; put it back (a new one opens nothing)"
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
