"""The ways in which somebody can be known at this booth, put together from its settings."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.identity import Misread, Person, Reception, Traits, cards
from booth_client.identity.datamatrix import datamatrix, is_datamatrix
from booth_client.identity.keyboard import KeyboardScanner
from booth_client.identity.scanner import Scanner
from booth_client.identity.traits import traits_of
from booth_client.unread import Unread
from booth_client.words import Way

__all__ = ["Ask", "ReaderSettings", "arrival", "hearing", "people_of_these_traits", "reading"]

_ASK: Final = ClientTimeout(total=5)
_ARRIVAL: Final = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
"""A compact JWS: what the notebook and letters of appointments show; the gateway says whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """What reads cards and codes: PC/SC (`cards`), a `scanner` on a serial line, or one that acts as a `keyboard`.

    `test_people`: invented people only, as in a demonstration; without it their numbers are refused. `tray`: a page
    from which a visitor of the demonstration puts in invented cards and shows codes, where there is no reader.
    """

    cards: bool = False
    scanner: Path | None = None
    keyboard: Path | None = None
    test_people: bool = False
    tray: bool = False

    def __post_init__(self) -> None:
        if self.tray and not self.test_people:
            raise ValueError("readers.tray is for demonstrations: it needs readers.test_people = true")


Ask = Callable[[str], Awaitable[dict[str, Any] | None]]
"""Asks the gateway whom a code of arrival names (POST /people/arrival); None: it cannot be asked now."""


def reading(
    settings: ReaderSettings,
    reception: Reception,
    *,
    ask: Ask,
    badge: Callable[[str], Awaitable[bool]] | None = None,
) -> list[Coroutine[Any, Any, None]]:
    """Return what runs for the readers of a booth; *badge* is asked whether a card is a helper's."""
    work: list[Coroutine[Any, Any, None]] = []
    if settings.cards:
        kinds = cards.KINDS if settings.test_people else ()
        work.append(
            cards.watch(
                kinds,
                read=reception.read,
                misread=partial(reception.misread, Way.CARD),
                works=partial(reception.works, Way.CARD),
                holds=reception.holds,
                badge=badge,
            )
        )
    hear, works = hearing(settings, reception, ask=ask), partial(reception.works, Way.CODE)
    if settings.scanner is not None:
        work.append(Scanner(settings.scanner, hear=hear, works=works).run())
    if settings.keyboard is not None:
        work.append(KeyboardScanner(settings.keyboard, hear=hear, works=works).run())
    return work


def hearing(settings: ReaderSettings, reception: Reception, *, ask: Ask) -> Callable[[str], Awaitable[None]]:
    """Return what takes in each code that is read, by whatever reads it."""

    async def hear(text: str) -> None:
        today = date.today()  # noqa: DTZ011  where the booth stands
        try:
            if is_datamatrix(text):
                await reception.read([datamatrix(text, test=settings.test_people, today=today)])
            elif _ARRIVAL.fullmatch(text):
                await _arrived(reception, await ask(text), test=settings.test_people, today=today)
            else:
                await reception.misread(Way.CODE, "another code than those that are read here", unread=Unread.UNKNOWN)
        except Misread as error:
            await reception.misread(Way.CODE, str(error), unread=Unread.UNKNOWN)

    return hear


async def _arrived(reception: Reception, told: dict[str, Any] | None, *, test: bool, today: date) -> None:
    """Take in what the gateway says of a code. Raises Misread for what is no person of this booth's."""
    if told is None:
        await reception.misread(Way.CODE, "nobody can be asked", unread=Unread.OFFLINE)
    elif "refused" in told:
        known = {each.value for each in Unread}
        why = str(told["refused"])
        await reception.misread(Way.CODE, why, unread=Unread(why) if why in known else Unread.UNKNOWN)
    elif told.get("invented") is not test or not isinstance(told.get("person"), dict):
        raise Misread("person")
    else:
        await reception.read([Person(traits=traits_of(told["person"], today=today), invented=test)])


async def arrival(session: ClientSession, base_url: str, code: str) -> dict[str, Any] | None:
    """Ask the gateway whom *code* names; None where it does not answer."""
    try:
        url = f"{base_url.rstrip('/')}/people/arrival"
        async with session.post(url, json={"code": code}, timeout=_ASK) as answer:
            if answer.status != 200:  # noqa: PLR2004  the one good answer
                return None
            told = await answer.json()
            return told if isinstance(told, dict) else None
    except (ClientError, OSError, TimeoutError, ValueError):
        return None


async def people_of_these_traits(session: ClientSession, base_url: str, traits: Traits) -> bool | None:
    """Return whether the gateway knows somebody of exactly these traits; None: it cannot be asked now."""
    said = {**asdict(traits), "born": traits.born.isoformat()}
    try:
        async with session.post(f"{base_url.rstrip('/')}/people/same", json=said, timeout=_ASK) as answer:
            if answer.status != 200:  # noqa: PLR2004  the one good answer
                return None
            return bool((await answer.json())["same"])
    except (ClientError, OSError, TimeoutError, ValueError, KeyError):
        return None
