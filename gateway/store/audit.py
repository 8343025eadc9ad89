"""Who wrote what, and when: a row in the transaction of the act itself, so that neither is there without the other.

Rows are chained: each one's digest covers its own words and the digest before it, so that an edited, deleted or
swapped row breaks the chain. Each database connection writes a chain of its own; its acts follow one another, and
chaining needs no lock. What a chain does not show is that its end was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, bindparam, select

from gateway.database import add_rows, notes
from gateway.fhir.repository import Stored
from gateway.store.tables import audit

__all__ = ["author", "broken", "record"]

_CHAIN: Final = "audit chain"
_END: Final = "audit end"
_WORDS: Final = ("chain", "number", "at", "who", "interaction", "type", "id", "version", "status")

# Made once: making a statement costs as much as running it.
_LAST: Final = (
    select(audit.c.number, audit.c.digest)
    .where(audit.c.chain == bindparam("chain"))
    .order_by(audit.c.number.desc())
    .limit(1)
)


def record(connection: Connection, stored: Stored, *, who: str, interaction: str, status: int, at: int) -> None:
    """Add the row that says that *who* wrote this version."""
    chain = connection.info.setdefault(_CHAIN, uuid4().hex)
    # Remembered only until something is undone: an act that is undone takes its row with it, and the table knows.
    remembered = notes(connection)
    number, before = remembered.get(_END) or _end(connection, chain)
    row: dict[str, Any] = {
        "chain": chain,
        "number": number + 1,
        "at": at,
        "who": who,
        "interaction": interaction,
        "type": stored.type,
        "id": stored.id,
        "version": stored.version,
        "status": status,
    }
    digest = _digest(row, before)
    add_rows(connection, audit, (*_WORDS, "digest"), [(*row.values(), digest)])
    remembered[_END] = row["number"], digest


def _end(connection: Connection, chain: str) -> tuple[int, bytes]:
    last = connection.execute(_LAST, {"chain": chain}).one_or_none()
    return (last.number, last.digest) if last else (0, b"")


def author(connection: Connection, type_: str, id_: str) -> str | None:
    """Return who wrote the first version of a resource."""
    first = (audit.c.type == type_) & (audit.c.id == id_) & (audit.c.version == 1)
    return connection.execute(select(audit.c.who).where(first).order_by(audit.c.at).limit(1)).scalar_one_or_none()


def broken(connection: Connection) -> Iterator[tuple[str, int]]:
    """Yield the chain and number of every row whose digest does not follow from its words and the row before it."""
    chain, number, digest = "", 0, b""
    for row in connection.execute(select(audit).order_by(audit.c.chain, audit.c.number)):
        if row.chain != chain:
            chain, number, digest = row.chain, 0, b""
        words = {name: getattr(row, name) for name in _WORDS}
        if row.number != number + 1 or row.digest != _digest(words, digest):
            yield row.chain, row.number
        number, digest = row.number, row.digest


def _digest(row: dict[str, Any], before: bytes) -> bytes:
    return sha256(before + msgspec.json.encode([row[name] for name in _WORDS])).digest()
