"""Who wrote what, and when: a row in the transaction of the act itself, so that neither is there without the other.

Rows are chained: each one's digest covers its own words and the digest before it, so that an edited, deleted or
swapped row breaks the chain. Each database connection writes a chain of its own; its acts follow one another, and
chaining needs no lock. What a chain does not show is that its end was cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, Row, bindparam, select

from gateway.database import add_rows, notes
from gateway.store.tables import audit

__all__ = ["Said", "broken", "follows", "record", "record_all", "writer"]

_CHAIN: Final = "audit chain"
_END: Final = "audit end"
_WORDS: Final = ("chain", "number", "at", "who", "interaction", "type", "id", "version", "status")
_COLUMNS: Final = (*_WORDS, "digest")

Said = tuple[int, str, str, str, str, int, int]
"""What one row says, in the order of `_WORDS` from `at` on."""

# Made once: making a statement costs as much as running it.
_LAST: Final = (
    select(audit.c.number, audit.c.digest)
    .where(audit.c.chain == bindparam("chain"))
    .order_by(audit.c.number.desc())
    .limit(1)
)


def record(
    connection: Connection,
    type_: str,
    id_: str,
    version: int = 0,
    *,
    who: str,
    interaction: str,
    status: int,
    at: int,
) -> None:
    """Add the row that says that *who* wrote this version, or at *version* 0 read this resource."""
    record_all(connection, [(at, who, interaction, type_, id_, version, status)])


def record_all(connection: Connection, said: Iterable[Said]) -> None:
    """Add rows one behind the other, in one statement."""
    chain = connection.info.setdefault(_CHAIN, uuid4().hex)
    # Remembered only until something is undone: an act that is undone takes its row with it, and the table knows.
    remembered = notes(connection)
    number, digest = remembered.get(_END) or _end(connection, chain)
    rows = []
    for each in said:
        number += 1
        words = (chain, number, *each)
        digest = _digest(words, digest)
        rows.append((*words, digest))
    add_rows(connection, audit, _COLUMNS, rows)
    remembered[_END] = number, digest


def _end(connection: Connection, chain: str) -> tuple[int, bytes]:
    last = connection.execute(_LAST, {"chain": chain}).one_or_none()
    return (last.number, last.digest) if last else (0, b"")


def writer(connection: Connection, type_: str, id_: str, version: int) -> str | None:
    """Return who wrote a version of a resource, None where nobody did."""
    wrote = (audit.c.type == type_) & (audit.c.id == id_) & (audit.c.version == version)
    return connection.execute(select(audit.c.who).where(wrote).order_by(audit.c.at).limit(1)).scalar_one_or_none()


def broken(connection: Connection) -> Iterator[tuple[str, int]]:
    """Yield the chain and number of every row whose digest does not follow from its words and the row before it."""
    chain, number, digest = "", 0, b""
    for row in connection.execute(select(audit).order_by(audit.c.chain, audit.c.number)):
        if row.chain != chain:
            chain, number, digest = row.chain, 0, b""
        if not follows(row, number, digest):
            yield row.chain, row.number
        number, digest = row.number, row.digest


def follows(row: Row[Any], number: int, digest: bytes) -> bool:
    """Return whether *row* is what follows the row of its chain with *number* and *digest*; 0 and b"" begin it."""
    words = tuple(getattr(row, name) for name in _WORDS)
    return bool(row.number == number + 1 and row.digest == _digest(words, digest))


def _digest(words: tuple[Any, ...], before: bytes) -> bytes:
    return sha256(before + msgspec.json.encode(words)).digest()
