"""The visits, so that none that somebody was told of is lost: each one's step, its two sides, who has it.

Who has a visit stands in a column of its own. Only `claim` sets it, and a first one stays: of two physicians who take
the same patient at the same instant, on two servers, the database gives the visit to one and tells both to whom. Only
`Persist.release` takes it back. A visit that is claimed keeps its step when a waiting one comes late.

A visit that was stopped because something does not hold has its row in the audit, in the same commit; so has one whose
two sides tried to connect more than once and never met.

What the patient said when asking is sealed with the patient's key and deleted when the visit ends. What stays is when
the visit reached which milestone and who had it, for the Encounter (`gateway.encounters`) and the report.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from gateway.database import Database, DataKey, Keyring, SealBroken, lock, seal, unseal
from gateway.errors import Unavailable
from gateway.fhir.audit_event import STOPPED, UNMET
from gateway.fhir.search.date import at
from gateway.store import audit
from gateway.waiting import Wait
from signalling.consultation import Step
from signalling.effects import SIGNALLING, Persist
from signalling.errors import RecordError
from signalling.presence import Peer
from signalling.visit import TALKING, WAITING, Visit, pack, unpack

__all__ = ["METADATA", "MILESTONES", "Milestone", "Story", "Visits"]

METADATA: Final = MetaData()

MILESTONES: Final = frozenset({Step.QUEUED, Step.ADMITTED, Step.ACTIVE, Step.REPORTING, Step.ENDED})
"""The steps whose time is kept; between them a visit may go to and fro as often as the network wants."""

_VISIT: Final = Table(
    "visit",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("step", String(16), nullable=False, index=True),
    Column("booth", String(32), nullable=False),
    Column("physician", String(32)),
    Column("claim", LargeBinary),
    Column("encounter", String(64), index=True),
    Column("milestones", Text, nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("body", LargeBinary),
    Column("version", BigInteger, nullable=False),
    Column("told", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False, index=True),
)

_TALKING: Final = tuple(step.value for step in TALKING)
_AT_ONCE: Final = 50
_REFUSED: Final = 403

T = TypeVar("T")


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """When a visit reached a step."""

    step: Step
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What there is to tell of a visit: whose Encounter it is, who has it, and when it reached what.

    `booth` is a participant id; `physician` is None also where the patient was erased or the claim cannot be opened.
    """

    id: str
    version: int
    encounter: str
    booth: str
    physician: Peer | None
    milestones: tuple[Milestone, ...]


class Visits:
    """The visits in one database (opened with METADATA), which several servers may share.

    What signalling calls raises RecordError where the database does not answer.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    # What signalling calls

    async def record(self, *persists: Persist) -> None:
        """Keep what became of one visit, step after step, in one commit; returns once it is durable."""

        def keep(connection: Connection) -> None:
            for persist in persists:
                self._record(connection, persist)

        await self._kept(keep)

    async def claim(self, call: str, physician: Peer) -> Peer | None:
        """Give the visit to *physician* unless somebody has it, and return who does; None: there is no open one."""
        return await self._kept(lambda connection: self._claim(connection, call, physician))

    async def restore(self) -> list[Visit]:
        """Return the open visits, each with the physician who has it."""
        rows = await self._seen(_rows(_VISIT.c.step != Step.ENDED.value))
        return [visit for row in rows if (visit := self._visit(row)) is not None]

    # What the gateway asks

    async def talking(self) -> frozenset[str]:
        """Return the participant ids of the physicians who are with a patient."""
        wanted = select(_VISIT.c.physician).where(_VISIT.c.step.in_(_TALKING), _VISIT.c.physician.is_not(None))
        rows = await self._database.look(lambda connection: connection.execute(wanted).scalars().all())
        return frozenset(str(each) for each in rows)

    async def waits(self, *, since: datetime) -> list[Wait]:
        """Return how each visit that was asked for since then went, without whose it was."""
        wanted = select(_VISIT.c.booth, _VISIT.c.milestones).where(_VISIT.c.changed >= int(since.timestamp()))
        rows = await self._database.look(lambda connection: connection.execute(wanted).all())
        told = (Wait.of(row.booth, ((each.step, each.at) for each in _milestones(row.milestones))) for row in rows)
        return [each for each in told if each is not None and each.came >= since]

    async def physicians_of(self, encounter: str) -> frozenset[str]:
        """Return the participant ids of the physicians who took the visits with this Encounter id."""
        wanted = select(_VISIT.c.physician).where(_VISIT.c.encounter == encounter, _VISIT.c.physician.is_not(None))
        rows = await self._database.look(lambda connection: connection.execute(wanted).scalars().all())
        return frozenset(str(each) for each in rows)

    async def untold(self, *, since: datetime) -> list[Story]:
        """Return some visits that changed after *since* and whose Encounter does not say so yet, oldest first."""
        late = (_VISIT.c.told < _VISIT.c.version) & (_VISIT.c.changed >= int(since.timestamp()))
        wanted = _rows(late & _VISIT.c.encounter.is_not(None)).order_by(_VISIT.c.changed).limit(_AT_ONCE)
        rows = await self._database.look(lambda connection: connection.execute(wanted).all())
        return [self._story(row) for row in rows]

    async def mark_told(self, story: Story) -> None:
        """Note that the Encounter says all of *story*."""
        mine = (_VISIT.c.id == story.id) & (_VISIT.c.told < story.version)
        await self._database.act(lambda c: c.execute(update(_VISIT).where(mine).values(told=story.version)))

    # Inside an act

    def _record(self, connection: Connection, persist: Persist) -> None:
        visit = persist.visit
        lock(connection, f"visit/{visit.id}")
        row = connection.execute(_rows(_VISIT.c.id == visit.id)).one_or_none()
        released = {"physician": None, "claim": None} if persist.release else {}
        if row is not None and row.physician is not None and not released and visit.step in WAITING:
            return
        values = released | self._values(persist, row)
        if row is None:
            connection.execute(insert(_VISIT).values(id=visit.id, told=0, **values))
        else:
            connection.execute(update(_VISIT).where(_VISIT.c.id == visit.id).values(values))
        if persist.stopped_by is not None:
            _audit(connection, persist, f"{STOPPED}{persist.reason}", who=persist.stopped_by)
        if persist.unmet:
            _audit(connection, persist, f"{UNMET}{persist.unmet}", who=SIGNALLING)

    def _values(self, persist: Persist, row: Row[Any] | None) -> dict[str, Any]:
        visit, key = persist.visit, self._key(persist.visit)
        ended = visit.step is Step.ENDED
        return {
            "step": visit.step.value,
            "booth": visit.booth.id,
            "encounter": _id_in(visit.asked.encounter, "Encounter"),
            "milestones": _with_milestone("[]" if row is None else row.milestones, visit.step, persist.at),
            "key_id": key.key_id,
            "body": None if ended else seal(key, pack(visit), bound_to=("visit", visit.id)),
            "version": 1 if row is None else row.version + 1,
            "changed": int(persist.at.timestamp()),
        }

    def _claim(self, connection: Connection, call: str, physician: Peer) -> Peer | None:
        lock(connection, f"visit/{call}")
        row = connection.execute(_rows(_VISIT.c.id == call)).one_or_none()
        key = self._keyring.find(row.key_id) if row is not None else None
        if row is None or key is None or row.step == Step.ENDED.value:
            return None
        if row.claim is not None:
            return _peer(key, row)
        claim = seal(key, msgspec.json.encode(physician), bound_to=("visit claim", call))
        mine = {"physician": physician.id, "claim": claim, "version": row.version + 1}
        connection.execute(update(_VISIT).where(_VISIT.c.id == call).values(mine))
        return physician

    def _key(self, visit: Visit) -> DataKey:
        patient = _id_in(visit.asked.patient, "Patient")
        return self._keyring.key(patient or f"visit/{visit.id}")

    # Rows as values

    def _visit(self, row: Row[Any]) -> Visit | None:
        key = self._keyring.find(row.key_id)
        if key is None or row.body is None:
            return None  # the patient was erased
        try:
            visit = unpack(unseal(key, row.body, bound_to=("visit", row.id)))
            return replace(visit, physician=_peer(key, row) if row.claim is not None else None)
        except (SealBroken, msgspec.MsgspecError) as error:
            raise RecordError(f"the record of visit {row.id} is damaged: {error}") from error

    def _story(self, row: Row[Any]) -> Story:
        key, physician = self._keyring.find(row.key_id), None
        if key is not None and row.claim is not None:
            with contextlib.suppress(SealBroken):
                physician = _peer(key, row)
        return Story(
            id=row.id,
            version=row.version,
            encounter=row.encounter,
            booth=row.booth,
            physician=physician,
            milestones=tuple(_milestones(row.milestones)),
        )

    # The database's troubles are signalling's RecordError

    async def _kept(self, act: Callable[[Connection], T]) -> T:
        try:
            return await self._database.act(act)
        except (Unavailable, SealBroken) as error:
            raise RecordError(str(error)) from error

    async def _seen(self, wanted: Any) -> Sequence[Row[Any]]:
        try:
            return await self._database.look(lambda connection: connection.execute(wanted).all())
        except Unavailable as error:
            raise RecordError(str(error)) from error


def _audit(connection: Connection, persist: Persist, what: str, *, who: str) -> None:
    encounter = _id_in(persist.visit.asked.encounter, "Encounter")
    type_, moment = "Encounter" if encounter else "", at(persist.at)
    audit.record(connection, type_, encounter or "", who=who, interaction=what, status=_REFUSED, at=moment)


def _rows(which: Any) -> Any:
    return select(_VISIT).where(which)


def _peer(key: DataKey, row: Row[Any]) -> Peer:
    return msgspec.json.decode(unseal(key, row.claim, bound_to=("visit claim", row.id)), type=Peer)


def _milestones(text: str) -> list[Milestone]:
    return msgspec.json.decode(text, type=list[Milestone])


def _with_milestone(text: str, step: Step, at: datetime) -> str:
    """Add the step where it is a milestone and not the last one already."""
    known = _milestones(text)
    if step in MILESTONES and (not known or known[-1].step is not step):
        moment = at.astimezone(UTC)
        known.append(Milestone(step=step, at=moment - timedelta(microseconds=moment.microsecond)))
    return msgspec.json.encode(known).decode()


def _id_in(reference: str | None, type_: str) -> str | None:
    found, _, id_ = (reference or "").partition("/")
    return id_ if found == type_ else None
