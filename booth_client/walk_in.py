"""A booth where people come and go: real ones at the kiosk, or a simulated one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

import structlog

from booth_client.config import BoothSettings, Who
from booth_client.curves import CurveKeeper, Piece
from booth_client.disinfection import Disinfections
from booth_client.equipment import Equipment
from booth_client.forgetting import forget
from booth_client.given_up import GivenUp
from booth_client.guide import Guide
from booth_client.helper_mode import HelperMode
from booth_client.identifying import reading
from booth_client.identity import Reception
from booth_client.journey import Act, Device, Effect, Journey, Result, State
from booth_client.kiosk.address import keep, known
from booth_client.kiosk.helping import asking, attended
from booth_client.kiosk.server import Kiosk
from booth_client.kiosk.supervised import Supervised
from booth_client.ledger import Visit
from booth_client.link import watch
from booth_client.measure import Measurements, Share
from booth_client.paper_trail import PaperTrail
from booth_client.papers import Papers
from booth_client.parts import Parts, Work, lost_curve
from booth_client.printing import Unwiped, printer_of
from booth_client.resuming import take_up
from booth_client.selftest import SelfTest
from booth_client.simulated import Hands, make_visits
from booth_client.supplies import Supplies
from booth_client.telephone import written
from booth_client.timekeeping import keep_time
from booth_client.upkeep import Upkeep
from booth_client.visits import Visits
from gateway.care.call_back import Because

__all__ = ["walk_in"]

_BECAUSE: Final = {State.SECURITY_STOP: Because.UNSAFE, State.CALL_TROUBLE: Because.CUT, State.OFFLINE: Because.OFFLINE}
"""Why somebody asks to be called back, by the screen on which they do."""

_log = structlog.get_logger("booth")


async def walk_in(parts: Parts, closing: AsyncExitStack) -> tuple[Kiosk | None, list[Work]]:
    """Return the kiosk, where there is one, and what runs. Raises SettingsError for what the operator can repair."""
    settings = parts.settings
    hands = Hands(parts.use or _nothing, after_s=settings.virtual.hands_after_s)
    visits = Visits(
        parts.ledger,
        journey=lambda: guide.journey,
        now=parts.clock,
        who=lambda: reception.person,
        mark=lambda: parts.clock.mark,
    )
    trail = PaperTrail(parts.session, settings.gateway)
    printer = printer_of(settings.printer, owner=settings.name)
    papers = Papers(parts.session, settings.gateway, printer, note=trail.note)
    carry: dict[Effect, Callable[[], Awaitable[Act | None]]] = {
        Effect.OPEN_VISIT: visits.open,
        Effect.AGREED: visits.agree,
        Effect.ANSWERED: visits.answer,
        Effect.CALL_BACK: lambda: _call_back(visits, guide.journey),
        Effect.WIPE: lambda: _wipe(visits, papers, reception, watched, guide),
        Effect.EXPECT: lambda: _expect(hands, measurements, guide),
        Effect.CALL_HELPER: lambda: upkeep.call(),  # noqa: PLW0108  it is made below
    }
    guide = Guide(settings.plan, carry, now=parts.clock)
    reception = Reception(guide)
    carry[Effect.FORGET_WHO] = reception.forget_others
    interrupted = await _go_on(visits, guide, calls=settings.visits, doubted=parts.clock.doubted)
    address = settings.data_dir / "kiosk.json"
    kiosk = Kiosk(guide, settings, address=known(address)) if settings.patient is Who.KIOSK else None
    share: Share = _to_nobody
    draw: Callable[[Piece], None] = _to_nobody
    work: list[Work] = []
    mode: HelperMode | None = None
    relays: Relays | None = None
    if settings.visits:
        from booth_client.relays import Relays, keep_looking, passes  # noqa: PLC0415  as below
        from booth_client.visiting import consulting  # noqa: PLC0415  no WebRTC where nobody is called

        relays = Relays(ask=partial(passes, parts.session, settings.gateway.base_url), now=parts.clock.true)
        talking: dict[str, Any] = {
            "guide": guide,
            "visits": visits,
            "papers": papers,
            "relays": relays,
            "clock": parts.clock,
        }
        doctors = consulting(settings, parts.session, kiosk=kiosk, **talking)
        carry |= doctors.carries
        if interrupted is not None and interrupted.call is not None:
            doctors.resume(interrupted)
        share, draw = doctors.share, doctors.draw
        guide.listen(trail.moved)
        work += [
            trail.run(),
            doctors.run(),
            keep_looking(relays, parts.session, settings.gateway.base_url, again=parts.back),
        ]

    def visit() -> Visit | None:
        return visits.current if guide.journey.visit else None

    equipment = Equipment(settings.expected)
    selftest = SelfTest(
        settings,
        parts.session,
        clock=parts.clock,
        printer=printer,
        relays=relays.row if relays else None,
        browser=(lambda: watched is not None and watched.alive) if kiosk and settings.kiosk.supervisor else None,
    )
    upkeep = Upkeep(
        settings=settings,
        clock=parts.clock,
        session=parts.session,
        selftest=selftest,
        equipment=equipment,
        disinfections=Disinfections(parts.database, sure=lambda: parts.clock.sure),
        supplies=Supplies(parts.database),
        given_up=GivenUp(parts.database, now=parts.clock.true),
        journey=lambda: guide.journey,
        waiting=lambda: parts.waiting,
        refused=lambda: parts.refused,
        order=guide.act,
    )
    if kiosk is not None:
        mode = attended(parts, guide, kiosk, reception=reception, visit=visit, upkeep=upkeep)
        carry |= mode.carries
        await closing.enter_async_context(kiosk.open())
        keep(address, kiosk.address)
        parts.passkeys.attach(lambda digits: kiosk.stand("passkey", digits))
    watched = await _supervised(settings, kiosk, guide, fresh=guide.journey.state is not State.IDLE, closing=closing)

    measurements = Measurements(
        parts.ledger,
        visit=visit,
        report=lambda act, result: guide.act(act, result=result),
        show=kiosk.show if kiosk else _to_nobody,
        share=share,
        age=lambda: _age(guide),
        meal=lambda: guide.journey.meal,
        arm=lambda: guide.journey.arm if guide.journey.device is Device.CUFF else None,
        in_a_row=lambda: guide.journey.rounds > 1 and not guide.journey.talks,
    )
    curves = CurveKeeper(
        parts.ledger,
        visit=visit,
        draw=_on_both(draw, kiosk.draw) if kiosk else draw,
        share=share,
        unsaved=lost_curve,
        beats=lambda: guide.act(Act.SAVED, result=Result(device=Device.STRAP)),
    )
    guide.listen(measurements.moved, upkeep.mishaps.moved, upkeep.given_up.moved)
    work += [
        *parts.workers(),
        parts.listen(measurements.receive, curves.receive, equipment.receive),
        guide.run(),
        visits.keep_up(),
        _measure_again(hands, measurements, guide),
        *([watched.run()] if watched else []),
        forget(guide),
        selftest.run(),
        upkeep.run(),
        upkeep.given_up.run(),
        watch(parts.session, settings.gateway, tell=_link(guide, parts.back), doubt=parts.doubt, clock=parts.clock),
        keep_time(parts.clock, parts.database, set_clock=partial(guide.set_clock, parts.clock)),
        _take_back(papers, guide),
        *([mode.run()] if mode else []),
        *reading(settings.readers, reception, ask=asking(parts), badge=mode.badge if mode else None),
    ]
    if parts.use is not None and settings.virtual.hands:
        work.append(hands.run(guide))
    if settings.patient is Who.SIMULATED:
        work.append(make_visits(guide, settings.simulated))
    return kiosk, work


def _link(guide: Guide, back: asyncio.Event) -> Callable[[bool], Awaitable[None]]:
    """Return what tells the journey that the network came or went, and sets *back* when it came."""

    async def tell(answers: bool) -> None:  # noqa: FBT001  the one thing it says
        if answers:
            back.set()
        await guide.act(Act.ONLINE if answers else Act.CUT)

    return tell


def _age(guide: Guide) -> int | None:
    """Return how old the person is, as far as a card or a code told."""
    return guide.journey.known.age if guide.journey.known else None


async def _go_on(visits: Visits, guide: Guide, *, calls: bool, doubted: bool) -> Visit | None:
    """Take up the visit in the middle of which this booth was killed, if its person may still be there."""
    interrupted = await visits.take_up(calls=calls, doubted=doubted)
    if interrupted is not None and interrupted.stood is not None:
        guide.resume(take_up(interrupted.stood, guide.journey))
    guide.listen(visits.moved)
    return interrupted


async def _measure_again(hands: Hands, measurements: Measurements, guide: Guide) -> None:
    """Expect the device that a killed booth was waiting for."""
    if guide.journey.resumed and guide.journey.state in (State.DO_SCALE, State.DO_TEMP, State.DO_OXI):
        await _expect(hands, measurements, guide)


async def _expect(hands: Hands, measurements: Measurements, guide: Guide) -> None:
    """Let the person measure, or the hands that stand in for them."""
    measurements.expect(guide.journey.device)
    if guide.journey.state is not State.DO_DEVICE:  # that one is used when its button is asked for
        await hands.expect()


async def _supervised(
    settings: BoothSettings, kiosk: Kiosk | None, guide: Guide, *, fresh: bool, closing: AsyncExitStack
) -> Supervised | None:
    """Return the line to the browser's supervisor, where the booth has one; *fresh*: nothing is to be wiped yet."""
    socket = settings.kiosk.supervisor
    if kiosk is None or socket is None:
        return None

    async def broken() -> None:
        await guide.act(Act.BROKEN)

    watched = Supervised(socket, address=kiosk.once, broken=broken, fresh=fresh)
    guide.listen(watched.moved)
    kiosk.hear(watched.beat)
    await closing.enter_async_context(watched.listen())
    return watched


async def _wipe(visits: Visits, papers: Papers, reception: Reception, watched: Supervised | None, guide: Guide) -> Act:
    """Forget the person, the papers included; the browser's turn comes when its goodbye has been read."""
    if watched is not None:
        watched.owe()
    await reception.forget_others()
    try:
        await papers.wipe()
    except Unwiped as error:
        _log.error("papers cannot be taken back", why=error.why, reason=str(error))
        return Act.BROKEN
    done = await visits.wipe()
    if watched is not None and done is Act.WIPED and guide.journey.state is State.OUT_OF_SERVICE:
        return Act.WIPED if await watched.wipe() else Act.BROKEN
    return done


async def _take_back(papers: Papers, guide: Guide) -> None:
    """Cancel what an earlier run of the booth had sent to the printer and did not see come out."""
    try:
        await papers.wipe()
    except Unwiped as error:
        _log.error("papers cannot be taken back", why=error.why, reason=str(error))
        await guide.act(Act.BROKEN)


async def _call_back(visits: Visits, journey: Journey) -> Act | None:
    """Make the wish to be called durable, at the number that was typed."""
    because = Because.OFFLINE if not journey.online else _BECAUSE.get(journey.calling or State.WAITING, Because.WAIT)
    return await visits.want_a_call(because, phone=written(journey.phone) or None)


def _on_both(one: Callable[[Piece], None], other: Callable[[Piece], None]) -> Callable[[Piece], None]:
    """Return what draws a curve for the physician and for the person themselves."""

    def draw(piece: Piece) -> None:
        one(piece)
        other(piece)

    return draw


async def _nothing(_device: object) -> None:
    """Use no device: with a real radio, people use them."""


def _to_nobody(*_what: object) -> None:
    """Show something to nobody: there is no screen, or no physician is seen here."""
