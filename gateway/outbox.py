"""A durable queue of letters on SQL, written in the same transaction as the rows that the letters tell of.

    put ──► waiting ──lease──► carried ──done──► gone
               ▲                  │
               └─────postpone─────┤
                                  └──refuse──► refused (kept, visible; `readmit` puts it back)

A letter is a FHIR resource on its way to `{destination}/{path}`. Its body is sealed with the key of the record it
belongs to, and letters of one record leave in the order in which they were put: a patient's Patient, Device and
Encounter arrive before the Observations that speak of them. Records do not wait for each other. A lease is only a due
time in the future: a carrier that dies leaves letters that are due again by themselves.

Every function joins the transaction of the connection it is given. `now` is an aware UTC datetime.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from gateway.database import DataKey, Keyring, add_rows, lock, seal, unseal

__all__ = [
    "HORIZON",
    "METADATA",
    "Letter",
    "Refused",
    "behind",
    "done",
    "lease",
    "next_due",
    "postpone",
    "put",
    "put_all",
    "readmit",
    "recall",
    "refusals",
    "refuse",
    "refused",
    "release",
    "waiting",
    "waits_for",
]

METADATA: Final = MetaData()

# No lease and no delay is longer. A letter that is due later than this was put off before the clock was set back.
HORIZON: Final = timedelta(hours=1)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Sequence: Final = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite

_OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("destination", String(64), nullable=False),
    Column("path", String(255), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("put_at", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", String, nullable=True),
    Index("outbox_by_key", "key_id", "due"),
    sqlite_autoincrement=True,  # a number is never given twice, so an answer that comes late cannot hit another letter
)

_REFUSED: Final = Table(
    "outbox_refused",
    METADATA,
    Column("seq", _Sequence, primary_key=True, autoincrement=False),
    *(Column(name, _OUTBOX.c[name].type, nullable=False) for name in ("destination", "path", "body", "key_id")),
    Column("put_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One leased letter; `body` is sealed, `attempts` counts the failed ones."""

    seq: int
    destination: str
    path: str
    body: bytes
    key_id: str
    attempts: int
    put_at: datetime

    def open(self, keyring: Keyring) -> bytes | None:
        """Return the bytes to send, or None if the record's key was destroyed: then nobody may ever read them."""
        key = keyring.find(self.key_id)
        return None if key is None else unseal(key, self.body, bound_to=_bound_to(self.destination, self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One letter that the other side will never take, for the operator: where to, since when, and why."""

    seq: int
    destination: str
    path: str
    refused_at: datetime
    reason: str


def put(connection: Connection, *, destination: str, path: str, body: bytes, key: DataKey, now: datetime) -> None:
    """Put a letter with the plain bytes *body* for `{destination}/{path}`, sealed with *key*, behind all others."""
    put_all(connection, [(path, body)], destination=destination, key=key, now=now)


def put_all(
    connection: Connection, letters: Iterable[tuple[str, bytes]], *, destination: str, key: DataKey, now: datetime
) -> None:
    """Put several letters of one record, each with its path and its plain bytes, in their order; like `put`."""
    at = _microseconds(now)
    sealed = ((path, seal(key, body, bound_to=_bound_to(destination, path))) for path, body in letters)
    add_rows(connection, _OUTBOX, _LETTER, [(destination, path, body, key.key_id, at, at, 0) for path, body in sealed])


def lease(
    connection: Connection,
    *,
    destination: str,
    now: datetime,
    limit: int,
    lease_s: float,
    again: Collection[int] = (),
) -> tuple[Letter, ...]:
    """Take up to *limit* due letters, oldest first, and keep others from taking them for *lease_s* seconds.

    *again* are leased letters of which it could not be written down what became of them: they are due as well.
    A letter is not due while an older one of the same record is leased or postponed.
    """
    lock(connection, f"outbox/{destination}")  # two carriers that lease at one instant would break the order
    release(connection, again, now=now)
    times = {"now": _microseconds(now), "horizon": _microseconds(now + HORIZON)}
    rows = connection.execute(_DUE, {**times, "destination": destination, "limit": limit}).mappings().all()
    if rows:
        _move(connection, [row["seq"] for row in rows], due=_microseconds(now + timedelta(seconds=lease_s)))
    return tuple(map(_letter, rows))


def done(connection: Connection, seq: int) -> None:
    """Forget a letter that arrived, its body included."""
    connection.execute(_DELETE, {"one": seq})


def postpone(connection: Connection, seq: int, *, until: datetime, reason: str) -> None:
    """Try a letter, and those of its record behind it, not before *until* (at most HORIZON away)."""
    connection.execute(_POSTPONE, {"one": seq, "until": _microseconds(until), "why": reason})


def release(connection: Connection, seqs: Collection[int], *, now: datetime) -> None:
    """Give leased letters back untried: they are due at once."""
    if seqs:
        _move(connection, list(seqs), due=_microseconds(now))


def recall(connection: Connection, *, destination: str, now: datetime) -> None:
    """Make every letter for *destination* due at once: for its only carrier, which has just started."""
    at = _microseconds(now)
    later = and_(_OUTBOX.c.destination == destination, _OUTBOX.c.due > at)
    connection.execute(update(_OUTBOX).where(later).values(due=at))


def refuse(connection: Connection, seq: int, *, reason: str, now: datetime) -> None:
    """Set a letter aside for good, with the *reason* in words; those behind it go on."""
    found = connection.execute(select(*(_OUTBOX.c[name] for name in _LASTING)).where(_OUTBOX.c.seq == seq))
    for row in found.mappings().all():
        connection.execute(insert(_REFUSED), {**row, "refused_at": _microseconds(now), "reason": reason})
        done(connection, seq)


def readmit(connection: Connection, seq: int, *, now: datetime) -> bool:
    """Put a refused letter back behind all others; False if there is no such letter."""
    row = connection.execute(select(_REFUSED).where(_REFUSED.c.seq == seq)).mappings().one_or_none()
    if row is None:
        return False
    again = {name: row[name] for name in _LASTING if name != "seq"}
    connection.execute(_PUT, {**again, "due": _microseconds(now), "attempts": 0})
    connection.execute(delete(_REFUSED).where(_REFUSED.c.seq == seq))
    return True


def refused(connection: Connection, *, limit: int = 100) -> tuple[Refused, ...]:
    """Return the latest refused letters."""
    columns = (_REFUSED.c[name] for name in ("seq", "destination", "path", "refused_at", "reason"))
    rows = connection.execute(select(*columns).order_by(_REFUSED.c.seq.desc()).limit(limit))
    return tuple(
        Refused(
            seq=row.seq,
            destination=row.destination,
            path=row.path,
            refused_at=_EPOCH + timedelta(microseconds=row.refused_at),
            reason=row.reason,
        )
        for row in rows
    )


def behind(connection: Connection, seq: int, *, limit: int) -> tuple[Letter, ...]:
    """Return up to *limit* letters behind number *seq*, waiting or refused, in their order."""
    both = union_all(*(select(*(table.c[name] for name in _LASTING)) for table in (_OUTBOX, _REFUSED))).subquery()
    rows = connection.execute(select(both).where(both.c.seq > seq).order_by(both.c.seq).limit(limit))
    return tuple(map(_letter, rows.mappings().all()))


def waiting(connection: Connection) -> int:
    """Return how many letters have not arrived yet, refused ones not counted."""
    return connection.execute(select(func.count()).select_from(_OUTBOX)).scalar_one()


def refusals(connection: Connection) -> int:
    """Return how many letters are refused."""
    return connection.execute(select(func.count()).select_from(_REFUSED)).scalar_one()


def waits_for(connection: Connection, key_id: str) -> bool:
    """Return whether any letter sealed with the key *key_id*, waiting or refused, still needs it."""
    tables = (select(exists().where(table.c.key_id == key_id)) for table in (_OUTBOX, _REFUSED))
    return any(connection.execute(statement).scalar_one() for statement in tables)


def next_due(connection: Connection, *, destination: str) -> datetime | None:
    """Return when the next letter for *destination* is due, or None if there is none."""
    earliest = select(func.min(_OUTBOX.c.due)).where(_OUTBOX.c.destination == destination)
    due: int | None = connection.execute(earliest).scalar_one()
    return None if due is None else _EPOCH + timedelta(microseconds=due)


def _move(connection: Connection, seqs: list[int], *, due: int) -> None:
    connection.execute(_MOVE, [{"one": seq, "until": due} for seq in seqs])


def _letter(row: RowMapping) -> Letter:
    return Letter(**{"attempts": 0, **row, "put_at": _EPOCH + timedelta(microseconds=row["put_at"])})


def _bound_to(destination: str, path: str) -> tuple[str, ...]:
    return ("outbox", destination, path)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


_EARLIER = _OUTBOX.alias("earlier")
_LASTING: Final = ("seq", "destination", "path", "body", "key_id", "put_at")
_LETTER: Final = ("destination", "path", "body", "key_id", "put_at", "due", "attempts")
_PUT: Final = insert(_OUTBOX)
_DELETE: Final = delete(_OUTBOX).where(_OUTBOX.c.seq == bindparam("one"))
_MOVE: Final = update(_OUTBOX).where(_OUTBOX.c.seq == bindparam("one")).values(due=bindparam("until"))
_POSTPONE: Final = (
    update(_OUTBOX)
    .where(_OUTBOX.c.seq == bindparam("one"))
    .values(due=bindparam("until"), reason=bindparam("why"), attempts=_OUTBOX.c.attempts + 1)
)
_DUE: Final = (
    select(*(_OUTBOX.c[name] for name in ("seq", "destination", "path", "body", "key_id", "attempts", "put_at")))
    .where(
        _OUTBOX.c.destination == bindparam("destination"),
        or_(_OUTBOX.c.due <= bindparam("now"), _OUTBOX.c.due > bindparam("horizon")),
        ~exists().where(
            _EARLIER.c.key_id == _OUTBOX.c.key_id,
            _EARLIER.c.seq < _OUTBOX.c.seq,
            _EARLIER.c.due > bindparam("now"),
            _EARLIER.c.due <= bindparam("horizon"),
        ),
    )
    .order_by(_OUTBOX.c.seq)
    .limit(bindparam("limit"))
)
