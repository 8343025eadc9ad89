"""The booth's side of one visit with a physician: what signalling and the connections say, and what follows. No I/O.

    ask ──► ASKED ──queued──► QUEUED ──admitted──► TALKING ──ended──► REPORTING ──reported──► REPORTED
              ▲                  ▲  └──────queued (handed back)──┘         │
              └── another welcome└── after a restart of the server          └─ended─► OVER

A visit is asked for by its id, used once; asking again with the same id changes nothing, so it is said again whenever
the server may not know of it. What the patient reads of it are News; docs/signalling.md has the messages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from booth_client.journey import News, Stage
from booth_client.protection import State as Connection
from booth_client.protection import Status
from signalling import messages as m
from signalling.errors import Code, Flaw
from signalling.side import Endpoint

__all__ = [
    "Begin",
    "Effect",
    "Finish",
    "Joined",
    "Question",
    "Relay",
    "Say",
    "Step",
    "Tell",
    "Visit",
    "connection",
    "heard",
    "leave",
]


class Step(Enum):
    """How far the visit is, as signalling knows it."""

    ASKED = auto()
    RESUMING = auto()
    QUEUED = auto()
    TALKING = auto()
    REPORTING = auto()
    REPORTED = auto()
    STOPPED = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit; `was_seen` says that the connection was proved once, so that news of it means a loss."""

    id: str
    asked: m.Enqueue
    step: Step = Step.ASKED
    was_seen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say this to the server."""

    body: m.Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Make the connections to the physician."""

    admitted: m.Admitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Give the connections what the server said: it is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Close the connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Tell the patient."""

    news: News


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Ask the patient whether somebody may join."""

    asked: m.MayJoin


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Show how the connection with somebody who joined stands."""

    state: Connection


Effect = Say | Begin | Relay | Finish | Tell | Question | Joined
Outcome = tuple[Visit, tuple[Effect, ...]]

_WAITING: Final = frozenset({Step.ASKED, Step.QUEUED, Step.RESUMING})
_FLAWS: Final = frozenset(Flaw)
_CLOSED: Final = frozenset({Step.REPORTED, Step.OVER})


def heard(visit: Visit, body: m.Message) -> Outcome:
    """Take in what the server said: about this visit, or `welcome`."""
    outcome: Outcome = visit, ()
    match body:
        case m.Welcome(calls=calls, fresh=fresh):
            outcome = _welcomed(visit, known=visit.id in calls, fresh=fresh)
        case m.Queued(before=before, minutes=minutes) if visit.step not in _CLOSED:
            told = Tell(news=News(stage=Stage.ASKED, before=before, minutes=minutes))
            effects = (Finish(), told) if visit.step is Step.TALKING else (told,)
            outcome = replace(visit, step=Step.QUEUED, was_seen=False), effects
        case m.Admitted() as admitted if visit.step in _WAITING:
            told = Tell(news=News(stage=Stage.LOST if visit.was_seen else Stage.COMING))
            outcome = replace(visit, step=Step.TALKING), (Begin(admitted=admitted), told)
        case m.Admitted() | m.Answer() | m.Candidate() | m.Recovering() | m.Present() if visit.step is Step.TALKING:
            outcome = visit, (Relay(),)
        case m.MayJoin() as asked if visit.step is Step.TALKING:
            outcome = visit, (Question(asked=asked),)
        case m.Ended(reason=reason) if reason in _FLAWS and visit.step is Step.TALKING:
            # The other side found it: to the patient it is the same.
            outcome = replace(visit, step=Step.STOPPED), (Finish(), Tell(news=News(stage=Stage.STOPPED)))
        case m.Ended(reporting=reporting):
            outcome = _ended(visit, reporting=reporting)
        case m.Reported(documents=documents) if visit.step not in _CLOSED:
            told = Tell(news=News(stage=Stage.REPORTED, papers=len(documents)))
            outcome = replace(visit, step=Step.REPORTED), (Finish(), told)
        case m.Error(code=Code.UNKNOWN_CALL) if visit.step in (Step.QUEUED, Step.TALKING):
            outcome = _ended(visit, reporting=False)
    return outcome


def _welcomed(visit: Visit, *, known: bool, fresh: bool) -> Outcome:
    """Act on the server's word whether it knows the visit, after a connection anew."""
    if known or not fresh:
        return visit, ()
    if visit.step in (Step.ASKED, Step.QUEUED) or (visit.step is Step.RESUMING and not visit.was_seen):
        return replace(visit, step=Step.ASKED), (Say(body=visit.asked),)
    if visit.step in (Step.TALKING, Step.REPORTING, Step.RESUMING):
        return _ended(visit, reporting=False)
    return visit, ()


def _ended(visit: Visit, *, reporting: bool) -> Outcome:
    if visit.step in _CLOSED:
        return visit, ()
    if visit.step is Step.STOPPED:
        return visit, (Finish(),)
    step, stage = (Step.REPORTING, Stage.WRITING) if reporting else (Step.OVER, Stage.OVER)
    return replace(visit, step=step), (Finish(), Tell(news=News(stage=stage)))


def connection(visit: Visit, state: Connection) -> Outcome:
    """Take in how a connection stands: the picture's tells the patient, a refusal of either ends the talk at once."""
    if visit.step is not Step.TALKING or state.peer is not None:
        return visit, (Joined(state=state),) if visit.step is Step.TALKING else ()
    if state.status is Status.REFUSED:
        # Said here as well: the connections end at once, and may not have got to say it.
        stopped = Say(body=m.Stop(reason=state.flaw or Flaw.MALFORMED)), Tell(news=News(stage=Stage.STOPPED))
        return replace(visit, step=Step.STOPPED), (Finish(), *stopped)
    if state.endpoint is not Endpoint.AV:
        return visit, ()
    if state.status is Status.PROTECTED:
        return replace(visit, was_seen=True), (Tell(news=News(stage=Stage.WELL, name=state.name, digits=state.digits)),)
    if state.status is Status.RECOVERING and visit.was_seen:
        return visit, (Tell(news=News(stage=Stage.LOST)),)
    return visit, ()


def leave(visit: Visit, *, hang_up: bool, reason: str = "patient-left") -> Outcome:
    """Let the patient go: hang up and wait for the report, or leave for good, and why."""
    if visit.step in _CLOSED or visit.step in (Step.STOPPED, Step.REPORTING):
        return (visit, ()) if hang_up else (replace(visit, step=Step.OVER), (Finish(),))
    body = m.HangUp(reason="finished") if hang_up else m.Leave(reason=reason)
    after = visit if hang_up else replace(visit, step=Step.OVER)
    return after, (Say(body=body), Finish())
