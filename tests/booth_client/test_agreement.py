"""What a person agrees to, each act by itself; a way on from every no; taken back at any time; kept word for word."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from booth_client import ledger as module
from booth_client.company import Agreed
from booth_client.hours import OpeningHours
from booth_client.journey import (
    Act,
    Device,
    Effect,
    Journey,
    News,
    Plan,
    Result,
    Stage,
    State,
    Topic,
    Way,
    advance,
    due,
)
from booth_client.journey import offered as offers
from booth_client.ledger import Booth, Ledger
from booth_client.questions import QUESTIONS
from booth_client.visits import Visits
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.fhir.validation import check

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
PLAN = Plan(devices=(Device.SCALE,), visits=True, questions=True, ways=frozenset({Way.PHONE}))
BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="caudry-03",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0011223344556677",
)
MEASURED = (Act.TOUCH, Act.FRENCH, Act.NO, Act.WITHOUT, Act.YES, Act.SKIP, Act.CONTINUE)
TO_REASON = (*MEASURED, Act.YES, Act.NO, Act.YES)


def walk(*acts: Act, plan: Plan = PLAN, start: Journey | None = None) -> Journey:
    journey = start or Journey(plan=plan, since=T0)
    for act in acts:
        journey, _ = advance(journey, act, T0)
    return journey


def test_each_act_is_asked_for_by_itself_before_the_reason() -> None:
    journey = walk(*TO_REASON)
    assert journey.state is State.REASON
    assert journey.agreed == {Topic.READINGS: True, Topic.VISIT: True, Topic.SHARE: True}


def test_whoever_wants_no_video_keeps_the_measurements_and_may_be_called_back_or_think_again() -> None:
    without = walk(*MEASURED, Act.NO)
    assert (without.state, without.visit) == (State.NO_VIDEO, True)
    assert {Act.CALL_BACK, Act.BACK, Act.FINISH} <= offers(without)
    assert walk(Act.BACK, Act.YES, start=without).state is State.COMPANY


def test_whoever_refuses_to_be_measured_may_see_the_physician_all_the_same() -> None:
    refused = walk(Act.TOUCH, Act.FRENCH, Act.NO, Act.WITHOUT, Act.NO)
    assert refused.state is State.REFUSED
    asked = walk(Act.CONTINUE, start=refused)
    assert (asked.state, asked.visit) == (State.CONSENT_VISIT, False)
    opened, effects = advance(asked, Act.YES, T0)
    assert (opened.state, effects) == (State.COMPANY, (Effect.OPEN_VISIT,))
    assert opened.agreed[Topic.READINGS] is False


def test_without_a_physician_to_see_refusing_offers_none() -> None:
    for plan in (replace(PLAN, visits=False), PLAN):
        refused = walk(Act.CUT, Act.TOUCH, Act.FRENCH, Act.NO, Act.WITHOUT, Act.NO, plan=plan)
        assert Act.CONTINUE not in offers(refused)


def test_another_person_stays_only_if_the_patient_says_so() -> None:
    company = walk(*MEASURED, Act.YES, Act.YES)
    assert company.state is State.CONSENT_PRESENT
    assert walk(Act.YES, start=company).agreed[Topic.PRESENT] is True
    assert walk(Act.NO, start=company).state is State.ALONE
    assert walk(Act.NO, Act.DONE, start=company).state is State.CONSENT_SHARE


def test_whoever_speaks_for_a_child_is_not_asked_whether_they_are_there() -> None:
    asked = replace(walk(*MEASURED), companion="parent")
    assert walk(Act.YES, start=asked).state is State.CONSENT_SHARE


@pytest.mark.parametrize("reason", sorted(QUESTIONS))
def test_the_questions_of_a_reason_are_asked_one_by_one_and_then_a_physician(reason: str) -> None:
    journey = walk(*TO_REASON, Act(reason))
    for count, question in enumerate(QUESTIONS[reason]):
        assert (journey.state, journey.question) == (State.QUESTIONS, count)
        assert Act.UNSURE in offers(journey)
        assert (Act.TODAY in offers(journey)) is (question == "since")
        journey, effects = advance(journey, Act.UNSURE, T0)
    assert (journey.state, effects) == (State.WAITING, (Effect.ANSWERED, Effect.ASK))
    assert dict(journey.answers) == dict.fromkeys(QUESTIONS[reason], "unsure")


def test_an_answer_may_be_given_anew_and_another_reason_asks_anew() -> None:
    second = walk(*TO_REASON, Act.COUGH, Act.DAYS)
    assert walk(Act.BACK, Act.WEEKS, start=second).answers == {"since": "weeks"}
    assert walk(Act.BACK, Act.BACK, Act.RENEWAL, start=second).answers == {}


def test_sharing_is_taken_back_in_the_middle_of_the_wait() -> None:
    waiting = walk(*TO_REASON, Act.TELL, Act.UNSURE, Act.UNSURE, Act.UNSURE)
    told, _ = advance(waiting, Act.VISIT, T0, news=News(stage=Stage.ASKED, before=0, minutes=(0, 5)))
    shown = walk(Act.COMFORT, Act.CONSENTS, start=told)
    assert offers(shown) >= {Act.READINGS, Act.SHARE}
    assert Act.PRESENT not in offers(shown)
    back, effects = advance(shown, Act.SHARE, T0)
    assert (back.agreed[Topic.SHARE], effects) == (False, (Effect.AGREED,))
    assert walk(Act.CONTINUE, Act.BACK, start=back).state is State.WAITING


def test_measuring_stops_where_the_readings_are_no_longer_agreed_to() -> None:
    measuring = walk(*MEASURED[:-2], plan=replace(PLAN, visits=False))
    withdrawn = walk(Act.COMFORT, Act.CONSENTS, Act.READINGS, Act.BACK, Act.BACK, start=measuring)
    assert (measuring.state, withdrawn.state) == (State.DO_SCALE, State.GOODBYE)


def test_a_call_is_promised_once_the_number_is_known() -> None:
    nobody = walk(Act.CUT, *MEASURED[:-2], Act.CONTINUE, Act.SKIP, Act.CONTINUE)
    assert nobody.state is State.NO_DOCTOR
    asked = walk(Act.CALL_BACK, start=nobody)
    assert asked.state is State.WHO_PHONE
    assert walk(Act.BACK, start=asked).state is State.NO_DOCTOR
    typed = walk(*(Act(digit) for digit in "0612345678"), start=asked)
    promised, effects = advance(typed, Act.DONE, T0)
    assert (promised.state, effects) == (State.CALLED_BACK, (Effect.CALL_BACK,))
    assert walk(Act.FINISH, start=promised).state is State.GOODBYE


def test_whoever_is_called_back_leaves_the_queue_and_a_physician_who_comes_first_is_shown() -> None:
    waiting = walk(*TO_REASON, Act.TELL, Act.UNSURE, Act.UNSURE, Act.UNSURE)
    typing = walk(Act.CALL_BACK, start=waiting)
    assert typing.consultation is not None
    coming, _ = advance(typing, Act.VISIT, T0, news=News(stage=Stage.COMING))
    assert coming.state is State.DOCTOR_COMING
    promised, effects = advance(typing, Act.WITHOUT, T0)
    assert (promised.state, promised.consultation) == (State.CALLED_BACK, None)
    assert effects == (Effect.CALL_BACK, Effect.END_CALL)


def local(hour: int, minute: int = 0, day: int = 3) -> datetime:
    return datetime(2026, 3, day, hour, minute).astimezone()


def test_out_of_hours_no_physician_is_asked_for_and_the_next_opening_is_known() -> None:
    hours = OpeningHours(tuesday=("09:00-12:30", "14:00-18:00")).hours
    plan = replace(PLAN, hours=hours)
    journey, _ = advance(walk(*MEASURED[:-1], plan=plan), Act.CONTINUE, local(13))
    assert (journey.state, journey.open) == (State.NO_DOCTOR, False)
    assert hours.opens(local(13)) == local(14)
    again, _ = advance(journey, Act.REDO, local(14))
    assert again.state is State.CONSENT_VISIT
    assert hours.opens(local(19)) == local(9, day=10)


def test_an_idle_booth_notices_when_it_opens_and_closes() -> None:
    hours = OpeningHours(tuesday=("09:00-12:30", "14:00-18:00")).hours
    closed, _ = advance(Journey(plan=replace(PLAN, hours=hours), since=T0), Act.ONLINE, local(13))
    resting = replace(closed, since=local(13))
    assert due(resting) == (local(14), Act.ELAPSED)
    opened, _ = advance(resting, Act.ELAPSED, local(14))
    assert (opened.open, due(opened)) == (True, (local(18), Act.ELAPSED))


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        ((), "no span"),
        (("9-12",), "is not a span"),
        (("12:00-09:00",), "before it begins"),
        (("09:00-12:00", "11:00-13:00"), "come after"),
    ],
)
def test_hours_that_mean_nothing_are_refused(spans: tuple[str, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        OpeningHours(monday=spans)


async def test_what_was_said_and_answered_is_durable_sealed_word_for_word_and_a_withdrawal_too(tmp_path: Path) -> None:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", module.METADATA, outbox.METADATA) as database,
    ):
        journey = replace(walk(*MEASURED[:-2]), companion="parent")
        visits = Visits(
            Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event()), journey=lambda: journey, now=lambda: T0
        )
        assert await visits.open() is None
        journey = walk(Act.COMFORT, Act.CONSENTS, Act.READINGS, start=journey)
        assert await visits.agree() is None
        assert visits.current is not None
        assert visits.current.consented is False
        journey = replace(journey, answers={"since": "days", "medicines": "yes"})
        assert await visits.answer() is None

        def peek(connection: Connection) -> list[dict[str, Any]]:
            found = outbox.lease(connection, destination="gateway", now=T0 + timedelta(days=1), limit=99, lease_s=0)
            return [json.loads(letter.open(keyring) or b"") for letter in found]

        sent = await database.act(peek)
        given, withdrawn = [each for each in sent if each["resourceType"] == "Consent"]
        assert (given["status"], withdrawn["status"], given["id"]) == ("active", "inactive", withdrawn["id"])
        text = base64.b64decode(given["sourceAttachment"]["data"]).decode()
        assert text.startswith("Le médecin peut voir les mesures de votre enfant")
        assert given["sourceAttachment"]["title"] == "borne-1-pour-autrui"
        assert given["performer"] == [{"reference": "#spoke"}]
        assert given["contained"][0]["patient"] == given["patient"]
        assert given["contained"][0]["relationship"][0]["coding"][0]["code"] == "PRN"
        (answers,) = [each for each in sent if each["resourceType"] == "QuestionnaireResponse"]
        assert [item["text"] for item in answers["item"]] == [
            "Depuis quand\u00a0?",
            "Est-ce que votre enfant prend des médicaments\u00a0?",
        ]
        assert answers["item"][0]["answer"] == [{"valueString": "Quelques jours"}]
        assert answers["item"][1]["answer"][0]["valueCoding"]["code"] == "Y"
        for each in (given, withdrawn, answers):
            check(each)
        assert b"Quelques jours" not in b"".join(path.read_bytes() for path in tmp_path.glob("booth.db*"))


@pytest.mark.parametrize("subject", ["rpps:10007654321", "urn:teleborne:guest:abc"])
async def test_what_was_said_to_whoever_would_join_is_a_consent_of_its_own_and_is_taken_back_with_them(
    tmp_path: Path, subject: str
) -> None:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", module.METADATA, outbox.METADATA) as database,
    ):
        ledger = Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event())
        visits = Visits(ledger, journey=lambda: walk(*MEASURED[:-2]), now=lambda: T0)
        await visits.open()
        assert visits.current is not None
        whom = Agreed(subject=subject, name="Dr Hélène Roy", part="specialist")
        other = replace(whom, subject="urn:teleborne:guest:other", name="Ali", part="interpreter")
        for said in (
            visits.join(whom, permit=True), visits.join(whom, permit=False, withdrawn=True),
            visits.join(other, permit=False),
        ):  # fmt: skip
            assert await said is None

        def peek(connection: Connection) -> list[dict[str, Any]]:
            found = outbox.lease(connection, destination="gateway", now=T0 + timedelta(days=1), limit=99, lease_s=0)
            return [json.loads(letter.open(keyring) or b"") for letter in found]

        sent = [each for each in await database.act(peek) if len(each.get("category", ())) > 1]
        joined = [each for each in sent if each["category"][1]["coding"][0]["code"] == "third-party"]
        assert [each["status"] for each in joined] == ["active", "inactive", "rejected"]
        assert len({each["id"] for each in joined}) == 2
        given = joined[0]
        assert base64.b64decode(given["sourceAttachment"]["data"]).decode() == (
            "Voulez-vous parler aussi avec Dr Hélène Roy\u00a0? Spécialiste. "
            "On vous voit et on vous entend, sans vos mesures."
        )
        (actor,) = given["provision"]["actor"]
        assert (actor["role"]["coding"][0]["code"], actor["reference"]["display"]) == ("specialist", "Dr Hélène Roy")
        assert actor["reference"].get("identifier", {}).get("value") == (
            "10007654321" if subject[:4] == "rpps" else None
        )
        assert given["provision"]["data"][0]["reference"]["reference"] == f"Encounter/{visits.current.id}"
        for each in joined:
            check(each)


def test_nothing_that_was_said_outlives_the_person() -> None:
    journey = walk(*TO_REASON, Act.COUGH, Act.DAYS, Act.COMFORT, Act.BACK, Act.SILENCE, Act.FINISH)
    assert (journey.state, journey.agreed, journey.answers, journey.phone) == (State.GOODBYE, {}, {}, "")
    kept, _ = advance(walk(*MEASURED[:-2]), Act.SAVED, T0, result=Result(device=Device.SCALE))
    assert kept.results
