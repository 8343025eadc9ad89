"""What every booth program has: its disk, its link to the gateway, its radio, and the delivery of what is kept.

Opened once, and closed in the opposite order. A kill at any moment loses nothing that was called saved.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from aiohttp import ClientSession

from booth_client import ledger as ledger_rows
from booth_client.bluetooth import Passkeys, noting, open_radio
from booth_client.capturing import capturing, in_turn
from booth_client.clock import Clock, open_clock
from booth_client.config import BoothSettings
from booth_client.dating import dated
from booth_client.disinfection import METADATA as DISINFECTIONS
from booth_client.enrolling import keep_certified
from booth_client.given_up import METADATA as GIVEN_UP
from booth_client.growing import grow
from booth_client.help_log import METADATA as HELPED
from booth_client.itself import booth_of
from booth_client.ledger import Ledger
from booth_client.link import fhir_base, open_session, tls
from booth_client.machine.certificate import begun
from booth_client.pruning import prune
from booth_client.simulated import Use
from booth_client.status import folder
from booth_client.supplies import METADATA as SUPPLIES
from gateway import delivery, outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.devices.ble import Deliver, Radio

__all__ = ["Parts", "Work", "lost_curve", "open_parts"]

_log = structlog.get_logger("booth")

Work = Coroutine[Any, Any, None]
"""Something that runs for as long as the booth does."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """What every kind of booth has."""

    settings: BoothSettings
    database: Database
    clock: Clock
    keyring: Keyring
    context: ssl.SSLContext
    session: ClientSession
    ledger: Ledger
    radio: Radio
    use: Use | None
    passkeys: Passkeys
    capture: Deliver | None
    wake: asyncio.Event
    doubt: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    back: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    refused: int = 0

    def report(self, status: delivery.Status) -> None:
        """Take in how the delivery stands."""
        self.waiting, self.refused = status.waiting, status.refused
        if status.reason is not None:
            self.doubt.set()
        if status.waiting == 0:
            self.arrived.set()

    def listen(self, *receivers: Deliver) -> Work:
        """Listen for devices; each of *receivers* takes in every event, in that order."""
        return self.radio.run(noting(in_turn(*receivers, self.capture), booth=self.settings.name))

    def workers(self) -> list[Work]:
        """Return what runs in every booth beside the radio."""
        link = self.settings.gateway
        certified = [keep_certified(link, self.context, now=self.clock.true)] if link.enrolment else []
        return [self._deliver(), self._forget(), *certified]

    async def _deliver(self) -> None:
        """Carry the letters, once the right time is known: until then nobody could say when anything was."""
        await self.clock.known.wait()
        await delivery.deliver(
            self.database,
            self.keyring,
            session=self.session,
            base_url=fhir_base(self.settings.gateway),
            wake=self.wake,
            report=self.report,
            leaving=lambda body: dated(body, self.clock.off),
            now=self.clock,
        )

    async def _forget(self) -> None:
        """Destroy the keys of closed visits once their letters have arrived."""
        while True:
            await self.arrived.wait()
            self.arrived.clear()
            await self.ledger.wipe(now=self.clock())


async def open_parts(settings: BoothSettings, capture: Path | None, closing: AsyncExitStack) -> Parts:
    """Open everything into *closing*. Raises SettingsError for what the operator can repair."""
    captured = await closing.enter_async_context(capturing(capture))
    own = folder(settings.data_dir)
    keyring = await closing.enter_async_context(open_keyring(f"sqlite:///{own}/keyring.db", own / "kek"))
    tables = (ledger_rows.METADATA, outbox.METADATA, DISINFECTIONS, HELPED, GIVEN_UP, SUPPLIES)
    rows = open_database(f"sqlite:///{own}/booth.db", *tables)
    database = await closing.enter_async_context(rows)
    await grow(database, *tables)
    clock = await open_clock(database, floor=begun(settings.gateway.certificate))
    context = tls(settings.gateway, judge=clock.judge)
    session = await closing.enter_async_context(open_session(context))
    wake = asyncio.Event()
    ledger = Ledger(database, keyring, booth=booth_of(settings), wake=wake, clock=clock)
    await prune(clock, ledger, database, keyring)
    passkeys = Passkeys()
    radio, use = await closing.enter_async_context(open_radio(settings, ledger, passkeys, now=clock))
    return Parts(
        settings=settings,
        database=database,
        clock=clock,
        keyring=keyring,
        context=context,
        session=session,
        ledger=ledger,
        radio=radio,
        use=use,
        passkeys=passkeys,
        capture=captured,
        wake=wake,
    )


def lost_curve(why: str) -> None:
    """Write that a stretch of a curve is not in the record: the strap itself keeps none."""
    _log.error("a stretch of a curve could not be kept", reason=why)
