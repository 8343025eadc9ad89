"""The disk that forgets must forget as a real one may, or the experiment proves nothing."""

from __future__ import annotations

import random

from tests.durability.disk import Cut, Disk, Event


def event(operation: str, name: str, offset: int = 0, data: bytes = b"") -> Event:
    return Event(operation=operation, name=name, offset=offset, data=data)


def left(events: list[Event], how: Cut = Cut.DROPPED, seed: int = 0) -> dict[str, bytes]:
    disk = Disk()
    for each in events:
        disk.happen(each)
    return disk.cut(how, random.Random(seed))


MADE = [event("O", "a"), event("S", "")]
WRITTEN = [*MADE, event("W", "a", 0, b"12345678")]
SYNCED = [*WRITTEN, event("S", "a")]


def test_what_was_synced_is_there_after_every_cut() -> None:
    assert all(left(SYNCED, how) == {"a": b"12345678"} for how in Cut)


def test_what_was_not_synced_may_be_missing() -> None:
    assert left(WRITTEN) == {"a": b""}
    assert left([*SYNCED, event("W", "a", 2, b"xx")]) == {"a": b"12345678"}


def test_writes_survive_each_without_the_others() -> None:
    two = [*SYNCED, event("W", "a", 0, b"A"), event("W", "a", 7, b"B")]
    assert {left(two, Cut.SHUFFLED, seed)["a"] for seed in range(40)} == {
        b"12345678",
        b"A2345678",
        b"1234567B",
        b"A234567B",
    }


def test_a_write_is_cut_in_two_anywhere() -> None:
    torn = {left(WRITTEN, Cut.TORN, seed)["a"] for seed in range(200)}
    assert torn == {b"12345678"[:length] for length in range(9)}


def test_a_truncation_needs_a_sync_too() -> None:
    cut = [*SYNCED, event("T", "a", 3)]
    assert left(cut) == {"a": b"12345678"}
    assert left([*cut, event("S", "a")]) == {"a": b"123"}


def test_what_a_failed_sync_held_is_not_made_good_by_the_next_one() -> None:
    failed = [*SYNCED, event("W", "a", 0, b"new"), event("F", "a")]
    assert all(left([*failed, event("S", "a")], how) == {"a": b"12345678"} for how in Cut)
    again = [*failed, event("W", "a", 0, b"new"), event("S", "a")]
    assert left(again) == {"a": b"new45678"}


def test_a_new_name_needs_a_sync_of_its_folder() -> None:
    made = [event("O", "a"), event("W", "a", 0, b"x"), event("S", "a")]
    assert left(made) == {}
    assert left(made, Cut.TORN) == {"a": b"x"}
    assert left([*made, event("S", "")]) == {"a": b"x"}


def test_a_renamed_file_has_its_old_name_or_its_new_one_and_its_content() -> None:
    renamed = [event("O", "n"), event("W", "n", 0, b"x"), event("S", "n"), event("R", "n", 0, b"a")]
    assert [left(renamed, Cut.SHUFFLED, seed) for seed in range(30) if left(renamed, Cut.SHUFFLED, seed)]
    assert all(left(renamed, Cut.SHUFFLED, seed) in ({}, {"n": b"x"}, {"a": b"x"}) for seed in range(30))
    assert left([*renamed, event("S", "")]) == {"a": b"x"}


def test_an_unlinked_file_may_come_back() -> None:
    unlinked = [*SYNCED, event("U", "a")]
    assert left(unlinked) == {"a": b"12345678"}
    assert left(unlinked, Cut.TORN) == {}
    assert left([*unlinked, event("O", "a"), event("S", "")]) == {"a": b""}
