"""Connections to an SQLite file: what every one of them is told before it is used, and what its errors mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2 as sqlite3  # type: ignore[import-untyped]  # it ships no type information
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from gateway.database.notes import forgetful
from gateway.database.rows import ask, writes_what_is_gathered
from gateway.errors import SettingsError, Unavailable

__all__ = ["READERS", "WRITER", "code", "connect", "engine_of", "explain", "settle", "sqlite3", "translated"]

READERS: Final = 4
"""How many threads read a file at most."""

_OLDEST: Final = (3, 51, 3)
_BUSY_S: Final = 5
_STATEMENTS: Final = 512
_CANNOT_OPEN: Final = 14

WRITER: Final = (
    "PRAGMA cache_size = -32768",  # KiB: an index grows everywhere at once
    "PRAGMA wal_autocheckpoint = 2000",  # pages, 8 MiB: a page that changes often is copied back once
)
"""What the one connection that writes has of its own."""

_TROUBLES: Final[dict[int, str]] = {  # by primary result code: https://sqlite.org/rescode.html
    5: "another program is writing to it",
    6: "another program is writing to it",
    7: "no memory left",
    8: "it may not be written to",
    10: "the disk reports an error",
    11: "the file is damaged; restore it from a backup",
    13: "the disk is full",
    14: "the file cannot be opened",
    26: "the file is not a database",
}


def connect(path: Path) -> Any:
    """Return a pysqlite3 connection to *path* whose every commit is on the disk when it returns.

    It begins no transaction by itself. Raises SettingsError if the SQLite library is too old, sqlite3.Error otherwise.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        message = (
            f"SQLite {sqlite3.sqlite_version} can damage its files; install pysqlite3 with SQLite {oldest} or newer"
        )
        raise SettingsError(message)
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
    )
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":  # a disk that failed just then: SQLite would go on with a journal that a power cut may bring back
        connection.close()
        error = sqlite3.OperationalError("its log cannot be made")
        error.sqlite_errorcode = _CANNOT_OPEN
        raise error
    for pragma in (
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA journal_size_limit = 16777216",  # the log shrinks again after a burst
    ):
        connection.execute(pragma)
    return connection


def settle(connection: Any) -> None:
    """Bring what an earlier run left in the log into the file itself, before anything is added to it.

    The log may end with what a failed sync never brought to the disk: the system shows it as written, and what came
    behind it would be lost with it when the power goes. Raises sqlite3.Error.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def explain(error: BaseException) -> str:
    """Return what is the matter with the file, in words."""
    original = getattr(error, "orig", None) or error
    return _TROUBLES.get(code(error), str(original))


def code(error: BaseException) -> int:
    """Return SQLite's primary result code, 0 where the error has none."""
    original = getattr(error, "orig", None) or error
    return int(getattr(original, "sqlite_errorcode", 0)) & 0xFF  # the low octet is the primary code


def translated(name: str, error: BaseException, *, otherwise: str | None = None) -> BaseException:
    """Return what whoever asked the file *name* is told of an error: in words where it is the file's or the disk's."""
    trouble = explain(error) if isinstance(error, DBAPIError) and code(error) in _TROUBLES else otherwise
    if trouble is None:
        return error
    problem = Unavailable(f"{name}: {trouble}", remedy="Nothing was stored; try again later.")
    problem.__cause__ = error
    return problem


def engine_of(path: Path, *, begin: str, pragmas: tuple[str, ...] = ()) -> Engine:
    """Return an engine whose connections to *path* are told *pragmas*, and whose transactions start with *begin*."""

    def creator() -> Any:
        connection = connect(path)
        for pragma in pragmas:
            connection.execute(pragma)
        return connection

    engine = create_engine(
        "sqlite://", module=sqlite3, creator=creator, pool_size=READERS + 1, max_overflow=0, poolclass=QueuePool
    )

    forgetful(engine)
    writes_what_is_gathered(engine)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        ask(connection, begin, last=True)

    return engine
