"""Visits put together: signalling with its record, who takes part in it, and whom all of them believe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.config import GatewaySettings
from gateway.encounters import Encounters
from gateway.http import credential
from gateway.http import signalling as sockets
from gateway.http.authority import registration_authority
from gateway.http.certifying import Opening
from gateway.store.credentials import Credentials
from gateway.store.visits import Visits
from signalling.presence import Practice
from signalling.server import SignallingServer
from signalling.turn import Turn, ice_servers

__all__ = ["Trust", "Visiting", "opened_visiting", "read_trust"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom people believe, who certifies their keys, and our relays."""

    anchors: credential.Anchors
    signatures: ec.EllipticCurvePublicKey | None
    authority: Opening | None
    relays: Turn


def read_trust(settings: GatewaySettings) -> Trust:
    """Return what the settings name; raises SettingsError."""
    booths, registration = settings.booths, settings.report.authority
    return Trust(
        anchors=credential.read_anchors(
            device_authority=booths.client_ca if booths else None, registration_authority=registration
        ),
        signatures=registration_authority(registration),
        authority=Opening(settings.authority, settings.data_dir) if settings.authority else None,
        relays=sockets.turn(settings.turn),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visiting:
    """Signalling, who takes part in it, and our relays; `end` closes all sockets, so that a stop waits for none."""

    server: SignallingServer
    relays: Turn
    attendance: sockets.Attendance
    end: Callable[[web.Application], Awaitable[None]]


@asynccontextmanager
async def opened_visiting(
    visits: Visits,
    encounters: Encounters,
    credentials: Credentials,
    *,
    relays: Turn,
    practices: Mapping[str, Practice],
    origins: Collection[str],
    now: Callable[[], datetime],
) -> AsyncIterator[Visiting]:
    """Run signalling and what goes with it for as long as the block lasts; a worker that dies ends the block."""
    server = SignallingServer(
        authenticate=sockets.admitted,
        record=encounters.record,
        claim=visits.claim,
        restore=visits.restore,
        origins=origins,
        ice_servers=partial(ice_servers, relays),
        now=now,
    )
    attendance = sockets.Attendance(credentials, visits, practices)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.run(), name="signalling")
        others = [
            tasks.create_task(attendance.watch(server), name="attendance"),
            tasks.create_task(encounters.run(), name="encounters"),
        ]

        async def end(_site: web.Application) -> None:
            running.cancel()

        try:
            yield Visiting(server=server, relays=relays, attendance=attendance, end=end)
        finally:
            for task in (running, *others):
                task.cancel()
