"""How a print job goes, decided from what the printer says of itself and of the job; no I/O, no clock.

    sent ─► held, pending, processing ─► completed                   DONE
                     │     ▲
                     ▼     │ paper put in, door closed
             something hinders: paper, jam, door, ink                trouble at once where the printer has stopped,
                     │                                               else once nothing has moved for 6 s
                     └─► aborted, cancelled at the printer, nothing moves for 90 s: trouble

A reason alone is no trouble: a printer whose second tray is empty says `media-empty` and goes on printing from the
first. The keywords: https://www.rfc-editor.org/rfc/rfc8011#section-5.4.12, the rest at
https://www.iana.org/assignments/ipp-registrations/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

from booth_client.printing.errors import Why

__all__ = ["HINDERS", "JobState", "PrinterState", "Sight", "Watch", "hindrance", "judge", "runs_low"]

HINDERED: Final = timedelta(seconds=6)
"""For how long nothing may move while something hinders."""

SILENT: Final = timedelta(seconds=90)
"""For how long nothing may move at all: a cold laser printer takes a minute to its first page."""


class PrinterState(IntEnum):
    """`printer-state` (RFC 8011, 5.4.11)."""

    IDLE = 3
    PROCESSING = 4
    STOPPED = 5


class JobState(IntEnum):
    """`job-state` (RFC 8011, 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELLED = 7
    ABORTED = 8
    COMPLETED = 9

    @property
    def ended(self) -> bool:
        """Say whether nothing more comes out of it."""
        return self >= JobState.CANCELLED


HINDERS: Final[Mapping[str, Why]] = {
    "media-empty": Why.NO_PAPER,
    "media-needed": Why.NO_PAPER,
    "input-tray-missing": Why.NO_PAPER,
    "media-jam": Why.JAM,
    "door-open": Why.OPEN,
    "cover-open": Why.OPEN,
    "interlock-open": Why.OPEN,
    "marker-supply-empty": Why.NO_INK,
    "toner-empty": Why.NO_INK,
    "marker-waste-full": Why.NO_INK,
    "developer-empty": Why.NO_INK,
    "opc-life-over": Why.NO_INK,
    "output-area-full": Why.FULL,
    "output-tray-missing": Why.FULL,
    "spool-area-full": Why.FULL,
    "paused": Why.STOPPED,
    "shutdown": Why.STOPPED,
    "fuser-over-temp": Why.STOPPED,
    "offline": Why.STOPPED,
}
"""What may keep a paper in, by `printer-state-reasons`; the first in this order is told."""

_LOW: Final = frozenset({"media-low", "marker-supply-low", "toner-low", "marker-waste-almost-full", "opc-near-eol"})
_DEGREES: Final = ("-report", "-warning", "-error")
_SPOILT: Final = frozenset({"job-completed-with-errors", "document-format-error", "job-data-insufficient"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the printer says at one moment; `impressions` is how many sides came out."""

    job: JobState
    printer: PrinterState
    impressions: int = 0
    reasons: frozenset[str] = frozenset()
    job_reasons: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A job that is being watched: when something last moved, and where it was then."""

    moved: datetime
    where: tuple[int, int] = (0, 0)


def hindrance(reasons: frozenset[str]) -> Why | None:
    """Return what may keep a paper in; None: nothing does."""
    said = {_bare(each) for each in reasons}
    return next((why for word, why in HINDERS.items() if word in said), None)


def runs_low(reasons: frozenset[str]) -> frozenset[str]:
    """Return what somebody should put in before it is used up."""
    return frozenset(_bare(each) for each in reasons) & _LOW


def judge(watch: Watch, sight: Sight, now: datetime) -> tuple[Watch, Why | None]:
    """Return the watch as it goes on, and what is wrong; None: it goes on, or is done (`sight.job` says so)."""
    where = (int(sight.job), sight.impressions)
    if where != watch.where:
        watch = replace(watch, moved=now, where=where)
    if sight.job.ended:
        whole = sight.job is JobState.COMPLETED and not sight.job_reasons & _SPOILT
        return watch, None if whole else Why.STOPPED if sight.job is JobState.CANCELLED else Why.ABORTED
    why, still = hindrance(sight.reasons), now - watch.moved
    stands = PrinterState.STOPPED is sight.printer or sight.job is JobState.STOPPED
    if why is not None and (stands or still >= HINDERED):
        return watch, why
    return watch, Why.SILENT if still >= SILENT else None


def _bare(reason: str) -> str:
    """Return the keyword without how bad it is."""
    return next((reason.removesuffix(each) for each in _DEGREES if reason.endswith(each)), reason)
