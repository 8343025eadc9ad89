"""The helper writes down who somebody is: the five strict traits, and which proof they have seen with their own eyes.

Nobody is listed and nobody found: the page only takes. What was typed goes to the person's own screen, which asks them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Final

from aiohttp import web

from booth_client.identity.person import Person
from booth_client.identity.reception import Reception
from booth_client.identity.status import Proof
from booth_client.identity.traits import Misread, Traits, age, traits_of
from booth_client.kiosk.helper_door import PATH, HelperDoor, form_of, page
from booth_client.kiosk.identity_page import writing
from booth_client.kiosk.set_aside_page import asking

__all__ = ["Same", "WrittenDown"]

_MINOR: Final = 18
_NONE: Final = "none"
_DAY: Final = re.compile(r"([0-9]{1,2})[/. ]([0-9]{1,2})[/. ]([0-9]{4})", re.ASCII)

Same = Callable[[Traits], Awaitable[bool | None]]
"""Returns whether the gateway knows somebody of exactly these traits; None: it cannot be asked now."""


class WrittenDown:
    """The page's routes; *same* tells whether somebody of these traits exists already."""

    def __init__(self, reception: Reception, door: HelperDoor, *, language: Callable[[], str], same: Same) -> None:
        self._reception = reception
        self._door = door
        self._language = language
        self._same = same

    def routes(self) -> tuple[web.RouteDef, ...]:
        """Return what the kiosk's server serves."""
        return web.get(f"{PATH}/personne", self._show), web.post(f"{PATH}/personne", self._take)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        if not self._door.knows(request):
            return page(asking(self._language()))
        return page(writing(self._language(), {}))

    async def _take(self, request: web.Request) -> web.StreamResponse:
        form = await form_of(request)
        if not self._door.knows(request):
            return page(asking(self._language()), status=403)
        try:
            person = _person(form, date.today())  # noqa: DTZ011  where the booth stands
        except Misread as error:
            return page(writing(self._language(), form, wrong=error.field), status=422)
        if form.get("told") != _asked(form):
            same = await self._same(person.traits)
            if same is not False:
                # Told once, for exactly what was typed: two people may have the same traits, and nobody is merged.
                return page(writing(self._language(), form, same=same, told=_asked(form)))
        await self._reception.read([person])
        return web.Response(status=303, headers={"Location": "/"})


def _asked(form: Mapping[str, str]) -> str:
    return "|".join(form.get(name, "") for name in ("birth_name", "given_names", "sex", "born", "birth_place"))


def _person(form: Mapping[str, str], today: date) -> Person:
    traits = traits_of({**form, "born": _day(form.get("born", ""))}, today=today)
    person = Person(traits=traits)
    if form.get("proof") == _NONE:
        return person
    try:
        proof = Proof(form.get("proof", ""))
    except ValueError:
        raise Misread("proof") from None
    if proof is Proof.FAMILY_BOOK and age(traits.born, today) >= _MINOR:
        raise Misread("proof")
    return person.proved(proof)


def _day(text: str) -> str:
    """Return a day as it is written in France as ISO 8601 has it. Raises Misread."""
    day = _DAY.fullmatch(text.strip())
    if day is None:
        raise Misread("born")
    return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}"
