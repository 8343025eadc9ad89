"""Storage as the FHIR interactions see it: one Protocol, spoken by the SQL store and by the tests' in-memory oracle.

A repository lives for one transaction. Everything it does is seen by others together or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from gateway.fhir.search.query import Cursor, Query

__all__ = ["History", "Moment", "Page", "Past", "Repository", "Stored"]


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


# A page makes fifty of them: msgspec does it in a tenth of the time.
class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a resource as it is kept: `body` is the JSON that is served, id and version inside it.

    `body` is None where the version was deleted, or erased with its patient's key. `patient` is the id of the
    patient in whose record it stands, None for what belongs to nobody. `at` is when it was made, in microseconds since
    1970 UTC. `method` is the HTTP method that wrote it, None where that was not kept.
    """

    type: str
    id: str
    version: int
    at: int
    body: bytes | None
    deleted: bool = False
    patient: str | None = None
    method: str | None = None

    @property
    def updated(self) -> datetime:
        """Return when it was made: aware, in UTC."""
        return _EPOCH + timedelta(microseconds=self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a search: the matches in order, where the next page starts, and the count where it was asked for.

    `included` is what comes along with the matches, each resource once, and is none of them.
    """

    entries: tuple[Stored, ...]
    included: tuple[Stored, ...] = ()
    next: Cursor | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The last version of a page of history: the next page holds what is older. Opaque to all but the store."""

    updated: int
    serial: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Which versions are asked for: of one resource, of a type (`id` empty) or of everything (`type` empty).

    `patient` limits it to the record of that patient, `types` to these types (empty: all). `since`, in microseconds
    since 1970 UTC, leaves out what was stored before. `count` 0 asks for the total alone.
    """

    type: str = ""
    id: str = ""
    patient: str | None = None
    types: tuple[str, ...] = ()
    since: int | None = None
    count: int = 50
    cursor: Moment | None = None
    total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One page of history, newest first: the versions, where the next page starts, the count where asked for."""

    entries: tuple[Stored, ...]
    next: Moment | None = None
    total: int | None = None


class Repository(Protocol):
    """The resources, inside one transaction."""

    def lock(self, key: str) -> None:
        """Wait until nobody else holds *key*, then hold it to the end of this transaction."""

    def read(self, type_: str, id_: str) -> Stored | None:
        """Return the current version, a deletion included, or None where there never was one.

        https://hl7.org/fhir/R4/http.html#read
        """

    def vread(self, type_: str, id_: str, version: int) -> Stored | None:
        """Return that version, or None where there is none.

        https://hl7.org/fhir/R4/http.html#vread
        """

    def create(self, resource: dict[str, Any]) -> Stored:
        """Keep *resource* under a new id as version 1.

        https://hl7.org/fhir/R4/http.html#create
        """

    def update(self, resource: dict[str, Any], previous: Stored | None, *, method: str = "PUT") -> Stored:
        """Keep *resource* under its own id as the version after *previous*, the first where that is None.

        *method* is the one that asked for it, for the history.
        Call it with the id's lock held, so that *previous* is still the current one.
        https://hl7.org/fhir/R4/http.html#update
        """

    def delete(self, previous: Stored) -> Stored:
        """Keep that the resource was deleted: a version without a body after *previous*; no search finds it any more.

        Call it with the id's lock held, so that *previous* is still the current one.
        https://hl7.org/fhir/R4/http.html#delete
        """

    def history(self, asked: History) -> Past:
        """Return one page of the versions asked for, the newest first, deletions included.

        https://hl7.org/fhir/R4/http.html#history
        """

    def search(self, query: Query) -> Page:
        """Return one page of the resources that match.

        https://hl7.org/fhir/R4/http.html#search
        """
