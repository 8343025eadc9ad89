"""The booth's side of a visit: what the server and the connections say, and what the patient is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from booth_client.journey import News, Stage
from booth_client.protection import State, Status
from booth_client.visit import Begin, Finish, Relay, Say, Step, Tell, Visit, connection, heard, leave
from signalling import messages as m
from signalling.errors import Code, Flaw
from signalling.side import Endpoint
from tests.peers.webrtc_people import admitted

ASKED = m.Enqueue(reason="cough", language="fr", place="Caudry")
VISIT = Visit(id="v-1", asked=ASKED)
QUEUED = replace(VISIT, step=Step.QUEUED)
TALKING = replace(VISIT, step=Step.TALKING)
SEEN = replace(TALKING, was_seen=True)
REPORTING = replace(SEEN, step=Step.REPORTING)


def told(stage: Stage, **news: object) -> Tell:
    return Tell(news=News(stage=stage, **news))  # type: ignore[arg-type]  # the fields of News


def welcome(*calls: str, fresh: bool = True) -> m.Welcome:
    return m.Welcome(participant="p-1", role=m.Role.BOOTH, resume="r", fresh=fresh, calls=list(calls))


def test_the_place_in_the_queue_is_told_as_the_server_says_it() -> None:
    after, effects = heard(VISIT, m.Queued(before=2, minutes=(5, 15)))
    assert (after.step, effects) == (Step.QUEUED, (told(Stage.ASKED, before=2, minutes=(5, 15)),))


def test_when_a_physician_has_taken_the_visit_the_connections_begin() -> None:
    body = admitted()
    after, effects = heard(QUEUED, body)
    assert (after.step, effects) == (Step.TALKING, (Begin(admitted=body), told(Stage.COMING)))
    again, effects = heard(after, body)
    assert (again, effects) == (after, (Relay(),))


@pytest.mark.parametrize("visit", [VISIT, QUEUED, replace(VISIT, step=Step.RESUMING)])
def test_a_server_that_does_not_know_the_visit_any_more_is_asked_again(visit: Visit) -> None:
    assert heard(visit, welcome()) == (replace(visit, step=Step.ASKED), (Say(body=ASKED),))
    assert heard(visit, welcome("v-1")) == (visit, ())
    assert heard(visit, welcome(fresh=False)) == (visit, ())


@pytest.mark.parametrize("visit", [TALKING, SEEN, REPORTING, replace(SEEN, step=Step.RESUMING)])
def test_a_talk_that_the_server_does_not_know_any_more_is_over(visit: Visit) -> None:
    after, effects = heard(visit, welcome("another"))
    assert (after.step, effects) == (Step.OVER, (Finish(), told(Stage.OVER)))


def test_a_patient_who_is_handed_back_is_in_the_queue_again_without_a_connection() -> None:
    after, effects = heard(SEEN, m.Queued(before=0, minutes=None))
    assert (after, effects) == (QUEUED, (Finish(), told(Stage.ASKED, before=0)))


def test_the_end_of_the_talk_is_the_report_or_nothing() -> None:
    assert heard(SEEN, m.Ended(reason="finished", reporting=True)) == (
        REPORTING,
        (Finish(), told(Stage.WRITING)),
    )
    assert heard(TALKING, m.Ended(reason="gone"))[1] == (Finish(), told(Stage.OVER))


def test_a_signed_report_is_told_once_and_what_follows_changes_nothing() -> None:
    reported, effects = heard(REPORTING, m.Reported(documents=["DocumentReference/1", "DocumentReference/2"]))
    assert effects == (Finish(), told(Stage.REPORTED, papers=2))
    assert heard(reported, m.Ended(reason="finished")) == (reported, ())
    assert heard(reported, m.Reported(documents=[])) == (reported, ())


def test_a_visit_that_the_server_never_knew_is_over() -> None:
    error = m.Error(code=Code.UNKNOWN_CALL, what="", remedy="")
    assert heard(QUEUED, error)[0].step is Step.OVER
    assert heard(VISIT, error) == (VISIT, ())  # not asked yet as far as the server knows
    assert heard(QUEUED, m.Error(code=Code.TOO_FAST, what="", remedy="")) == (QUEUED, ())


def test_the_picture_decides_what_the_patient_reads_and_the_measurements_connection_does_not() -> None:
    picture = State(endpoint=Endpoint.AV, status=Status.PROTECTED, name="Dr Claire Martin", digits="403180")
    seen, effects = connection(TALKING, picture)
    assert (seen, effects) == (SEEN, (told(Stage.WELL, name="Dr Claire Martin", digits="403180"),))
    assert connection(seen, replace(picture, status=Status.RECOVERING)) == (seen, (told(Stage.LOST),))
    agent = replace(picture, endpoint=Endpoint.AGENT)
    assert connection(TALKING, agent) == (TALKING, ())
    assert connection(TALKING, replace(picture, status=Status.CONNECTING)) == (TALKING, ())
    assert connection(TALKING, replace(picture, status=Status.RECOVERING)) == (TALKING, ())  # never was there


@pytest.mark.parametrize("endpoint", list(Endpoint))
def test_what_does_not_hold_on_either_connection_ends_both_and_is_said(endpoint: Endpoint) -> None:
    refused = State(endpoint=endpoint, status=Status.REFUSED, flaw=Flaw.SEEN)
    stopped, effects = connection(SEEN, refused)
    assert stopped.step is Step.STOPPED
    assert effects == (Finish(), Say(body=m.Stop(reason=Flaw.SEEN)), told(Stage.STOPPED))
    assert connection(stopped, refused) == (stopped, ())
    assert heard(stopped, m.Ended(reason="seen", reporting=True)) == (stopped, (Finish(),))
    assert heard(stopped, m.Reported(documents=["DocumentReference/1"]))[0].step is Step.REPORTED


@pytest.mark.parametrize("reporting", [True, False])
def test_what_the_physicians_page_found_out_stops_the_patients_side_as_well(*, reporting: bool) -> None:
    stopped, effects = heard(SEEN, m.Ended(reason=Flaw.FINGERPRINT, reporting=reporting))
    assert (stopped.step, effects) == (Step.STOPPED, (Finish(), told(Stage.STOPPED)))


def test_leaving_is_said_where_there_is_somebody_to_tell() -> None:
    assert leave(QUEUED, hang_up=False)[1] == (Say(body=m.Leave(reason="patient-left")), Finish())
    assert leave(SEEN, hang_up=True) == (SEEN, (Say(body=m.HangUp(reason="finished")), Finish()))
    assert leave(REPORTING, hang_up=False)[1] == (Finish(),)
    assert leave(REPORTING, hang_up=True) == (REPORTING, ())
