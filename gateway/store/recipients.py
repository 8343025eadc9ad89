"""What a recipient may see: records whose patient has agreed that their own doctor reads them, and no others.

A recipient is a program that passes reports on to patients' own doctors. The patient's Consent is looked at with each
request, in the transaction of the request itself: from the moment when somebody says no, or takes a yes back, nothing
of theirs is found any more. Fails closed: a record without a Consent is not shared, and one no is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final, NoReturn

from gateway.errors import Forbidden
from gateway.fhir.consent import ABOUT, SHARE
from gateway.fhir.repository import History, Page, Past, Repository, Stored
from gateway.fhir.search import parsing
from gateway.fhir.search.chain import link
from gateway.fhir.search.limit import within
from gateway.fhir.search.parameters import TYPES
from gateway.fhir.search.query import ChainClause, Clause, HasClause, IdClause, NotClause, Query

__all__ = ["ForARecipient"]

_YES: Final = "active"
_NO: Final = "rejected,inactive,entered-in-error"


class ForARecipient:
    """A `Repository` for one look of a recipient's: nothing is written through it."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[str, bool] = {}

    def lock(self, key: str) -> None:
        """Hold *key* to the end of the transaction."""
        self._repository.lock(key)

    def read(self, type_: str, id_: str) -> Stored | None:
        """Return the current version; raises Forbidden for what its patient has not agreed to share."""
        return self._shared(self._repository.read(type_, id_))

    def vread(self, type_: str, id_: str, version: int) -> Stored | None:
        """Return that version; raises Forbidden like `read`."""
        self.read(type_, id_)
        return self._shared(self._repository.vread(type_, id_, version))

    def history(self, asked: History) -> Past:
        """Return one page of the versions of one resource; raises Forbidden like `read`, and for more than one."""
        if not asked.id:
            raise Forbidden("A recipient sees no history but a resource's own.", where=asked.type or None)
        self.read(asked.type, asked.id)
        found = self._repository.history(asked)
        return replace(found, entries=tuple(each for each in found.entries if self._may(each)))

    def search(self, query: Query) -> Page:
        """Return one page of what matches and is shared; so is all that a chain or a `_has` looks at."""
        page = self._repository.search(within(query, _agreed))
        return replace(page, included=tuple(each for each in page.included if self._may(each)))

    def create(self, resource: dict[str, Any]) -> Stored:
        """Refuse."""
        self._refuse(resource)

    def update(self, resource: dict[str, Any], previous: Stored | None, *, method: str = "PUT") -> Stored:  # noqa: ARG002  as the Protocol says
        """Refuse."""
        self._refuse(resource)

    def delete(self, previous: Stored) -> Stored:
        """Refuse."""
        self._refuse({"resourceType": previous.type})

    def _refuse(self, resource: dict[str, Any]) -> NoReturn:
        raise Forbidden("A recipient reads, and writes nothing.", where=str(resource["resourceType"]))

    def _shared(self, stored: Stored | None) -> Stored | None:
        if stored is not None and not self._may(stored):
            raise Forbidden(
                "The patient has not agreed that their own doctor reads this.",
                where=stored.type,
                remedy="It can be read as soon as they agree; they are asked at the booth.",
            )
        return stored

    def _may(self, stored: Stored) -> bool:
        if stored.patient is None:
            return not _is_owned(stored.type)
        if stored.patient not in self._known:
            wanted = Query(type="Patient", clauses=(IdClause(ids=(stored.patient,)), *_agreed("Patient")), count=1)
            self._known[stored.patient] = bool(self._repository.search(wanted).entries)
        return self._known[stored.patient]


def _is_owned(type_: str) -> bool:
    """Say whether resources of the type stand in somebody's record; a booth's cuff may, and need not."""
    return type_ == "Patient" or (TYPES[type_].owner is not None and type_ != "Device")


@cache
def _agreed(type_: str) -> tuple[Clause, ...]:
    """Return what holds for a resource of the type whose patient has agreed to share; nothing for what nobody owns."""
    row = TYPES[type_]
    if type_ == "Patient":
        return tuple(_consents())
    if row.owner is None:
        return ()
    parameter = next(each for each in row.named.values() if row.owner in each.paths and "Patient" in each.targets)
    patients = Query(type="Patient", clauses=tuple(_consents()))
    return (ChainClause(link=link(row, parameter, ("Patient",)), queries=(patients,)),)


def _consents() -> Iterator[Clause]:
    row = TYPES["Consent"]
    whose = link(row, row.named["patient"], ("Patient",))

    def said(status: str) -> HasClause:
        pairs = [("category", f"{ABOUT}|{SHARE}"), ("status", status)]
        return HasClause(link=whose, query=parsing.criteria("Consent", pairs, base=""))

    yield said(_YES)
    yield NotClause(clause=said(_NO))
