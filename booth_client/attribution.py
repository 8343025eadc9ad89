"""Whose reading is this? Decided from the times alone, and in doubt for nobody.

A cuff keeps what it measured and may send all of it to whoever connects. What it sends belongs to the person of the
visit only if it was measured during that visit. The device's clock is often wrong and has no zone; the pair "it said
*this* when we read *that*", taken on each connection, puts its times on our clock. Where there is no such pair its
clock is believed to show the local time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from booth_client.company import Agreed
from booth_client.resuming import Interrupted
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceTime, Reading

__all__ = ["TOLERANCE", "Calling", "Kept", "Outcome", "Visit", "Why", "attribute", "measured_at"]

TOLERANCE = timedelta(seconds=5)
"""What a device's whole seconds and the radio's delay may add up to."""

_DAYS = timedelta(days=2)
"""From here on a clock is not wrong by its zone, nor by the hour of a summer."""


class Why(StrEnum):
    """Why a reading is set aside instead of given to somebody."""

    NO_VISIT = "no visit is open"
    NO_CONSENT = "the person of the visit has not agreed"
    STALE = "it was measured before the visit began"
    NO_REAL_TIME = "the device's clock shows no real date, or the future"
    NO_TIME = "its device tells no times, and it may have been measured before"
    IMPLAUSIBLE = "no living person has such a value"
    NO_MEANING = "it cannot be written as an Observation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """The call of a visit, so that a booth that was killed finds back: its id (its Encounter's too), and why they came.

    `seen`: they have agreed to be seen. `at` is when it was last known to go on. `agreed` are those whom they want in
    the talk besides the physician, and `known` the subjects, that is the keys, of those whose digits were the same.
    """

    id: str
    reason: str
    seen: bool
    at: datetime
    agreed: frozenset[Agreed] = frozenset()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person at the booth; `id` is the Encounter's, `patient_id` the Patient's, both UUIDs.

    `initials` and `age` are all that is kept here of a person who is known. `stood` is where they were on their way,
    for a booth that is killed in the middle of it. `clock` is the mark of the clock that dates it (`Clock.mark`).
    `home` is a hub in somebody's home: it serves one known patient, for whom also old readings are kept.
    """

    id: str
    patient_id: str
    started: datetime
    consented: bool
    home: bool = False
    language: str = "fr"
    initials: str = ""
    age: int | None = None
    call: Calling | None = None
    stood: Interrupted | None = None
    clock: str = ""

    @property
    def encounter(self) -> str:
        """Return the id of the Encounter that goes on: the visit's own, or a later call's, which is a part of it."""
        return self.call.id if self.call else self.id


class Outcome(StrEnum):
    """What became of a packet."""

    SAVED = "saved"
    REPEAT = "repeat"
    QUARANTINED = "quarantined"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a packet: `ids` are the Observations' where it was saved, `why` tells why it was not.

    `held` is by what it is found among what is set aside.
    """

    outcome: Outcome
    ids: tuple[str, ...] = ()
    why: Why | None = None
    held: str | None = None


def attribute(
    event: Indicated, readings: Sequence[Reading], *, visit: Visit | None, clock: ClockRead | None, zone: tzinfo | None
) -> datetime | Why:
    """Return when *readings* were measured if they are of the person of *visit*, else why they are not.

    *clock* is what the device's clock said on this connection, *zone* the booth's (None: this computer's).
    """
    if visit is None:
        return Why.NO_VISIT
    if not visit.consented:
        return Why.NO_CONSENT
    time = next((reading.device_time for reading in readings if reading.device_time is not None), None)
    if time is None:
        return event.at  # what a person may have measured before, without a time, is `measure`'s to judge
    at = measured_at(time, clock=clock, received=event.at, zone=zone)
    if at is None or at > event.at + TOLERANCE:
        return event.at if visit.home else Why.NO_REAL_TIME
    if at < visit.started - TOLERANCE and not visit.home:
        return Why.STALE
    return min(at, event.at)


def measured_at(
    time: DeviceTime, *, clock: ClockRead | None, received: datetime, zone: tzinfo | None
) -> datetime | None:
    """Return the device's *time* on our clock (UTC), or None if it is no real date."""
    civil = _civil(time)
    if civil is None:
        return None
    said = _civil(clock.said) if clock else None
    if clock and said:
        corrected = clock.at + (civil - said)
        # Later than now on its old clock: then it was measured after the clock had been set, and means what it says. So
        # does the time of this very connection where the old clock was days ahead: on that it would be as long ago, to
        # the second. Only days: what somebody measured an hour ago must not become the next person's.
        since = clock.at - TOLERANCE <= (meant := _meant(civil, received, zone)) <= received + TOLERANCE
        if corrected <= received + TOLERANCE and not (since and meant - corrected > _DAYS):
            return corrected.astimezone(UTC)
    return _meant(civil, received, zone)


def _meant(civil: datetime, received: datetime, zone: tzinfo | None) -> datetime:
    """Return *civil* as a right clock would mean it; an hour that comes twice is the one nearer to now."""
    both = (civil.replace(fold=fold) for fold in (0, 1))
    ours = [(local.replace(tzinfo=zone) if zone else local.astimezone()).astimezone(UTC) for local in both]
    return min(ours, key=lambda at: abs(at - received))


def _civil(time: DeviceTime) -> datetime | None:
    try:
        return datetime(time.year, time.month, time.day, time.hour, time.minute, time.second)  # noqa: DTZ001  no zone
    except ValueError:
        return None
