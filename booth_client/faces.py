"""Face to face with everybody of a visit on the same kiosk page: a Face for the physician, and one for each who joins.

What the page says names its connection by `peer`, a participant's id; none is the physician's.
"""

from __future__ import annotations

from collections.abc import Callable

from booth_client.company import Company
from booth_client.face import Face
from booth_client.kiosk.said import PageMessage
from booth_client.talks import Talks
from signalling import messages as m

__all__ = ["Faces"]


class Faces(Talks[Face]):
    """The endpoint `av` of a booth with a kiosk. *make* gives the Face for a party, None for the physician's."""

    def __init__(self, make: Callable[[m.Party | None], Face], company: Company) -> None:
        super().__init__(make, company)
        self._there = False

    def page(self, *, there: bool) -> None:
        """Say that a new page is there, or that there is none any more."""
        self._there = there
        for face in self.talks.values():
            face.page(there=there)

    def said(self, message: PageMessage) -> None:
        """Take in what the page says of one connection; one that is no more is late."""
        face = self.talks.get(message.peer)
        if face is not None:
            face.said(message)

    def begin(self, participant: str, talk: Face) -> None:
        """Take in a talk with somebody who has joined, on the page that is there."""
        super().begin(participant, talk)
        talk.page(there=self._there)
