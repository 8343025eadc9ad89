"""The machine's clock: whether NTP keeps it, and how far it is from the gateway's.

adjtimex(2): https://man7.org/linux/man-pages/man2/adjtimex.2.html
"""

from __future__ import annotations

import ctypes
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from booth_client.machine.row import Row, State

__all__ = ["clock", "clock_is_kept"]

_ATTENTION: Final = timedelta(seconds=3)
_BROKEN: Final = timedelta(seconds=60)
_TIMEX_BYTES: Final = 256
_STATUS_AT: Final = 40
_UNSYNCHRONISED: Final = 0x0040
_TIMESYNCD: Final = Path("/run/systemd/timesync/synchronized")
_KEEP: Final = "timedatectl set-ntp true; timedatectl timesync-status"
_SET: Final = (
    f"{_KEEP}; without a network: timedatectl set-ntp false; timedatectl set-time 'YYYY-MM-DD HH:MM'; "
    "wrong again after a power cut: replace the machine's battery"
)
_libc: Final = ctypes.CDLL(None, use_errno=True)


def clock_is_kept() -> bool | None:
    """Return whether the clock is synchronised, by timesyncd's word or the kernel's; None where neither says.

    A sandbox with ProtectClock=yes may not ask the kernel (systemd-timesyncd.service(8), FILES).
    """
    if _TIMESYNCD.exists():
        return True
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    if _libc.adjtimex(timex) < 0:
        return None
    status = ctypes.c_int.from_buffer(timex, _STATUS_AT).value
    return not status & _UNSYNCHRONISED


def clock(*, kept: bool | None, ahead: timedelta | None, passed: datetime | None = None) -> Row:
    """Judge the clock: *kept* by NTP, and *ahead* of the gateway's Date (to the second); None: not known.

    *passed* is a later moment than it shows, of which it is known that it has passed.
    """
    off = None if ahead is None else abs(ahead)
    state = State.GOOD
    if kept is False or (off is not None and off > _ATTENTION):
        state = State.ATTENTION
    if passed is not None or (off is not None and off > _BROKEN):
        state = State.BROKEN
    if kept is None and off is None and passed is None:
        state = State.UNKNOWN
    words = {True: "kept by NTP", False: "not kept by NTP", None: "nobody says whether it is kept"}[kept]
    drift = "" if ahead is None else f", {ahead.total_seconds():+.0f} s against the gateway"
    before = "" if passed is None else f", shows a time before {passed:%Y-%m-%d %H:%M} UTC, which has passed"
    remedy = _SET if state is State.BROKEN else "" if state is State.GOOD else _KEEP
    wanted = f"kept by NTP, within {_ATTENTION.total_seconds():.0f} s"
    return Row(what="clock", state=state, found=words + drift + before, wanted=wanted, remedy=remedy)
