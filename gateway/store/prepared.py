"""Statements for the everyday searches, made once for each shape and kept as text.

A search by one patient, codes and dates differs from the next one in its values alone. To build and to compile its
statement takes longer than to run it; so each shape's is kept, with the places of the values in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import BigInteger, BindParameter, Connection, Select, Text, bindparam, select

from gateway.database import ask, take_time
from gateway.fhir.search.query import (
    Clause,
    Cursor,
    DateClause,
    DateValue,
    OwnerClause,
    Phrase,
    PhraseClause,
    Prefix,
    Query,
    Resolved,
    Term,
    TermClause,
)
from gateway.store import finding
from gateway.store.holding import Terms, owner_key
from gateway.store.keys import OWNED, Keys
from gateway.store.tables import resource

__all__ = ["Prepared"]

_MOST: Final = 1_000
_ALTERNATIVES: Final = 8
_OWNER: Final = ("owner",)
_MANY: Final = (OwnerClause, Resolved)
"""What is another one with each question: it is not worth remembering."""

Values = dict[str, Any]
Row = Sequence[Any]
_Shape = tuple[Any, ...]
Place = tuple[str, tuple[str, int, str] | None]
"""A parameter of a statement: its name, and for one that stands for what is owned the owner, the field and the code."""


class Prepared:
    """The statements of one database, by shape."""

    def __init__(self) -> None:
        self._texts: dict[Any, tuple[str, tuple[Place, ...], Values]] = {}
        # The same codes and days are asked for again and again, and then they are the same values (parsing.py): each
        # is remembered with what is known of it, so that its number stays its own.
        self._shapes: dict[tuple[int, int, str], tuple[Clause, _Shape, Values]] = {}

    def page(
        self, connection: Connection, query: Query, clauses: Sequence[Clause], *, keys: Keys, now: int, last: bool
    ) -> Sequence[Row]:
        """Return the rows of one page and one match more; *last*: nothing is asked after it in this transaction."""

        def make(query: Query, clauses: Sequence[Clause]) -> Select[Any]:
            return finding.page(query, clauses, keys=keys, now=now)

        return self._rows(connection, "page", make, (query, clauses, keys), last=last)

    def own(
        self, connection: Connection, query: Query, clauses: Sequence[Clause], *, keys: Keys, now: int, most: int
    ) -> Sequence[int]:
        """Return what references to the matches are kept as, at most so many."""

        def make(query: Query, clauses: Sequence[Clause]) -> Select[Any]:
            found = finding.serials(query, clauses, keys=keys, now=now)
            return select(resource.c.own).where(resource.c.serial.in_(found)).limit(most)

        return [int(row[0]) for row in self._rows(connection, ("own", most), make, (query, clauses, keys))]

    def _rows(
        self,
        connection: Connection,
        what: Any,
        make: Callable[[Query, Sequence[Clause]], Select[Any]],
        asked: tuple[Query, Sequence[Clause], Keys],
        *,
        last: bool = False,
    ) -> Sequence[Row]:
        query, clauses, keys = asked
        values: Values = {}
        shape = self._shape(query, clauses, keys, values)
        if shape is None:
            take_time(connection)
            return connection.execute(make(query, clauses)).all()
        key = (connection.dialect.name, what, *shape)
        known = self._texts.get(key)
        if known is None:
            take_time(connection)
            known = _text(connection, make, query, clauses)
            if len(self._texts) < _MOST:
                self._texts[key] = known
        text, places, fixed = known
        both = fixed | values
        given = [
            both[name] if owned is None else keys.owned(values[owned[0]], owned[1], values[owned[2]])
            for name, owned in places
        ]
        return ask(connection, text, tuple(given), last=last)

    def _shape(self, query: Query, clauses: Sequence[Clause], keys: Keys, values: Values) -> _Shape | None:
        """Return what makes two searches the same but for their *values*, filled in; None for rarer searches."""
        shapes = []
        for place, each in enumerate(clauses):
            if isinstance(each, _MANY):
                shape = _clause_shape(query.type, place, each, keys, values)
            else:
                shape = self._remembered(query.type, place, each, keys, values)
            if shape is None or (shape == _OWNER and _OWNER in shapes):
                return None
            shapes.append(shape)
        cursor = query.cursor
        if cursor is not None:
            values |= {f"k{place}": each for place, each in enumerate(cursor.keys)} | {"behind": cursor.serial}
        return query.type, query.order, query.count, cursor is None, *shapes

    def _remembered(self, type_: str, place: int, clause: Clause, keys: Keys, values: Values) -> _Shape | None:
        name = (id(clause), place, type_)
        known = self._shapes.get(name)
        if known is None:
            own: Values = {}
            shape = _clause_shape(type_, place, clause, keys, own)
            if shape is None:
                return None
            if len(self._shapes) >= _MOST:
                self._shapes.clear()
            known = self._shapes[name] = clause, shape, own
        values |= known[2]
        return known[1]


def _clause_shape(type_: str, place: int, clause: Clause, keys: Keys, values: Values) -> _Shape | None:
    match clause:
        case OwnerClause(patients=(patient,)):
            values[f"owner{place}"] = owner_key(keys, patient)
            return _OWNER
        case Resolved(owners=(owner,), terms=(), serials=(), own=()):
            values[f"owner{place}"] = owner
            return _OWNER
        case TermClause(alternatives=terms) if 0 < len(terms) <= _ALTERNATIVES:
            kept = [Terms(type_, keys).kept(each) for each in terms]
            for number, one in enumerate(kept):
                values[f"code{place}_{number}"], values[f"system{place}_{number}"] = one.code, one.system
            return "term", *((term.field, term.code is None, term.system is None) for term in terms)
        case PhraseClause(alternatives=phrases) if len(phrases) <= _ALTERNATIVES:
            for number, phrase in enumerate(phrases):
                for each, (_, code) in enumerate(phrase.pieces):
                    values[f"piece{place}_{number}_{each}"] = keys.of(code)
            return "phrase", *((phrase.field, *(at for at, _ in phrase.pieces)) for phrase in phrases)
        case DateClause(fields=(), alternatives=(date,)) if date.prefix is not Prefix.AP:
            values[f"low{place}"], values[f"high{place}"] = date.low, date.high
            return "date", clause.updated, date.prefix
        case _:
            return None


def _text(
    connection: Connection,
    make: Callable[[Query, Sequence[Clause]], Select[Any]],
    query: Query,
    clauses: Sequence[Clause],
) -> tuple[str, tuple[Place, ...], Values]:
    """Return the statement with parameters in the places of the values, these in order, and what is fixed."""
    open_ = [_opened(place, each) for place, each in enumerate(clauses)]
    if query.cursor is not None:
        kinds = (Text() if isinstance(each, str) else BigInteger() for each in query.cursor.keys)
        cursor: Any = tuple(bindparam(f"k{place}", type_=kind) for place, kind in enumerate(kinds))
        query = replace(query, cursor=Cursor(keys=cursor, serial=_parameter("behind")))
    compiled = make(query, open_).compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    places = tuple((name, _owned(name)) for name in compiled.positiontup or ())
    return str(compiled), places, dict(compiled.construct_params(_check=False))


def _owned(name: str) -> tuple[str, int, str] | None:
    if not name.startswith(OWNED):
        return None
    owner, field, code = name.removeprefix(OWNED).split("__")
    return owner, int(field), code


def _opened(place: int, clause: Clause) -> Clause:
    match clause:
        case OwnerClause() | Resolved():
            return Resolved(owners=(_parameter(f"owner{place}"),))
        case TermClause(alternatives=terms):
            return TermClause(alternatives=tuple(_open_term(f"{place}_{n}", each) for n, each in enumerate(terms)))
        case PhraseClause(alternatives=phrases):
            return PhraseClause(
                alternatives=tuple(
                    Phrase(
                        phrase.field,
                        tuple(
                            (at, _parameter(f"piece{place}_{number}_{n}")) for n, (at, _) in enumerate(phrase.pieces)
                        ),
                    )
                    for number, phrase in enumerate(phrases)
                )
            )
        case DateClause(alternatives=(date,)):
            low, high = _parameter(f"low{place}"), _parameter(f"high{place}")
            return replace(clause, alternatives=(DateValue(prefix=date.prefix, low=low, high=high),))
        case _:
            raise AssertionError(clause)


def _open_term(name: str, term: Term) -> Term:
    code: Any = None if term.code is None else _parameter(f"code{name}")
    system: Any = None if term.system is None else _parameter(f"system{name}")
    return Term(term.field, code, system)


def _parameter(name: str) -> Any:
    found: BindParameter[int] = bindparam(name, type_=BigInteger())
    return found
