"""To whom a waiting visit is offered, and what each is told of the queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from signalling import messages as m
from signalling.errors import Code
from signalling.offering import CIRCLES
from signalling.presence import Peer, Practice
from signalling.side import Role
from signalling.waiting_room import WaitingRoom
from tests.signalling.test_waiting_room import BOOTHS, COUGH, START, World, refusal

NORTH, SOUTH = Practice(territories=("north",)), Practice(territories=("south",))
BOOTH, OTHER, THIRD = BOOTHS


def physician(number: int, practice: Practice) -> Peer:
    return Peer(role=Role.PHYSICIAN, subject=f"rpps:{number:011}", name=f"Dr {number}", practice=practice)


def world_of(*practices: Practice) -> tuple[World, list[Peer]]:
    world, peers = World(), [physician(number, practice) for number, practice in enumerate(practices)]
    world.arrive(*BOOTHS, *peers)
    for peer in peers:
        world.say(peer, m.Available(on=True), call=None)
    return world, peers


def offered(heard: dict[str, list[m.Message]], peer: Peer) -> list[str]:
    """Return the calls of the last queue that a physician was told."""
    return [waiter.call for message in heard[peer.id] if isinstance(message, m.Waiting) for waiter in message.queue]


def asks(world: World, booth: Peer, call: str, **wanted: str) -> dict[str, list[m.Message]]:
    return world.say(booth, structs.replace(COUGH, **wanted), call=call)


@pytest.mark.parametrize(
    ("wanted", "suits", "does_not"),
    [
        ({"territory": "north"}, NORTH, SOUTH),
        (
            {"speciality": "dermatology"},
            Practice(specialities=("dermatology",)),
            Practice(specialities=("cardiology",)),
        ),
        ({"language": "en"}, Practice(languages=("fr", "en")), Practice(languages=("fr",))),
        ({"territory": "north", "language": "en"}, Practice(), Practice(languages=("fr",), territories=("north",))),
    ],
)
def test_a_visit_is_offered_first_to_whom_it_suits(wanted: dict[str, str], suits: Practice, does_not: Practice) -> None:
    world, (one, other) = world_of(suits, does_not)
    heard = asks(world, BOOTH, "c", **wanted)
    assert offered(heard, one) == ["c"]
    assert offered(heard, other) == []
    assert refusal(world.say(other, m.Take()), other) is Code.NOT_NOW
    assert isinstance(world.say(one, m.Take())[one.id][0], m.Admitted)


def test_an_offer_widens_after_its_time_and_everybody_concerned_is_told() -> None:
    french = Practice(languages=("fr",), territories=("south",))
    world, (near, far, last) = world_of(NORTH, SOUTH, structs.replace(french, languages=("de",)))
    asks(world, BOOTH, "c", territory="north")
    seen = []
    for circle in CIRCLES[1:]:
        world.now = START + circle.after - timedelta(seconds=1)
        assert world.carry(world.room.tick(now=world.now)) == {}, "nobody is told what they know"
        world.now = START + circle.after
        heard = world.carry(world.room.tick(now=world.now))
        seen.append([peer.name for peer in (near, far, last) if offered(heard, peer)])
    assert seen == [["Dr 0", "Dr 1"], ["Dr 0", "Dr 1", "Dr 2"]]


def test_nobody_waits_for_physicians_who_are_not_there() -> None:
    world, (near, far) = world_of(NORTH, SOUTH)
    world.say(near, m.Available(on=False), call=None)
    assert offered(asks(world, BOOTH, "c", territory="north"), far) == ["c"]
    heard = world.say(near, m.Available(on=True), call=None)
    assert (offered(heard, near), offered(heard, far)) == (["c"], [])


def test_before_a_patient_are_only_those_whom_the_same_physicians_may_take() -> None:
    world, (north, _) = world_of(NORTH, SOUTH)
    asks(world, BOOTH, "a", territory="north")
    world.now += timedelta(seconds=1)
    heard = asks(world, OTHER, "b", territory="south")
    assert heard[OTHER.id][-1] == m.Queued(before=0, minutes=None)
    world.now += timedelta(seconds=1)
    heard = asks(world, THIRD, "c")
    assert heard[THIRD.id][-1] == m.Queued(before=2, minutes=None), "who suits everybody waits for everybody before"
    heard = world.say(north, m.Take(), call="a")
    assert heard[THIRD.id][-1] == m.Queued(before=1, minutes=None)


def test_a_restarted_server_offers_as_before() -> None:
    world, (near, far) = world_of(NORTH, SOUTH)
    asks(world, BOOTH, "c", territory="north")
    visits = list(world.room.room.visits.values())
    world.room = WaitingRoom(new_id=lambda: f"j{next(world.ids)}")
    world.carry(world.room.restore(visits, now=world.now))
    world.arrive(near, far, BOOTH)
    world.say(far, m.Available(on=True), call=None)
    heard = world.say(near, m.Available(on=True), call=None)
    assert (offered(heard, near), offered(heard, far)) == (["c"], [])


def test_who_says_nothing_is_offered_everything_as_before() -> None:
    world, (one, other) = world_of(Practice(), Practice())
    heard = world.say(BOOTH, COUGH, call="c")
    assert (offered(heard, one), offered(heard, other)) == (["c"], ["c"])
