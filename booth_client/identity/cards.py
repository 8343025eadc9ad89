"""A card in the reader: which kind it is, and whom it names. One file a kind; KINDS is the table.

Not in it: the carte Vitale. What is on it can only be read with the SESAM-Vitale interfaces, by agreement with the
GIE SESAM-Vitale, and it proves nobody's identity (docs/identity.md). It is told apart from no other unknown card.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Final

from booth_client.identity import demonstration_card
from booth_client.identity.pcsc import CardError, Readers, Say, readers
from booth_client.identity.person import Person
from booth_client.identity.traits import Misread

__all__ = ["KINDS", "Kind", "serial_of", "watch"]

_AGAIN_S: Final = 5.0
_GET_SERIAL: Final = bytes.fromhex("FFCA000000")

Kind = Callable[..., tuple[Person, ...]]
"""Reads one kind of card: `read(say, today=…)`; raises CardError for another kind, Misread for a broken one."""

KINDS: Final[tuple[Kind, ...]] = (demonstration_card.read,)
"""The kinds a booth of the demonstration takes. There is none yet that may be read where patients are real."""


async def watch(
    kinds: Sequence[Kind],
    *,
    read: Callable[[tuple[Person, ...]], Awaitable[None]],
    misread: Callable[[str], Awaitable[None]],
    works: Callable[..., Awaitable[None]],
    holds: Callable[..., Awaitable[None]],
    badge: Callable[[str], Awaitable[bool]] | None = None,
) -> None:
    """Read cards for ever: each that is put in is told once. A reader or a service that is away is waited for.

    *holds* hears whether a card is in it; *badge* is asked whether a serial number is a helper's, where no kind knows
    the card.
    """
    while True:
        try:
            with readers() as service:
                await _cards(service, kinds, read=read, misread=misread, works=works, holds=holds, badge=badge)
        except CardError:
            await holds(now=False)
            await works(now=False)
        await asyncio.sleep(_AGAIN_S)


async def _cards(
    service: Readers,
    kinds: Sequence[Kind],
    *,
    read: Callable[[tuple[Person, ...]], Awaitable[None]],
    misread: Callable[[str], Awaitable[None]],
    works: Callable[..., Awaitable[None]],
    holds: Callable[..., Awaitable[None]],
    badge: Callable[[str], Awaitable[bool]] | None,
) -> None:
    while True:
        reader = await asyncio.to_thread(service.put_in)
        await works(now=True)
        await holds(now=service.holds)
        if reader is not None:
            await _card(service, reader, kinds, read=read, misread=misread, badge=badge)


async def _card(
    service: Readers,
    reader: str,
    kinds: Sequence[Kind],
    *,
    read: Callable[[tuple[Person, ...]], Awaitable[None]],
    misread: Callable[[str], Awaitable[None]],
    badge: Callable[[str], Awaitable[bool]] | None,
) -> None:
    """Tell of one card; on its own, so that no name holds its people for as long as the next one is waited for."""
    try:
        people = await asyncio.to_thread(_read, service, reader, kinds)
    except CardError:
        serial = await asyncio.to_thread(serial_of, service, reader)
        if badge is None or serial is None or not await badge(serial):
            await misread("turned, or no card that is read here")
    except Misread as error:
        await misread(str(error))
    else:
        await read(people)


def serial_of(service: Readers, reader: str) -> str | None:
    """Return the serial number of the card in *reader*, where the reader tells one (PC/SC part 3, Get Data)."""
    try:
        with service.card(reader) as say:
            return say(_GET_SERIAL).hex() or None
    except CardError:
        return None


def _read(service: Readers, reader: str, kinds: Sequence[Kind]) -> tuple[Person, ...]:
    with service.card(reader) as say:
        return _first(say, kinds)


def _first(say: Say, kinds: Sequence[Kind]) -> tuple[Person, ...]:
    """Return whom the card names, by the first kind that knows it. Raises CardError where none does, or Misread."""
    today = date.today()  # noqa: DTZ011  where the booth stands
    for kind in kinds:
        try:
            return kind(say, today=today)
        except CardError:
            continue
    raise CardError("no kind of card that is read here")
