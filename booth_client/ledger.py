"""The booth's memory of every packet it ever took, and its one way of making a reading durable.

    packet ─► seen before? ─yes─► REPEAT
                  │ no           (asked before anybody's name comes up, so that a cuff which sends its whole memory
                  ▼               again can never put one person's reading into another's record)
              measured in this visit, by somebody who agreed? ─no─► QUARANTINED, sealed, for the operator
                  │ yes
                  ▼
              ledger row + letters in the outbox, one transaction ─► SAVED: only now may a screen say so

The row that tells repeats holds a keyed hash of the packet and no patient. It stays for ever, also when the letters
have arrived and are deleted; finding it costs one look-up in a tree, however many there are.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from booth_client.aside import Aside, moved, on_one_clock
from booth_client.attribution import Kept, Outcome, Visit, Why, attribute, measured_at
from booth_client.clock import Clock
from booth_client.dating import marked
from booth_client.letters import Agreement, Booth, Resource, about_average, about_readings, closing, opening
from booth_client.quarantine import Quarantine
from booth_client.remembered import Remembered
from booth_client.tables import LEDGER, METADATA, VISITS
from gateway import outbox
from gateway.database import Database, DataKey, Keyring, ask, seal, unseal
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.fetching import identity_of
from gateway.devices.reading import Reading
from gateway.fhir.average_pressure import AveragePressure
from gateway.fhir.json import dumps

__all__ = ["METADATA", "Agreement", "Booth", "Kept", "Ledger", "Outcome", "Visit", "Why"]

Beside = Callable[[Sequence[Resource]], AveragePressure | None]

DESTINATION: Final = "gateway"
_AT_ONCE: Final = timedelta(seconds=2)
_SENT_AGAIN: Final = timedelta(seconds=10)
_NEVER: Final = timedelta(microseconds=-1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Asked of the driver itself: what SQLAlchemy does around it costs more than to run it. In the order of `_is_new`.
_REMEMBER: Final = "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"


class Ledger:
    """Keeps readings; made on a database that was opened with this module's METADATA and the outbox's.

    *wake* is set after every commit that put a letter. *zone* is the booth's where it is not this computer's, *clock*
    what dated all that is given here.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        booth: Booth,
        wake: asyncio.Event,
        zone: tzinfo | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock
        self._database = database
        self._keyring = keyring
        self.booth = booth
        self._wake = wake
        self._zone = zone
        self._clocks: dict[str, tuple[ClockRead, str]] = {}
        self._secret = keyring.key("booth ledger").derive("raw packets")
        self.quarantine = Quarantine(database, keyring)
        self.remembered = Remembered(database, self._secret)

    def hear_clock(self, event: ClockRead) -> None:
        """Remember what a device's clock said on this connection; call it before the packets that follow are kept."""
        self._clocks[event.device.key] = event, self._clock.mark if self._clock else ""

    async def keep(
        self,
        event: Indicated,
        readings: Sequence[Reading],
        *,
        visit: Visit | None,
        now: datetime,
        doubt: Why | None = None,
        anew: bool = False,
        beside: Beside | None = None,
    ) -> Kept:
        """Make one packet's *readings* durable for the person of *visit*, unless it came before or is somebody else's.

        *doubt* sets them aside whosever they are; *anew*: the person was asked to measure once more, so the same octets
        on another connection are another measurement. *beside* makes of the Observations a mean kept with them. *now*
        is our clock (aware). When this returns, what it says is on the disk. Raises Unavailable if it cannot be: then
        nothing was stored, and the same packet may be kept later.
        """
        stored = tuple(reading for reading in readings if reading.stored)
        if not stored:
            return Kept(outcome=Outcome.NOTHING)
        read, mark = self._clocks.get(event.device.key, (None, ""))
        clock = moved(read, mark, self._clock)
        fate = doubt or attribute(event, stored, visit=visit, clock=clock, zone=self._zone)
        resources: list[Resource] = []
        if isinstance(fate, datetime) and visit is not None:
            try:
                resources = about_readings(
                    event, stored, visit=visit, booth=self.booth, clock=clock, measured=fate, now=now
                )
            except ValueError:
                fate = Why.NO_MEANING
        ids = tuple(each["id"] for each in resources[-len(stored) :])
        mean = beside(resources[-len(stored) :]) if beside is not None and resources else None
        if mean is not None and visit is not None:
            resources.append(about_average(mean, visit=visit, booth=self.booth, now=now))

        def write(connection: Connection) -> Kept:
            if not self._is_new(connection, event, stored, anew=anew):
                return Kept(outcome=Outcome.REPEAT)
            if isinstance(fate, Why) or visit is None:
                why = fate if isinstance(fate, Why) else Why.NO_VISIT
                aside = Aside(event=event, readings=stored, clock=clock, mark=self._clock.mark if self._clock else "")
                held = self.quarantine.put(connection, aside, why, now=now)
                return Kept(outcome=Outcome.QUARANTINED, why=why, held=held)
            self._put(connection, resources, visit, now)
            return Kept(outcome=Outcome.SAVED, ids=ids)

        kept = await self._database.act(write)
        if kept.outcome is Outcome.SAVED:
            self._wake.set()
        return kept

    async def open_visit(
        self, visit: Visit, *, agreements: Sequence[Agreement] = (), patient: Resource | None = None, now: datetime
    ) -> None:
        """Begin *visit* durably and tell the gateway who came (*patient*); doing it again changes nothing."""

        def write(connection: Connection) -> None:
            row = {"id": visit.id, "key_id": self._key(visit).key_id, "sealed": self._seal(visit), "closed_at": None}
            if connection.execute(insert(VISITS).values(row).on_conflict_do_nothing()).rowcount:
                self._put(connection, opening(visit, self.booth, agreements, patient), visit, now)

        await self._database.act(write)
        self._wake.set()

    async def note_visit(self, visit: Visit, *, told: Sequence[Resource] = (), now: datetime) -> None:
        """Remember durably how an open visit stands, and with it what the gateway is *told*. Raises Unavailable."""

        def write(connection: Connection) -> None:
            connection.execute(update(VISITS).where(_is_open(visit)).values(sealed=self._seal(visit)))
            self._put(connection, told, visit, now)

        await self._database.act(write)
        if told:
            self._wake.set()

    async def close_visit(self, visit: Visit, *, now: datetime) -> None:
        """End *visit* durably and tell the gateway; its key lives on until its last letter has arrived."""

        def write(connection: Connection) -> None:
            closed = update(VISITS).where(_is_open(visit)).values(closed_at=_microseconds(now))
            if connection.execute(closed).rowcount:
                self._put(connection, closing(visit, self.booth, now), visit, now)

        await self._database.act(write)
        self._wake.set()

    async def open_visits(self) -> tuple[Visit, ...]:
        """Return the visits that are not closed: at the start, those that a power cut interrupted."""
        found = select(VISITS).where(VISITS.c.closed_at.is_(None))
        rows = await self._database.look(lambda connection: connection.execute(found).all())
        visits = (self._visit(row.id, row.key_id, row.sealed) for row in rows)
        return tuple(visit for visit in visits if visit is not None)

    async def wipe(self, *, now: datetime) -> int:
        """Destroy the keys of closed visits whose letters have all arrived, and of quarantine past its time.

        Returns how many closed visits still wait for a letter to arrive: call it again when some have.
        """
        closed = await self._database.look(_closed)
        wait = 0
        for visit_id, key_id, sealed, waits in closed:
            if waits:
                wait += 1
                continue
            visit = self._visit(visit_id, key_id, sealed)
            if visit is not None:
                await asyncio.to_thread(self._keyring.destroy, _record(visit))
            await self._database.act(partial(_forget_visit, visit_id=visit_id))
        if self._clock is None:
            await self.quarantine.forget(now=now)
        elif self._clock.known.is_set():  # a clock that may be wrong destroys nothing
            await self.quarantine.forget(now=self._clock.true(), off=self._clock.off)
        return wait

    async def give(self, held_id: str, visit: Visit, *, now: datetime, by_hand: bool = True) -> bool:
        """Give what was set aside to the person of *visit*, because a human says that it is theirs.

        Not *by_hand*: because it has turned out so since, in the same visit.
        Return whether it was still there and can be written. Raises Unavailable: then it is still set aside.
        """
        held = await self.quarantine.find(held_id)
        if held is None:
            return False
        aside, visit, now = on_one_clock(held.aside, visit, now, self._clock)
        event, clock = aside.event, aside.clock
        time = next((each.device_time for each in aside.readings if each.device_time is not None), None)
        at = measured_at(time, clock=clock, received=event.at, zone=self._zone) if time else None
        try:
            resources = about_readings(
                event,
                aside.readings,
                visit=visit,
                booth=self.booth,
                clock=clock,
                measured=event.at if at is None else min(at, event.at),
                now=now,
                by_hand=by_hand,
            )
        except ValueError:
            return False
        given = await self.quarantine.release(held_id, lambda connection: self._put(connection, resources, visit, now))
        self._wake.set()
        return given

    def _sign(self, octets: bytes) -> bytes:
        return hmac.digest(self._secret, octets, "sha256")

    def _is_new(self, connection: Connection, event: Indicated, readings: Sequence[Reading], *, anew: bool) -> bool:
        time = next((reading.device_time for reading in readings if reading.device_time is not None), None)
        row: dict[str, Any] = {
            "device": event.device.key,
            "type": event.characteristic,
            "device_time": str(time) if time else "",
            # A numbered record is told by its number and time: its context may have been lost with the link before.
            "raw": self._sign(identity_of(event.characteristic, event.value)),
            "connection": event.connection,
            "at": _microseconds(event.at),
        }
        if ask(connection, _REMEMBER, tuple(row.values())):
            return True
        return time is None and self._is_another(connection, row, anew=anew)

    def _is_another(self, connection: Connection, row: dict[str, Any], *, anew: bool) -> bool:
        # Without a device time, the same octets are a repeat only at once, or on the next connection soon after: a
        # device whose link broke before our confirmation reached it sends the same again.
        same = [LEDGER.c[name] == row[name] for name in ("device", "type", "device_time", "raw")]
        before = connection.execute(select(LEDGER.c.connection, LEDGER.c.at).where(*same)).one()
        soon = _AT_ONCE if before.connection == row["connection"] else _NEVER if anew else _SENT_AGAIN
        if abs(row["at"] - before.at) <= soon // timedelta(microseconds=1):
            return False
        connection.execute(update(LEDGER).where(*same).values(connection=row["connection"], at=row["at"]))
        return True

    def _put(self, connection: Connection, resources: Sequence[Resource], visit: Visit, now: datetime) -> None:
        key = self._key(visit)
        letters = ((f"{each['resourceType']}/{each['id']}", marked(visit.clock, dumps(each))) for each in resources)
        outbox.put_all(connection, letters, destination=DESTINATION, key=key, now=now)

    def _visit(self, visit_id: str, key_id: str, sealed: bytes) -> Visit | None:
        key = self._keyring.find(key_id)
        return msgspec.json.decode(unseal(key, sealed, bound_to=("visit", visit_id)), type=Visit) if key else None

    def _seal(self, visit: Visit) -> bytes:
        return seal(self._key(visit), msgspec.json.encode(visit), bound_to=("visit", visit.id))

    def _key(self, visit: Visit) -> DataKey:
        return self._keyring.key(_record(visit))


def _is_open(visit: Visit) -> ColumnElement[bool]:
    return (VISITS.c.id == visit.id) & VISITS.c.closed_at.is_(None)


def _closed(connection: Connection) -> list[tuple[str, str, bytes, bool]]:
    rows = connection.execute(select(VISITS).where(VISITS.c.closed_at.is_not(None))).all()
    return [(row.id, row.key_id, row.sealed, outbox.waits_for(connection, row.key_id)) for row in rows]


def _forget_visit(connection: Connection, *, visit_id: str) -> None:
    connection.execute(delete(VISITS).where(VISITS.c.id == visit_id))


def _record(visit: Visit) -> str:
    return f"Patient/{visit.patient_id}"


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
