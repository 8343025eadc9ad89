"""Our audit rows as AuditEvents: read and searched where they lie, along an index for each question.

Nothing is copied, and no page costs more for what else is stored: `audit_by_time`, `audit_by_who`,
`audit_by_interaction` and `audit_of_resource` are each in the order of time. Only the question for everything about one
patient takes as long as that patient's record is. https://hl7.org/fhir/R4/auditevent.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, not_, or_, select, true, tuple_

from gateway.errors import NotSupported
from gateway.fhir.audit_event import (
    ACTIONS,
    ACTIVITY,
    ALERT,
    OPERATED,
    OTHER_ACTION,
    OUTCOMES,
    REST,
    STOPPED,
    TYPE_SYSTEM,
    UNMET,
    Looked,
    audit_event,
    subtype,
)
from gateway.fhir.json import dumps
from gateway.fhir.repository import Page, Stored
from gateway.fhir.search.date import widened
from gateway.fhir.search.parameters import OWNERS
from gateway.fhir.search.query import (
    AnyClause,
    Clause,
    Cursor,
    DateClause,
    IdClause,
    NotClause,
    PresentClause,
    Query,
    Term,
    TermClause,
)
from gateway.store.holding import owner_key
from gateway.store.keys import Keys, type_number
from gateway.store.range import INSTANT, compares
from gateway.store.tables import audit, resource

__all__ = ["AUDIT_EVENT", "page", "read"]

AUDIT_EVENT: Final = "AuditEvent"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS: Final = {"date": audit.c.at, "updated": audit.c.at}
_OPERATED: Final = or_(*(audit.c.interaction.like(f"{each}%") for each in OPERATED))
_ALERTS: Final = or_(*(audit.c.interaction.like(f"{each}%") for each in (STOPPED, UNMET)))


def read(connection: Connection, id_: str) -> Stored | None:
    """Return the AuditEvent of that id, None where there is none."""
    rows = _rows(connection, audit.c.serial == int(id_)) if _is_id(id_) else []
    return _stored(connection, rows)[0] if rows else None


def page(connection: Connection, query: Query, *, keys: Keys, now: int) -> Page:
    """Return one page of the rows that match; raises NotSupported for what an audit row does not say."""
    conditions = [_holds(each, keys, now) for each in query.clauses] or [true()]
    total = None
    if query.total:
        total = connection.execute(select(func.count()).select_from(audit).where(*conditions)).scalar_one()
    if query.count == 0:
        return Page(entries=(), total=total)
    sort = query.order[0]
    if len(query.order) > 1 or sort.key not in _KEYS:
        raise NotSupported("AuditEvents are sorted by date alone.", where="_sort", remedy="Write _sort=-date.")
    ends = (audit.c.at.desc(), audit.c.serial.desc()) if sort.descending else (audit.c.at, audit.c.serial)
    if query.cursor is not None:
        conditions.append(_behind(query.cursor, descending=sort.descending))
    found = select(audit).where(*conditions).order_by(*ends).limit(query.count + 1)
    rows = connection.execute(found).all()
    shown = rows[: query.count]
    more = Cursor(keys=(shown[-1].at,), serial=shown[-1].serial) if len(rows) > len(shown) else None
    return Page(entries=_stored(connection, shown), next=more, total=total)


def _behind(cursor: Cursor, *, descending: bool) -> ColumnElement[bool]:
    at, serial, (moment, *_) = audit.c.at, audit.c.serial, cursor.keys
    if descending:
        return and_(at <= moment, or_(at < moment, serial < cursor.serial))
    return and_(at >= moment, or_(at > moment, serial > cursor.serial))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19 and text == str(int(text))  # noqa: PLR2004  64 bits


def _rows(connection: Connection, wanted: ColumnElement[bool]) -> Sequence[Row[Any]]:
    return connection.execute(select(audit).where(wanted)).all()


def _stored(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Stored, ...]:
    """Return the AuditEvents of rows, each with the patient in whose record its resource stands."""
    named = {(row.type, row.id) for row in rows if row.id}
    whose = {}
    if named:
        found = select(resource.c.type, resource.c.id, resource.c.patient).where(
            tuple_(resource.c.type, resource.c.id).in_(named)
        )
        whose = {(row.type, row.id): row.patient for row in connection.execute(found)}
    return tuple(_event(row, whose.get((row.type, row.id))) for row in rows)


def _event(row: Row[Any], patient: str | None) -> Stored:
    looked = Looked(
        id=str(row.serial),
        at=_EPOCH + timedelta(microseconds=row.at),
        who=row.who,
        interaction=row.interaction,
        type=row.type,
        resource=row.id,
        version=row.version,
        status=row.status,
        patient=patient,
    )
    return Stored(type=AUDIT_EVENT, id=looked.id, version=1, at=row.at, body=dumps(audit_event(looked)))


def _holds(clause: Clause, keys: Keys, now: int) -> ColumnElement[bool]:
    """Return the condition on a row that *clause* holds for its AuditEvent."""
    match clause:
        case IdClause():
            return audit.c.serial.in_([int(each) for each in clause.ids if _is_id(each)])
        case DateClause(fields=()):
            wanted = [widened(each, now) for each in clause.alternatives]
            return or_(*(compares(each, audit.c.at, audit.c.at + INSTANT) for each in wanted))
        case TermClause():
            return or_(false(), *(_says(each, keys) for each in clause.alternatives))
        case NotClause():
            return not_(_holds(clause.clause, keys, now))
        case AnyClause():
            return or_(false(), *(_holds(each, keys, now) for each in clause.clauses))
        case PresentClause():
            return or_(false(), *(_PRESENT[each] for each in clause.fields if each in _PRESENT))
        case _:
            raise NotSupported("AuditEvents are not searched by that.", remedy="Read metadata to see by what they are.")


def _says(wanted: Term, keys: Keys) -> ColumnElement[bool]:
    look = _nobody if wanted.field.startswith("meta.") else _TERMS.get(wanted.field)
    if look is None:
        raise NotSupported(f"AuditEvents are not searched by {wanted.field[:80]}.", where=wanted.field[:80])
    return or_(false(), *look(wanted, keys))


def _type(wanted: Term, _keys: Keys) -> Iterator[ColumnElement[bool]]:
    kinds = (((TYPE_SYSTEM, REST), not_(or_(_ALERTS, _OPERATED))), (ALERT, _ALERTS), (ACTIVITY, _OPERATED))
    for (system, code), rows in kinds:
        if wanted.code in (code, None) and wanted.system in (system, None):
            yield rows


def _subtype(wanted: Term, _keys: Keys) -> Iterator[ColumnElement[bool]]:
    if wanted.code == "operation":
        yield audit.c.interaction.like("$%")
    elif wanted.code and wanted.code == subtype(wanted.code):
        yield audit.c.interaction.in_([wanted.code, *(f"{each}{wanted.code}" for each in OPERATED)])


def _action(wanted: Term, _keys: Keys) -> Iterator[ColumnElement[bool]]:
    if wanted.code == OTHER_ACTION:
        yield audit.c.interaction.not_in(list(ACTIONS))
    else:
        yield audit.c.interaction.in_([name for name, code in ACTIONS.items() if code == wanted.code])


def _outcome(wanted: Term, _keys: Keys) -> Iterator[ColumnElement[bool]]:
    if wanted.code in OUTCOMES:
        low, high = OUTCOMES[wanted.code]
        yield and_(audit.c.status >= low, audit.c.status < high)


def _who(wanted: Term, _keys: Keys) -> Iterator[ColumnElement[bool]]:
    if wanted.code and not wanted.system:
        yield audit.c.who == wanted.code


def _nobody(_wanted: Term, _keys: Keys) -> Iterator[ColumnElement[bool]]:
    yield from ()  # our agents are named by identifiers, not by references; our events have no tags or profiles


def _what(wanted: Term, keys: Keys) -> Iterator[ColumnElement[bool]]:
    type_, _, id_ = str(wanted.code or "").partition("/")
    if type_ == "Patient" and id_:
        owner = owner_key(keys, id_)
        records = [owner + type_number(each) for each in ("Patient", *OWNERS)]
        about = select(audit.c.serial).join(
            resource, and_(resource.c.type == audit.c.type, resource.c.id == audit.c.id)
        )
        yield audit.c.serial.in_(about.where(resource.c.record.in_(records)))
    elif id_:
        yield and_(audit.c.type == type_, audit.c.id == id_)


_TERMS: Final[dict[str, Callable[[Term, Keys], Iterator[ColumnElement[bool]]]]] = {
    "type": _type,
    "subtype": _subtype,
    "action": _action,
    "outcome": _outcome,
    "agent.altId": _who,
    "agent.who:identifier": _who,
    "agent.who": _nobody,
    "entity.what": _what,
}
"""What a row says, by the field of the AuditEvent that says it."""

_PRESENT: Final[dict[str, ColumnElement[bool]]] = {
    "type": true(),
    "action": true(),
    "outcome": true(),
    "agent.altId": true(),
    "subtype": and_(audit.c.interaction != "refused", not_(_ALERTS)),
    "entity.what": audit.c.id != "",
}
