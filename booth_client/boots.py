"""What is known of the time, for each time that the booth's machine was started: kept, and reckoned.

Within one start of the machine (a *boot*) the kernel counts without a gap, so that one true moment heard dates all that
was written since. A boot that ended before any was heard is dated by the machine's own clock only where it is proved to
have run through: at each start it was what the battery had kept, nobody set it in between, and it was as far off before
as when the next boot began. Otherwise all that is true is said: between which two moments.

    since ───── booted ─────────── ran ───────────┐            heard in a later boot: until
    (true, known before)   (on the booth's clock) │            (true)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, select
from sqlalchemy.dialects.sqlite import insert

from booth_client.tables import BOOTS

__all__ = [
    "RAN_THROUGH",
    "TOLERANCE",
    "Between",
    "Boot",
    "correction",
    "forgotten",
    "kept",
    "loaded",
    "mark_of",
    "needed",
    "reached",
    "reckoned",
]

TOLERANCE: Final = timedelta(seconds=2)
"""What a Date of whole seconds and the road of an answer may add up to; less is no error of a clock."""

RAN_THROUGH: Final = timedelta(minutes=1)
"""Two looks at a clock that ran through differ by less."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENTS: Final = ("base", "machine", "since", "woke", "right", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """One start of the machine; moments are UTC, of the instant at which its kernel began to count.

    `base` is what the booth's clock says of that instant, `machine` what the machine's clock says, `right` what is
    true. `ran` is for how long it is known to have counted, `since` a true moment that had passed before. `until` had
    passed when it was over: set where nothing better will be known. `woke` is the first that the machine's clock said,
    None where that is not what its battery had kept.
    """

    id: str
    base: datetime
    machine: datetime
    since: datetime
    ran: timedelta = timedelta(0)
    woke: datetime | None = None
    right: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """All that is known of when something was: not before `since`, not after `until`."""

    since: datetime
    until: datetime


def mark_of(boot: Boot) -> str:
    """Return what is written beside everything that the booth's clock dates: which boot, and what it said of it."""
    return f"{boot.id} {_microseconds(boot.base)}"


def reached(boots: Sequence[Boot]) -> datetime:
    """Return the latest moment that is known to have passed."""
    return max((boot.right + boot.ran for boot in boots if boot.right is not None), default=_EPOCH)


def reckoned(boots: Sequence[Boot]) -> tuple[Boot, ...]:
    """Return *boots*, oldest first, with what follows for the earlier ones once the last one's time is known."""
    *_, last = boots
    if last.right is None:
        return tuple(boots)
    before = next((boot.machine - boot.right for boot in reversed(boots[:-1]) if boot.right is not None), None)
    undated = [boot for boot in boots if boot.right is None and boot.until is None]
    error = last.woke - last.right if last.woke is not None else None
    if before is None or error is None or abs(error - before) > RAN_THROUGH or not all(map(_untouched, undated)):
        error = None
    return tuple(_dated(boot, last.right, error) if boot in undated else boot for boot in boots)


def _untouched(boot: Boot) -> bool:
    return boot.woke is not None and abs(boot.machine - boot.woke) <= RAN_THROUGH


def _dated(boot: Boot, ended: datetime, error: timedelta | None) -> Boot:
    """Date a *boot* that is over by the machine's clock, which ran through with that *error*; None: it did not."""
    if error is not None and boot.woke is not None:
        began = boot.woke - error
        if boot.since - RAN_THROUGH <= began and began + boot.ran <= ended + RAN_THROUGH:
            return replace(boot, right=began)
    return replace(boot, until=ended)


def needed(boots: Sequence[Boot], marks: Collection[str]) -> tuple[Boot, ...]:
    """Return those of *boots*, oldest first, without which something is not dated that was written under *marks*.

    These are the boots of the marks, the one before each of them by whose error it may be dated, the one that was there
    at the latest moment that is known, and the last.
    """
    named = {mark.partition(" ")[0] for mark in marks}
    latest = reached(boots)
    kept: list[Boot] = []
    before: Boot | None = None
    for boot in boots:
        at_latest = boot.right is not None and boot.right + boot.ran == latest
        if boot.id in named or at_latest or boot is boots[-1]:
            kept += [before] if before is not None and boot.right is None else []
            kept.append(boot)
            before = None
        elif boot.right is not None:
            before = boot
    return tuple(kept)


def correction(boots: Sequence[Boot], mark: str) -> timedelta | Between | None:
    """Return what is to be added to a moment that was written under *mark*; None: that is not known yet."""
    name, _, base = mark.partition(" ")
    boot = next((boot for boot in boots if boot.id == name), None)
    if boot is None:
        return None
    if boot.right is not None:
        off = boot.right - (_EPOCH + timedelta(microseconds=int(base)))
        return off if abs(off) > TOLERANCE else timedelta(0)
    return None if boot.until is None else Between(since=min(boot.since, boot.until), until=boot.until)


def loaded(connection: Connection) -> tuple[Boot, ...]:
    """Return all that is kept, oldest first."""
    rows = connection.execute(select(BOOTS).order_by(BOOTS.c.serial)).mappings().all()
    return tuple(_boot(row) for row in rows)


def _boot(row: RowMapping) -> Boot:
    moments: dict[str, Any] = {name: _moment(row[name]) for name in _MOMENTS}
    return Boot(id=row["id"], ran=timedelta(microseconds=row["ran"]), **moments)


def kept(connection: Connection, boots: Sequence[Boot]) -> None:
    """Keep what is known of *boots*, new ones behind all others."""
    for boot in boots:
        values = {name: None if (at := getattr(boot, name)) is None else _microseconds(at) for name in _MOMENTS}
        row = {"id": boot.id, "ran": boot.ran // timedelta(microseconds=1), **values}
        again = {name: value for name, value in row.items() if name != "id"}
        connection.execute(insert(BOOTS).values(row).on_conflict_do_update(index_elements=["id"], set_=again))


def forgotten(connection: Connection, boots: Sequence[Boot]) -> None:
    """Forget all that is kept of *boots*."""
    connection.execute(delete(BOOTS).where(BOOTS.c.id.in_([boot.id for boot in boots])))


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
