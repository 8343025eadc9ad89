"""The FHIR interactions' `Repository` on SQL: sealed bodies, versions, and the rows they are found by.

One transaction, one object; see gateway.store.tables for the rows. A body is sealed with the key of the patient in
whose record it stands, else with one of its own, and bound to its type, id and version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from gateway.database import DataKey, Keyring, add_row, lock, seal, unseal
from gateway.fhir.json import dumps
from gateway.fhir.repository import History, Page, Past, Stored
from gateway.fhir.search.date import at
from gateway.fhir.search.index import Index, extract
from gateway.fhir.search.query import Cursor, Query
from gateway.fhir.version import stamped
from gateway.store import audited, finding, indexing, past
from gateway.store.audited import AUDIT_EVENT
from gateway.store.including import included
from gateway.store.keys import Keys, type_number
from gateway.store.prepared import Prepared
from gateway.store.resolving import Resolver
from gateway.store.tables import MISSING, history, resource

__all__ = ["Resources", "Shelf"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Statements of every write are made once: making one costs as much as running it.
_CURRENT: Final = select(resource).where(resource.c.type == bindparam("type"), resource.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What every transaction of a store shares: whose keys seal, how the index hashes, and the texts it knows."""

    keyring: Keyring
    keys: Keys
    now: Callable[[], datetime]
    known: indexing.Known = field(default_factory=set)
    prepared: Prepared = field(default_factory=Prepared)


class Resources:
    """The resources inside one transaction; `saved` are the versions that it made so far.

    *base* says which references are to us. `fresh` are texts that the shelf's index may take as known after the commit.
    """

    def __init__(self, connection: Connection, *, shelf: Shelf, base: str) -> None:
        self._connection = connection
        self._shelf = shelf
        self._base = base
        self.saved: list[Stored] = []
        self.fresh: indexing.Known = set()
        self._opening: dict[str, DataKey | None] = {}

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

    def create(self, resource: dict[str, Any]) -> Stored:
        """Keep *resource* under a new id."""
        return self._save(resource, str(uuid4()), None, "POST")

    def update(self, resource: dict[str, Any], previous: Stored | None, *, method: str = "PUT") -> Stored:
        """Keep *resource* under its own id as the version after *previous*."""
        return self._save(resource, resource["id"], previous, method)

    def delete(self, previous: Stored) -> Stored:
        """Keep that the resource was deleted: a version without a body after *previous*."""
        version, updated = previous.version + 1, self._moment(previous)
        stored = replace(previous, version=version, updated=updated, body=None, deleted=True, method="DELETE")
        self._write(stored, None)
        self.saved.append(stored)
        return stored

    def history(self, asked: History) -> Past:
        """Return one page of the versions asked for, the newest first, deletions included."""
        return past.page(self._connection, asked, self._stored)

    def search(self, query: Query) -> Page:
        """Return one page of the resources that match."""
        now, keys = at(self._shelf.now()), self._shelf.keys
        if query.type == AUDIT_EVENT:
            return audited.page(self._connection, query, keys=keys, now=now)
        clauses = Resolver(self._connection, keys, now, self._shelf.prepared).clauses(query)
        total = None
        if query.total:
            total = self._connection.execute(finding.counting(query, clauses, keys=keys, now=now)).scalar_one()
        if query.count == 0:
            return Page(entries=(), total=total)
        rows = self._shelf.prepared.page(self._connection, query, clauses, keys=keys, now=now)
        shown = rows[: query.count]
        more = None
        if len(rows) > len(shown):
            last = shown[-1]
            cursor = tuple(getattr(last, f"k{place}") for place in range(len(query.order)))
            more = Cursor(keys=cursor, serial=last.serial)
        along = included(self._connection, query, shown, keys) if query.includes else []
        return Page(entries=self._bodies(shown), included=self._bodies(along), next=more, total=total)

    def _bodies(self, rows: Sequence[Row[Any]]) -> tuple[Stored, ...]:
        # A body whose key was destroyed is gone: it is in no answer.
        return tuple(each for each in map(self._stored, rows) if each.body is not None)

    def _moment(self, previous: Stored | None) -> datetime:
        moment = self._shelf.now().astimezone(UTC)
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return moment if previous is None else max(moment, previous.updated)

    def _save(self, content: dict[str, Any], id_: str, previous: Stored | None, method: str) -> Stored:
        updated = self._moment(previous)
        version = 1 if previous is None else previous.version + 1
        whole = stamped(content, id_=id_, version=version, updated=updated)
        index = extract(whole, base=self._base)
        stored = Stored(
            type=content["resourceType"],
            id=id_,
            version=version,
            updated=updated,
            body=dumps(whole),
            patient=index.patient,
            method=method,
        )
        serial = self._write(stored, index)
        shelf = self._shelf
        self.fresh |= indexing.keep(self._connection, stored.type, serial, index, keys=shelf.keys, known=shelf.known)
        self.saved.append(stored)
        return stored

    def _write(self, stored: Stored, index: Index | None) -> int:
        key = self._shelf.keyring.key(stored.patient or f"{stored.type}/{stored.id}")
        date, of = index.date if index else None, self._shelf.keys.of
        row = {
            "type": stored.type,
            "id": stored.id,
            "version": stored.version,
            "updated": at(stored.updated),
            "deleted": stored.deleted,
            "method": stored.method,
            "patient": stored.patient,
            "own": of(f"{stored.type}/{stored.id}"),
            "record": of(f"Patient/{stored.patient}") + type_number(stored.type) if stored.patient else None,
            "date": date.low if date else MISSING,
            "until": date.high if date else MISSING,
            "key_id": key.key_id,
            "body": None if stored.body is None else seal(key, stored.body, bound_to=_place(stored)),
        }
        if stored.version == 1:
            return add_row(self._connection, resource, tuple(row), tuple(row.values()), made="serial")
        return self._replace(row)

    def _replace(self, row: dict[str, Any]) -> int:
        current = (resource.c.type == row["type"]) & (resource.c.id == row["id"])
        columns = [column.name for column in history.columns]
        self._connection.execute(
            insert(history).from_select(columns, select(*(resource.c[each] for each in columns)).where(current))
        )
        serial = self._connection.execute(
            update(resource).where(current).values(row).returning(resource.c.serial)
        ).scalar_one()
        indexing.forget(self._connection, serial)
        return int(serial)

    def _stored(self, row: Row[Any]) -> Stored:
        key = None if row.body is None else self._key(row.key_id)
        place = ("resource", row.type, row.id, str(row.version))
        return Stored(
            type=row.type,
            id=row.id,
            version=row.version,
            updated=_EPOCH + timedelta(microseconds=row.updated),
            body=None if key is None else unseal(key, row.body, bound_to=place),
            deleted=bool(row.deleted),
            patient=row.patient,
            method=row.method,
        )

    def _key(self, key_id: str) -> DataKey | None:
        # Asked once in a transaction: a page of one patient's readings is sealed with one key.
        if key_id not in self._opening:
            self._opening[key_id] = self._shelf.keyring.find(key_id)
        return self._opening[key_id]


def _place(stored: Stored) -> tuple[str, ...]:
    return ("resource", stored.type, stored.id, str(stored.version))
