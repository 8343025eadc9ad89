"""Where the wrapped data keys lie: in an SQLite file of one machine, or in PostgreSQL for several nodes.

Whoever remembers keys asks `version` before each use: once it has changed, a key may have been destroyed elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from gateway.database.file import create_file, keep_names
from gateway.database.sqlite_connection import connect, explain, settle, sqlite3
from gateway.errors import SettingsError, Unavailable

__all__ = ["Wrapped", "WrappedInSQLite", "WrappedKeys"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS proof (wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS data_key (
    record TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    wrapped BLOB NOT NULL
) WITHOUT ROWID;
"""


class Wrapped(NamedTuple):
    """A data key as it is stored: what it is called, and its secret wrapped by the key-encryption key."""

    key_id: str
    wrapped: bytes


class WrappedKeys(Protocol):
    """The rows; each call is durable when it returns, and raises Unavailable where it cannot be done."""

    def version(self) -> int:
        """Return a number that changes when somebody else may have destroyed a key."""
        ...

    def heard(self) -> int | None:
        """Return the same where that needs no waiting, else None."""
        ...

    def add(self, record: str, key: Wrapped) -> None:
        """Keep *key* for *record* unless it has one."""
        ...

    def of_record(self, record: str) -> Wrapped | None:
        """Return the key of *record*, None where it has none."""
        ...

    def called(self, key_id: str) -> Wrapped | None:
        """Return the key of that name, None where it was destroyed."""
        ...

    def destroy(self, record: str) -> None:
        """Delete the key of *record*, so that others hear of it."""
        ...

    def proof(self) -> bytes | None:
        """Return what the key-encryption key wrapped at the first start, None where there was none yet."""
        ...

    def prove(self, wrapped: bytes) -> None:
        """Keep the proof, unless another node has just kept its own."""
        ...

    def close(self) -> None:
        """Let go of the file or the server."""
        ...


class WrappedInSQLite:
    """The rows in one file, for the programs of one machine."""

    def __init__(self, path: Path) -> None:
        create_file(path)
        try:
            self._connection: Any = connect(path)
            settle(self._connection)
            self._connection.execute("PRAGMA secure_delete = ON")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise SettingsError(f"{path}: {explain(error)}") from error
        try:
            keep_names(path)
        except SettingsError:
            self.close()
            raise

    def version(self) -> int:
        """Return the file's version, which another program's commit changes."""
        return int(self._row("PRAGMA data_version")[0])

    def heard(self) -> int:
        """Return the same: a look at the file's shared memory."""
        return self.version()

    def add(self, record: str, key: Wrapped) -> None:
        """Keep *key* for *record* unless it has one."""
        self._row(
            "INSERT INTO data_key (record, key_id, wrapped) VALUES (?, ?, ?) ON CONFLICT (record) DO NOTHING",
            record,
            *key,
        )

    def of_record(self, record: str) -> Wrapped | None:
        """Return the key of *record*."""
        row = self._row("SELECT key_id, wrapped FROM data_key WHERE record = ?", record)
        return Wrapped(*row) if row else None

    def called(self, key_id: str) -> Wrapped | None:
        """Return the key of that name."""
        row = self._row("SELECT key_id, wrapped FROM data_key WHERE key_id = ?", key_id)
        return Wrapped(*row) if row else None

    def destroy(self, record: str) -> None:
        """Delete the key of *record* from the file, and from its log."""
        self._row("DELETE FROM data_key WHERE record = ?", record)
        self._row("PRAGMA wal_checkpoint(TRUNCATE)")

    def proof(self) -> bytes | None:
        """Return the proof."""
        row = self._row("SELECT wrapped FROM proof")
        return row[0] if row else None

    def prove(self, wrapped: bytes) -> None:
        """Keep the proof, unless there is one."""
        self._row("INSERT INTO proof (wrapped) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM proof)", wrapped)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _row(self, statement: str, *values: object) -> Any:
        try:
            return self._connection.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise Unavailable(f"the keyring: {explain(error)}") from error
