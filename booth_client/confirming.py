"""The last steps of a connection's proof, over its own `control` channel: confirm, verify, and hear that ours was.

A side that unlocked as soon as it had verified the other's confirm would send picture and sound to somebody who never
got its own. So each says `proved` once the other's confirm holds, and unlocks when it has heard the same.
docs/signalling.md, *Confirm*.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from booth_client.channels import Channel, Proved, Unreadable, dump, parse
from booth_client.handshake import Handshake
from signalling.errors import BindingError, Flaw

__all__ = ["Heard", "confirm"]

Heard = tuple[Channel, str | bytes]


async def confirm(
    hand: Handshake, seen: str, *, say: Callable[[str], None], hear: Callable[[], Awaitable[Heard]]
) -> list[Heard]:
    """Return once the connection is proved, with what overtook that on other channels; raises BindingError.

    *seen* is the fingerprint of the certificate that DTLS showed; *say* and *hear* are the connection's.
    """
    say(hand.confirm(seen))
    channel, said = await hear()
    if channel is not Channel.CONTROL or not isinstance(said, str):
        raise BindingError(Flaw.CONFIRM, "the other side spoke before it confirmed")
    hand.verify(said)
    say(dump(Proved()))
    early: list[Heard] = []
    while (heard := await hear())[0] is not Channel.CONTROL:
        early.append(heard)
    if not _is_proved(heard[1]):
        raise BindingError(Flaw.CONFIRM, "the other side spoke before it said that our confirm holds")
    hand.complete()
    return early


def _is_proved(said: str | bytes) -> bool:
    try:
        return isinstance(said, str) and isinstance(parse(said), Proved)
    except Unreadable:
        return False
