"""A search as SQL whose cost is the matches it shows, not the resources that are stored.

How. One clause drives: each of its alternatives becomes a branch that walks one stretch of one index in the order
asked for, and stops after a page. The other clauses are tried on each row met, by the primary key. Branches are merged
and cut to a page. What drives is chosen by a fixed rank, not guessed by the engine: statistics are stale exactly when
a table grows.

Where this is slow: a common driver with a rare second clause and no patient (among all `final` Observations those of
one rare category). Nothing that a screen or an integrator is known to ask is so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, false, func, literal, or_, select, union_all

from gateway.fhir.search.date import widened
from gateway.fhir.search.query import (
    Clause,
    DateClause,
    DateValue,
    IdClause,
    OwnerClause,
    Query,
    Term,
    TermClause,
)
from gateway.store.range import MILLISECOND, bounds, compares, longest
from gateway.store.tables import MISSING, RECORD, resource, shortened, term

__all__ = ["counting", "page"]

_COMMON: Final = "code"

_SELECTIVE: Final = (
    "identifier",
    "encounter",
    "device",
    "subject",
    "family",
    "given",
    "name",
    _COMMON,
    "combo-code",
    "type",
    "category",
    "gender",
    "status",
)
"""The driver is the clause whose parameter stands first here; from `code` on, one value can be in half of the rows."""

_RANKS: Final = {name: rank for rank, name in enumerate(_SELECTIVE)}

_BRANCHES: Final = 32

Keep = Callable[[Term], str]
"""How the code of a term is kept: as it is, or as a keyed hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A query split into what drives it and what is tried on each row.

    `walks` is the sort key whose order the driver's index has; another order is sorted.
    """

    query: Query
    owners: tuple[str, ...] | None
    driver: TermClause | None
    rest: tuple[Clause, ...]
    walks: str
    keep: Keep
    now: int


def page(query: Query, *, keep: Keep, now: int) -> Select[Any]:
    """Return the statement for one page and one match more: the row of each, and its sort `key`."""
    plan = _plan(query, keep, now)
    limit = query.count + 1
    order = query.order
    found = [_ordered(each, plan).limit(limit) for each in _branches(plan, keyed=True)]
    merged = (
        union_all(*(select(each.subquery()) for each in found)).subquery() if len(found) > 1 else found[0].subquery()
    )
    columns = (merged.c.key, merged.c.serial)
    ends = [each.desc() if order.descending else each.asc() for each in columns]
    if len(found) > 1:
        merged = select(*columns).distinct().order_by(*ends).limit(limit).subquery()
        ends = [each.desc() if order.descending else each.asc() for each in (merged.c.key, merged.c.serial)]
    return (
        select(resource, merged.c.key).join_from(merged, resource, resource.c.serial == merged.c.serial).order_by(*ends)
    )


def counting(query: Query, *, keep: Keep, now: int) -> Select[Any]:
    """Return the statement that counts all matches."""
    plan = _plan(query, keep, now)
    found = [each.subquery() for each in _branches(plan, keyed=False)]
    merged = union_all(*(select(each.c.serial) for each in found)).subquery()
    return select(func.count(merged.c.serial.distinct()))


def _plan(query: Query, keep: Keep, now: int) -> _Plan:
    owners: set[str] | None = None
    for clause in query.clauses:
        if isinstance(clause, OwnerClause):
            owners = set(clause.patients) if owners is None else owners & set(clause.patients)
    terms = sorted((each for each in query.clauses if isinstance(each, TermClause)), key=_rank)
    named = any(isinstance(each, IdClause) for each in query.clauses)
    polled = query.order.key == "updated" or any(
        isinstance(each, DateClause) and each.updated for each in query.clauses
    )
    driver = terms[0] if terms and not named else None
    if driver and polled and owners is None and _rank(driver) >= _RANKS[_COMMON]:
        driver = None  # "what is new of this code?": walk what is new
    alone = driver is None and owners is None
    rest = tuple(each for each in query.clauses if each is not driver and not isinstance(each, OwnerClause))
    return _Plan(
        query=query,
        owners=None if owners is None else tuple(sorted(owners)),
        driver=driver,
        rest=rest,
        walks="id" if named else "date" if not alone else "updated" if polled else query.order.key,
        keep=keep,
        now=now,
    )


def _rank(clause: TermClause) -> int:
    return min((_RANKS.get(each.parameter, len(_RANKS)) for each in clause.alternatives), default=-1)


def _branches(plan: _Plan, *, keyed: bool) -> Iterator[Select[Any]]:
    """Yield a statement for each stretch to walk; nothing wanted is one statement that finds nothing."""
    owners: list[Sequence[str] | None] = [None] if plan.owners is None else [[each] for each in plan.owners]
    terms: list[Sequence[Term] | None] = (
        [None] if plan.driver is None else [[each] for each in plan.driver.alternatives]
    )
    if len(owners) * len(terms) > _BRANCHES:  # many small stretches: let the engine merge them
        owners = [plan.owners]
        terms = [plan.driver.alternatives if plan.driver else None]
    yielded = False
    for owner, wanted in product(owners, terms):
        yielded = True
        yield _branch(plan, owner, wanted, keyed=keyed)
    if not yielded:
        yield select(resource.c.serial, resource.c.date.label("key")).where(false())


def _branch(plan: _Plan, owners: Sequence[str] | None, wanted: Sequence[Term] | None, *, keyed: bool) -> Select[Any]:
    rows = term if wanted is not None else resource
    conditions = [*_driven(plan, owners, wanted)]
    for clause in plan.rest:
        conditions.append(_holds(clause, rows, plan))
        if isinstance(clause, DateClause):
            conditions.extend(_bounds(clause, rows, plan))
    key = _key(rows, plan)
    if keyed and plan.query.cursor is not None:
        conditions.append(_behind(key, rows.c.serial, plan.query))
    statement = select(rows.c.serial, key.label("key")).where(*conditions)
    dated = any(isinstance(each, DateClause) for each in plan.rest)
    if rows is term and (dated or plan.query.order.key != "date"):
        statement = statement.join_from(term, resource, term.c.serial == resource.c.serial)
    return statement.distinct()


def _driven(plan: _Plan, owners: Sequence[str] | None, wanted: Sequence[Term] | None) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that the driver's index answers."""
    if wanted is not None:
        yield or_(*(_is(term, each, plan) for each in wanted))
        if owners is not None:
            yield _one_of(term.c.patient, owners)
        return
    yield resource.c.deleted.is_(False)
    if owners is None:
        yield resource.c.type == plan.query.type
    else:
        yield _one_of(RECORD, [f"{each}/{plan.query.type}" for each in owners])


def _one_of(column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _key(rows: Any, plan: _Plan) -> ColumnElement[Any]:
    """Return the sort key; one that the driver's index does not have is disguised, so that no other index tempts."""
    name = plan.query.order.key
    column: ColumnElement[Any] = rows.c.date if name == "date" else resource.c[name]
    if name == plan.walks:
        return column
    return column + "" if name == "id" else column + 0


def _ordered(statement: Select[Any], plan: _Plan) -> Select[Any]:
    columns = (statement.selected_columns.key, statement.selected_columns.serial)
    return statement.order_by(*(each.desc() if plan.query.order.descending else each.asc() for each in columns))


def _is(rows: Any, wanted: Term, plan: _Plan) -> ColumnElement[bool]:
    conditions = [
        rows.c.parameter == f"{plan.query.type}.{wanted.parameter}",
        rows.c.code == plan.keep(wanted),
    ]
    if wanted.system is not None:
        conditions.append(rows.c.system == shortened(wanted.system))
    return and_(*conditions)


def _behind(key: ColumnElement[Any], serial: ColumnElement[int], query: Query) -> ColumnElement[bool]:
    cursor = query.cursor
    assert cursor is not None
    if query.order.descending:
        return and_(key <= cursor.key, or_(key < cursor.key, serial < cursor.serial))
    return and_(key >= cursor.key, or_(key > cursor.key, serial > cursor.serial))


def _holds(clause: Clause, rows: Any, plan: _Plan) -> ColumnElement[bool]:
    """Return the condition on a row that *clause* holds for its resource."""
    match clause:
        case TermClause():
            other = term.alias()
            wanted = or_(false(), *(_is(other, each, plan) for each in clause.alternatives))
            # Not EXISTS: an engine may turn that into a join and drive with it.
            found = select(literal(1)).where(other.c.serial == rows.c.serial, wanted).limit(1)
            return found.scalar_subquery().is_not(None)
        case IdClause():
            return resource.c.id.in_(clause.ids)
        case DateClause(updated=True):
            return or_(
                *(compares(each, resource.c.updated, resource.c.updated + MILLISECOND) for each in _now(clause, plan))
            )
        case DateClause():
            compared = or_(*(compares(each, resource.c.date, resource.c.until) for each in _now(clause, plan)))
            return and_(resource.c.date > MISSING, compared)
        case OwnerClause():
            return resource.c.patient.in_(clause.patients)


def _bounds(clause: DateClause, rows: Any, plan: _Plan) -> Iterator[ColumnElement[bool]]:
    wanted = _now(clause, plan)
    if clause.updated:
        return bounds(wanted, resource.c.updated, literal(MILLISECOND, BigInteger))
    return bounds(wanted, rows.c.date, longest(plan.query.type))


def _now(clause: DateClause, plan: _Plan) -> list[DateValue]:
    return [widened(each, plan.now) for each in clause.alternatives]
