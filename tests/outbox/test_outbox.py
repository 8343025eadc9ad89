"""The queue: in its caller's transaction, in order for each record, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gateway import outbox
from gateway.database import Database, DataKey, Keyring, SealBroken, open_database, open_keyring

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ONE, TWO = (DataKey(key_id=name, secret=name.encode() * 32) for name in "12")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/a.db" if sqlite else str(request.getfixturevalue("postgresql_url"))
    async with open_database(url, outbox.METADATA) as database:
        yield database


async def put(database: Database, *paths: str, key: DataKey = ONE) -> None:
    def act(connection: Connection) -> None:
        for path in paths:
            outbox.put(connection, destination="gateway", path=path, body=b"{}", key=key, now=NOW)

    await database.act(act)


async def lease(database: Database, *, at: datetime = NOW, limit: int = 10) -> tuple[outbox.Letter, ...]:
    return await database.act(
        lambda connection: outbox.lease(connection, destination="gateway", now=at, limit=limit, lease_s=30)
    )


def paths(letters: tuple[outbox.Letter, ...]) -> list[str]:
    return [letter.path for letter in letters]


async def test_letters_leave_in_the_order_in_which_they_were_put(database: Database) -> None:
    await put(database, *(f"Observation/{number}" for number in range(12)))
    assert paths(await lease(database, limit=5)) == [f"Observation/{number}" for number in range(5)]


async def test_a_letter_is_put_with_its_transaction_or_not_at_all(database: Database) -> None:
    def act(connection: Connection) -> None:
        outbox.put(connection, destination="gateway", path="a/1", body=b"{}", key=ONE, now=NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await database.act(act)
    assert await database.look(outbox.waiting) == 0


async def test_a_leased_letter_holds_back_its_record_until_it_is_done_or_its_lease_ends(database: Database) -> None:
    await put(database, "Patient/1", "Observation/1")
    await put(database, "Patient/2", key=TWO)
    (first,) = await lease(database, limit=1)
    assert paths(await lease(database)) == ["Patient/2"]
    assert paths(await lease(database, at=NOW + timedelta(seconds=31), limit=1)) == ["Patient/1"]
    await database.act(lambda connection: outbox.done(connection, first.seq))
    assert paths(await lease(database)) == ["Observation/1"]


async def test_a_postponed_letter_holds_back_its_record_and_no_other(database: Database) -> None:
    await put(database, "Patient/1", "Observation/1")
    await put(database, "Patient/2", key=TWO)
    first, *rest = await lease(database)
    later = NOW + timedelta(minutes=5)
    seqs = [letter.seq for letter in rest]
    await database.act(lambda connection: outbox.postpone(connection, first.seq, until=later, reason="HTTP 500"))
    await database.act(lambda connection: outbox.release(connection, seqs, now=NOW))
    assert paths(await lease(database)) == ["Patient/2"]
    due = await database.look(lambda connection: outbox.next_due(connection, destination="gateway"))
    assert due is not None
    again = await lease(database, at=later)
    assert paths(again) == ["Patient/1", "Observation/1", "Patient/2"]
    assert [letter.attempts for letter in again] == [1, 0, 0]


async def test_a_refused_letter_is_kept_in_view_and_can_be_put_back(database: Database) -> None:
    await put(database, "Observation/1", "Observation/2")
    first, _ = await lease(database)
    await database.act(lambda connection: outbox.refuse(connection, first.seq, reason="HTTP 422", now=NOW))
    (refused,) = await database.look(outbox.refused)
    assert (refused.path, refused.reason, refused.refused_at) == ("Observation/1", "HTTP 422", NOW)
    assert await database.look(outbox.waiting) == 1
    assert await database.look(outbox.refusals) == 1
    assert await database.act(lambda connection: outbox.readmit(connection, refused.seq, now=NOW))
    assert not await database.act(lambda connection: outbox.readmit(connection, refused.seq, now=NOW))
    assert paths(await lease(database, at=NOW + timedelta(minutes=1))) == ["Observation/2", "Observation/1"]


async def test_a_key_is_needed_while_a_letter_waits_or_is_refused(database: Database) -> None:
    await put(database, "Observation/1", "Observation/2")
    one, two = await lease(database)

    async def needed() -> bool:
        return await database.look(lambda connection: outbox.waits_for(connection, ONE.key_id))

    await database.act(lambda connection: outbox.done(connection, one.seq))
    assert await needed()
    await database.act(lambda connection: outbox.refuse(connection, two.seq, reason="no", now=NOW))
    assert await needed()
    await database.act(lambda connection: outbox.readmit(connection, two.seq, now=NOW))
    (again,) = await lease(database)
    await database.act(lambda connection: outbox.done(connection, again.seq))
    assert not await needed()


async def test_a_clock_set_back_by_days_holds_nothing_back(database: Database) -> None:
    await put(database, "Observation/1")
    assert await lease(database, at=NOW + timedelta(days=3))
    assert paths(await lease(database)) == ["Observation/1"]


async def test_a_restarted_carrier_calls_its_leases_back(database: Database) -> None:
    await put(database, "Observation/1")
    await lease(database)
    assert await lease(database) == ()
    await database.act(lambda connection: outbox.recall(connection, destination="gateway", now=NOW))
    assert paths(await lease(database)) == ["Observation/1"]


async def test_each_destination_has_its_own_letters(database: Database) -> None:
    await put(database, "Observation/1")
    other = await database.act(
        lambda connection: outbox.lease(connection, destination="other", now=NOW, limit=9, lease_s=9)
    )
    assert other == ()
    assert await database.look(lambda connection: outbox.next_due(connection, destination="other")) is None


async def test_a_body_is_sealed_and_opens_only_for_its_own_path(tmp_path: Path) -> None:
    def put_one(connection: Connection) -> None:
        key = keyring.key("Patient/1")
        outbox.put(connection, destination="gateway", path="a/1", body=b"systolic 132", key=key, now=NOW)

    keyring: Keyring
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/a.db", outbox.METADATA) as database,
    ):
        await database.act(put_one)
        (letter,) = await lease(database)
        assert b"systolic" not in letter.body
        assert letter.open(keyring) == b"systolic 132"
        moved = outbox.Letter(**{name: getattr(letter, name) for name in letter.__slots__} | {"path": "a/2"})
        with pytest.raises(SealBroken):
            moved.open(keyring)
        keyring.destroy("Patient/1")
        assert letter.open(keyring) is None
