"""The record of visits on real databases: the first claim wins, on one server or two, and nothing kept is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.store.visits import METADATA, Visits
from signalling.consultation import Step
from signalling.effects import Persist
from signalling.errors import RecordError
from signalling.messages import Enqueue
from signalling.presence import Peer
from signalling.side import Role
from signalling.visit import Visit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BOOTH = Peer(role=Role.BOOTH, subject="urn:teleborne:booth:caudry-03", name="caudry-03")
ROY = Peer(role=Role.PHYSICIAN, subject="rpps:10009876543", name="Dr Paul Roy")
MARTIN = Peer(role=Role.PHYSICIAN, subject="rpps:10001234567", name="Dr Claire Martin")
ASKED = Enqueue(
    reason="toux depuis trois jours", language="fr", place="Caudry", encounter="Encounter/e1", patient="Patient/p1"
)
QUEUED = Visit(id="v1", step=Step.QUEUED, booth=BOOTH, asked=ASKED, since=NOW)


def at(step: Step, *, after_s: int = 0, release: bool = False, physician: Peer | None = None) -> Persist:
    moment = NOW + timedelta(seconds=after_s)
    return Persist(visit=replace(QUEUED, step=step, physician=physician), at=moment, release=release)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, METADATA) as database:
        yield database


@pytest.fixture
def visits(database: Database, keyring: Keyring) -> Visits:
    return Visits(database, keyring)


async def steps(visits: Visits) -> dict[str, tuple[Step, Peer | None]]:
    return {each.id: (each.step, each.physician) for each in await visits.restore()}


async def test_what_was_kept_comes_back_as_it_was(visits: Visits) -> None:
    await visits.record(at(Step.QUEUED))
    assert await visits.restore() == [QUEUED]


async def test_the_first_claim_stays_and_every_later_one_is_told_whose_it_is(visits: Visits) -> None:
    await visits.record(at(Step.OFFERED))
    assert await visits.claim("v1", ROY) == ROY
    assert await visits.claim("v1", MARTIN) == ROY
    assert await steps(visits) == {"v1": (Step.OFFERED, ROY)}


async def test_a_visit_that_is_unknown_or_over_can_not_be_claimed(visits: Visits) -> None:
    assert await visits.claim("v1", ROY) is None
    await visits.record(at(Step.QUEUED))
    await visits.record(at(Step.ENDED))
    assert await visits.claim("v1", ROY) is None
    assert await visits.restore() == []


async def test_who_has_a_visit_is_never_written_from_what_signalling_remembers(visits: Visits) -> None:
    await visits.record(at(Step.OFFERED))
    await visits.claim("v1", ROY)
    await visits.record(at(Step.ADMITTED, physician=MARTIN))
    assert await steps(visits) == {"v1": (Step.ADMITTED, ROY)}
    await visits.record(at(Step.ACTIVE))
    assert await steps(visits) == {"v1": (Step.ACTIVE, ROY)}


@pytest.mark.parametrize("step", [Step.QUEUED, Step.OFFERED])
async def test_a_waiting_step_that_comes_late_does_not_undo_a_claim(visits: Visits, step: Step) -> None:
    await visits.record(at(Step.OFFERED))
    await visits.claim("v1", ROY)
    await visits.record(at(Step.ADMITTED))
    await visits.record(at(step))
    assert await steps(visits) == {"v1": (Step.ADMITTED, ROY)}


async def test_handing_back_alone_takes_the_claim_back(visits: Visits) -> None:
    await visits.record(at(Step.OFFERED))
    await visits.claim("v1", ROY)
    await visits.record(at(Step.ADMITTED))
    await visits.record(at(Step.QUEUED, release=True))
    assert await steps(visits) == {"v1": (Step.QUEUED, None)}
    assert await visits.claim("v1", MARTIN) == MARTIN


async def test_of_many_claims_on_two_servers_at_once_exactly_one_wins(
    visits: Visits, database_url: str, tmp_path: Path
) -> None:
    physicians = [Peer(role=Role.PHYSICIAN, subject=f"rpps:{n:011}", name=f"Dr {n}") for n in range(12)]
    async with contextlib.AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_database(database_url, METADATA))
        keys = await stack.enter_async_context(open_keyring(f"sqlite:///{tmp_path}/keyring.db", tmp_path / "kek"))
        stores = [visits, Visits(opened, keys)]
        for number in range(5):
            call = f"race-{number}"
            await stores[number % 2].record(Persist(visit=replace(QUEUED, id=call), at=NOW))
            told = await asyncio.gather(*(stores[n % 2].claim(call, who) for n, who in enumerate(physicians)))
            (winner,) = {each.subject for each in told if each is not None}
            assert len([each for each in told if each is not None]) == len(physicians)
            assert {
                each.physician.subject for each in await visits.restore() if each.id == call and each.physician
            } == {winner}


async def test_what_the_patient_said_is_sealed_and_is_gone_when_the_visit_is_over(
    visits: Visits, database: Database
) -> None:
    async def raw() -> str:
        rows = await database.look(lambda c: c.execute(text("SELECT * FROM visit")).all())
        return repr(rows)

    await visits.record(at(Step.QUEUED))
    await visits.claim("v1", ROY)
    kept = await raw()
    assert [word for word in ("toux", "Caudry", "Roy", "10009876543", "p1'") if word in kept] == []
    await visits.record(at(Step.ENDED))
    (body,) = await database.look(lambda c: c.execute(text("SELECT body FROM visit")).scalars().all())
    assert body is None


async def test_an_erased_patient_s_visit_is_not_restored(visits: Visits, keyring: Keyring) -> None:
    await visits.record(at(Step.QUEUED))
    keyring.destroy("p1")
    assert await visits.restore() == []
    assert await visits.claim("v1", ROY) is None


async def test_a_record_that_was_tampered_with_is_refused_aloud(visits: Visits, database: Database) -> None:
    await visits.record(at(Step.QUEUED))
    await visits.record(Persist(visit=replace(QUEUED, id="v2"), at=NOW))
    swap = text("UPDATE visit SET body = (SELECT body FROM visit WHERE id = 'v2') WHERE id = 'v1'")
    await database.act(lambda c: c.execute(swap))
    with pytest.raises(RecordError, match="visit v1 is damaged"):
        await visits.restore()


async def test_a_database_that_does_not_answer_is_a_record_error(tmp_path: Path, keyring: Keyring) -> None:
    async with open_database(f"sqlite:///{tmp_path}/closed.db", METADATA) as closed:
        visits = Visits(closed, keyring)
    for act in (visits.record(at(Step.QUEUED)), visits.claim("v1", ROY), visits.restore()):
        with pytest.raises(RecordError):
            await act


async def test_the_milestones_and_who_took_it_outlast_the_visit(visits: Visits) -> None:
    await visits.record(at(Step.QUEUED))
    await visits.claim("v1", ROY)
    ways = (Step.ADMITTED, Step.CONNECTING, Step.ACTIVE, Step.RECOVERING, Step.ACTIVE, Step.REPORTING, Step.ENDED)
    for number, step in enumerate(ways):
        await visits.record(at(step, after_s=60 * (number + 1)))
    (story,) = await visits.untold(since=NOW)
    reached = {each.step: int((each.at - NOW).total_seconds()) // 60 for each in story.milestones}
    assert reached == {Step.QUEUED: 0, Step.ADMITTED: 1, Step.ACTIVE: 3, Step.REPORTING: 6, Step.ENDED: 7}
    assert (story.encounter, story.physician, story.booth) == ("e1", ROY, BOOTH.id)
    assert await visits.physicians_of("e1") == {ROY.id}


async def test_a_story_is_untold_until_its_latest_version_was_told(visits: Visits) -> None:
    await visits.record(at(Step.QUEUED))
    (first,) = await visits.untold(since=NOW)
    await visits.record(at(Step.ADMITTED))
    await visits.mark_told(first)
    (second,) = await visits.untold(since=NOW)
    await visits.mark_told(second)
    assert await visits.untold(since=NOW) == []
    assert await visits.untold(since=NOW + timedelta(days=1)) == []


async def test_a_physician_is_talking_from_admission_until_the_report(visits: Visits) -> None:
    await visits.record(at(Step.QUEUED))
    await visits.claim("v1", ROY)
    assert await visits.talking() == frozenset()
    await visits.record(at(Step.ADMITTED))
    assert await visits.talking() == {ROY.id}
    await visits.record(at(Step.REPORTING))
    assert await visits.talking() == frozenset()
