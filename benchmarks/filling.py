"""A database with very many Observations, written by copying the rows of one: what a benchmark of search needs."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it ships no type information
from sqlalchemy import insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url

from gateway.database import Keyring, seal
from gateway.database.sqlite_connection import connect
from gateway.fhir.json import dumps
from gateway.fhir.search.index import extract
from gateway.store import Store, indexing
from gateway.store.keys import Keys, type_number
from gateway.store.tables import amount, resource, term
from tests.store.endpoint import heart_rate

__all__ = ["BEGAN", "EVERY_US", "READINGS", "family", "fill", "patient"]

READINGS: Final = 100
"""A patient's Observations: a reading every eight hours for a month."""

BEGAN: Final = 1_760_000_000_000_000
EVERY_US: Final = 8 * 3_600_000_000
_AT_ONCE: Final = 20_000
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")


def patient(number: int) -> str:
    """Return the id of a patient."""
    return str(uuid.UUID(int=number))


def family(number: int) -> str:
    """Return the name of a patient, which begins like few others."""
    return f"{number * 2_654_435_761 % 2**32:08x}".translate(_LETTERS)


async def fill(store: Store, url: str, keyring: Keyring, keys: Keys, *, first: int, count: int, base: str) -> None:
    """Add Observations number *first* to *first* + *count*, and the patients whose they are."""
    wanted = range(first // READINGS, (first + count) // READINGS)
    for start in range(wanted.start, wanted.stop, 200):
        some = range(start, min(start + 200, wanted.stop))
        await store.perform(partial(_patients, numbers=some), who="benchmark", base=base)
    for start in range(first, first + count, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, first + count))
        await _write(url, dict(_rows(numbers, keyring, keys)))


def _patients(repository: Any, numbers: range) -> None:
    for number in numbers:
        whole = {
            "resourceType": "Patient",
            "id": patient(number),
            "identifier": [{"system": "urn:ins", "value": str(number)}],
            "name": [{"family": family(number)}],
        }
        repository.update(whole, None)


def _rows(numbers: range, keyring: Keyring, keys: Keys) -> Iterator[tuple[Any, list[tuple[Any, ...]]]]:
    resources: list[tuple[Any, ...]] = []
    terms: list[tuple[Any, ...]] = []
    amounts: list[tuple[Any, ...]] = []
    template = heart_rate(id="i") | {"resourceType": "Observation"}
    body, index = dumps(template), extract(template, base="")
    found = indexing.entries("Observation", index, keys=keys, known=set())
    for number in numbers:
        # Whoever reads them asks for the newest of one patient: readings of a patient lie far apart, as in life.
        # Below zero, where the engines give no serial numbers themselves.
        of, date = number // READINGS, BEGAN + (number % READINGS) * EVERY_US + number
        serial, id_, who = -1 - number, str(uuid.UUID(int=number + 2**64)), patient(of)
        owner, key = keys.of(f"Patient/{who}"), keyring.key(who)
        sealed = seal(key, body, bound_to=("resource", "Observation", id_, "1"))
        own = keys.of(f"Observation/{id_}")
        resources.append(
            (
                serial,
                "Observation",
                id_,
                1,
                date,
                False,
                "POST",
                who,
                own,
                owner + type_number("Observation"),
                date,
                date + 1_000_000,
                key.key_id,
                sealed,
            )
        )
        terms += [(serial, *row[:-2], keys.owned(owner, row[0], row[1]), date) for row in found.terms]
        amounts += [(serial, *row) for row in found.amounts]
    yield resource, resources
    yield term, terms
    yield amount, amounts


async def _write(url: str, rows: dict[Any, list[tuple[Any, ...]]]) -> None:
    if url.startswith("sqlite"):
        await asyncio.to_thread(_write_sqlite, url, rows)
        return
    parsed = make_url(url)
    connection = await asyncpg.connect(host=parsed.query["host"], user="postgres", database=parsed.database)
    try:
        for table, some in rows.items():
            await connection.copy_records_to_table(table.name, records=some, columns=list(table.columns.keys()))
    finally:
        await connection.close()


def _write_sqlite(url: str, rows: dict[Any, list[tuple[Any, ...]]]) -> None:
    connection = connect(Path(str(make_url(url).database)))
    connection.execute("PRAGMA cache_size = -200000")
    connection.execute("BEGIN IMMEDIATE")
    for table, some in rows.items():
        connection.executemany(str(insert(table).compile(dialect=sqlite.dialect())), some)
    connection.execute("COMMIT")
    connection.close()
