"""Who takes part in a visit besides the patient and the physician: signed by the physician, agreed to by the patient.

The server carries both and is believed in neither: a roster that the visit's physician did not sign, that is older than
the last, or that names somebody whom the patient has not agreed to by that name, ends the talk.

The physician's page says its newest roster on the connection as well, where no server can keep it back. What it leaves
out is out at once; connections are made by the roster that the server brings to everybody, so that both ends change at
the same time.
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
        self._visit: tuple[str, str] | None = None
        self._roster: Roster | None = None
        self._heard: Roster | None = None
        self._told: Callable[[], None] = lambda: None
        self._agreed: frozenset[Agreed] = frozenset()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return everybody's subject in the roster's order; empty while there are only two."""
        return self._roster.subjects if self._roster else ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return who joined booth and physician, and was not left out since."""
        joined = self._roster.entries[2:] if self._roster else ()
        if self._roster is None or self._heard is None or self._heard.number <= self._roster.number:
            return joined
        return tuple(entry for entry in joined if entry.subject in self._heard.subjects)

    def listen(self, told: Callable[[], None]) -> None:
        """Let *told* be called when the physician has said a newer roster than the server."""
        self._told = told

    def begin(self, agreed: frozenset[Agreed]) -> None:
        """Forget the last visit; a booth that was interrupted knows whom the patient has *agreed* to."""
        self._visit, self._roster, self._heard, self._agreed = None, None, None, agreed

    def agree(self, agreed: Agreed) -> frozenset[Agreed]:
        """Note that the patient wants somebody in the talk, and return all of them."""
        self._agreed |= {agreed}
        return self._agreed

    def take(self, call: str, admitted: m.Admitted) -> None:
        """Take in what the server says of who is there; raises BindingError."""
        self._visit = call, physician_of(admitted).subject
        if admitted.roster is None:
            return
        roster = self._verified(admitted.roster)
        if self._roster is not None and roster.number < self._roster.number:
            raise BindingError(Flaw.ROSTER, "an older roster than the last")
        self._roster = roster

    def hear(self, token: str) -> None:
        """Take in what the physician says of who takes part; raises BindingError. An older one is only late."""
        roster = self._verified(token)
        known = max((each.number for each in (self._roster, self._heard) if each is not None), default=0)
        if roster.number > known:
            self._heard = roster
            self._told()

    def _verified(self, token: str) -> Roster:
        if self._visit is None:
            raise BindingError(Flaw.ROSTER, "there is no visit")
        call, physician = self._visit
        roster = verify_roster(token, call=call, physician=physician, anchors=self._anchors, now=self._now())
        for entry in roster.entries[2:]:
            if not any(_is(each, entry) for each in self._agreed):
                raise BindingError(Flaw.ROSTER, "it names somebody whom the patient has not agreed to")
        return roster


def physician_of(admitted: m.Admitted) -> m.Party:
    """Return the visit's physician: a colleague who joined comes after them."""
    return next(peer for peer in admitted.peers if peer.role is Role.PHYSICIAN)


def _is(agreed: Agreed, entry: Entry) -> bool:
    return (agreed.subject, agreed.name, agreed.part) == (entry.subject, entry.name, entry.part)
