"""Those who are to be called back, as Tasks in the store: what a physician does with one, in one transaction each.

The list itself is an ordinary search (`Task?code=call-back&status=requested,accepted`). Nothing is kept but the Tasks:
a restart loses nothing, and several servers may serve it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway.care.call_back import Act, Because, CallBack, Ending, Person, advance
from gateway.care.report import Physician
from gateway.errors import Conflict, Forbidden, NotFound
from gateway.fhir.json import loads
from gateway.fhir.record import patient_of, phone_of, place_of
from gateway.fhir.repository import Repository, Stored
from gateway.fhir.task import call_back_id, call_back_of, call_back_task
from gateway.fhir.validation import check
from gateway.identity import Interaction, Principal, Role, permit
from gateway.store import Store

__all__ = ["CallBacks"]

_TYPE: Final = "Task"


class CallBacks:
    """Calls back on one store. *took* tells whether somebody has a visit; *base* is the FHIR base that is ours."""

    def __init__(
        self,
        store: Store,
        *,
        physician_of: Callable[[Principal], Awaitable[Physician | None]],
        took: Callable[[Principal, str], Awaitable[bool | None]],
        base: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._physician_of = physician_of
        self._took = took
        self._base = base
        self._now = now

    async def ask(self, who: Principal, encounter: str, *, phone: str | None) -> dict[str, Any]:
        """Put the patient of one's own visit on the list, taken by oneself; what the booth asked for is taken over.

        *phone* is the number that the physician was told, None: what the booth knows. Raises Forbidden or NotFound.
        """
        person = await self._person(who)
        if await self._took(who, encounter) is False:
            raise Forbidden("Another physician took this visit.")

        def decide(repository: Repository) -> CallBack:
            stored = repository.read(_TYPE, call_back_id(encounter))
            known = None if stored is None or stored.body is None else call_back_of(loads(stored.body, own=True))
            if known is not None:
                return advance(known, Act.TAKE, who=person, now=self._now())
            return advance(
                _wanted(repository, encounter, asked_by=person, phone=phone, now=self._now()),
                Act.TAKE,
                who=person,
                now=self._now(),
            )

        return await self._write(who, call_back_id(encounter), decide)

    async def act(
        self, who: Principal, id_: str, act: Act, *, version: str, ending: Ending | None = None
    ) -> dict[str, Any]:
        """Do *act* to a Task that was seen in *version*; return it as it is now.

        Raises NotFound, Forbidden for what another has taken, or Conflict where it has changed since it was seen.
        """
        person = await self._person(who)

        def decide(repository: Repository) -> CallBack:
            stored = repository.read(_TYPE, id_)
            if stored is None or stored.body is None:
                raise NotFound("There is no such call.")
            if str(stored.version) != version:
                raise Conflict("Somebody has changed this call meanwhile.", remedy="Look at the list again.")
            return advance(call_back_of(loads(stored.body, own=True)), act, who=person, now=self._now(), ending=ending)

        return await self._write(who, id_, decide)

    async def _person(self, who: Principal) -> Person:
        if Role.PHYSICIAN not in who.roles:
            raise Forbidden("Only a physician calls patients back.")
        permit(who, Interaction.READ, _TYPE)
        physician = await self._physician_of(who)
        if physician is None:
            raise Forbidden("Your professional number is not known here.", remedy="Sign in with one that has it.")
        return Person(reference=f"Practitioner/{physician.id}", name=physician.name)

    async def _write(self, who: Principal, id_: str, decide: Callable[[Repository], CallBack]) -> dict[str, Any]:
        kept: list[Stored] = []

        def write(repository: Repository) -> None:
            repository.lock(f"{_TYPE}/{id_}")
            task = call_back_task(decide(repository))
            check(task)
            kept.append(repository.update(task, repository.read(_TYPE, id_)))

        await self._store.perform(write, who=who.subject, base=self._base)
        body = kept[-1].body
        assert body is not None, "it was just written"
        whole: dict[str, Any] = loads(body, own=True)
        return whole


def _wanted(repository: Repository, encounter: str, *, asked_by: Person, phone: str | None, now: datetime) -> CallBack:
    visit = repository.read("Encounter", encounter)
    if visit is None or visit.body is None:
        raise NotFound("There is no such visit.")
    record: Mapping[str, Any] = loads(visit.body, own=True)
    return CallBack(
        id=call_back_id(encounter),
        patient=patient_of(record),
        encounter=encounter,
        asked=now,
        changed=now,
        because=Because.CUT,
        phone=phone,
        place=place_of(record),
        place_phone=phone_of(record),
        asked_by=asked_by,
    )
