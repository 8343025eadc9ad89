"""docs/tour.md shows the pictures that the journey takes, and no other."""

from __future__ import annotations

from tests.peers.tour import FOLDER, PICTURES, named


def test_the_tour_shows_what_the_journey_takes_and_all_of_it_is_there() -> None:
    assert sorted(named()) == sorted(PICTURES)
    assert {each.stem for each in FOLDER.iterdir()} == PICTURES


def test_the_pictures_of_the_tour_are_small() -> None:
    assert [each.name for each in FOLDER.iterdir() if each.stat().st_size > 80_000] == []
