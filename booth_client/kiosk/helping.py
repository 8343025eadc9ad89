"""What a helper finds at the kiosk, put together: their mode, and the pages behind their code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from aiohttp import web

from booth_client.badges import Badges
from booth_client.guide import Guide
from booth_client.help_log import HelpLog
from booth_client.helper_mode import HelperMode
from booth_client.identifying import Ask, arrival, hearing, people_of_these_traits
from booth_client.identity import Reception
from booth_client.journey import Way
from booth_client.kiosk.helper_door import HelperDoor
from booth_client.kiosk.identity import WrittenDown
from booth_client.kiosk.server import Kiosk
from booth_client.kiosk.set_aside import SetAside
from booth_client.kiosk.tray import Tray
from booth_client.ledger import Visit
from booth_client.parts import Parts
from booth_client.upkeep import Upkeep

__all__ = ["asking", "attended"]


def attended(
    parts: Parts,
    guide: Guide,
    kiosk: Kiosk,
    *,
    reception: Reception,
    visit: Callable[[], Visit | None],
    upkeep: Upkeep,
) -> HelperMode:
    """Let helpers at *kiosk*: serve their pages, and return their mode."""
    door = HelperDoor(Badges(parts.settings.data_dir))
    mode = HelperMode(
        guide,
        door.badges,
        HelpLog(
            parts.database,
            parts.keyring,
            name=parts.settings.name,
            wake=parts.wake,
            mark=lambda: parts.clock.mark,
            sure=lambda: parts.clock.sure,
        ),
        upkeep.disinfections,
        go=lambda path: kiosk.tell({"go": path}),
        let_in=door.let_in,
    )
    kiosk.serve(*upkeep.page(trial=parts.settings.visits).routes())
    kiosk.serve(door.route(), *_pages(parts, guide, reception, door, visit), *_tray(parts, guide, reception))
    return mode


def asking(parts: Parts) -> Ask:
    """Return what asks the gateway whom a code of arrival names."""
    return partial(arrival, parts.session, parts.settings.gateway.base_url)


def _tray(parts: Parts, guide: Guide, reception: Reception) -> tuple[web.RouteDef, ...]:
    """Return the cards and codes to try, of a demonstration without readers."""
    readers = parts.settings.readers
    hear = hearing(readers, reception, ask=asking(parts))
    return Tray(reception, hear=hear, language=lambda: guide.journey.language).routes() if readers.tray else ()


def _pages(
    parts: Parts, guide: Guide, reception: Reception, door: HelperDoor, visit: Callable[[], Visit | None]
) -> list[web.RouteDef]:
    """Return what is behind a helper's code: whose the set-aside measurements are, and who somebody is."""
    settings = parts.settings
    writes = Way.HELPER in settings.ways

    def language() -> str:
        return guide.journey.language

    same = partial(people_of_these_traits, parts.session, settings.gateway.base_url)
    page = WrittenDown(reception, door, language=language, same=same)
    aside = SetAside(parts.ledger, door, visit=visit, language=language, identity=writes, now=parts.clock)
    return [*aside.routes(), *(page.routes() if writes else ())]
