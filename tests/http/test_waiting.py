"""How long people waited and where they gave up is told and published, and no small number with it."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from gateway.database import open_database
from gateway.fleet import Stop, Ways
from gateway.waiting import EVERYWHERE, LEAST, Outcome, Wait, before_asking, figures, months, withheld
from signalling.consultation import Step
from signalling.presence import participant_id
from tests.peers.operator import WELL, tell, with_operator
from tests.peers.running import Running, running_gateway

CAME = datetime(2026, 10, 5, 9, tzinfo=UTC)


def wait(minutes: float = 6, outcome: Outcome | None = Outcome.TALKED, booth: str = "b") -> Wait:
    lasted = None if outcome is Outcome.LEFT_WAITING else timedelta(minutes=minutes)
    return Wait(booth=booth, came=CAME, lasted=lasted, outcome=outcome)


def test_a_visit_is_told_by_how_far_it_came() -> None:
    def went(*steps: Step) -> Outcome | None:
        found = Wait.of("b", [(step, CAME + timedelta(minutes=place)) for place, step in enumerate(steps)])
        assert found is not None
        return found.outcome

    assert went(Step.QUEUED) is None
    assert went(Step.QUEUED, Step.ENDED) is Outcome.LEFT_WAITING
    assert went(Step.QUEUED, Step.ADMITTED, Step.ENDED) is Outcome.LEFT_CONNECTING
    assert went(Step.QUEUED, Step.ADMITTED, Step.QUEUED, Step.ADMITTED, Step.ACTIVE, Step.ENDED) is Outcome.TALKED
    assert Wait.of("b", [(Step.ENDED, CAME)]) is None


def test_half_and_nine_of_ten_are_whole_minutes_with_eleven_people_behind_them() -> None:
    told = figures([wait(minutes) for minutes in range(1, 21)], period="2026-10")
    assert (told.asked, told.talked, told.half_within_min, told.nine_of_ten_within_min) == (20, 20, 10, 18)
    few = figures([wait()] * 10, period="2026-10")
    assert asdict(few) == asdict(figures([], period="2026-10")) | {
        "asked": None, "talked": None, "left_waiting": None, "left_connecting": None,
    }  # fmt: skip


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40), min_size=1), st.integers(0, 15))
def test_no_small_number_is_told_nor_left_to_be_subtracted(counts: dict[str, int], others: int) -> None:
    of = sum(counts.values()) + others
    told = withheld(counts, of=of)
    assert all(count is None or count == counts[name] for name, count in told.items())
    assert not any(0 < count < LEAST for count in told.values() if count is not None)
    left = of - sum(count for count in told.values() if count is not None)
    hidden = [name for name, count in told.items() if count is None]
    assert left == 0 or left >= LEAST or len(hidden) == len(counts)


def test_of_a_booth_only_who_asked_is_published_and_a_small_one_takes_the_next_with_it() -> None:
    waits = [wait(booth="a")] * 30 + [wait(booth="b", outcome=Outcome.LEFT_WAITING)] * 20 + [wait(booth="c")] * 3
    names = {"a": "mairie", "b": "pharmacie", "c": "école"}
    rows = {(each.period, each.booth): each for each in months(waits, names, today=date(2026, 11, 22))}
    assert len(rows) == 12 * 4
    assert "2026-11" not in {period for period, _ in rows}  # it goes on
    fleet = rows["2026-10", EVERYWHERE]
    assert (fleet.asked, fleet.talked, fleet.left_waiting) == (53, 33, 20)
    of_booth = {booth: rows["2026-10", booth].asked for booth in names.values()}
    assert of_booth == {"mairie": 30, "pharmacie": None, "école": None}
    assert rows["2026-10", "mairie"].talked is None


def test_where_people_gave_up_before_asking_is_told_of_all_booths_together_without_small_numbers() -> None:
    booths = [
        Ways(month="2026-10", begun=40, left={Stop.WHO: 12, Stop.MEASURING: 3}),
        Ways(month="2026-10", begun=20, left={Stop.WHO: 8, Stop.START: 2}),
        Ways(month="2026-09", begun=9, left={Stop.WHO: 9}),
    ]
    rows = {(each.period, each.booth): each for each in months([], {"a": "mairie"}, today=CAME.date(), ways=booths)}
    assert (rows["2026-09", EVERYWHERE].begun, rows["2026-09", EVERYWHERE].left_at_who) == (None, None)
    told = before_asking(booths, period="2026-10")
    assert (told["begun"], told["left_at_who"], told["left_at_offline"]) == (60, 20, 0)
    assert (told["left_at_measuring"], told["left_at_start"]) == (None, None)
    late = {(each.period, each.booth): each for each in months([], {}, today=date(2026, 11, 22), ways=booths)}
    assert (late["2026-10", EVERYWHERE].begun, late["2026-10", EVERYWHERE].left_at_who) == (60, 20)


async def store(there: Running, came: datetime, many: int, *steps: str, booth: str = "mairie") -> None:
    url = f"sqlite:///{there.settings.data_dir}/gateway.db"
    async with open_database(url, patient=True) as database:
        for number in range(many):
            told = [{"step": step, "at": came + timedelta(minutes=4 * place)} for place, step in enumerate(steps)]
            row = {
                "id": f"{came.isoformat()}{steps}{number}", "at": int(came.timestamp()),
                "booth": participant_id(f"urn:teleborne:booth:{booth}"),
                "milestones": msgspec.json.encode(told).decode(),
            }  # fmt: skip
            insert = (
                "INSERT INTO visit (id, step, booth, milestones, key_id, version, told, changed)"
                " VALUES (:id, 'ended', :booth, :milestones, 'k', 1, 1, :at)"
            )
            await database.act(lambda connection, run=row, sql=insert: connection.execute(text(sql), run))  # type: ignore[misc]


async def test_an_operator_sees_the_waiting_and_downloads_what_can_be_published(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    last_month = now.replace(day=1, hour=9) - timedelta(days=3)
    async with running_gateway(tmp_path, change=with_operator) as there, there.person("odile") as odile:
        async with there.booth("mairie") as mairie:
            ways = (Ways(month=f"{last_month:%Y-%m}", begun=30, left={Stop.WHO: 12}),)
            assert await tell(mairie, there, msgspec.structs.replace(WELL, ways=ways)) == 200
        for came in (now - timedelta(days=1), last_month):
            await store(there, came, 15, "queued", "admitted", "active", "ended")
            await store(there, came, 12, "queued", "ended")
        async with odile.get(f"{there.url}/fleet/statistics") as answer:
            told = await answer.json()
        waits, before = told["waits"], told["before"]
        assert (before["month"], before["begun"], before["left_at_who"]) == (f"{last_month:%Y-%m}", 30, 12)
        async with odile.get(f"{there.url}/fleet/booths") as answer:
            assert "ways" not in (await answer.json())["booths"][0]["status"]  # no small number leaves
        assert (waits["talked"], waits["left_waiting"], waits["half_within_min"]) == (15, 12, 4)
        async with odile.get(f"{there.url}/fleet/figures.csv") as answer:
            assert answer.content_type == "text/csv"
            assert "attachment" in answer.headers["Content-Disposition"]
            table = list(csv.DictReader(io.StringIO(await answer.text())))
        async with odile.get(f"{there.url}/fleet/figures.json") as answer:
            listed: list[dict[str, Any]] = (await answer.json())["rows"]
        assert [{name: "" if each[name] is None else str(each[name]) for name in each} for each in listed] == table
        period = f"{last_month:%Y-%m}"
        whole, mine = (row for row in table if row["period"] == period)
        assert (whole["booth"], whole["asked"], whole["left_waiting"]) == (EVERYWHERE, "27", "12")
        assert (mine["booth"], mine["asked"], mine["left_waiting"]) == ("mairie", "27", "")
        async with there.person("claire") as claire, claire.get(f"{there.url}/fleet/figures.csv") as answer:
            assert answer.status == 403
