"""A search as SQL whose cost is the matches it shows, not the resources that are stored.

How. What is rare is looked up beforehand: a chain, a `_has`, words and amounts become, where they have few matches,
lists of owners, terms or resources (`resolved`). Then one clause drives: each of its alternatives becomes a branch that
walks one stretch of one index in the order asked for, and stops after a page. The other clauses are tried on each row
met, by the primary key. Branches are merged and cut to a page. What drives is chosen by a fixed rank, not guessed by
the engine: statistics are stale exactly when a table grows.

Where this is slow: two common clauses that rarely hold together, and no patient. Nothing that a screen or an integrator
is known to ask is so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, or_, select, union_all

from gateway.fhir.search.date import widened
from gateway.fhir.search.query import (
    AnyClause,
    Clause,
    DateClause,
    IdClause,
    Kept,
    OwnerClause,
    Query,
    Resolved,
    TermClause,
)
from gateway.store.holding import Scope, Terms, holds, matches, owner_key
from gateway.store.keys import Keys, type_number
from gateway.store.ordering import behind, ends, key, ordered
from gateway.store.range import INSTANT, bounds, longest
from gateway.store.tables import resource, term

__all__ = ["counting", "page", "rank", "serials"]

_RARE: Final = ("identifier", "identifier:of-type", "subject:identifier")
_COMMON: Final = ("category", "status", "gender", "active", "deceased", "language", "meta.tag", "meta.profile")
_BRANCHES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """What one alternative of the driver is found by: an owner, a term, or both; neither is the whole type."""

    owners: tuple[int, ...] | None = None
    terms: tuple[Kept, ...] | None = None
    listed: Resolved | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A query split into what drives it and what is tried on each row.

    `walks` is the sort key whose order the driver's index has; another order is sorted.
    """

    query: Query
    driver: tuple[_Walk, ...]
    rest: tuple[Clause, ...]
    walks: str
    keys: Keys
    now: int


def page(query: Query, clauses: Sequence[Clause], *, keys: Keys, now: int) -> Select[Any]:
    """Return the statement for one page and one match more: the row of each, and its sort keys `k0`, `k1`, ….

    *clauses* are those of the query, some of them resolved.
    """
    plan = _plan(query, clauses, keys, now)
    limit = query.count + 1
    found = [ordered(each, query).limit(limit) for each in _branches(plan, keyed=True)]
    merged = (
        union_all(*(select(each.subquery()) for each in found)).subquery() if len(found) > 1 else found[0].subquery()
    )
    names = [f"k{place}" for place in range(len(query.order))]
    if len(found) > 1:
        columns = [merged.c[each] for each in (*names, "serial")]
        merged = select(*columns).distinct().order_by(*ends(merged, query)).limit(limit).subquery()
    return (
        select(resource, *(merged.c[each] for each in names))
        .join_from(merged, resource, resource.c.serial == merged.c.serial)
        .order_by(*ends(merged, query))
    )


def counting(query: Query, clauses: Sequence[Clause], *, keys: Keys, now: int) -> Select[Any]:
    """Return the statement that counts all matches."""
    return select(func.count()).select_from(serials(query, clauses, keys=keys, now=now).subquery())


def serials(query: Query, clauses: Sequence[Clause], *, keys: Keys, now: int) -> Select[Any]:
    """Return the statement that finds the serial numbers of all matches, each one once, in no order."""
    plan = _plan(query, clauses, keys, now)
    found = [each.subquery() for each in _branches(plan, keyed=False)]
    merged = union_all(*(select(each.c.serial) for each in found)).subquery()
    return select(merged.c.serial).distinct()


def _plan(query: Query, clauses: Sequence[Clause], keys: Keys, now: int) -> _Plan:
    owners = _owners(clauses, keys)
    candidates = sorted(
        ((how, place) for place, each in enumerate(clauses) if (how := rank(each)) is not None), key=lambda x: x
    )
    named = any(isinstance(each, IdClause) for each in clauses)
    polled = query.order[0].key == "updated" or any(isinstance(each, DateClause) and each.updated for each in clauses)
    driver = clauses[candidates[0][1]] if candidates and not named else None
    if driver is not None and polled and owners is None and candidates[0][0] >= _commonness("code"):
        driver = None  # "what is new of this code?": walk what is new
    walks = tuple(_walks(driver, owners, query.type, keys)) if driver is not None else (_Walk(owners=owners),)
    alone = driver is None and owners is None
    rest = tuple(each for each in clauses if each is not driver and not _owning(each))
    if any(each.owners is None for each in walks) and owners is not None:
        rest += (Resolved(owners=owners),)
    order = query.order[0].key
    listed = any(each.listed for each in walks)
    return _Plan(
        query=query,
        driver=walks,
        rest=rest,
        walks="" if listed else "id" if named else "date" if not alone else "updated" if polled else order,
        keys=keys,
        now=now,
    )


def _owners(clauses: Sequence[Clause], keys: Keys) -> tuple[int, ...] | None:
    owners: set[int] | None = None
    for clause in clauses:
        if _owning(clause):
            some = (
                {owner_key(keys, each) for each in clause.patients}
                if isinstance(clause, OwnerClause)
                else set(clause.owners if isinstance(clause, Resolved) else ())
            )
            owners = some if owners is None else owners & some
    return None if owners is None else tuple(sorted(owners) if len(owners) > 1 else owners)


def _owning(clause: Clause) -> bool:
    """Return whether the clause says nothing but in whose record a resource stands."""
    if isinstance(clause, Resolved):
        return bool(clause.owners) and not (clause.terms or clause.serials or clause.own)
    return isinstance(clause, OwnerClause)


def rank(clause: Clause) -> int | None:
    """Return how good a driver the clause is, the best one first, None where it cannot drive."""
    match clause:
        case Resolved():
            return None if _owning(clause) else 0
        case TermClause():
            if any(each.code is None for each in clause.alternatives):
                return None
            return max((_commonness(each.field) for each in clause.alternatives), default=-1)
        case AnyClause():
            ranks = [1 if _owning(each) else rank(each) for each in clause.clauses]
            known = [each for each in ranks if each is not None]
            return max(known) if known and len(known) == len(ranks) else None
        case _:
            return None


def _commonness(field: str) -> int:
    if field in _COMMON:
        return 5
    if field in _RARE:
        return 1
    return 4 if field.endswith("ode") or "oncept" in field or field == "type" else 2


def _walks(driver: Clause, owners: tuple[int, ...] | None, type_: str, keys: Keys) -> Iterator[_Walk]:
    match driver:
        case TermClause():
            terms = Terms(type_, keys)
            yield from (_Walk(owners=owners, terms=(terms.kept(each),)) for each in driver.alternatives)
        case Resolved():
            if driver.owners:
                both = driver.owners if owners is None else tuple(sorted(set(owners) & set(driver.owners)))
                yield _Walk(owners=both)
            yield from (_Walk(owners=owners, terms=(each,)) for each in driver.terms)
            if driver.serials or driver.own:
                yield _Walk(listed=driver)
        case OwnerClause():
            mine = _owners([driver], keys)
            assert mine is not None
            yield _Walk(owners=mine if owners is None else tuple(sorted(set(owners) & set(mine))))
        case AnyClause():
            for each in driver.clauses:
                yield from _walks(each, owners, type_, keys)


def _branches(plan: _Plan, *, keyed: bool) -> Iterator[Select[Any]]:
    """Yield a statement for each stretch to walk; nothing wanted is one statement that finds nothing."""
    several = [
        _Walk(owners=owner, terms=walk.terms, listed=walk.listed)
        for walk in plan.driver
        for owner in ([None] if walk.owners is None else [(each,) for each in walk.owners])
    ]
    if len(several) > _BRANCHES:  # many small stretches: let the engine merge them
        several = list(_together(plan.driver))
    yield from (_branch(plan, each, keyed=keyed) for each in several)
    if not several:
        yield _branch(plan, _Walk(listed=Resolved()), keyed=keyed)


def _together(walks: Sequence[_Walk]) -> Iterator[_Walk]:
    alike: dict[tuple[bool, tuple[int, ...] | None], list[_Walk]] = {}
    for each in walks:
        if each.listed:
            yield each
        else:
            alike.setdefault((each.terms is None, each.owners), []).append(each)
    for (bare, owners), some in alike.items():
        if bare:
            yield _Walk(owners=owners)
        else:
            yield _Walk(owners=owners, terms=tuple(one for each in some for one in each.terms or ()))


def _branch(plan: _Plan, walk: _Walk, *, keyed: bool) -> Select[Any]:
    rows = term if walk.terms is not None else resource
    scope = Scope(type=plan.query.type, keys=plan.keys, now=plan.now, rows=rows)
    conditions = [*_driven(plan, walk, scope)]
    for clause in plan.rest:
        conditions.append(holds(clause, scope))
        if isinstance(clause, DateClause) and not clause.fields:
            conditions.extend(_bounds(clause, scope))
    keys = [key(sort, scope, plan.query, walks=plan.walks) for sort in plan.query.order] if keyed else []
    if keyed and plan.query.cursor is not None:
        conditions.append(behind(keys, scope, plan.query))
    shown = [each.label(f"k{place}") for place, each in enumerate(keys)]
    statement = select(scope.column("serial").label("serial"), *shown).where(*conditions)
    if scope.joined:
        statement = statement.join_from(term, resource, term.c.serial == resource.c.serial)
    return statement.distinct()


def _driven(plan: _Plan, walk: _Walk, scope: Scope) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that the driver's index answers."""
    if walk.terms is not None:
        if walk.owners is None:
            yield or_(*(matches(term, each) for each in walk.terms))
        else:
            yield or_(*(_owned(each, walk.owners, plan.keys) for each in walk.terms))
        return
    yield resource.c.deleted.is_(False)
    if walk.owners is not None:
        number = type_number(plan.query.type)
        yield _one_of(resource.c.record, [each + number for each in walk.owners])
    else:
        yield resource.c.type == plan.query.type
    if walk.listed is not None:
        yield holds(walk.listed, scope)


def _owned(wanted: Kept, owners: Sequence[int], keys: Keys) -> ColumnElement[bool]:
    """Return the condition that a row of `term` is the wanted one, in the record of one of the owners.

    Neither field nor code are named: an engine without statistics might walk everybody's rows of the code instead.
    """
    whose = _one_of(term.c.owned, [keys.owned(each, wanted.field, wanted.code) for each in owners])
    more = [term.c[name] == value for name in ("system", "text") if (value := getattr(wanted, name)) is not None]
    return and_(whose, *more)


def _one_of(column: ColumnElement[Any], values: Sequence[int]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _bounds(clause: DateClause, scope: Scope) -> Iterator[ColumnElement[bool]]:
    wanted = [widened(each, scope.now) for each in clause.alternatives]
    if clause.updated:
        return bounds(wanted, scope.column("updated"), literal(INSTANT, BigInteger))
    return bounds(wanted, scope.column("date"), longest(scope.type))
