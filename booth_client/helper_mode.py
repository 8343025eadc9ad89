"""The helper's mode, carried out: codes and badges looked at, pages opened, disinfections and deeds written down.

A helper is let in only once it is written down that they were: what cannot be audited is not done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from booth_client.badges import Badges, NotLetIn
from booth_client.disinfection import Disinfections
from booth_client.guide import Guide
from booth_client.help_log import HelpLog
from booth_client.helping import Deed, deed
from booth_client.journey import Act, Effect, Journey, News
from gateway.errors import SettingsError, Unavailable

__all__ = ["HelperMode"]

_log: Final = structlog.get_logger("helper")


class HelperMode:
    """The helper's mode at one booth; `run` beside everything else.

    *go* sends the kiosk's page to another of the booth's pages; *let_in* gives the address at which the helper's pages
    open, once, without asking for the code again.
    """

    def __init__(
        self,
        guide: Guide,
        badges: Badges,
        log: HelpLog,
        disinfections: Disinfections,
        *,
        go: Callable[[str], None],
        let_in: Callable[[str], str],
    ) -> None:
        self._guide = guide
        self._badges = badges
        self._help_log = log
        self._disinfections = disinfections
        self._go = go
        self._let_in = let_in
        self._codes: asyncio.Queue[str] = asyncio.Queue()
        self._deeds: asyncio.Queue[tuple[str, Deed]] = asyncio.Queue()
        self._before = guide.journey
        self._who = ""
        guide.listen(self._moved)

    @property
    def carries(self) -> dict[Effect, Callable[[], Awaitable[Act | None]]]:
        """Return what carries out the journey's effects that are the helper's."""
        return {
            Effect.CHECK_CODE: self.check,
            Effect.OPEN: self.open,
            Effect.LOOK: self.look,
            Effect.WRITE_DOWN: self.write_down,
            Effect.DISINFECT: self.disinfect,
        }

    async def check(self) -> None:
        """Look at the code that was typed."""
        self._codes.put_nowait(self._guide.journey.typed)

    async def badge(self, serial: str) -> bool:
        """Let in whose badge it is; return whether it is a helper's."""
        try:
            name = await self._badges.by_badge(serial)
        except (NotLetIn, SettingsError):
            return False
        await self._admit(name, Deed.BADGE)
        return True

    async def open(self) -> None:
        """Lead to the helper's pages."""
        self._deeds.put_nowait((self._who, Deed.OPENED))
        self._go(self._let_in("/appareils"))

    async def look(self) -> None:
        """Lead to the page that is everybody's: how the booth is."""
        self._go("/appareils")

    async def write_down(self) -> None:
        """Lead to the page on which the helper writes down who somebody is."""
        self._deeds.put_nowait((self._who, Deed.IDENTITY))
        self._go(self._let_in("/aide/personne"))

    async def disinfect(self) -> Act:
        """Write down that the booth was disinfected."""
        try:
            await self._disinfections.note(self._who, now=self._guide.now())
            await self._help_log.note(self._who, Deed.DISINFECTED, now=self._guide.now())
        except Unavailable:
            return Act.UNNOTED
        return Act.NOTED

    async def run(self) -> None:
        """Look at codes and write down deeds, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_at_codes())
            tasks.create_task(self._write_deeds())

    async def _look_at_codes(self) -> None:
        while True:
            code = await self._codes.get()
            try:
                name = await self._badges.by_code(code)
            except NotLetIn as error:
                self._deeds.put_nowait(("", Deed.WAITED if error.wait else Deed.REFUSED))
                await self._guide.act(Act.TURNED_AWAY, news=News(wait=error.wait))
            except SettingsError as error:
                _log.error("nobody can be let in", reason=str(error))
                await self._guide.act(Act.TURNED_AWAY, news=News(wait=False))
            else:
                await self._admit(name, Deed.CODE)
            del code  # whoever comes next does not find it

    async def _admit(self, name: str, how: Deed) -> None:
        try:
            await self._help_log.note(name, how, now=self._guide.now())
        except Unavailable as error:
            _log.error("a helper was not let in: it cannot be written down", reason=str(error))
            await self._guide.act(Act.TURNED_AWAY, news=News(wait=False))
            return
        _log.info(how, helper=name)
        self._who = name
        await self._guide.act(Act.ADMITTED, news=News(helper=name))

    def _moved(self, journey: Journey) -> None:
        done = deed(self._before, journey)
        self._before = journey
        if done is not None:
            self._deeds.put_nowait(done)

    async def _write_deeds(self) -> None:
        while True:
            who, what = await self._deeds.get()
            _log.info(what, helper=who)
            try:
                await self._help_log.note(who, what, now=self._guide.now())
            except Unavailable as error:
                _log.error("what a helper did cannot be written down", deed=what, reason=str(error))
