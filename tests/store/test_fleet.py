"""What the fleet keeps: alerts, changes, and the minutes in which nobody was served."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec

from gateway.database import open_database
from gateway.fleet import Condition, Health, Part
from gateway.store.alerts import AGAIN, Alert, Alerts
from gateway.store.fleet import TABLES, Fleet
from tests.peers.operator import T0, WELL


async def test_what_comes_back_is_the_same_alert_and_silence_ends_no_other(tmp_path: Path) -> None:
    worn = msgspec.structs.replace(WELL, parts=(Part(what="disk", health=Health.ATTENTION),))
    async with open_database(f"sqlite:///{tmp_path}/fleet.db", *TABLES) as database:
        fleet, alerts = Fleet(database), Alerts(database)

        async def now_and_then(minutes: int) -> list[Alert]:
            return list(await alerts.all(now=T0 + timedelta(minutes=minutes)))

        await fleet.hear("mairie", worn, now=T0)
        await alerts.take("mairie", "disk", who="o", name="Odile")
        await fleet.hear("mairie", WELL, now=T0 + timedelta(minutes=1))
        (over,) = await now_and_then(1)
        assert over.ended == T0 + timedelta(minutes=1)
        await fleet.hear("mairie", worn, now=T0 + timedelta(minutes=2))
        await fleet.hear("mairie", worn, now=T0 + timedelta(minutes=3))
        (again,) = await now_and_then(3)
        assert (again.since, again.last, again.times, again.owner_name, again.ended) == (
            T0,
            T0 + timedelta(minutes=2),
            2,
            "Odile",
            None,
        )
        await fleet.note_silence(now=T0 + timedelta(minutes=10))
        assert [(each.reason, each.ended) for each in await now_and_then(10)] == [("disk", None), ("silent", None)]
        await fleet.hear("mairie", WELL, now=T0 + timedelta(minutes=11))
        assert all(each.ended for each in await now_and_then(11))
        assert await alerts.all(now=T0 + timedelta(minutes=12) + AGAIN) == []
        much_later = T0 + timedelta(days=2)
        await fleet.hear("mairie", worn, now=much_later)
        (fresh,) = await alerts.all(now=much_later)
        assert (fresh.since, fresh.times, fresh.owner) == (much_later, 1, None)


async def test_silence_is_written_down_once_and_old_changes_are_forgotten(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/fleet.db", *TABLES) as database:
        fleet = Fleet(database)
        for minute in range(210):
            busy = msgspec.structs.replace(WELL, help_wanted=minute % 2 == 0)
            await fleet.hear("mairie", busy, now=T0 + timedelta(minutes=minute))
        late = T0 + timedelta(minutes=220)
        await fleet.note_silence(now=late)
        await fleet.note_silence(now=late)
        changes = await fleet.changes("mairie")
        older = await fleet.changes("mairie", before=changes[-1].serial)
        await fleet.hear("mairie", WELL, now=late + timedelta(days=400))
        kept = await fleet.changes("mairie")
    assert len(changes) == 200
    assert len(older) == 11
    assert older[0].serial < changes[-1].serial
    assert [each.condition for each in kept] == [Condition.RUNNING, Condition.OFFLINE]
    assert [each.condition for each in changes[:2]] == [Condition.OFFLINE, Condition.RUNNING]
    assert changes[0].reasons == ("silent",)


async def test_minutes_out_of_service_are_those_in_which_nobody_was_served(tmp_path: Path) -> None:
    shut = msgspec.structs.replace(WELL, in_service=False, closed=True)
    worn = msgspec.structs.replace(WELL, parts=(Part(what="disk", health=Health.BROKEN),))
    async with open_database(f"sqlite:///{tmp_path}/fleet.db", *TABLES) as database:
        fleet = Fleet(database)
        for minute, status in ((0, WELL), (10, shut), (30, WELL), (40, worn), (50, WELL)):
            await fleet.hear("mairie", status, now=T0 + timedelta(minutes=minute))
        await fleet.hear("pharmacie", WELL, now=T0)
        await fleet.note_silence(now=T0 + timedelta(minutes=5))
        spent = await fleet.out_of_service(since=T0, now=T0 + timedelta(minutes=60))
        assert spent == {"mairie": timedelta(minutes=20), "pharmacie": timedelta(minutes=55)}
        later = await fleet.out_of_service(since=T0 + timedelta(minutes=25), now=T0 + timedelta(minutes=60))
        assert later == {"mairie": timedelta(minutes=5), "pharmacie": timedelta(minutes=35)}
