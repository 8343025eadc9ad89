"""The gateway put together: database, store, who may sign in, and two listeners; the only file that knows every part.

people     browsers and programs      plain HTTP on loopback, else TLS       pages, sign-in, FHIR, live, tokens, visits
booths     booths                     mutual TLS 1.3, always                 FHIR, visits
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from aiohttp import web

from gateway import interpreter
from gateway.call_backs import CallBacks
from gateway.config import GatewaySettings, LogFormat, is_loopback
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.encounters import Encounters
from gateway.http import (
    arrival,
    call_backs,
    credential,
    fhir,
    fleet,
    fleet_live,
    health,
    listener,
    live,
    oauth,
    openapi,
    pages,
    relays,
    report,
    same_traits,
    session,
    sign_in,
    verifier,
    well_known,
)
from gateway.http import signalling as sockets
from gateway.http.authentication import Booths, People, Person, session_cookie
from gateway.http.certifying import Certifying
from gateway.http.cookies import Cookies
from gateway.http.directory import Directory
from gateway.http.guest import FOLDER, Guests
from gateway.http.listener import Door, Doors, doors_of
from gateway.http.registered import registered_clients, registered_people
from gateway.http.relying import Relying, relying
from gateway.http.revocation import RevocationList
from gateway.http.statement_key import paper_key
from gateway.identity.assertion import Client
from gateway.live import Live
from gateway.log import configure_log
from gateway.reporting import Reporting
from gateway.store import METADATA, Store, open_store
from gateway.store.arrivals import METADATA as ARRIVALS
from gateway.store.credentials import METADATA as CREDENTIALS
from gateway.store.credentials import Credentials
from gateway.store.drafts import METADATA as DRAFTS
from gateway.store.drafts import Drafts
from gateway.store.enrolments import Enrolments
from gateway.store.fleet import TABLES as FLEET
from gateway.store.people import METADATA as KNOWN_PEOPLE
from gateway.store.people import People as KnownPeople
from gateway.store.visits import METADATA as VISITS
from gateway.store.visits import Visits
from gateway.sweeping import sweep
from gateway.ui import PAGES, page, static_root
from gateway.visiting import Trust, Visiting, opened_visiting, read_trust

__all__ = ["Gateway", "gateway", "run_gateway"]

_log: Final[Any] = structlog.get_logger("gateway")

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A running gateway: where people and booths reach it (None: no booths' listener), no slash at the end."""

    people_url: str
    booths_url: str | None


def _now() -> datetime:
    return datetime.now(UTC)


async def run_gateway(settings: GatewaySettings) -> None:
    """Run the server until SIGINT or SIGTERM; raises SettingsError where it cannot start as asked."""
    configure_log(json=settings.log is LogFormat.JSON)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with gateway(settings) as running:
        interpreter.serve()
        _log.info("ready", people=running.people_url, booths=running.booths_url)
        await stop.wait()
        _log.info("stopping")


@asynccontextmanager
async def gateway(settings: GatewaySettings, *, now: Clock = _now) -> AsyncIterator[Gateway]:
    """Run a gateway for as long as the block lasts; a worker that dies ends the block with its error."""
    async with AsyncExitStack() as stack:
        # All that a setting can spoil comes before the first worker: a task group would wrap its one clear line.
        doors = doors_of(stack, settings)
        clients, people = registered_clients(settings.clients), registered_people(settings.people)
        provider = relying(settings, base_url=doors.people.url, now=now)
        trust = read_trust(settings)
        house = await _house(stack, settings, doors.people, people, trust, now=now)
        await doors.revocations.ask(keys := house.fleet.orders.keys)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        stack.callback(tasks.create_task(doors.revocations.follow(keys), name="revoked").cancel)
        stack.callback(tasks.create_task(sweep(house.credentials, house.fleet.fleet, now=now), name="sweep").cancel)
        screens = stack.enter_context(Live(house.store, now=now).opened())
        visiting = await stack.enter_async_context(
            opened_visiting(
                house.visits, house.encounters, house.credentials, relays=trust.relays,
                practices=sockets.practices(settings.practices),
                origins=sockets.origins(settings.listen.host, doors.people.url), now=now,
            )
        )  # fmt: skip
        if doors.booths is not None:
            site = _booths(settings, doors.booths, doors.revocations, house, visiting, now=now)
            await stack.enter_async_context(listener.serving(site, doors.booths, limits=settings.limits))
        signing_in = await _signing_in(stack, provider, house, people, now=now) if provider else []
        certifying = await stack.enter_async_context(trust.authority.opened(now)) if trust.authority else None
        site = _people(
            settings, doors, house=house, screens=screens, clients=clients, people=people, visiting=visiting,
            proving=(certifying, trust.anchors), signing_in=signing_in, now=now,
        )  # fmt: skip
        await stack.enter_async_context(listener.serving(site, doors.people, limits=settings.limits))
        yield Gateway(people_url=doors.people.url, booths_url=doors.booths.url if doors.booths else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """What both listeners and the workers share."""

    database: Database
    keyring: Keyring
    store: Store
    credentials: Credentials
    cookies: Cookies
    known: KnownPeople
    directory: Directory
    reporting: Reporting
    checking: list[web.RouteDef]
    calls: CallBacks
    visits: Visits
    encounters: Encounters
    fleet: fleet.Watched
    arriving: arrival.Arriving


async def _house(
    stack: AsyncExitStack,
    settings: GatewaySettings,
    door: Door,
    people: Mapping[str, Person],
    trust: Trust,
    *,
    now: Clock,
) -> _House:
    folder, limits = settings.data_dir, settings.session
    url = settings.database or f"sqlite:///{folder / 'gateway.db'}"
    keys = settings.keyring or f"sqlite:///{folder / 'keyring.db'}"
    keyring = await stack.enter_async_context(open_keyring(keys, folder / "key-encryption-key"))
    tables = (METADATA, CREDENTIALS, DRAFTS, KNOWN_PEOPLE, VISITS, ARRIVALS, *FLEET)
    database = await stack.enter_async_context(open_database(url, *tables))
    store = await stack.enter_async_context(open_store(database, keyring, now=now, invented=settings.test_people))
    idle, absolute = timedelta(seconds=limits.idle_s), timedelta(seconds=limits.absolute_s)
    credentials = Credentials(database, idle=idle, absolute=absolute, now=now)
    known, tls, sealing = KnownPeople(database, keyring), door.tls is not None, paper_key(folder)
    directory, visits = Directory(people, known), Visits(database, keyring)
    took, base = partial(sockets.took, visits, directory), door.url + fhir.PATH
    reporting = Reporting(
        store,
        Drafts(database, keyring, now=now),
        physician_of=directory.physician,
        took=took,
        organisation=settings.report.organisation,
        authority=trust.signatures,
        seal=verifier.sealing(sealing, base_url=door.url),
        base=base,
        now=now,
    )
    return _House(
        database=database,
        keyring=keyring,
        store=store,
        credentials=credentials,
        cookies=Cookies(credentials, name=session_cookie(tls=tls), tls=tls, lasts_s=limits.absolute_s),
        known=known,
        directory=directory,
        reporting=reporting,
        checking=verifier.routes(reporting, key=sealing.public_key(), authority=trust.signatures),
        calls=CallBacks(store, physician_of=directory.physician, took=took, base=base, now=now),
        visits=visits,
        encounters=Encounters(visits, store, base=base, now=now),
        fleet=fleet.Watched(database, named=directory.name, now=now),
        arriving=arrival.Arriving.of(store, database, folder, base=base, now=now),
    )


async def _signing_in(
    stack: AsyncExitStack, provider: Relying, house: _House, people: Mapping[str, Person], *, now: Clock
) -> list[web.RouteDef]:
    key = await asyncio.to_thread(house.keyring.key, "sign-in attempts")
    return await stack.enter_async_context(
        provider.routes(house.known, house.cookies, registered=people, key=key, now=now)
    )


def _people(
    settings: GatewaySettings,
    doors: Doors,
    *,
    house: _House,
    screens: Live,
    clients: Mapping[str, Client],
    people: Mapping[str, Person],
    visiting: Visiting,
    proving: tuple[Certifying | None, credential.Anchors],
    signing_in: list[web.RouteDef],
    now: Clock,
) -> web.Application:
    door = doors.people
    tls = door.tls is not None
    cookie = session_cookie(tls=tls)
    authenticate = People(house.credentials, person=house.directory.find, clients=clients, cookie=cookie)
    elsewhere = sign_in.PATH if signing_in else None
    sessions = session.routes(
        house.cookies, authenticate, people, demo=settings.demo, sign_in=elsewhere, kiosk=settings.kiosk, now=now
    )
    # Not on loopback: this machine's other servers are called localhost too, and speak plain HTTP.
    hsts = tls and not is_loopback(settings.listen.host)
    site = listener.site(names=listener.hosts(settings.listen, door.url), limits=settings.limits, hsts=hsts)
    site.add_routes(health.routes(health.answers(house.database, visiting.server)))
    site.add_routes(well_known.routes(base_url=door.url, clients=clients))
    site.add_routes(oauth.routes(house.credentials, clients=clients, base_url=door.url, now=now))
    site.add_routes([*sessions, *signing_in])
    site.add_routes([*report.routes(house.reporting, authenticate), *house.checking])
    guests = Guests(visiting.server, origins=sockets.origins(settings.listen.host, door.url), tls=tls)
    site.add_routes([*call_backs.routes(house.calls, authenticate), *arrival.routes(house.arriving, authenticate)])
    site.add_routes(
        credential.routes(
            authenticate, house.cookies, house.credentials,
            certifying=proving[0], anchors=proving[1], revocations=doors.revocations, guests=guests.admit,
        )
    )  # fmt: skip
    physicians = visiting.attendance.physicians(authenticate, cookie=cookie, revocations=doors.revocations)
    site.add_routes(sockets.routes(visiting.server, site, physicians))
    site.add_routes(sockets.guest_routes(visiting.server, site, guests, visiting.attendance.guests(guests)))
    for folder in ("", FOLDER):
        site.add_routes(relays.routes(visiting.relays, now=now, folder=folder))
    site.add_routes(live.routes(screens.stream, authenticate))
    fleet_live.add_to(
        site, house.fleet, authenticate, house.cookies, doors.revocations,
        enrolments=Enrolments(house.database), certifying=proving[0], visits=house.visits,
    )  # fmt: skip
    site.add_routes(openapi.routes(base_url=door.url))
    site.add_routes(fhir.routes(house.store, authenticate, base_url=door.url))
    site.add_routes(pages.routes(static_root(), {address: page(*of) for address, of in PAGES.items()}))

    async def end(_site: web.Application) -> None:
        screens.end()

    site.on_shutdown.extend([end, visiting.end])
    return site


def _booths(
    settings: GatewaySettings,
    door: Door,
    revocations: RevocationList,
    house: _House,
    visiting: Visiting,
    *,
    now: Clock,
) -> web.Application:
    site = listener.site(names=None, limits=settings.limits)
    authenticate = Booths(revocations, hubs={each.booth: each.patient for each in settings.hubs}, now=now)
    site.add_routes(fleet.booth_routes(house.fleet, authenticate))  # first: a deed is told at an address of FHIR
    site.add_routes(fhir.routes(house.store, authenticate, base_url=door.url))
    site.add_routes([*report.paper_routes(house.reporting, authenticate), *relays.routes(visiting.relays, now=now)])
    site.add_routes(arrival.booth_routes(house.arriving, authenticate))
    site.add_routes(same_traits.routes(house.store, authenticate, base=door.url + fhir.PATH))
    site.add_routes(sockets.routes(visiting.server, site, visiting.attendance.booths(authenticate)))
    return site
