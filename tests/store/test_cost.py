"""A search walks an index: what it costs is what it shows. SQLite's own plan is the witness."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import Connection, text

from gateway.database import Database, open_database
from gateway.fhir.search.parsing import search
from gateway.store import METADATA, finding
from gateway.store.keys import Keys
from tests.store.endpoint import BASE

STREAMED = {
    "": "resource_by_date (type=?)",
    "patient=p1": "resource_of_owner (record=?)",
    "patient=p1&code=a": "term_of_owner (owned=?)",
    "patient=p1&code=urn:x|a&date=ge2026": "term_of_owner (owned=? AND date>?)",
    "patient=p1&code=a&category=b&status=c": "term_of_owner (owned=?)",
    "patient=p1&date=ge2026-06&date=lt2026-07": "resource_of_owner (record=? AND date>? AND date<?)",
    "patient=p1,p2&code=a,b": "term_of_owner (owned=?)",
    "code=a": "term_by_date (field=? AND code=?)",
    "code=a,b&_sort=date": "term_by_date (field=? AND code=?)",
    "combo-code=a&date=2026-06": "term_by_date (field=? AND code=? AND date>? AND date<?)",
    "identifier=urn:x|1": "term_by_date (field=? AND code=?)",
    "encounter=e1&code=a": "term_by_date (field=? AND code=?)",
    "date=ge2026-06-01&_sort=date": "resource_by_date (type=? AND date>?)",
    "date=sa2026-06-01": "resource_by_date (type=? AND date>?)",
    "_sort=-_lastUpdated": "resource_by_update (type=?)",
    "_lastUpdated=gt2026": "resource_by_update (type=? AND updated>?)",
    "category=a&_lastUpdated=gt2026&_sort=_lastUpdated": "resource_by_update (type=? AND updated>?)",
    "_sort=_id": "sqlite_autoindex_resource_1 (type=?)",
    "_id=a,b&_sort=_id": "sqlite_autoindex_resource_1 (type=? AND id=?)",
}
"""The search, and the one index it walks in the order of the answer."""

GATHERED = {
    "patient=p1&_sort=-_lastUpdated": "resource_of_owner (record=?)",
    "patient=p1&code=a&_sort=_id": "term_of_owner (owned=?)",
    "_id=a,b": "sqlite_autoindex_resource_1 (type=? AND id=?)",
}
"""The same where all matches are few, and are sorted."""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/store.db", METADATA) as database:
        yield database


async def plan(database: Database, query: str) -> list[str]:
    wanted = search("Observation", parse_qsl(query), base=BASE).query

    def explain(connection: Connection) -> list[str]:
        statement = finding.page(wanted, wanted.clauses, keys=Keys(b"index key"), now=0)
        compiled = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
        return [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]

    return await database.look(explain)


async def test_a_search_walks_one_index_in_the_order_of_its_answer(
    database: Database, subtests: pytest.Subtests
) -> None:
    for query, index in STREAMED.items():
        with subtests.test(query):
            steps = await plan(database, query)
            assert any(f"{index}" in each for each in steps), steps
            assert not any("FOR ORDER BY" in each for each in steps if "," not in query), steps
            assert not any(each.startswith(("SCAN resource", "SCAN term")) for each in steps), steps


async def test_what_must_be_sorted_is_first_narrowed(database: Database, subtests: pytest.Subtests) -> None:
    for query, index in GATHERED.items():
        with subtests.test(query):
            steps = await plan(database, query)
            assert any(index in each for each in steps), steps
