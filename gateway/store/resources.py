"""The FHIR interactions' `Repository` on SQL: sealed bodies, versions, and the rows they are found by.

One transaction, one object; see gateway.store.tables for the rows. A body is sealed with the key of the patient in
whose record it stands, else with one of its own, and bound to its type, id and version.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from gateway.database import Keyring, add_rows, lock, seal, unseal
from gateway.fhir.json import dumps
from gateway.fhir.repository import Page, Stored
from gateway.fhir.search.date import at
from gateway.fhir.search.index import Index, extract
from gateway.fhir.search.query import Cursor, Query, Term
from gateway.fhir.version import stamped
from gateway.store import finding
from gateway.store.tables import MISSING, history, resource, shortened, term

__all__ = ["Resources"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Statements of every write are made once: making one costs as much as running it.
_CURRENT: Final = select(resource).where(resource.c.type == bindparam("type"), resource.c.id == bindparam("id"))
_TERM: Final = ("serial", "parameter", "code", "system", "patient", "date")
_CREATE: Final = insert(resource).returning(resource.c.serial)


class Resources:
    """The resources inside one transaction; `saved` are the versions that it made so far.

    *index_key* is what names and identifiers are hashed with. *base* says which references are to us.
    """

    def __init__(
        self, connection: Connection, *, keyring: Keyring, index_key: bytes, base: str, now: Callable[[], datetime]
    ) -> None:
        self._connection = connection
        self._keyring = keyring
        self._index_key = index_key
        self._base = base
        self._now = now
        self.saved: list[Stored] = []

    def lock(self, key: str) -> None:
        """Hold *key* to the end of the transaction."""
        lock(self._connection, key)

    def read(self, type_: str, id_: str) -> Stored | None:
        """Return the current version, or None where there never was one."""
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
        return self._save(resource, str(uuid4()), None)

    def update(self, resource: dict[str, Any], previous: Stored | None) -> Stored:
        """Keep *resource* under its own id as the version after *previous*."""
        return self._save(resource, resource["id"], previous)

    def search(self, query: Query) -> Page:
        """Return one page of the resources that match."""
        now = at(self._now())
        total = (
            self._connection.execute(finding.counting(query, keep=self._kept(query.type), now=now)).scalar_one()
            if query.total
            else None
        )
        if query.count == 0:
            return Page(entries=(), total=total)
        rows = self._connection.execute(finding.page(query, keep=self._kept(query.type), now=now)).all()
        shown = rows[: query.count]
        # A body whose key was destroyed is gone: it is in no answer.
        entries = (each for each in map(self._stored, shown) if each.body is not None)
        more = Cursor(key=shown[-1].key, serial=shown[-1].serial) if len(rows) > len(shown) else None
        return Page(entries=tuple(entries), next=more, total=total)

    def _save(self, content: dict[str, Any], id_: str, previous: Stored | None) -> Stored:
        moment = self._now().astimezone(UTC)
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        updated = moment if previous is None else max(moment, previous.updated)
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
        )
        serial = self._write(stored, index)
        self._write_terms(stored.type, serial, index)
        self.saved.append(stored)
        return stored

    def _write(self, stored: Stored, index: Index) -> int:
        assert stored.body is not None
        key = self._keyring.key(stored.patient or f"{stored.type}/{stored.id}")
        row = {
            "type": stored.type,
            "id": stored.id,
            "version": stored.version,
            "updated": at(stored.updated),
            "deleted": False,
            "patient": stored.patient,
            "date": index.date.low if index.date else MISSING,
            "until": index.date.high if index.date else MISSING,
            "key_id": key.key_id,
            "body": seal(key, stored.body, bound_to=_place(stored)),
        }
        if stored.version == 1:
            return int(self._connection.execute(_CREATE, row).scalar_one())
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
        self._connection.execute(delete(term).where(term.c.serial == serial))
        return int(serial)

    def _write_terms(self, type_: str, serial: int, index: Index) -> None:
        keep = self._kept(type_)
        date = index.date.low if index.date else MISSING
        rows = [
            (serial, f"{type_}.{each.parameter}", keep(each), shortened(each.system or ""), index.patient, date)
            for each in index.terms
        ]
        add_rows(self._connection, term, _TERM, rows)

    def _kept(self, type_: str) -> Callable[[Term], str]:
        def keep(wanted: Term) -> str:
            if not wanted.personal:
                return shortened(wanted.code)
            words = f"{type_}.{wanted.parameter}\0{wanted.code}".encode()
            return hmac.digest(self._index_key, words, "sha256")[:16].hex()

        return keep

    def _stored(self, row: Row[Any]) -> Stored:
        stored = Stored(
            type=row.type,
            id=row.id,
            version=row.version,
            updated=_EPOCH + timedelta(microseconds=row.updated),
            body=None,
            deleted=row.deleted,
            patient=row.patient,
        )
        key = None if row.body is None else self._keyring.find(row.key_id)
        return stored if key is None else replace(stored, body=unseal(key, row.body, bound_to=_place(stored)))


def _place(stored: Stored) -> tuple[str, ...]:
    return ("resource", stored.type, stored.id, str(stored.version))
