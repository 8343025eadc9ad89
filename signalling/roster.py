"""The roster: who takes part in a visit of more than two, signed by its physician.

docs/signalling.md, *Roster*; the browser's twin is gateway/ui/shared/roster.js. Its participants are in the hash that
every binding carries, so that two endpoints that were told different rosters never connect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec

from signalling import jws
from signalling.binding import Anchors, Signer
from signalling.credential import verify_credential
from signalling.errors import BindingError, Flaw
from signalling.third import GUEST, MOST

__all__ = ["Entry", "Roster", "make_roster", "verify_roster"]

_TYPE: Final = "teleborne-roster+jwt"
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One who takes part: `name` is the physician's word for a guest, and for the others only what a binding proves."""

    subject: str
    name: str
    part: str

    @property
    def attested(self) -> bool:
        """Say whether an authority vouches for who it is."""
        return not self.subject.startswith(GUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who takes part in the visit *call*; the *number* only grows. Of each two the first one offers."""

    call: str
    number: int
    entries: tuple[Entry, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return everybody's subject, in order."""
        return tuple(entry.subject for entry in self.entries)


class _Participant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    name: Annotated[str, msgspec.Meta(max_length=_LONGEST_NAME)]
    part: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recording: bool


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    iss: str
    call: str
    n: Annotated[int, msgspec.Meta(ge=1)]
    participants: Annotated[list[_Participant], msgspec.Meta(min_length=2, max_length=MOST)]
    policy: _Policy


def make_roster(signer: Signer, roster: Roster) -> str:
    """Return the roster, signed by the physician; browsers have their own, simulated physicians use this."""
    participants = [{"subject": e.subject, "name": e.name, "part": e.part} for e in roster.entries]
    claims = {"v": 1, "iss": signer.subject, "call": roster.call, "n": roster.number, "participants": participants}
    return jws.sign({"typ": _TYPE, **signer.proof}, {**claims, "policy": {"recording": False}}, signer.key)


def verify_roster(token: str, *, call: str, physician: str, anchors: Anchors, now: datetime) -> Roster:
    """Return the roster that *physician* signed for the visit *call*; raises BindingError."""
    header = jws.header_of(token, members=("cred",), typ=_TYPE)
    who = verify_credential(str(header["cred"]), anchors.registration_authority, now=now)
    if who.subject in anchors.revoked:
        raise BindingError(Flaw.REVOKED, "the physician's credential was revoked")
    claims = jws.verify(token, who.key, _Claims, flaw=Flaw.ROSTER)
    if not who.subject == claims.iss == physician or (claims.v, claims.call) != (1, call) or claims.policy.recording:
        raise BindingError(Flaw.ROSTER, "the roster is another visit's, another physician's, or allows recording")
    entries = tuple(Entry(subject=e.subject, name=e.name, part=e.part) for e in claims.participants)
    roster = Roster(call=call, number=claims.n, entries=entries)
    if len(set(roster.subjects)) != len(entries) or roster.subjects[1] != physician:
        raise BindingError(Flaw.ROSTER, "the roster names somebody twice, or the booth and physician not first")
    return roster
