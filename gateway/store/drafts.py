"""Reports that are being written: one draft for each visit, what was last made ready to be signed, and its printing.

A visit's report is written by one physician: who has the visit, or where nobody is known to, the first who writes.
Nobody else reads or changes it here. What is written is sealed with the patient's key, like all of their record, so
that it is erased with it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from gateway.database import Database, Keyring, lock, seal, unseal
from gateway.errors import Conflict

__all__ = ["METADATA", "Drafts", "Stage"]

METADATA: Final = MetaData()

_DRAFT: Final = Table(
    "report_draft",
    METADATA,
    Column("encounter", String(64), primary_key=True),
    Column("stage", String(16), primary_key=True),
    Column("author", String(200), nullable=False),
    Column("written", BigInteger, nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
)


class Stage(StrEnum):
    """How far a report is: what the physician types, what is ready to be signed, or how its papers are at the booth."""

    DRAFT = "draft"
    PREPARED = "prepared"
    PRINTING = "printing"


_WRITTEN: Final = (Stage.DRAFT, Stage.PREPARED)
"""What the physician writes."""


class _Row(NamedTuple):
    encounter: str
    author: str
    stage: Stage

    @property
    def bound(self) -> tuple[str, ...]:
        """Return what the body is bound to."""
        return ("report", self.encounter, self.stage.value, self.author)


def _now() -> datetime:
    return datetime.now(UTC)


class Drafts:
    """The drafts in one database (opened with METADATA)."""

    def __init__(self, database: Database, keyring: Keyring, *, now: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._keyring = keyring
        self._now = now

    async def save(self, *, encounter: str, patient: str, author: str, stage: Stage, body: bytes) -> None:
        """Keep *body* in place of what was there; raises Conflict where another physician writes this report."""
        await self._database.act(lambda c: self._save(c, _Row(encounter, author, stage), patient, body))

    async def load(self, *, encounter: str, author: str, stage: Stage) -> bytes | None:
        """Return what *author* last kept, None where there is nothing; raises Conflict like `save`."""
        row = await self._database.look(lambda c: c.execute(_rows(encounter, stage)).all())
        _check_author(row, author)
        found = next((each for each in row if each.stage == stage), None)
        key = self._keyring.find(found.key_id) if found else None
        if found is None or key is None:
            return None
        return unseal(key, found.body, bound_to=_Row(encounter, author, stage).bound)

    async def take_over(self, *, encounter: str, author: str) -> None:
        """Forget what others wrote in a visit that *author* has now: they gave it back."""
        others = _DRAFT.c.encounter == encounter, _DRAFT.c.stage.in_(_WRITTEN), _DRAFT.c.author != author
        if await self._database.look(lambda c: c.execute(select(_DRAFT.c.stage).where(*others).limit(1)).first()):
            await self._database.act(lambda c: c.execute(delete(_DRAFT).where(*others)))

    async def drop(self, encounter: str) -> None:
        """Forget the drafts of a visit whose report is signed."""
        await self._database.act(lambda c: c.execute(delete(_DRAFT).where(_DRAFT.c.encounter == encounter)))

    def _save(self, connection: Connection, place: _Row, patient: str, body: bytes) -> None:
        lock(connection, f"report draft/{place.encounter}")
        rows = connection.execute(_rows(place.encounter, place.stage)).all()
        _check_author(rows, place.author)
        key = self._keyring.key(patient)
        row = {
            "encounter": place.encounter,
            "stage": place.stage.value,
            "author": place.author,
            "written": int(self._now().timestamp()),
            "key_id": key.key_id,
            "body": seal(key, body, bound_to=place.bound),
        }
        if any(each.stage == place.stage for each in rows):
            mine = (_DRAFT.c.encounter == place.encounter) & (_DRAFT.c.stage == place.stage.value)
            connection.execute(update(_DRAFT).where(mine).values(row))
        else:
            connection.execute(insert(_DRAFT).values(row))


def _rows(encounter: str, stage: Stage) -> Any:
    """Return what the same hand writes: the physician the report, the booth how it is printed."""
    stages = _WRITTEN if stage in _WRITTEN else (stage,)
    return select(_DRAFT).where(_DRAFT.c.encounter == encounter, _DRAFT.c.stage.in_(stages))


def _check_author(rows: Any, author: str) -> None:
    if any(each.author != author for each in rows):
        raise Conflict("Another physician writes the report of this visit.", remedy="Ask them to finish it.")
