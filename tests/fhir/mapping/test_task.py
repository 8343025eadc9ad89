from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.care.call_back import Act, Because, CallBack, Ending, Person, advance
from gateway.errors import Invalid
from gateway.fhir.encounter import booth_encounter
from gateway.fhir.record import phone_of, place_of
from gateway.fhir.task import call_back_id, call_back_of, call_back_task, told_by_a_booth
from gateway.fhir.validation import check

ENCOUNTER = "8d0f2b9e-1c44-4d0a-b5a1-3f6a1f9c0d21"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MARTIN = Person(reference="Practitioner/martin", name="Dr Claire Martin")
WANTED = CallBack(
    id=call_back_id(ENCOUNTER),
    patient="11111111-1111-4111-8111-111111111111",
    encounter=ENCOUNTER,
    asked=NOON,
    changed=NOON,
    because=Because.CUT,
    phone="06 12 34 56 78",
    place="Mairie de Caudry",
    place_phone="03 27 00 00 03",
)
TAKEN = advance(WANTED, Act.TAKE, who=MARTIN, now=NOON)
CLOSED = advance(TAKEN, Act.CLOSE, who=MARTIN, now=NOON, ending=Ending.NO_ANSWER)


@pytest.mark.parametrize(
    "wanted",
    [WANTED, TAKEN, CLOSED, replace(WANTED, asked_by=MARTIN), replace(WANTED, phone=None, place="", place_phone=None)],
)
def test_a_call_back_is_a_valid_task_and_comes_back_the_same(wanted: CallBack) -> None:
    task = call_back_task(wanted)
    check(task)
    assert call_back_of(task) == wanted


def test_a_task_of_another_kind_is_none_of_ours() -> None:
    with pytest.raises(Invalid):
        call_back_of({"resourceType": "Task", "id": "x", "status": "requested", "intent": "order"})


def test_a_booth_may_change_the_number_until_somebody_has_taken_the_call() -> None:
    asked, another = call_back_task(WANTED), call_back_task(replace(WANTED, phone="07 00 00 00 00"))
    assert told_by_a_booth(another, asked) == another
    for kept in (call_back_task(TAKEN), call_back_task(CLOSED)):
        assert told_by_a_booth(another, kept) == kept


@pytest.mark.parametrize("claims", [TAKEN, CLOSED, replace(WANTED, asked_by=MARTIN)])
def test_a_booth_takes_and_closes_nothing(claims: CallBack) -> None:
    with pytest.raises(Invalid, match="a person takes and closes it"):
        told_by_a_booth(call_back_task(claims), None)


def test_a_visit_says_who_can_be_called_where_it_is() -> None:
    visit = booth_encounter(
        id=ENCOUNTER,
        patient="Patient/p1",
        status="in-progress",
        start=NOON,
        location="Mairie de Caudry",
        phone="03 27 00 00 03",
    )
    check(visit)
    assert (place_of(visit), phone_of(visit)) == ("Mairie de Caudry", "03 27 00 00 03")
