"""One session with a health object, from its advertisement to the end: what to do next, decided without any I/O.

A health object advertises when it has something to say, and hangs up when it has said it. The session goes through a
plan: bond if the device asks for it, ask who it is, read its clock *before* setting it (the difference dates its stored
records), subscribe, give the consent of one of its users, ask for what it remembers, and listen until it has sent that,
hangs up or falls silent.
`conversation.py` carries out each phase and reports a `Cue`; `advance` says what comes next.

Blood Pressure Profile, 4.2 and 5: https://www.bluetooth.com/specifications/specs/blood-pressure-profile-1-1-1/
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from gateway.devices.errors import BondLost, DeviceGone, DeviceTimeout, LinkCut, NotLetIn, RadioError, Refused
from gateway.devices.events import (
    Appeared,
    ClockRead,
    Connected,
    Deaf,
    DeviceEvent,
    Ended,
    EndReason,
    Identified,
    Indicated,
    Listening,
    Mended,
)

__all__ = [
    "CUES",
    "LADDER",
    "REASONS",
    "TRANSITIONS",
    "Appeared",
    "ClockRead",
    "Connected",
    "Cue",
    "Deadlines",
    "Deaf",
    "DeviceEvent",
    "EndReason",
    "Ended",
    "Identified",
    "Indicated",
    "Listening",
    "Mended",
    "Phase",
    "Session",
    "Turn",
    "advance",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long each call to a device may take, in seconds: bleak's GATT calls have no time-out of their own.

    After `rescan_s` without any advertisement the scan is begun anew, since adapters fall asleep over it.
    `silence_s` without a packet ends a session; `session_s` ends one that would otherwise never do. A device whose
    session failed is left alone for `backoff_s`, doubled each time up to `backoff_max_s`.
    """

    scan_s: float = 10.0
    rescan_s: float = 300.0
    connect_s: float = 15.0
    pair_s: float = 30.0
    read_s: float = 5.0
    write_s: float = 5.0
    subscribe_s: float = 10.0
    disconnect_s: float = 5.0
    silence_s: float = 5.0
    session_s: float = 900.0
    backoff_s: float = 0.5
    backoff_max_s: float = 30.0

    def __post_init__(self) -> None:
        wrong = [name for name in self.__slots__ if getattr(self, name) <= 0]
        if wrong:
            raise ValueError(f"deadlines must be above 0 s: {', '.join(wrong)}")

    def backoff(self, failures: int) -> float:
        """Return for how many seconds a device is left alone after *failures* sessions that failed in a row."""
        return min(self.backoff_s * 2.0 ** min(failures - 1, 16), self.backoff_max_s) if failures else 0.0


class Phase(Enum):
    """Where a session is."""

    CONNECTING = auto()
    SECURING = auto()
    IDENTIFYING = auto()
    READING_CLOCK = auto()
    SETTING_CLOCK = auto()
    SUBSCRIBING = auto()
    CONSENTING = auto()
    FETCHING = auto()
    LISTENING = auto()
    LEAVING = auto()
    ENDED = auto()


class Cue(Enum):
    """What happened to the session."""

    DONE = auto()
    """The phase's work is done (or there was none: the device has no clock)."""
    REFUSED = auto()
    """The device wants an encrypted link first."""
    SPOKE = auto()
    """A packet came; devices may speak before the last subscription is answered."""
    COMPLETE = auto()
    """The device says that it has sent all that it was asked for, and it has nothing else to send."""
    SILENT = auto()
    """No packet for `silence_s`."""
    TIMEOUT = auto()
    """A call, or the whole session, overran its deadline."""
    FAILED = auto()
    """A call failed in any other way."""
    BOND_LOST = auto()
    """The device has forgotten the bond that we keep, or we have."""
    NOT_LET_IN = auto()
    """The device wants the consent of one of its users, and was given none, or a wrong one."""
    HUNG_UP = auto()
    """The device ended the link."""
    BROKE_OFF = auto()
    """The device ended the link before the measurement came, or in the middle of the records that it was asked for."""
    CUT = auto()
    """Our side lost the link: the adapter, the Bluetooth service, or its record of the device is gone."""


CUES: Final[dict[type[RadioError], Cue]] = {
    BondLost: Cue.BOND_LOST,
    DeviceGone: Cue.HUNG_UP,
    DeviceTimeout: Cue.TIMEOUT,
    LinkCut: Cue.CUT,
    NotLetIn: Cue.NOT_LET_IN,
    Refused: Cue.REFUSED,
}
"""What a failure of the radio is to the session; any other is FAILED."""


class Turn(Enum):
    """What a cue makes of a session."""

    ONWARD = auto()
    """Go to the next phase of the plan."""
    BOND = auto()
    """Bond, then try the refused phase again; a bond that does not help ends the session."""
    STAY = auto()
    """Nothing changes."""
    LEAVE = auto()
    """Take leave of the device."""
    END = auto()
    """There is no link any more."""


LADDER: Final = (
    Phase.CONNECTING,
    Phase.IDENTIFYING,
    Phase.READING_CLOCK,
    Phase.SETTING_CLOCK,
    Phase.SUBSCRIBING,
    Phase.CONSENTING,
    Phase.FETCHING,
    Phase.LISTENING,
)
"""The plan of a session; SECURING is put before the phase that a device refuses to strangers.

A device that we already have a bond with is encrypted by the adapter as it connects.
"""

_WORKING: Final = {
    Cue.DONE: Turn.ONWARD,
    Cue.REFUSED: Turn.BOND,
    Cue.SPOKE: Turn.STAY,
    Cue.COMPLETE: Turn.STAY,
    Cue.SILENT: Turn.STAY,
    Cue.TIMEOUT: Turn.LEAVE,
    Cue.FAILED: Turn.LEAVE,
    Cue.BOND_LOST: Turn.LEAVE,
    Cue.NOT_LET_IN: Turn.LEAVE,
    Cue.HUNG_UP: Turn.END,
    Cue.BROKE_OFF: Turn.END,
    Cue.CUT: Turn.END,
}
_NO_NEWS: Final = dict.fromkeys((Cue.SPOKE, Cue.COMPLETE, Cue.SILENT), Turn.STAY)
_ROWS: Final[dict[Phase, dict[Cue, Turn]]] = {
    Phase.CONNECTING: dict.fromkeys(Cue, Turn.END) | _NO_NEWS | {Cue.DONE: Turn.ONWARD},
    Phase.SECURING: _WORKING | {Cue.REFUSED: Turn.LEAVE},
    Phase.IDENTIFYING: _WORKING,
    Phase.READING_CLOCK: _WORKING,
    Phase.SETTING_CLOCK: _WORKING,
    Phase.SUBSCRIBING: _WORKING,
    Phase.CONSENTING: _WORKING,
    Phase.FETCHING: _WORKING,
    Phase.LISTENING: _WORKING | dict.fromkeys((Cue.DONE, Cue.COMPLETE, Cue.REFUSED, Cue.SILENT), Turn.LEAVE),
    Phase.LEAVING: dict.fromkeys(Cue, Turn.END) | _NO_NEWS,
}
TRANSITIONS: Final = {(phase, cue): turn for phase, row in _ROWS.items() for cue, turn in row.items()}
"""Every phase but the last, with every cue; a missing key would be a mistake of ours."""

REASONS: Final = {
    Cue.DONE: EndReason.HUNG_UP,
    Cue.REFUSED: EndReason.PAIRING_FAILED,
    Cue.COMPLETE: EndReason.COMPLETE,
    Cue.SILENT: EndReason.SILENCE,
    Cue.TIMEOUT: EndReason.TIMEOUT,
    Cue.FAILED: EndReason.FAILED,
    Cue.BOND_LOST: EndReason.BOND_LOST,
    Cue.NOT_LET_IN: EndReason.NO_CONSENT,
    Cue.HUNG_UP: EndReason.LOST,
    Cue.BROKE_OFF: EndReason.LOST,
    Cue.CUT: EndReason.CUT,
}
"""Why a cue ends a session, where the phase does not know better."""

_BETTER: Final = {
    (Phase.CONNECTING, Cue.TIMEOUT): EndReason.UNREACHABLE,
    (Phase.CONNECTING, Cue.FAILED): EndReason.UNREACHABLE,
    (Phase.SECURING, Cue.FAILED): EndReason.PAIRING_FAILED,
    (Phase.LISTENING, Cue.HUNG_UP): EndReason.HUNG_UP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where one session is: the phase, the phases still planned, whether a bond was made, and why it ends."""

    phase: Phase = Phase.CONNECTING
    plan: tuple[Phase, ...] = field(default=LADDER[1:])
    secured: bool = False
    reason: EndReason | None = None


def advance(session: Session, cue: Cue) -> Session:
    """Return the session after *cue*; raise KeyError for a session that has ended."""
    turn = TRANSITIONS[session.phase, cue]
    if turn is Turn.BOND and session.secured:
        turn = Turn.LEAVE
    return _TAKE[turn](session, cue)


def _onward(session: Session, _cue: Cue) -> Session:
    phase, *plan = session.plan
    return replace(session, phase=phase, plan=tuple(plan), secured=session.secured or session.phase is Phase.SECURING)


def _bond(session: Session, _cue: Cue) -> Session:
    return replace(session, phase=Phase.SECURING, plan=(session.phase, *session.plan))


def _stay(session: Session, _cue: Cue) -> Session:
    return session


def _leave(session: Session, cue: Cue) -> Session:
    return replace(session, phase=Phase.LEAVING, plan=(), reason=_reason(session, cue))


def _end(session: Session, cue: Cue) -> Session:
    return replace(session, phase=Phase.ENDED, plan=(), reason=_reason(session, cue))


def _reason(session: Session, cue: Cue) -> EndReason:
    return session.reason or _BETTER.get((session.phase, cue)) or REASONS[cue]


_TAKE: Final = {
    Turn.ONWARD: _onward,
    Turn.BOND: _bond,
    Turn.STAY: _stay,
    Turn.LEAVE: _leave,
    Turn.END: _end,
}
