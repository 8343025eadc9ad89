"""What a resource is found by, written: the derived rows of `gateway.store.tables`, and taken away again.

Plain tuples go to the driver, many rows in one statement: most of what a write costs is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from gateway.database import add_rows
from gateway.fhir.search.element import folded, words
from gateway.fhir.search.index import Found, Index
from gateway.fhir.search.number import ordered
from gateway.store.keys import NOTHING, Keys, field_number
from gateway.store.tables import HIGHEST, INDEXED, LOWEST, MISSING, amount, moment, term, wording

__all__ = ["NONE", "Entries", "Known", "entries", "forget", "keep"]

Known = set[tuple[int, int, int]]
"""Texts whose words are kept: field, code and text."""

_TERM: Final = ("serial", "field", "code", "system", "part", "text", "owned", "date")
_MOMENT: Final = ("serial", "field", "part", "low", "high")
_AMOUNT: Final = (
    "serial", "field", "part", "number", "low", "high", "code", "system", "unit", "base", "base_low", "base_high",
)  # fmt: skip
_FORGET: Final = tuple(delete(table).where(table.c.serial == bindparam("of")) for table in INDEXED)

Row = tuple[Any, ...]


class Entries(NamedTuple):
    """What one resource is found by: its rows without the serial number, and the texts whose words are to be kept."""

    terms: list[Row]
    moments: list[Row]
    amounts: list[Row]
    texts: dict[tuple[int, int, int], str]


NONE: Final = Entries([], [], [], {})


def entries(type_: str, index: Index, *, keys: Keys, known: Known) -> Entries:
    """Return the entries of a resource; its texts are those that are not among the *known* ones."""
    texts: dict[tuple[int, int, int], str] = {}
    terms = [*_terms(type_, index, keys, known, texts)]
    return Entries(terms, [*_moments(type_, index)], [*_amounts(type_, index, keys)], texts)


def keep(connection: Connection, serial: int, found: Entries, *, keys: Keys) -> None:
    """Write the entries of one resource; its texts may be taken as known once the transaction is committed."""
    for table, columns, rows in (
        (term, _TERM, found.terms),
        (moment, _MOMENT, found.moments),
        (amount, _AMOUNT, found.amounts),
    ):
        if rows:
            add_rows(connection, table, columns, [(serial, *row) for row in rows])
    if found.texts:
        _write_wordings(connection, found.texts, keys)


def forget(connection: Connection, serial: int) -> None:
    """Take away all that a resource is found by."""
    for statement in _FORGET:
        connection.execute(statement, {"of": serial})


def _terms(type_: str, index: Index, keys: Keys, known: Known, texts: dict[tuple[int, int, int], str]) -> Iterator[Row]:
    seen = set()
    owner = keys.of(f"Patient/{index.patient}") if index.patient else None
    date = index.date.low if index.date else MISSING
    for found in index.terms:
        key, said, parts = _term(keys, type_, found)
        if key in seen:
            continue
        seen.add(key)
        if said and (named := (key[0], key[1], said)) not in known:
            texts[named] = found.text
        yield *key, said, None if owner is None else keys.mixed(owner, *parts), date


@lru_cache(maxsize=20_000)
def _term(keys: Keys, type_: str, found: Found) -> tuple[tuple[int, int, int, int], int, tuple[int, int]]:
    """Return a term as it is kept under a field, its words, and what is mixed with its owner.

    Devices say the same ones always.
    """
    of, number = keys.of, field_number(type_, found.field)
    kept = of(found.code) if found.code else keys.words(found.text)
    key = (number, kept, of(found.system), found.part)
    return key, of(folded(found.text)) if found.text else NOTHING, keys.parts(number, kept)


def _moments(type_: str, index: Index) -> Iterator[Row]:
    seen: dict[tuple[Any, ...], int] = {}
    for field, part, low, high in index.moments:
        key = (field_number(type_, field), part, low)
        seen[key] = max(high, seen.get(key, high))
    yield from ((*key, high) for key, high in seen.items())


def _amounts(type_: str, index: Index, keys: Keys) -> Iterator[Row]:
    of = keys.of
    for number, each in enumerate(index.amounts):
        low, high = _ends(each.low, each.high)
        base_low, base_high = _ends(each.base_low, each.base_high) if each.base else (LOWEST, LOWEST)
        units = (of(each.code), of(each.system), of(each.unit), of(each.base))
        yield (field_number(type_, each.field), each.part, number, low, high, *units, base_low, base_high)


def _ends(low: Decimal | None, high: Decimal | None) -> tuple[str, str]:
    return LOWEST if low is None else ordered(low), HIGHEST if high is None else ordered(high)


def _write_wordings(connection: Connection, texts: dict[tuple[int, int, int], str], keys: Keys) -> None:
    """Keep the words of texts that are new, or that another node may just be keeping as well."""
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    statement = insert(wording).on_conflict_do_nothing()
    rows = {(field, keys.of(word), code, said) for (field, code, said), text in texts.items() for word in words(text)}
    if rows:
        # In one order: two nodes that keep the same words must not wait for each other.
        connection.execute(statement, [dict(zip(wording.columns.keys(), row, strict=True)) for row in sorted(rows)])
