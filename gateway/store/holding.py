"""Whether a clause holds for a row, in SQL: one condition each, answered from the rows of that one resource.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, literal, literal_column, not_, or_, select, true
from sqlalchemy.sql.selectable import FromClause

from gateway.fhir.search.date import widened
from gateway.fhir.search.query import (
    AmountClause,
    AnyClause,
    ChainClause,
    Clause,
    DateClause,
    DateValue,
    HasClause,
    IdClause,
    Kept,
    NotClause,
    OwnerClause,
    PairClause,
    Phrase,
    PhraseClause,
    PresentClause,
    Query,
    Resolved,
    Rows,
    Term,
    TermClause,
)
from gateway.store.keys import Keys, field_number, type_number
from gateway.store.range import INSTANT, compares, measures
from gateway.store.tables import MISSING, amount, moment, resource, term

__all__ = ["Scope", "Terms", "exists", "holds", "matches", "owner_key", "rows_of"]


@dataclass(slots=True, kw_only=True)
class Scope:
    """The row that conditions are about: of `term` where that is what is walked, else of the resource itself.

    `joined` becomes true where a column is needed that only the resource has.
    """

    type: str
    keys: Keys
    now: int
    resource: FromClause = resource
    rows: FromClause = resource
    joined: bool = field(default=False)

    def column(self, name: str) -> ColumnElement[Any]:
        """Return a column of the row, of the resource where only that has it."""
        if name == "owner":
            return self.column("record") - type_number(self.type)
        if name in ("serial", "date"):
            return self.rows.c[name]
        self.joined = self.joined or self.rows is not self.resource
        return self.resource.c[name]

    @property
    def tables(self) -> tuple[FromClause, ...]:
        """Return what a condition may refer to without looking through it."""
        return (self.rows, self.resource)

    def inside(self, type_: str, found: FromClause) -> Scope:
        """Return the scope of another resource, inside a condition on this one."""
        return Scope(type=type_, keys=self.keys, now=self.now, resource=found, rows=found)


def owner_key(keys: Keys, patient: str) -> int:
    """Return what a patient's id is kept as, in the column of owners."""
    return keys.of(f"Patient/{patient}")


def exists(found: Select[Any], *outer: FromClause) -> ColumnElement[bool]:
    """Return whether there is a row, *outer* being what the statement is about and does not look through itself.

    Not EXISTS, which an engine may turn into a join and drive with.
    """
    one: Select[Any] = found.with_only_columns(literal_column("1"), maintain_column_froms=True)
    return one.limit(1).correlate(*outer).scalar_subquery().is_not(None)


class Terms:
    """Terms as they are kept, of one type."""

    def __init__(self, type_: str, keys: Keys) -> None:
        self._type = type_
        self._keys = keys

    def kept(self, wanted: Term) -> Kept:
        """Return a term as it is kept; what is no text, a statement's parameter, stays what it is."""
        code, system = (None if each is None else self._keys.kept(each) for each in (wanted.code, wanted.system))
        return Kept(field=field_number(self._type, wanted.field), code=code, system=system)


def matches(rows: FromClause, wanted: Kept) -> ColumnElement[bool]:
    """Return the condition that a row of `term` is the wanted one."""
    conditions = [rows.c.field == wanted.field]
    for name in ("code", "system", "text"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(rows.c[name] == value)
    return and_(*conditions)


def holds(clause: Clause, scope: Scope) -> ColumnElement[bool]:  # noqa: C901, PLR0911  a table of clauses
    """Return the condition on the scope's row that *clause* holds for its resource."""
    match clause:
        case TermClause() | PhraseClause() | AmountClause():
            return _found(clause, scope)
        case IdClause():
            return scope.column("id").in_(clause.ids)
        case OwnerClause():
            return scope.column("owner").in_([owner_key(scope.keys, each) for each in clause.patients])
        case DateClause():
            return _dated(clause, scope)
        case NotClause():
            return not_(holds(clause.clause, scope))
        case AnyClause():
            return or_(false(), *(holds(each, scope) for each in clause.clauses))
        case PairClause():
            return or_(false(), *(_paired(each, scope) for each in clause.alternatives))
        case PresentClause():
            return _present(clause, scope)
        case Resolved():
            return _resolved(clause, scope)
        case ChainClause():
            return or_(false(), *(each for query in clause.queries for each in _chained(clause, query, scope)))
        case HasClause():
            return or_(false(), *_has(clause, scope))
        case _:
            raise AssertionError(clause)  # words are looked up before


def rows_of(clause: Clause, scope: Scope, *, tied: bool = True) -> Iterator[Select[Any]]:
    """Yield statements that find the serial and the part of what matches *clause*.

    *tied*: under one resource. Then the field is disguised, or an engine without statistics might walk everybody's.
    """
    match clause:
        case TermClause():
            terms, other = Terms(scope.type, scope.keys), term.alias()
            wanted = or_(false(), *(matches(other, terms.kept(each)) for each in clause.alternatives))
            yield select(other.c.serial, other.c.part).where(wanted)
        case PhraseClause():
            for each in clause.alternatives:
                yield _phrase(each, scope)
        case AmountClause():
            other = amount.alias()
            numbers = [field_number(scope.type, each) for each in clause.fields]
            wanted = or_(*(measures(other, each, scope.keys) for each in clause.alternatives))
            yield select(other.c.serial, other.c.part).where(_field(other, tied=tied).in_(numbers), wanted)
        case DateClause(fields=fields):
            other = moment.alias()
            numbers = [field_number(scope.type, each) for each in fields]
            wanted = or_(*(compares(each, other.c.low, other.c.high) for each in _now(clause, scope)))
            yield select(other.c.serial, other.c.part).where(_field(other, tied=tied).in_(numbers), wanted)
        case _:
            raise AssertionError(clause)


def _field(rows: FromClause, *, tied: bool) -> ColumnElement[int]:
    return rows.c.field + 0 if tied else rows.c.field


def _found(clause: Clause, scope: Scope) -> ColumnElement[bool]:
    here = (each.where(_same(each, scope)) for each in rows_of(clause, scope))
    return or_(false(), *(exists(each, *scope.tables) for each in here))


def _same(found: Select[Any], scope: Scope) -> ColumnElement[bool]:
    return found.selected_columns.serial == scope.column("serial")


def _phrase(phrase: Phrase, scope: Scope) -> Select[Any]:
    number, first = field_number(scope.type, phrase.field), term.alias()
    (_, code), *rest = phrase.pieces
    of = scope.keys.kept
    statement = select(first.c.serial, first.c.part).where(first.c.field == number, first.c.code == of(code))
    for place, each in rest:
        next_ = term.alias()
        # Joined by serial and part: each piece is one look into the rows of that one resource.
        statement = statement.join(
            next_,
            and_(
                next_.c.serial == first.c.serial,
                next_.c.field == number,
                next_.c.code == of(each),
                next_.c.part == first.c.part + place,
            ),
        )
    return statement


def _dated(clause: DateClause, scope: Scope) -> ColumnElement[bool]:
    wanted = _now(clause, scope)
    if clause.updated:
        updated = scope.column("updated")
        return or_(*(compares(each, updated, updated + INSTANT) for each in wanted))
    if clause.fields:
        return _found(clause, scope)
    date = scope.column("date")
    return and_(date > MISSING, or_(*(compares(each, date, scope.column("until")) for each in wanted)))


def _now(clause: DateClause, scope: Scope) -> list[DateValue]:
    return [widened(each, scope.now) for each in clause.alternatives]


def _paired(pair: tuple[Clause, Clause], scope: Scope) -> ColumnElement[bool]:
    found = []
    for one in rows_of(pair[0], scope):
        for two in rows_of(pair[1], scope):
            first, second = one.where(_same(one, scope)), two.selected_columns
            together = and_(second.serial == one.selected_columns.serial, second.part == one.selected_columns.part)
            found.append(exists(first.where(exists(two.where(together), *one.get_final_froms())), *scope.tables))
    return or_(false(), *found)


def _present(clause: PresentClause, scope: Scope) -> ColumnElement[bool]:
    match clause.rows:
        case Rows.DATE:
            return scope.column("date") > MISSING
        case Rows.OWNER:
            return scope.column("owner").is_not(None)
        case Rows.TERM | Rows.MOMENT | Rows.AMOUNT:
            other = {Rows.TERM: term, Rows.MOMENT: moment, Rows.AMOUNT: amount}[clause.rows].alias()
            numbers = [field_number(scope.type, each) for each in clause.fields]
            found = select(literal(1)).where(other.c.serial == scope.column("serial"), other.c.field.in_(numbers))
            if clause.targets:
                found = found.where(other.c.system.in_([scope.keys.of(each) for each in clause.targets]))
            return exists(found, *scope.tables)


def _resolved(clause: Resolved, scope: Scope) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [false()]
    if clause.owners:
        found.append(scope.column("owner").in_(clause.owners))
    if clause.serials:
        found.append(scope.column("serial").in_(clause.serials))
    if clause.own:
        found.append(scope.column("own").in_(clause.own))
    if clause.terms:
        other = term.alias()
        wanted = select(literal(1)).where(
            other.c.serial == scope.column("serial"), or_(*(matches(other, each) for each in clause.terms))
        )
        found.append(exists(wanted, *scope.tables))
    return or_(*found)


def _chained(clause: ChainClause, query: Query, scope: Scope) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that what the row refers to, as its owner or by a term, is found by *query*."""
    if clause.link.owner and query.type == "Patient":
        found = resource.alias()
        yield exists(_matching(query, scope, found).where(found.c.own == scope.column("owner")), *scope.tables)
    numbers = [field_number(scope.type, each) for each in clause.link.fields]
    found, via = resource.alias(), term.alias()
    statement = _matching(query, scope, found).join(via, via.c.code == found.c.own)
    named = (via.c.serial == scope.column("serial"), via.c.field.in_(numbers))
    yield exists(statement.where(*named), *scope.tables)


def _has(clause: HasClause, scope: Scope) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that something found by the query refers to the row, as to its owner or by a term."""
    query, own = clause.query, scope.column("own")
    if clause.link.owner and scope.type == "Patient":
        found = resource.alias()
        yield exists(
            _matching(query, scope, found).where(found.c.record == own + type_number(query.type)), *scope.tables
        )
    numbers = [field_number(query.type, each) for each in clause.link.fields]
    found, via = resource.alias(), term.alias()
    statement = _matching(query, scope, found).join(via, via.c.serial == found.c.serial)
    yield exists(statement.where(via.c.field.in_(numbers), via.c.code == own), *scope.tables)


def _matching(query: Query, scope: Scope, found: Any) -> Select[Any]:
    """Return what selects the resources, called *found*, that a query inside another one finds."""
    inner = scope.inside(query.type, found)
    conditions: Sequence[ColumnElement[bool]] = [holds(each, inner) for each in query.clauses] or [true()]
    return select(found.c.serial).where(found.c.type == query.type, found.c.deleted.is_(False), *conditions)
