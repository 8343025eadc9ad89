"""Somebody who has never seen a booth: wrong touches, double taps, no answer, leaving in the middle. Never a dead end.

Thousands of walks over the journey itself; each seed is one person. What the devices, the server and a physician do is
as random as what the person does.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from booth_client.hours import OpeningHours
from booth_client.journey import (
    NEWS,
    TRANSITIONS,
    Act,
    Device,
    ForbiddenAct,
    Journey,
    Known,
    News,
    Plan,
    Result,
    Stage,
    State,
    Way,
    advance,
    due,
    offered,
)
from booth_client.news import Examination, Written
from booth_client.others import Asking, Other
from booth_client.shown import Shown
from booth_client.simulated import ANSWERS
from booth_client.words import Exam
from gateway.devices.reading import Measure, Name, Unit

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
PLAN = Plan(
    ways=frozenset(Way),
    rest=timedelta(seconds=30),
    rounds=2,
    visits=True,
    questions=True,
    printer=True,
    exams=frozenset(Exam),
)
PLANS = (
    PLAN,
    Plan(),
    replace(PLAN, ways=frozenset({Way.PHONE}), devices=(Device.CUFF,)),
    replace(PLAN, hours=OpeningHours(monday=("09:00-12:00",)).hours),
    replace(PLAN, devices=(Device.SCALE, Device.OXIMETER), rounds=1, questions=False),
    replace(PLAN, devices=(Device.OXIMETER, Device.CUFF), rounds=3, arms=True),
    replace(PLAN, devices=(Device.GLUCOMETER, Device.STRAP, Device.SENSOR), questions=False),
)
ASKING = (Asking(name="Ana Lopez", part="interpreter"),)
GUEST = (Other(participant="g-1", name="Ana Lopez", part="interpreter", digits="403180", here=True),)
PEOPLE = (Known(id="1", name="Jeanne M.", age=82), Known(id="2", name="Tom M.", age=8))
MEASURED = frozenset({Act.SEEN, Act.SAVED, Act.CONFIRM, Act.IMPLAUSIBLE, Act.UNSAVED, Act.LOST})
WALKS = 4000
LONGEST = 90
TEMPERS = ((6, 1, 2), (6, 1, 2), (2, 5, 2))
"""How often somebody touches, how often they let time pass, and how often the booth has something to say."""

AWAY = 200
"""Deadlines after which nobody can still be waited for."""


class World:
    """One person at one booth; `clock` only goes on."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.clock = T0
        self.journey = Journey(plan=self.dice.choice(PLANS), since=T0)
        self.seen: set[State] = set()
        self.asked = False
        self.temper = self.dice.choice(TEMPERS)

    def happen(self, act: Act) -> None:
        device = self.journey.device or self.dice.choice(list(Device))
        measured = (
            Measure(name=Name.WEIGHT, value=Decimal("72.4"), unit=Unit.KILOGRAM),
            Measure(name=Name.SYSTOLIC, value=Decimal(self.dice.randrange(110, 150)), unit=Unit.MMHG),
            Measure(name=Name.PULSE, value=Decimal(self.dice.randrange(50, 100)), unit=Unit.PER_MINUTE),
        )
        news = News(
            stage=self.dice.choice(list(Stage)) if act is Act.VISIT else None,
            before=self.dice.randrange(3),
            minutes=self.dice.choice((None, (0, 5))),
            device=device,
            papers=self.dice.randrange(2),
            exam=self.dice.choice((None, Examination(exam=Exam.LISTEN), Examination(exam=Exam.CAMERA))),
            written=self.dice.choice((None, Written(text="Avez-vous mal ?"))),
            paper=self.dice.choice((None, True)) if act is Act.ASKED else None,
            file=Shown(id="f", number=1, sheets=self.dice.randrange(1, 4)) if act is Act.SHOWN else None,
            asking=self.dice.choice((None, (), ASKING)),
            others=self.dice.choice((None, (), GUEST)),
            people=PEOPLE[: self.dice.randrange(1, 3)] if act is Act.READ else None,
            helper="Marie",
            wait=self.dice.random() < 0.5,
            card=self.dice.random() < 0.5,
        )
        result = Result(device=device, measures=measured) if act in MEASURED else None
        self.journey, _ = advance(self.journey, act, self.clock, result=result, news=news)
        self.seen.add(self.journey.state)

    def touch(self) -> None:
        """Touch any button, and often once more, as a finger does that has not been answered at once."""
        act = self.dice.choice(sorted(offered(self.journey)))
        self.happen(act)
        if self.dice.random() < 0.2:
            try:
                self.happen(act)
            except ForbiddenAct:
                return

    def wait(self) -> bool:
        """Do nothing until time itself acts; False where nothing would ever happen."""
        when = due(self.journey)
        if when is None:
            return False
        self.clock = max(self.clock, when[0])
        self.happen(when[1])
        return True

    def booth(self) -> None:
        """Let the booth report something: what the present screen waits for, more often than not."""
        helper = {Act.ADMITTED} if self.journey.state is not State.HELPER_CODE and self.dice.random() < 0.9 else set()
        expected = sorted(NEWS & set(TRANSITIONS[self.journey.state]) - {Act.BROKEN} - helper)
        acts = expected if expected and self.dice.random() < 0.8 else sorted(NEWS)
        self.happen(self.dice.choice(acts))

    def wiped(self) -> None:
        state = self.journey.state
        if state is State.OUT_OF_SERVICE or (state is State.GOODBYE and not self.journey.wiped):
            self.happen(Act.WIPED)

    def step(self) -> None:
        self.clock += timedelta(seconds=self.dice.randrange(1, 20))
        self.dice.choices((self.touch, self.wait, self.booth), weights=self.temper)[0]()
        self.wiped()


@pytest.fixture(scope="module")
def walks() -> list[World]:
    """Return thousands of people, each somewhere on their way."""
    found = []
    for seed in range(WALKS):
        world = World(seed)
        for _ in range(world.dice.choice((0, 0, 10, 25, 40, 50, 60))):
            _calmly(world) if world.dice.random() < 0.85 else world.touch()
            world.wiped()
        for _ in range(world.dice.randrange(1, LONGEST)):
            world.step()
        found.append(world)
    return found


def test_the_walks_have_seen_every_screen(walks: list[World]) -> None:
    assert set(State) - set().union(*(world.seen for world in walks)) == set()


def test_wherever_somebody_is_there_is_something_to_touch(walks: list[World]) -> None:
    for seed, world in enumerate(walks):
        assert offered(world.journey), (seed, world.journey.state)


def ends(journey: Journey) -> bool:
    """Say whether nobody is there any more: a booth that an operator has closed stays so."""
    return journey.state is (State.OUT_OF_SERVICE if journey.shut else State.IDLE)


def test_whoever_walks_away_is_forgotten_and_the_booth_is_free_again_or_closed(walks: list[World]) -> None:
    for seed, world in enumerate(walks):
        gone = World(seed)
        gone.journey, gone.clock = world.journey, world.clock
        if gone.journey.talks:
            gone.journey, _ = advance(gone.journey, Act.VISIT, gone.clock, news=News(stage=Stage.LOST))
        for _ in range(AWAY):
            gone.wiped()
            if ends(gone.journey) or not gone.wait():
                break
        assert ends(gone.journey), (seed, world.journey.state, gone.journey.state)
        if gone.journey.shut:
            gone.happen(Act.REOPENED)
        assert gone.journey.state is State.IDLE, (seed, world.journey.state, gone.journey.state)
        assert not any((gone.journey.results, gone.journey.agreed, gone.journey.answers, gone.journey.phone))
        assert gone.clock - world.clock < timedelta(hours=2), (seed, gone.clock - world.clock)


def test_whoever_comes_to_their_senses_reaches_the_end(walks: list[World]) -> None:
    """From wherever they are, touching what the screen asks for, with devices that work and a physician who comes."""
    for seed, world in enumerate(walks):
        calm = World(seed)
        calm.journey, calm.clock = world.journey, world.clock
        for _ in range(AWAY):
            calm.wiped()
            if calm.journey.state is State.GOODBYE or ends(calm.journey):
                break
            _calmly(calm)
        assert calm.journey.state is State.GOODBYE or ends(calm.journey), (
            seed,
            world.journey.state,
            calm.journey.state,
        )


_ONWARDS = (Act.CONTINUE, Act.DONE, Act.YES, Act.STOP, Act.FINISH, Act.BACK)
_DOCTOR = {
    State.WAITING: Stage.COMING,
    State.DOCTOR_COMING: Stage.WELL,
    State.IN_VISIT: Stage.WRITING,
    State.CALL_TROUBLE: Stage.WRITING,
    State.WRITING: Stage.REPORTED,
}


def _calmly(calm: World) -> None:
    state, touches = calm.journey.state, offered(calm.journey)
    act = ANSWERS.get(state)
    if act in touches and not (state is State.NO_DOCTOR and act is Act.REDO):
        calm.happen(act)
    elif state is State.IN_VISIT and not calm.asked:
        calm.asked = True
        calm.happen(Act.ASKED)
    elif state in _DOCTOR:
        calm.journey, _ = advance(calm.journey, Act.VISIT, calm.clock, news=News(stage=_DOCTOR[state], papers=1))
    elif state is State.VISIT_SHOW:
        calm.happen(Act.TAKE)
    elif state is State.VISIT_HOLD:
        calm.wait()
    elif Act.SEEN in TRANSITIONS[state] or state is State.LIVE:
        calm.happen(Act.SAVED)
    elif Act.STOPPED in TRANSITIONS[state]:
        calm.happen(Act.STOPPED)  # the physician has seen, heard or read it
    elif not calm.wait():
        calm.happen(next(each for each in _ONWARDS if each in touches))
