"""Who a session's key stands for: somebody of the settings, or whom an identity provider vouched for."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.care.report import Physician
from gateway.fhir.report import practitioner_id
from gateway.http.authentication import Person
from gateway.identity import Principal
from gateway.identity.known import Known
from gateway.store.people import People

__all__ = ["Directory"]


class Directory:
    """Everybody who may be signed in."""

    def __init__(self, registered: Mapping[str, Person], people: People) -> None:
        self._registered = registered
        self._people = people

    async def find(self, key: str) -> Person | None:
        """Return the person, None for somebody who is no longer known."""
        if key in self._registered:
            return self._registered[key]
        known = await self._people.find(key)
        return None if known is None else _person(known)

    async def name(self, key: str) -> str | None:
        """Return the person's name, None for somebody who is no longer known."""
        person = await self.find(key)
        return person.principal.name if person else None

    async def physician(self, principal: Principal) -> Physician | None:
        """Return as whom a principal signs, None where their number is not known."""
        person = await self.find(principal.subject)
        return person.physician if person else None


def _person(known: Known) -> Person:
    physician = Physician(
        id=practitioner_id(known.rpps),
        name=known.name,
        rpps=known.rpps,
        title=known.title,
        address=known.address,
        phone=known.phone,
        email=known.email,
    )
    return Person(principal=known.principal, language=known.language, physician=physician if known.rpps else None)
