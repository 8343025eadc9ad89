"""From each released schema to this one, with the data in place, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from gateway.database import Database, Keyring, open_database, seal
from gateway.errors import SettingsError
from gateway.fhir.json import dumps
from gateway.fhir.search.date import at
from gateway.fhir.version import stamped
from gateway.store import METADATA, audit, open_store
from gateway.store.acts import Acts
from gateway.store.credentials import METADATA as CREDENTIALS
from gateway.store.fleet import TABLES
from gateway.store.migrating import _upgrade, migrate, revisions
from gateway.store.orders import NOBODY, Order, Orders
from gateway.store.reindexing import reindex
from gateway.store.revision import FIRST, NEWEST, check
from tests.store.endpoint import BASE, Endpoint, everything, heart_rate

THEN = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)

PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Dubois"}], "birthDate": "1948"}


def kept(connection: Connection, keyring: Keyring, resource: dict[str, Any], *, versions: int = 1) -> None:
    """Write a resource as release 0.1.0 did, its last version and those before."""
    type_, id_ = resource["resourceType"], resource["id"]
    key = keyring.key("p1")
    for version in range(1, versions + 1):
        body = dumps(stamped(resource, id_=id_, version=version, updated=THEN))
        row = {
            "type": type_,
            "id": id_,
            "version": version,
            "updated": at(THEN),
            "deleted": False,
            "patient": "p1",
            "date": at(THEN),
            "until": at(THEN) + 1,
            "key_id": key.key_id,
            "body": seal(key, body, bound_to=("resource", type_, id_, str(version))),
        }
        if version == 1:
            names, values = ", ".join(row), ", ".join(f":{each}" for each in row)
            connection.execute(text(f"INSERT INTO resource ({names}) VALUES ({values})"), row)
            continue
        connection.execute(
            text(
                "INSERT INTO history (serial, version, updated, deleted, key_id, body)"
                " SELECT serial, version, updated, deleted, key_id, body FROM resource WHERE id = :id"
            ),
            row,
        )
        connection.execute(text("UPDATE resource SET version = :version, body = :body WHERE id = :id"), row)
    connection.execute(
        text(
            "INSERT INTO term (serial, parameter, code, system, patient, date)"
            " SELECT serial, 'Observation.code', '8867-4', 'http://loinc.org', patient, date FROM resource"
            " WHERE id = :id"
        ),
        {"id": id_},
    )


def fill(connection: Connection, keyring: Keyring) -> None:
    _upgrade(connection, "0001")
    connection.execute(text("DROP TABLE alembic_version"))  # release 0.1.0 kept none
    kept(connection, keyring, PATIENT)
    kept(connection, keyring, heart_rate(id="h1", value="72.0"), versions=3)
    kept(connection, keyring, heart_rate(id="h2", value="140"))


@pytest.fixture
async def old(database_url: str, keyring: Keyring) -> AsyncIterator[Database]:
    """Give a database as release 0.1.0 left it."""
    async with open_database(database_url, patient=True) as database:
        await database.act(lambda connection: fill(connection, keyring))
        yield database


def test_the_revisions_are_one_line_to_the_newest() -> None:
    assert (revisions()[0].revision, revisions()[-1].revision) == (FIRST, NEWEST)
    assert [each.down_revision for each in revisions()[1:]] == [each.revision for each in revisions()[:-1]]


async def test_the_released_tables_come_up_with_their_data(old: Database, keyring: Keyring) -> None:
    assert len(await migrate(old, keyring, base=BASE)) == len(revisions()) - 1
    async with open_store(old, keyring) as store:
        endpoint = Endpoint(store=store, principal=everything())
        assert sorted(await endpoint.ids("Observation?patient.family=dub&code=8867-4")) == ["h1", "h2"]
        assert await endpoint.ids("Observation?value-quantity=gt100||/min") == ["h2"]
        assert b'"value":72.0' in (await endpoint.get("Observation/h1")).body
        assert (await endpoint.get("Observation/h1/_history/2")).status == 200
        await endpoint.save(heart_rate(id="h3"))
        assert len(await endpoint.ids("Observation")) == 3
    assert await migrate(old, keyring, base=BASE) == []
    assert await old.look(lambda connection: list(audit.broken(connection))) == []


def shape(connection: Connection) -> Any:
    found = inspect(connection)
    return {
        table: (
            sorted((each["name"], str(each["type"]), each["nullable"]) for each in found.get_columns(table)),
            found.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (each["name"], tuple(each["column_names"]), each["unique"])
                for each in found.get_indexes(table)
                if "expressions" not in each and None not in each["column_names"]
            ),
        )
        for table in METADATA.tables
    }


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection:sqlalchemy.exc.SAWarning")
async def test_what_migrations_make_is_what_a_new_database_has(
    old: Database, keyring: Keyring, request: pytest.FixtureRequest, database_url: str, tmp_path: Any
) -> None:
    await migrate(old, keyring, base=BASE)
    fresh = f"sqlite:///{tmp_path}/fresh.db"
    if not database_url.startswith("sqlite"):
        fresh = request.getfixturevalue("postgresql_server").make_database()
    async with open_database(fresh, METADATA) as new:
        await new.act(check)
        assert await old.look(shape) == await new.look(shape)


async def test_an_older_database_is_refused_in_one_line_until_it_is_migrated(
    database_url: str, old: Database, keyring: Keyring
) -> None:
    async with open_database(database_url, METADATA) as started:
        with pytest.raises(SettingsError, match="teleborne admin migrate"):
            async with open_store(started, keyring):
                pass
    # The tables that the newer release made beside the old ones are no obstacle.
    assert await migrate(old, keyring, base=BASE)
    async with open_store(old, keyring):
        pass


async def test_a_migration_that_stops_in_its_middle_is_done_by_the_next_one(
    old: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*_arguments: Any, **_more: Any) -> Any:
        raise KeyError("stopped")

    monkeypatch.setattr("gateway.store.reindexing.extract", stops)
    with pytest.raises(KeyError):
        await migrate(old, keyring, base=BASE)
    monkeypatch.undo()
    with pytest.raises(SettingsError):
        await old.act(check)
    await migrate(old, keyring, base=BASE)
    async with open_store(old, keyring) as store:
        assert await Endpoint(store=store, principal=everything()).ids("Observation?value-quantity=gt100||/min") == [
            "h2"
        ]


async def test_an_index_that_was_lost_is_made_anew_from_the_bodies(
    database: Database, endpoint: Endpoint, keyring: Keyring
) -> None:
    await endpoint.save(PATIENT)
    for number in range(5):
        await endpoint.save(heart_rate(id=f"h{number}", value=str(70 + number)))
    deleted = heart_rate(id="gone")
    await endpoint.save(deleted)
    questions = [
        "Observation?patient=p1&code=8867-4",
        "Observation?patient.family=dub&value-quantity=ge72",
        "Observation?code:text=heart",
        "Patient?birthdate=1948",
        "Patient?name:contains=ubo",
    ]
    before = [await endpoint.ids(each) for each in questions]
    assert all(before)

    def lose(connection: Connection) -> None:
        for table in ("term", "moment", "amount", "wording"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("UPDATE resource SET record = 1, own = 1, date = 0, until = 1, patient = NULL"))

    await database.act(lose)
    assert await endpoint.ids(questions[0]) == []
    assert await reindex(database, keyring, base=BASE) == 7
    assert [await endpoint.ids(each) for each in questions] == before


OLD_ACTS = (
    "CREATE TABLE fleet_order (booth VARCHAR(100) PRIMARY KEY, closed BOOLEAN NOT NULL, revoked BOOLEAN NOT NULL)",
    "CREATE TABLE fleet_act (serial INTEGER, booth TEXT, act TEXT, by TEXT, name TEXT, at BIGINT)",
    "CREATE TABLE signed_in (token VARCHAR(32) PRIMARY KEY, began BIGINT NOT NULL)",
    "INSERT INTO fleet_order VALUES ('mairie', true, false), ('pharmacie', false, true)",
    "INSERT INTO fleet_act VALUES (1, 'mairie', 'close', 'odile', 'Odile', 1760000000)",
    "INSERT INTO fleet_act VALUES (2, 'pharmacie', 'revoke', 'odile', 'Odile', 1760000060)",
)


@pytest.mark.parametrize("since", ["0001", "0004"])
async def test_what_operators_did_moves_into_the_chained_audit(database_url: str, keyring: Keyring, since: str) -> None:
    """The fleet's tables came with revision 0004; a fleet of before has none."""
    async with open_database(database_url, patient=True) as database:
        for script in revisions():
            await database.act(partial(_upgrade, to=script.revision))
            if script.revision == since:
                break
        for statement in OLD_ACTS:
            await database.act(lambda connection, run=statement: connection.execute(text(run)))  # type: ignore[misc]
        await migrate(database, keyring, base=BASE)
        acts = [(each.what, each.who, each.booth) for each in await Acts(database).last(most=10)]
        assert acts == [("fleet:revoke", "odile", "pharmacie"), ("fleet:close", "odile", "mairie")]
        assert await database.look(lambda connection: list(audit.broken(connection))) == []
    async with open_database(database_url, *TABLES, CREDENTIALS, patient=True) as database:
        assert await Orders(database).all() == {"mairie": Order(closed=True), "pharmacie": Order(key=NOBODY)}
        assert not await database.look(lambda connection: inspect(connection).has_table("fleet_act"))
