"""No sequence of touches, readings, news and silences ends nowhere, leaves a call open, or remembers anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from booth_client.journey import (
    NEWS,
    TRANSITIONS,
    Act,
    Device,
    Effect,
    Journey,
    News,
    Plan,
    Stage,
    State,
    advance,
    due,
    offered,
)
from tests.booth_client.ways import PLAN, T0, VISITS, reading, talking, told, waiting, walk

acts = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(tuple(Device))), max_size=60)
stages = st.lists(st.sampled_from(tuple(Stage)), min_size=60, max_size=60)


def play(choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None = None) -> Journey:
    """Play any sequence that a person, the devices, the server, a physician and time could play."""
    journey = start or Journey(plan=plan, since=T0)
    for (number, device), stage in zip(choices, said, strict=False):
        possible = sorted(set(TRANSITIONS[journey.state]) | NEWS)
        act = possible[number % len(possible)]
        news = News(stage=stage if act is Act.VISIT else None, before=number % 3, device=device, papers=number % 2)
        journey, _ = advance(journey, act, T0, result=reading(device), news=news)
    return journey


PLANS = (PLAN, replace(PLAN, rest=timedelta(seconds=5), rounds=3), VISITS, replace(VISITS, devices=PLAN.devices))
starts = st.sampled_from((None, waiting(), talking(), told(talking(), Stage.REPORTED, papers=1)))


@settings(max_examples=600, deadline=None)
@given(acts, stages, st.sampled_from(PLANS), starts)
def test_from_anywhere_doing_nothing_ends_at_idle_knowing_nobody(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    """Whoever talks is left alone as long as the physician is there; then the call is lost, and nobody comes."""
    journey = play(choices, said, plan, start)
    plan = journey.plan
    journey = told(journey, Stage.LOST) if journey.talks else journey
    for _ in range(90):
        if journey.state in (State.GOODBYE, State.OUT_OF_SERVICE):
            journey, _effects = advance(journey, Act.WIPED, T0)
        when = due(journey)
        if when is None:
            break
        journey, _effects = advance(journey, when[1], when[0])
    if journey.shut:
        assert journey.state is State.OUT_OF_SERVICE
        journey = walk(Act.REOPENED, start=journey)
    assert journey.state is State.IDLE
    assert replace(journey, since=T0, online=True) == Journey(plan=plan, since=T0)


@settings(max_examples=400, deadline=None)
@given(acts, stages, st.sampled_from(PLANS), starts)
def test_from_anywhere_there_is_always_something_to_touch_or_something_under_way(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    journey = play(choices, said, plan, start)
    assert offered(journey)


@settings(max_examples=400, deadline=None)
@given(acts, stages, st.sampled_from(PLANS), starts)
def test_whoever_comes_next_finds_nothing_of_the_person_before(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    journey = play(choices, said, plan, start)
    if journey.state in (State.IDLE, State.GOODBYE, State.REFUSED):
        assert not journey.results
        assert not journey.visit
        assert journey.consultation is None
        assert journey.reason is None
    assert journey.visit or not (journey.results or journey.consultation or journey.reason)


@settings(max_examples=400, deadline=None)
@given(acts, stages, st.sampled_from((VISITS, replace(VISITS, devices=PLAN.devices))), starts)
def test_a_call_is_ended_whenever_the_person_is_no_longer_in_it(
    choices: list[tuple[int, Device]], said: list[Stage], plan: Plan, start: Journey | None
) -> None:
    journey, open_calls = start or Journey(plan=plan, since=T0), 1 if start else 0
    for (number, device), stage in zip(choices, said, strict=False):
        possible = sorted(set(TRANSITIONS[journey.state]) | NEWS)
        act = possible[number % len(possible)]
        news = News(stage=stage if act is Act.VISIT else None, before=0, device=device, papers=1)
        journey, effects = advance(journey, act, T0, result=reading(device), news=news)
        open_calls += effects.count(Effect.ASK) - effects.count(Effect.END_CALL)
        assert open_calls == (journey.consultation is not None), (act, journey.state)
