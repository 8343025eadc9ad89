"""The booth program, put together: radio, ledger and outbox, delivery, and who stands in front of it.

`run_booth` opens everything, runs it under one TaskGroup and closes it in the opposite order. A worker that dies takes
the program with it, loudly; a kill at any moment loses nothing that was called saved, and at the next start the
outbox goes on and an interrupted visit is closed.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from aiohttp import ClientSession

from booth_client import ledger as ledger_rows
from booth_client.config import BoothSettings, RadioKind, Who
from booth_client.guide import Guide
from booth_client.journey import Act, Device, Effect
from booth_client.kiosk.address import keep, known
from booth_client.kiosk.server import Kiosk
from booth_client.ledger import Booth, Ledger, Visit
from booth_client.link import fhir_base, open_session, watch
from booth_client.measure import Live, Measurements, Share
from booth_client.papers import Printer
from booth_client.simulated import Hands, Use, at_home, make_visits
from booth_client.status import folder, write_status
from booth_client.visits import Visits
from gateway import delivery, outbox
from gateway.config import LogFormat
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.devices.ble import Radio
from gateway.devices.reading import Reading
from gateway.errors import SettingsError
from gateway.log import configure_log

__all__ = ["booth_of", "run_booth"]

_log = structlog.get_logger("booth")
_LOCALLY_ADMINISTERED: Final = 0x02
_GROUP: Final = 0x01

Work = Coroutine[Any, Any, None]


def booth_of(settings: BoothSettings) -> Booth:
    """Return the booth as a FHIR Device: its ids follow from its name, so that they outlive a new disk."""
    identity = uuid5(NAMESPACE_URL, f"urn:teleborne:booth:{settings.name}")
    return Booth(
        device_id=str(identity),
        name=settings.name,
        location=settings.place.name,
        software_version=version("teleborne"),
        system_id=_eui64(identity),
    )


def _eui64(identity: UUID) -> str:
    first = (identity.bytes[8] | _LOCALLY_ADMINISTERED) & ~_GROUP
    return bytes((first, *identity.bytes[9:])).hex().upper()


@dataclass(slots=True, kw_only=True)
class _Opened:
    """What every kind of booth has."""

    settings: BoothSettings
    database: Database
    keyring: Keyring
    session: ClientSession
    ledger: Ledger
    radio: Radio
    use: Use | None
    wake: asyncio.Event
    doubt: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    back: asyncio.Event = field(default_factory=asyncio.Event)

    def report(self, status: delivery.Status) -> None:
        """Take in how the delivery stands."""
        if status.reason is not None:
            self.doubt.set()
        if status.waiting == 0:
            self.arrived.set()

    def workers(self) -> list[Work]:
        """Return what runs in every booth beside the radio."""
        carry = delivery.deliver(
            self.database,
            self.keyring,
            session=self.session,
            base_url=fhir_base(self.settings.gateway),
            wake=self.wake,
            report=self.report,
        )
        return [carry, self._forget()]

    async def _forget(self) -> None:
        """Destroy the keys of closed visits once their letters have arrived."""
        while True:
            await self.arrived.wait()
            self.arrived.clear()
            await self.ledger.wipe(now=_now())


async def run_booth(settings: BoothSettings) -> None:
    """Run the booth until SIGINT or SIGTERM. Raises SettingsError for what the operator can repair."""
    configure_log(json=settings.log is LogFormat.JSON)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    async with open_booth(settings):
        await stop.wait()
        _log.info("stopping", booth=settings.name)


@asynccontextmanager
async def open_booth(settings: BoothSettings) -> AsyncIterator[Kiosk | None]:
    """Run the booth for as long as the context lasts; gives its kiosk where it has one."""
    async with AsyncExitStack() as closing:
        opened = await _open(settings, closing)
        home = settings.home is not None
        kiosk, workers = await _home(opened) if home else await _booth(opened, closing)
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(work) for work in workers]
                if settings.status_file is not None:
                    write_status(settings.status_file, name=settings.name, kiosk=kiosk.url if kiosk else None)
                _log.info("ready", booth=settings.name, kiosk=kiosk is not None)
                yield kiosk
                for task in running:
                    task.cancel()
        finally:
            if settings.status_file is not None:
                settings.status_file.unlink(missing_ok=True)


async def _open(settings: BoothSettings, closing: AsyncExitStack) -> _Opened:
    own = folder(settings.data_dir)
    keyring = await closing.enter_async_context(open_keyring(f"sqlite:///{own}/keyring.db", own / "kek"))
    rows = open_database(f"sqlite:///{own}/booth.db", ledger_rows.METADATA, outbox.METADATA)
    database = await closing.enter_async_context(rows)
    session = await closing.enter_async_context(open_session(settings.gateway))
    wake = asyncio.Event()
    ledger = Ledger(database, keyring, booth=booth_of(settings), wake=wake)
    radio, use = Radio(), None
    if settings.radio is RadioKind.VIRTUAL:
        from booth_client.virtual_devices import open_virtual_radio  # noqa: PLC0415  no simulator beside real devices

        radio, use = await closing.enter_async_context(open_virtual_radio(settings))
    return _Opened(
        settings=settings,
        database=database,
        keyring=keyring,
        session=session,
        ledger=ledger,
        radio=radio,
        use=use,
        wake=wake,
    )


async def _booth(opened: _Opened, closing: AsyncExitStack) -> tuple[Kiosk | None, list[Work]]:
    """Put together a booth where people come and go: real ones at the kiosk, or a simulated one."""
    settings = opened.settings
    hands = Hands(opened.use or _nothing, after_s=settings.virtual.hands_after_s)
    visits = Visits(opened.ledger, language=lambda: guide.journey.language, now=_now)
    printer = Printer(opened.session, settings.gateway, settings.print_to)
    carry: dict[Effect, Callable[[], Awaitable[Act | None]]] = {
        Effect.OPEN_VISIT: visits.open,
        Effect.WIPE: lambda: _wipe(visits, printer),
        Effect.EXPECT: hands.expect,
        Effect.CALL_HELPER: lambda: _call_helper(settings),
    }
    guide = Guide(settings.plan, carry)
    interrupted = await visits.take_up(calls=settings.visits)
    address = settings.data_dir / "kiosk.json"
    kiosk = Kiosk(guide, settings, address=known(address)) if settings.patient is Who.KIOSK else None
    share: Share = _unshared
    work: list[Work] = []
    if settings.visits:
        from booth_client.relays import Relays, keep_looking  # noqa: PLC0415  as below
        from booth_client.visiting import consulting  # noqa: PLC0415  no WebRTC where nobody is called

        relays = Relays()
        given: dict[str, Any] = {"guide": guide, "visits": visits, "printer": printer, "relays": relays}
        doctors = consulting(settings, opened.session, kiosk=kiosk, **given)
        carry |= {
            Effect.ASK: doctors.ask,
            Effect.HANG_UP: doctors.hang_up,
            Effect.PRINT: doctors.print,
            Effect.END_CALL: doctors.end,
        }
        if interrupted is not None:
            doctors.resume(interrupted)
        share = doctors.share
        work += [doctors.run(), keep_looking(relays, opened.session, settings.gateway.base_url, again=opened.back)]
    if kiosk is not None:
        await closing.enter_async_context(kiosk.open())
        keep(address, kiosk.address)

    def visit() -> Visit | None:
        return visits.current if guide.journey.visit else None

    measurements = Measurements(
        opened.ledger,
        visit=visit,
        report=lambda act, result: guide.act(act, result=result),
        show=kiosk.show if kiosk else _unseen,
        share=share,
    )
    tell = guide_link(guide, opened.back)
    work += [
        *opened.workers(),
        opened.radio.run(measurements.receive),
        guide.run(),
        watch(opened.session, settings.gateway, tell=tell, doubt=opened.doubt),
    ]
    if opened.use is not None and settings.virtual.hands:
        work.append(hands.run(guide))
    if settings.patient is Who.SIMULATED:
        work.append(make_visits(guide, settings.simulated))
    return kiosk, work


async def _home(opened: _Opened) -> tuple[None, list[Work]]:
    """Put together a hub at home: no screen, and every reading is the one patient's."""
    settings = opened.settings
    home = settings.home
    if home is None:
        raise SettingsError('home: missing; patient = "home" needs the table [home]')
    booth = booth_of(settings)
    visit = Visit(
        id=str(uuid5(UUID(booth.device_id), home.patient)),
        patient_id=home.patient,
        started=_now(),
        consented=True,
        home=True,
    )
    await opened.ledger.open_visit(visit, now=_now())

    async def report(act: Act, _result: object) -> None:
        if act is Act.UNSAVED:
            _log.error("a reading could not be kept; the device has to send it again", booth=settings.name)

    measurements = Measurements(opened.ledger, visit=lambda: visit, report=report)
    work = [*opened.workers(), opened.radio.run(measurements.receive)]
    if opened.use is not None and settings.virtual.hands:
        work.append(at_home(opened.use, settings.devices, home))
    return None, work


def guide_link(guide: Guide, back: asyncio.Event) -> Callable[[bool], Awaitable[None]]:
    """Return what tells the journey that the network came or went, and sets *back* when it came."""

    async def tell(answers: bool) -> None:  # noqa: FBT001  the one thing it says
        if answers:
            back.set()
        await guide.act(Act.ONLINE if answers else Act.CUT)

    return tell


async def _wipe(visits: Visits, printer: Printer) -> Act:
    """Forget the person, the papers included."""
    try:
        await printer.wipe()
    except OSError as error:
        _log.error("papers cannot be removed", reason=error.strerror)
        return Act.BROKEN
    return await visits.wipe()


def _unshared(_readings: Sequence[Reading], _device: Device, _at: datetime) -> None:
    """Share a reading with nobody: no physician is seen here."""


async def _call_helper(settings: BoothSettings) -> None:
    """Write that somebody is needed; the page rings."""
    _log.warning("somebody is needed at the booth", booth=settings.name, helper=settings.helper.name)


async def _nothing(_device: object) -> None:
    """Use no device: with a real radio, people use them."""


def _unseen(_live: Live) -> None:
    """Show a live value to nobody."""


def _now() -> datetime:
    return datetime.now(UTC)
