"""A booth's writing, kept from undoing what the gateway knows and the booth does not.

A booth says all that it knows of a visit each time, and reads nothing back. Who talked with the patient, the visit's
number and that it is over are the gateway's: they stay as they are whatever the booth sends late. So is who took
somebody to be called back, and how that ended.
"""

from __future__ import annotations

from typing import Any

from gateway.fhir import encounter, task
from gateway.fhir.json import loads
from gateway.fhir.repository import History, Page, Past, Repository, Stored
from gateway.fhir.search.query import Query
from gateway.fhir.version import same

__all__ = ["FromABooth"]


class FromABooth:
    """A `Repository` for one act of a booth's."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def lock(self, key: str) -> None:
        """Hold *key* to the end of the transaction."""
        self._repository.lock(key)

    def read(self, type_: str, id_: str) -> Stored | None:
        """Return the current version, or None where there never was one."""
        return self._repository.read(type_, id_)

    def vread(self, type_: str, id_: str, version: int) -> Stored | None:
        """Return that version, or None where there is none."""
        return self._repository.vread(type_, id_, version)

    def create(self, resource: dict[str, Any]) -> Stored:
        """Keep *resource* under a new id."""
        return self._repository.create(_told(resource, None))

    def update(self, resource: dict[str, Any], previous: Stored | None, *, method: str = "PUT") -> Stored:
        """Keep *resource*, an Encounter or a Task together with what the gateway has written into it."""
        if previous is None or previous.body is None:
            return self._repository.update(_told(resource, None), previous, method=method)
        whole = _told(resource, loads(previous.body, own=True))
        if same(whole, previous.body):
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


def _told(resource: dict[str, Any], stored: dict[str, Any] | None) -> dict[str, Any]:
    if resource["resourceType"] == "Task":
        return task.told_by_a_booth(resource, stored)
    if resource["resourceType"] == "Encounter" and stored is not None:
        return encounter.told_by_a_booth(resource, stored)
    return resource
