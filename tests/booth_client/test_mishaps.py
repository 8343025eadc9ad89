"""What a helper is told of a day: what did not work, when, and what has not been sent; never of whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from booth_client.journey import Act, Consultation, Device, Journey, Known, Stage, State
from booth_client.kiosk.today import Today
from booth_client.mishaps import Mishap, Mishaps
from tests.booth_client.ways import PLAN, TO_CUFF, walk

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
IDLE = Journey(plan=PLAN, since=NOON)


class Hours:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def talk(stage: Stage, *, unprinted: bool = False) -> Journey:
    return replace(IDLE, state=State.IN_VISIT, consultation=Consultation(stage=stage, unprinted=unprinted))


def seen(*journeys: Journey) -> tuple[Hours, Mishaps]:
    """Let an hour pass after each of *journeys*."""
    clock = Hours()
    mishaps = Mishaps(now=clock)
    for journey in journeys:
        mishaps.moved(journey)
        clock.now += timedelta(hours=1)
    return clock, mishaps


def test_each_thing_that_goes_wrong_is_noted_once_with_when_it_began_and_was_over() -> None:
    offline = replace(IDLE, online=False)
    _, mishaps = seen(IDLE, offline, offline, IDLE, talk(Stage.LOST), talk(Stage.WELL))
    cut, network = mishaps.today()
    assert (network.what, network.at, network.over) == (
        Mishap.NETWORK,
        NOON + timedelta(hours=1),
        NOON + timedelta(hours=3),
    )
    assert (cut.what, cut.over) == (Mishap.CALL, NOON + timedelta(hours=5))


def test_a_device_a_paper_a_saving_and_an_unsafe_call_are_told_apart() -> None:
    cuff = replace(walk(*TO_CUFF), state=State.FAILED)
    unsaved = replace(cuff, state=State.UNSAVED)
    _, mishaps = seen(cuff, unsaved, talk(Stage.REPORTED, unprinted=True), talk(Stage.STOPPED))
    assert [(each.what, each.device) for each in reversed(mishaps.today())] == [
        (Mishap.DEVICE, Device.CUFF),
        (Mishap.UNSAVED, None),
        (Mishap.PAPER, None),
        (Mishap.UNPROVED, None),
    ]


def test_what_was_over_yesterday_is_not_of_today_and_what_still_goes_on_is() -> None:
    clock, mishaps = seen(talk(Stage.LOST), replace(IDLE, online=False))
    clock.now += timedelta(days=1)
    assert [each.what for each in mishaps.today()] == [Mishap.NETWORK]


def test_the_helper_reads_it_in_both_languages_and_nothing_of_the_person() -> None:
    failed = replace(
        walk(*TO_CUFF), state=State.FAILED, people=(Known(id="1", name="Jeanne M.", age=82),), phone="0612345678"
    )
    clock, mishaps = seen(failed, IDLE, replace(IDLE, online=False))
    today = Today(mishaps, waiting=lambda: 3, refused=lambda: 1)
    french, english = (today.section(lang, now=clock.now) for lang in ("fr", "en"))
    for words in (
        "Appareil n°\u00a02\u00a0: il n’a pas marché.",
        "12\u00a0h\u00a000 à 13\u00a0h\u00a000",
        "depuis 14\u00a0h\u00a000",
    ):
        assert words in french
    assert "3 envois attendent." in french
    assert "1 envoi a été refusé." in french
    assert "Device 2: it did not work." in english
    assert "12:00 to 13:00" in english
    assert not any(of in french + english for of in ("Jeanne", "82", "0612345678"))


def test_a_day_on_which_all_went_well_says_so() -> None:
    clock, mishaps = seen(IDLE, walk(Act.TOUCH))
    section = Today(mishaps, waiting=lambda: 0, refused=lambda: 0).section("fr", now=clock.now)
    assert "Rien n’est noté. La borne a démarré à 12\u00a0h\u00a000." in section
    assert "Tout est envoyé." in section
