"""The ways in which somebody can be known at this booth, put together from its settings."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from booth_client.identity import Misread, Reception, Traits, cards
from booth_client.identity.datamatrix import datamatrix, is_datamatrix
from booth_client.identity.scanner import Scanner
from booth_client.words import Way

__all__ = ["ReaderSettings", "people_of_these_traits", "reading"]

_ASK: Final = ClientTimeout(total=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """What reads cards and codes: PC/SC (`cards`), a `scanner` on a serial line.

    `test_people`: invented people only, as in a demonstration; without it their numbers are refused.
    """

    cards: bool = False
    scanner: Path | None = None
    test_people: bool = False


def reading(settings: ReaderSettings, reception: Reception) -> list[Coroutine[Any, Any, None]]:
    """Return what runs for the readers of a booth."""
    work: list[Coroutine[Any, Any, None]] = []
    if settings.cards:
        kinds = cards.KINDS if settings.test_people else ()
        work.append(
            cards.watch(
                kinds,
                read=reception.read,
                misread=partial(reception.misread, Way.CARD),
                works=partial(reception.works, Way.CARD),
            )
        )
    if settings.scanner is not None:
        hear = partial(_code, reception, test=settings.test_people)
        work.append(Scanner(settings.scanner, hear=hear, works=partial(reception.works, Way.CODE)).run())
    return work


async def _code(reception: Reception, text: str, *, test: bool) -> None:
    """Take in what the scanner has read."""
    if not is_datamatrix(text):
        await reception.misread(Way.CODE, "another code than a Datamatrix INS")
        return
    try:
        person = datamatrix(text, test=test, today=date.today())  # noqa: DTZ011  where the booth stands
    except Misread as error:
        await reception.misread(Way.CODE, str(error))
    else:
        await reception.read([person])


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
