"""Who takes part in a visit besides the patient and the physician: signed by the physician, agreed to by the patient.

The server carries both and is believed in neither: a roster that the visit's physician did not sign, that is older than
the last, or that names somebody whom the patient has not agreed to by that name, ends the talk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from signalling import messages as m
from signalling.binding import Anchors
from signalling.errors import BindingError, Flaw
from signalling.roster import Entry, Roster, verify_roster
from signalling.side import Role

__all__ = ["Agreed", "Company", "physician_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Somebody whom the patient wants in the talk, as they were asked."""

    subject: str
    name: str
    part: str


class Company:
    """The others of one booth's visit, as far as they are signed and agreed to."""

    def __init__(self, anchors: Anchors, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._anchors = anchors
        self._now = now
        self._roster: Roster | None = None
        self._agreed: frozenset[Agreed] = frozenset()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return everybody's subject in the roster's order; empty while there are only two."""
        return self._roster.subjects if self._roster else ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return who joined booth and physician."""
        return self._roster.entries[2:] if self._roster else ()

    def begin(self, agreed: frozenset[Agreed]) -> None:
        """Forget the last visit; a booth that was interrupted knows whom the patient has *agreed* to."""
        self._roster, self._agreed = None, agreed

    def agree(self, agreed: Agreed) -> frozenset[Agreed]:
        """Note that the patient wants somebody in the talk, and return all of them."""
        self._agreed |= {agreed}
        return self._agreed

    def take(self, call: str, admitted: m.Admitted) -> None:
        """Take in what the server says of who is there; raises BindingError."""
        if admitted.roster is None:
            return
        physician = physician_of(admitted).subject
        roster = verify_roster(admitted.roster, call=call, physician=physician, anchors=self._anchors, now=self._now())
        if self._roster is not None and roster.number < self._roster.number:
            raise BindingError(Flaw.ROSTER, "an older roster than the last")
        for entry in roster.entries[2:]:
            if not any(_is(each, entry) for each in self._agreed):
                raise BindingError(Flaw.ROSTER, "it names somebody whom the patient has not agreed to")
        self._roster = roster


def physician_of(admitted: m.Admitted) -> m.Party:
    """Return the visit's physician: a colleague who joined comes after them."""
    return next(peer for peer in admitted.peers if peer.role is Role.PHYSICIAN)


def _is(agreed: Agreed, entry: Entry) -> bool:
    return (agreed.subject, agreed.name, agreed.part) == (entry.subject, entry.name, entry.part)
