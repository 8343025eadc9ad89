"""A booth's writing, kept to its own visits, and from undoing what others know and the booth does not.

A booth changes what it wrote itself and nothing else, and tells of nobody but the people of its own visits; a hub also
of the one patient whom the settings give it. A Device it only adds: two booths may meet the same cuff. Whatever
somebody else has written into since stays as it is, but for a consent that is taken back. So does a no that was said
after a yes which comes late: a network may deliver what was sent first behind what was sent anew.

A booth says all that it knows of a visit each time, and reads nothing back. Who talked with the patient, the visit's
number and that it is over are the gateway's: they stay as they are whatever the booth sends late. So is who took
somebody to be called back, and how that ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from gateway.errors import Forbidden, Gone
from gateway.fhir import encounter, task
from gateway.fhir.json import loads
from gateway.fhir.repository import History, Page, Past, Stored
from gateway.fhir.search.element import target
from gateway.fhir.search.query import Query
from gateway.fhir.version import same
from gateway.identity import Principal
from gateway.store.resources import Resources

__all__ = ["FromABooth"]

_MERGED: Final = frozenset({"Encounter", "Task"})
"""Types that know by themselves which of their elements are the booth's."""

_WHOSE: Final = frozenset({"Patient", "Encounter"})
"""What a booth may refer to only where it is its own."""


class FromABooth:
    """A `Repository` for one act of *booth*; *base* is the address under which it knows us."""

    def __init__(self, repository: Resources, booth: Principal, *, base: str) -> None:
        self._repository = repository
        self._booth = booth
        self._base = base
        self._made: set[tuple[str, str]] = set()

    def lock(self, key: str) -> None:
        """Hold *key* to the end of the transaction."""
        self._repository.lock(key)

    def read(self, type_: str, id_: str) -> Stored | None:
        """Return the current version, None where there never was one; raises Forbidden for another's."""
        stored = self._repository.read(type_, id_)
        if stored is not None and not self._is_ours(stored):
            raise Forbidden(
                f"{type_}/{id_} was not written by this booth.",
                where=type_,
                remedy="A booth changes what it wrote itself; send this under an id of your own.",
            )
        return stored

    def vread(self, type_: str, id_: str, version: int) -> Stored | None:
        """Return that version, or None where there is none."""
        return self._repository.vread(type_, id_, version)

    def create(self, resource: dict[str, Any]) -> Stored:
        """Keep *resource* under a new id."""
        self._check_whose(resource)
        return self._kept(self._repository.create(_told(resource, None)))

    def update(self, resource: dict[str, Any], previous: Stored | None, *, method: str = "PUT") -> Stored:
        """Keep *resource*, an Encounter or a Task together with what the gateway has written into it."""
        self._check_whose(resource)
        if previous is None:
            return self._kept(self._repository.update(_told(resource, None), None, method=method))
        if previous.body is None:  # a booth deletes nothing: somebody else did
            raise Gone(f"{previous.type}/{previous.id} was deleted.", where=previous.type)
        whole = _told(resource, loads(previous.body, own=True))
        if same(whole, previous.body) or self._is_settled(whole, previous) or _is_a_late_yes(whole, previous.body):
            return previous
        return self._repository.update(whole, previous, method=method)

    def delete(self, previous: Stored) -> Stored:
        """Keep that the resource was deleted."""
        return self._repository.delete(previous)

    def history(self, asked: History) -> Past:
        """Return one page of the versions asked for."""
        return self._repository.history(asked)

    def search(self, query: Query) -> Page:
        """Return one page of the resources that match."""
        return self._repository.search(query)

    def _kept(self, stored: Stored) -> Stored:
        self._made.add((stored.type, stored.id))
        return stored

    def _is_ours(self, stored: Stored) -> bool:
        """Say whether a booth may speak of what is stored: a physician may have asked for its visit's call before."""
        if stored.type == "Device" or self._wrote(stored.type, stored.id):
            return True
        visit = loads(stored.body, own=True).get("encounter", {}) if stored.type == "Task" and stored.body else {}
        type_, _, id_ = target(visit.get("reference", ""), base=self._base).partition("/")
        return self._wrote(type_, id_)

    def _wrote(self, type_: str, id_: str) -> bool:
        return (type_, id_) in self._made or self._repository.writer(type_, id_, 1) == self._booth.subject

    def _is_settled(self, resource: dict[str, Any], previous: Stored) -> bool:
        """Say whether somebody else wrote the last version, which stays."""
        if previous.type in _MERGED or (resource["resourceType"] == "Consent" and resource["status"] != "active"):
            return False
        return (previous.type, previous.id) not in self._made and (
            self._repository.writer(previous.type, previous.id, previous.version) != self._booth.subject
        )

    def _check_whose(self, resource: dict[str, Any]) -> None:
        """Raise Forbidden for what is told of somebody whom this booth has not met, or of another's visit."""
        for reference in {target(each, base=self._base) for each in _references(resource)}:
            type_, _, id_ = reference.partition("/")
            if type_ not in _WHOSE or (type_ == "Patient" and id_ == self._booth.patient) or self._wrote(type_, id_):
                continue
            if self._repository.writer(type_, id_, 1) is not None:
                raise Forbidden(
                    f"{reference[:80]} is of no visit of this booth.",
                    where=str(resource["resourceType"]),
                    remedy="A booth tells of its own visits, a hub of whom the settings give it ([[hubs]]).",
                )


def _references(value: Any) -> Iterator[str]:
    """Yield what all references in *value* say, those of contained resources included."""
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str):
            yield reference
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _is_a_late_yes(resource: dict[str, Any], stored: bytes) -> bool:
    """Say whether this is a yes that was said before what is stored; a no always counts, whatever a clock says.

    So it does where their times are the same: a booth whose clock had stood still cannot say which was first.
    """
    if resource["resourceType"] != "Consent" or resource.get("provision", {}).get("type") != "permit":
        return False
    kept = loads(stored, own=True)
    said, last = (each.get("dateTime", "") for each in (resource, kept))
    if "T" not in said or "T" not in last:
        return False
    at, before = datetime.fromisoformat(said), datetime.fromisoformat(last)
    return at < before or (at == before and kept.get("provision", {}).get("type") == "deny")


def _told(resource: dict[str, Any], stored: dict[str, Any] | None) -> dict[str, Any]:
    if resource["resourceType"] == "Task":
        return task.told_by_a_booth(resource, stored)
    if resource["resourceType"] == "Encounter" and stored is not None:
        return encounter.told_by_a_booth(resource, stored)
    return resource
