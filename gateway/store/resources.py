"""The FHIR interactions' `Repository` on SQL: sealed bodies, versions, and the rows they are found by.

One transaction, one object; see gateway.store.tables for the rows. A body is sealed with the key of the patient in
whose record it stands, else with one of its own, and bound to its type, id and version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from msgspec import structs
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from gateway.database import DataKey, Keyring, add_row, lock, opener, take_time
from gateway.fhir.repository import History, Page, Past, Stored
from gateway.fhir.search.date import at
from gateway.fhir.search.index import owner
from gateway.fhir.search.query import Cursor, Query
from gateway.store import audit, audited, finding, indexing, past
from gateway.store.audited import AUDIT_EVENT
from gateway.store.including import Found, included
from gateway.store.instants import SHORTEST, Instants
from gateway.store.keys import Keys
from gateway.store.prepared import Prepared
from gateway.store.resolving import Resolver
from gateway.store.tables import history, resource
from gateway.store.version import COLUMNS, Version, deletion, record, sealed_at, version

__all__ = ["Resources", "Shelf"]

_WIDTH: Final = len(resource.columns)
_BODY: Final = _WIDTH - 1
_SHORT: Final = 128 * 1024
"""A page of more bytes than this is opened in another thread."""

# Statements of every write are made once: making one costs as much as running it.
_CURRENT: Final = select(resource).where(resource.c.type == bindparam("type"), resource.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What every transaction of a store shares: whose keys seal, how the index hashes, and the texts it knows.

    `invented`: numbers of invented people may be stored.
    """

    keyring: Keyring
    keys: Keys
    now: Callable[[], datetime]
    instants: Instants
    invented: bool = False
    known: indexing.Known = field(default_factory=set)
    prepared: Prepared = field(default_factory=Prepared)

    def record(self, content: dict[str, Any], id_: str, base: str) -> str:
        """Return whose key seals what is to be kept under an id."""
        type_ = content["resourceType"]
        return record(type_, id_, id_ if type_ == "Patient" else owner(content, base=base))

    def version(self, content: dict[str, Any], *, key: DataKey, **more: Any) -> Version:
        """Return a version, made as all of this store's are; see gateway.store.version."""
        return version(content, key=key, keys=self.keys, known=self.known, invented=self.invented, **more)


_Opens = Callable[[bytes, str, int], bytes | None]


def _gone(*_sealed: Any) -> None:
    """Open a body whose key was destroyed: nobody can."""


class Resources:
    """The resources inside one transaction; `saved` are the versions that it made so far.

    *base* says which references are to us; *once*: nothing is done with it but one search; *ready*: a first
    version that was made beforehand, in case that it is kept. `fresh` are texts that the shelf's index may take as
    known after the commit.
    """

    def __init__(
        self, connection: Connection, *, shelf: Shelf, base: str, once: bool = False, ready: Version | None = None
    ) -> None:
        self._connection = connection
        self._shelf = shelf
        self._base = base
        self._once = once
        self._ready = ready
        self.saved: list[Stored] = []
        self.fresh: indexing.Known = set()
        self._openers: dict[tuple[str, str], _Opens] = {}

    def lock(self, key: str) -> None:
        """Hold *key* to the end of the transaction."""
        lock(self._connection, key)

    def read(self, type_: str, id_: str) -> Stored | None:
        """Return the current version, or None where there never was one."""
        if type_ == AUDIT_EVENT:
            return audited.read(self._connection, id_)
        row = self._connection.execute(_CURRENT, {"type": type_, "id": id_}).one_or_none()
        return None if row is None else self._stored(row)

    def vread(self, type_: str, id_: str, version: int) -> Stored | None:
        """Return that version, or None where there is none."""
        current = self.read(type_, id_)
        if current is None or current.version == version:
            return current
        statement = select(history, resource.c.type, resource.c.id, resource.c.patient).join_from(history, resource)
        row = self._connection.execute(
            statement.where(resource.c.type == type_, resource.c.id == id_, history.c.version == version)
        ).one_or_none()
        return None if row is None else self._stored(row)

    def writer(self, type_: str, id_: str, version: int) -> str | None:
        """Return the subject of the principal who wrote that version, None where there is none."""
        return audit.writer(self._connection, type_, id_, version)

    def create(self, resource: dict[str, Any]) -> Stored:
        """Keep *resource* under a new id."""
        ready = self._ready
        id_ = ready.stored.id if ready is not None and ready.content is resource else str(uuid4())
        return self._save(resource, id_, None, "POST")

    def update(self, resource: dict[str, Any], previous: Stored | None, *, method: str = "PUT") -> Stored:
        """Keep *resource* under its own id as the version after *previous*."""
        return self._save(resource, resource["id"], previous, method)

    def delete(self, previous: Stored) -> Stored:
        """Keep that the resource was deleted: a version without a body after *previous*."""
        number, moment = previous.version + 1, at(self._moment(previous))
        stored = structs.replace(previous, version=number, at=moment, body=None, deleted=True, method="DELETE")
        key = self._shelf.keyring.key(record(stored.type, stored.id, stored.patient))
        self.write(deletion(stored, key=key, keys=self._shelf.keys))
        return stored

    def history(self, asked: History) -> Past:
        """Return one page of the versions asked for, the newest first, deletions included."""
        return past.page(self._connection, asked, self._stored)

    def search(self, query: Query) -> Page:
        """Return one page of the resources that match."""
        now, keys = at(self._shelf.now()), self._shelf.keys
        alone = self._once and not query.includes
        if query.total or not alone or query.type == AUDIT_EVENT:
            take_time(self._connection)
        if query.type == AUDIT_EVENT:
            return audited.page(self._connection, query, keys=keys, now=now)
        clauses = Resolver(self._connection, keys, now, self._shelf.prepared).clauses(query)
        total = None
        if query.total:
            total = self._connection.execute(finding.counting(query, clauses, keys=keys, now=now)).scalar_one()
        if query.count == 0:
            return Page(entries=(), total=total)
        rows = self._shelf.prepared.page(self._connection, query, clauses, keys=keys, now=now, last=alone)
        shown = rows[: query.count]
        if sum(len(row[_BODY] or b"") for row in shown) > _SHORT:
            take_time(self._connection)
        more = None
        if len(rows) > len(shown):
            last = shown[-1]
            more = Cursor(keys=tuple(last[_WIDTH:]), serial=last[0])
        along = included(self._connection, query, list(map(Found, shown)), keys) if query.includes else []
        return Page(entries=self._bodies(shown), included=self._bodies(along), next=more, total=total)

    def _bodies(self, rows: Iterable[Sequence[Any]]) -> tuple[Stored, ...]:
        """Return what is in rows that begin with the columns of `resource`."""
        found: list[Stored] = []
        opened, of = "", ""
        opens: _Opens = _gone
        for row in rows:
            _, type_, id_, number, updated, _, method, patient, _, _, _, _, key_id, body = row[:_WIDTH]
            if key_id != opened or type_ != of:
                opens, opened, of = self._opens(key_id, type_), key_id, type_
            # A body whose key was destroyed is gone: it is in no answer.
            if body is not None and (body := opens(body, id_, number)) is not None:
                stored = Stored(
                    type=type_, id=id_, version=number, at=updated, body=body, patient=patient, method=method
                )
                found.append(stored)
        return tuple(found)

    def _moment(self, previous: Stored | None) -> datetime:
        moment = self._shelf.instants.next()
        return moment if previous is None else max(moment, previous.updated + SHORTEST)

    def _save(self, content: dict[str, Any], id_: str, previous: Stored | None, method: str) -> Stored:
        ready = self._ready
        if previous is None and ready is not None and ready.content is content:
            made = ready
        else:
            number = 1 if previous is None else previous.version + 1
            key, moment = self._shelf.keyring.key(self._shelf.record(content, id_, self._base)), self._moment(previous)
            made = self._shelf.version(
                content, id_=id_, number=number, updated=moment, method=method, base=self._base, key=key
            )
        self.write(made)
        return made.stored

    def write(self, made: Version) -> None:
        """Keep a version."""
        connection = self._connection
        if made.stored.version == 1:
            serial = add_row(connection, resource, COLUMNS, made.row, made="serial")
        else:
            serial = self._replace(made)
        indexing.keep(connection, serial, made.found, keys=self._shelf.keys)
        self.fresh.update(made.found.texts)
        self.saved.append(made.stored)

    def _replace(self, made: Version) -> int:
        current = (resource.c.type == made.stored.type) & (resource.c.id == made.stored.id)
        columns = [column.name for column in history.columns]
        self._connection.execute(
            insert(history).from_select(columns, select(*(resource.c[each] for each in columns)).where(current))
        )
        row = dict(zip(COLUMNS, made.row, strict=True))
        serial = self._connection.execute(
            update(resource).where(current).values(row).returning(resource.c.serial)
        ).scalar_one()
        indexing.forget(self._connection, serial)
        return int(serial)

    def _stored(self, row: Row[Any]) -> Stored:
        opens = self._opens(row.key_id, row.type)
        return Stored(
            type=row.type,
            id=row.id,
            version=row.version,
            at=row.updated,
            body=None if row.body is None else opens(row.body, row.id, row.version),
            deleted=bool(row.deleted),
            patient=row.patient,
            method=row.method,
        )

    def _opens(self, key_id: str, type_: str) -> _Opens:
        """Return what opens bodies: found once in a transaction, for a page is of one patient, and has one key."""
        made = self._openers.get((key_id, type_))
        if made is None:
            key = self._shelf.keyring.find(key_id)
            made = self._openers[key_id, type_] = _gone if key is None else opener(key, *sealed_at(type_))
        return made
