"""What is rare is looked up before a search: a chain, a `_has`, words, an amount become short lists of numbers.

With more than a thousand matches a clause stays what it was, and is tried on each row that the search meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, select

from gateway.database import take_time
from gateway.errors import NotSupported
from gateway.fhir.search.query import (
    AmountClause,
    AnyClause,
    ChainClause,
    Clause,
    DateClause,
    HasClause,
    Kept,
    NotClause,
    OwnerClause,
    Query,
    Resolved,
    TermClause,
    WordsClause,
)
from gateway.store.finding import rank, serials
from gateway.store.holding import Scope, rows_of
from gateway.store.keys import Keys, field_number, type_number
from gateway.store.prepared import Prepared
from gateway.store.tables import resource, term, wording

__all__ = ["Resolver"]

_FEW: Final = 1_000
_WELL_DRIVEN: Final = 2
_PLAIN: Final = (OwnerClause, TermClause, DateClause)
"""What there is nothing to look up for where an owner drives: the everyday questions."""


class Resolver:
    """What looks clauses up, on one connection."""

    def __init__(self, connection: Connection, keys: Keys, now: int, prepared: Prepared) -> None:
        self._connection = connection
        self._prepared = prepared
        self._keys = keys
        self._now = now

    def clauses(self, query: Query) -> tuple[Clause, ...]:
        """Return the clauses of *query*, what is rare among them looked up."""
        if all(isinstance(each, _PLAIN) for each in query.clauses) and OwnerClause in map(type, query.clauses):
            return query.clauses
        found = tuple(self._followed(each, query.type) for each in query.clauses)
        ranks = [rank(each) for each in found]
        driven = any(isinstance(each, OwnerClause) for each in found) or any(
            each is not None and each <= _WELL_DRIVEN for each in ranks
        )
        alone = sum(each is not None for each in ranks) == 1 and len(found) == 1
        return found if driven or alone else tuple(self._rare(each, query.type) for each in found)

    def _followed(self, clause: Clause, type_: str) -> Clause:
        match clause:
            case WordsClause():
                return self._words(clause, type_)
            case ChainClause():
                return self._chain(clause)
            case HasClause():
                return self._has(clause, type_)
            case AnyClause():
                return AnyClause(clauses=tuple(self._followed(each, type_) for each in clause.clauses))
            case NotClause():
                return NotClause(clause=self._followed(clause.clause, type_))
            case _:
                return clause

    def _words(self, clause: WordsClause, type_: str) -> Resolved:
        take_time(self._connection)
        numbers = [field_number(type_, each) for each in clause.fields]
        first = wording.alias()
        statement = select(first.c.field, first.c.code, first.c.text).where(first.c.field.in_(numbers))
        for place, word in enumerate(clause.words):
            other = first if place == 0 else wording.alias()
            if place:
                same = [other.c[name] == first.c[name] for name in ("field", "code", "text")]
                statement = statement.join(other, and_(*same))
            statement = statement.where(other.c.word == self._keys.of(word))
        rows = self._connection.execute(statement.distinct().limit(_FEW + 1)).all() if clause.words else []
        if len(rows) > _FEW:
            raise NotSupported("The words of :text are in too many texts.", where=":text", remedy="Add a rarer word.")
        return Resolved(terms=tuple(Kept(field=row.field, code=row.code, text=row.text) for row in rows))

    def _chain(self, clause: ChainClause) -> Clause:
        """Return which owners and references a chain ends at."""
        known = [replace(each, clauses=self.clauses(each)) for each in clause.queries]
        owners: set[int] = set()
        terms: set[Kept] = set()
        for query in known:
            found = self._prepared.own(
                self._connection, query, query.clauses, keys=self._keys, now=self._now, most=_FEW + 1
            )
            if len(found) > _FEW:
                return replace(clause, queries=tuple(known))
            own = set(found)
            if clause.link.owner and query.type == "Patient":
                owners |= own
            numbers = [field_number(clause.link.type, each) for each in clause.link.fields]
            only_owner = clause.link.owner and query.type == "Patient" and len(numbers) == 1
            terms |= {Kept(field=each, code=code) for each in ([] if only_owner else numbers) for code in own}
        return Resolved(owners=tuple(sorted(owners)), terms=tuple(terms))

    def _has(self, clause: HasClause, type_: str) -> Clause:
        """Return which resources are referred to by what the query finds."""
        query = replace(clause.query, clauses=self.clauses(clause.query))
        found = self._few(self._found(query))
        if found is None:
            return replace(clause, query=query)
        own: set[int] = set()
        if clause.link.owner and type_ == "Patient":
            owner = resource.c.record - type_number(query.type)
            statement = select(owner).where(resource.c.serial.in_(found), resource.c.record.is_not(None))
            own.update(self._connection.execute(statement.distinct()).scalars())
        numbers = [field_number(query.type, each) for each in clause.link.fields]
        named = select(term.c.code).where(term.c.serial.in_(found), term.c.field.in_(numbers))
        own.update(self._connection.execute(named.distinct()).scalars())
        return Resolved(own=tuple(sorted(own)))

    def _found(self, query: Query) -> Select[tuple[int]]:
        return serials(query, query.clauses, keys=self._keys, now=self._now)

    def _rare(self, clause: Clause, type_: str) -> Clause:
        """Return the few resources that a clause holds for, the clause itself where they are not few."""
        amounts = isinstance(clause, AmountClause) and all(each.base for each in clause.alternatives)
        dates = isinstance(clause, DateClause) and bool(clause.fields)
        terms = isinstance(clause, TermClause) and rank(clause) is not None
        if not (amounts or dates or terms):
            return clause
        scope = Scope(type=type_, keys=self._keys, now=self._now)
        found: set[int] = set()
        for each in rows_of(clause, scope, tied=False):
            some = self._few(select(each.subquery().c.serial))
            if some is None or len(found := found | some) > _FEW:
                return clause
        return Resolved(serials=tuple(sorted(found)))

    def _few(self, statement: Select[tuple[int]]) -> set[int] | None:
        """Return what a statement finds, None where it is more than a thousand rows."""
        take_time(self._connection)
        found: Sequence[Any] = self._connection.execute(statement.limit(_FEW + 1)).scalars().all()
        return None if len(found) > _FEW else set(found)
