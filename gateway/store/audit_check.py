"""The audit's chains held against themselves a stretch at a time, on from where the last check ended or from the start.

How far each chain has been checked is kept, with the digest there: what was added since is all that a check reads, and
a chain whose end was cut off below that point is found. What was checked once and edited later only a check from the
start finds. A step reads STRETCH rows at most; finding the chains costs one look at an index for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from gateway.database import Database, lock
from gateway.store.audit import follows
from gateway.store.tables import audit

__all__ = ["METADATA", "STRETCH", "AuditCheck", "Stretch"]

METADATA: Final = MetaData()
STRETCH: Final = 2_000

_CHECKED: Final = Table(
    "audit_checked",
    METADATA,
    Column("chain", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("broken", Integer, nullable=False),
    Column("cut", Boolean(create_constraint=False), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What a step found: rows read now, where to go on (None: the end), rows held and breaks known in all by then.

    `of` is how many rows there are to read, told by the first step only.
    """

    read: int
    after: str | None
    rows: int
    broken: int
    of: int | None = None


@dataclass(slots=True, kw_only=True)
class _Point:
    chain: str
    number: int = 0
    digest: bytes = b""
    broken: int = 0
    cut: bool = False


class AuditCheck:
    """The check of the audit in one database (opened with METADATA), which several servers may share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def step(self, *, whole: bool, after: str | None) -> Stretch:
        """Check the next rows; *after* is what the last step gave, None begins; *whole*: begin each chain anew."""

        def check(connection: Connection) -> Stretch:
            lock(connection, "audit check")
            of = _to_read(connection, whole=whole) if after is None else None
            read, place = 0, after
            point = _known(connection, after) if after else _begin(connection, None, whole=whole)
            while point is not None:
                here = _on(connection, point, most=STRETCH - read)
                read += here
                _keep(connection, point)
                place = point.chain
                if read == STRETCH:
                    break
                point = _begin(connection, point.chain, whole=whole)
            rows, broken = _found(connection)
            return Stretch(read=read, after=place if point else None, rows=rows, broken=broken, of=of)

        return await self._database.act(check)


def _begin(connection: Connection, after: str | None, *, whole: bool) -> _Point | None:
    """Return where the chain that follows *after* is to be checked from, None behind the last one."""
    nexts = [
        connection.execute(select(table.c.chain).where(table.c.chain > (after or "")).order_by(table.c.chain).limit(1))
        for table in (audit, _CHECKED)
    ]
    chain = min((str(found) for each in nexts if (found := each.scalar_one_or_none()) is not None), default=None)
    if chain is None:
        return None
    known = _known(connection, chain) or _Point(chain=chain)
    there = known.number == 0 or _digest_at(connection, chain, known.number) == known.digest
    if whole or not there:
        return _Point(chain=chain, cut=known.cut or not there)
    return known


def _on(connection: Connection, point: _Point, *, most: int) -> int:
    """Move *point* on by the rows that follow it; return how many there were."""
    behind = (audit.c.chain == point.chain) & (audit.c.number > point.number)
    rows = connection.execute(select(audit).where(behind).order_by(audit.c.number).limit(most)).all()
    for row in rows:
        point.broken += not follows(row, point.number, point.digest)
        point.number, point.digest = row.number, row.digest
    return len(rows)


def _known(connection: Connection, chain: str) -> _Point | None:
    row: Row[Any] | None = connection.execute(select(_CHECKED).where(_CHECKED.c.chain == chain)).one_or_none()
    if row is None:
        return None
    return _Point(chain=row.chain, number=row.number, digest=row.digest, broken=row.broken, cut=row.cut)


def _digest_at(connection: Connection, chain: str, number: int) -> bytes | None:
    at = (audit.c.chain == chain) & (audit.c.number == number)
    return connection.execute(select(audit.c.digest).where(at)).scalar_one_or_none()


def _keep(connection: Connection, point: _Point) -> None:
    connection.execute(delete(_CHECKED).where(_CHECKED.c.chain == point.chain))
    kept = {"chain": point.chain, "number": point.number, "digest": point.digest}
    connection.execute(insert(_CHECKED).values(**kept, broken=point.broken, cut=point.cut))


def _to_read(connection: Connection, *, whole: bool) -> int:
    point, of = _begin(connection, None, whole=whole), 0
    while point is not None:
        last = select(func.max(audit.c.number)).where(audit.c.chain == point.chain)
        of += max(0, (connection.execute(last).scalar_one() or 0) - point.number)
        point = _begin(connection, point.chain, whole=whole)
    return of


def _found(connection: Connection) -> tuple[int, int]:
    rows = connection.execute(select(_CHECKED.c.number, _CHECKED.c.broken, _CHECKED.c.cut)).all()
    return sum(row.number for row in rows), sum(row.broken + row.cut for row in rows)
