"""What a resource is found by, written: the derived rows of `gateway.store.tables`, and taken away again.

Plain tuples go to the driver, many rows in one statement: most of what a write costs is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from gateway.database import add_rows
from gateway.fhir.search.element import folded, words
from gateway.fhir.search.index import Index
from gateway.fhir.search.number import ordered
from gateway.store.keys import NOTHING, Keys, field_number
from gateway.store.tables import HIGHEST, INDEXED, LOWEST, MISSING, amount, moment, term, wording

__all__ = ["Known", "amounts", "forget", "keep", "terms"]

Known = set[tuple[int, int, int]]
"""Texts whose words are kept: field, code and text."""

_TERM: Final = ("serial", "field", "code", "system", "part", "text", "owned", "date")
_MOMENT: Final = ("serial", "field", "part", "low", "high")
_AMOUNT: Final = (
    "serial", "field", "part", "number", "low", "high", "code", "system", "unit", "base", "base_low", "base_high",
)  # fmt: skip
_FORGET: Final = tuple(delete(table).where(table.c.serial == bindparam("of")) for table in INDEXED)


def keep(connection: Connection, type_: str, serial: int, index: Index, *, keys: Keys, known: Known) -> Known:
    """Write the rows of one resource; return the texts that were not among the *known* ones, and are kept now.

    The caller adds them to what is known once the transaction is committed.
    """
    fresh: dict[tuple[int, int, int], str] = {}
    add_rows(connection, term, _TERM, list(terms(type_, serial, index, keys=keys, known=known, fresh=fresh)))
    if index.moments:
        add_rows(connection, moment, _MOMENT, list(_moments(type_, serial, index)))
    if index.amounts:
        add_rows(connection, amount, _AMOUNT, list(amounts(type_, serial, index, keys)))
    if fresh:
        _write_wordings(connection, fresh, keys)
    return set(fresh)


def forget(connection: Connection, serial: int) -> None:
    """Take away all that a resource is found by."""
    for statement in _FORGET:
        connection.execute(statement, {"of": serial})


def terms(
    type_: str, serial: int, index: Index, *, keys: Keys, known: Known, fresh: dict[tuple[int, int, int], str]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `term`; texts that are not *known* are added to *fresh*."""
    of, seen = keys.of, set()
    owner = of(f"Patient/{index.patient}") if index.patient else None
    date = index.date.low if index.date else MISSING
    for field, code, system, part, text in index.terms:
        number = field_number(type_, field)
        said = of(folded(text)) if text else NOTHING
        kept = of(code) if code else keys.words(text)
        key = (number, kept, of(system), part)
        if key in seen:
            continue
        seen.add(key)
        if said and (number, kept, said) not in known:
            fresh[number, kept, said] = text
        yield serial, *key, said, None if owner is None else keys.owned(owner, number, kept), date


def _moments(type_: str, serial: int, index: Index) -> Iterator[tuple[Any, ...]]:
    seen: dict[tuple[Any, ...], int] = {}
    for field, part, low, high in index.moments:
        key = (serial, field_number(type_, field), part, low)
        seen[key] = max(high, seen.get(key, high))
    yield from ((*key, high) for key, high in seen.items())


def amounts(type_: str, serial: int, index: Index, keys: Keys) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `amount`."""
    of = keys.of
    for number, each in enumerate(index.amounts):
        low, high = _ends(each.low, each.high)
        base_low, base_high = _ends(each.base_low, each.base_high) if each.base else (LOWEST, LOWEST)
        units = (of(each.code), of(each.system), of(each.unit), of(each.base))
        yield (serial, field_number(type_, each.field), each.part, number, low, high, *units, base_low, base_high)


def _ends(low: Decimal | None, high: Decimal | None) -> tuple[str, str]:
    return LOWEST if low is None else ordered(low), HIGHEST if high is None else ordered(high)


def _write_wordings(connection: Connection, fresh: dict[tuple[int, int, int], str], keys: Keys) -> None:
    """Keep the words of texts that are new, or that another node may just be keeping as well."""
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    statement = insert(wording).on_conflict_do_nothing()
    rows = {(field, keys.of(word), code, said) for (field, code, said), text in fresh.items() for word in words(text)}
    if rows:
        # In one order: two nodes that keep the same words must not wait for each other.
        connection.execute(statement, [dict(zip(wording.columns.keys(), row, strict=True)) for row in sorted(rows)])
