"""One version of a resource with all its rows, made before it is written: only the serial number is missing.

Most of what a write costs is here and needs no connection. So a create does it before its transaction begins, where
nobody waits for it, and the transaction is a few inserts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.database import DataKey, seal
from gateway.fhir.ins import check_ins
from gateway.fhir.json import dumps
from gateway.fhir.repository import Stored
from gateway.fhir.search.date import at
from gateway.fhir.search.index import Index, extract
from gateway.fhir.version import stamped
from gateway.store import indexing
from gateway.store.indexing import Known
from gateway.store.keys import Keys, type_number
from gateway.store.tables import MISSING

__all__ = ["COLUMNS", "Version", "deletion", "record", "sealed_at", "version"]

COLUMNS: Final = (
    "type", "id", "version", "updated", "deleted", "method", "patient", "own", "record", "date", "until", "key_id",
    "body",
)  # fmt: skip
"""The columns of `resource` that a version fills, in the order of `Version.row`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version as it is served, what it was made of, its row of `resource`, and what it is found by."""

    stored: Stored
    content: dict[str, Any]
    row: tuple[Any, ...]
    found: indexing.Entries


def version(
    content: dict[str, Any],
    *,
    id_: str,
    number: int,
    updated: datetime,
    method: str,
    base: str,
    key: DataKey,
    keys: Keys,
    known: Known,
    invented: bool,
) -> Version:
    """Return version *number* of *content*, sealed with *key*, its texts beside the *known* ones to be kept.

    *invented*: invented people may be stored; raises what `check_ins` does.
    """
    whole = stamped(content, id_=id_, version=number, updated=updated)
    body = dumps(whole)
    check_ins(whole, body, invented=invented)
    index = extract(whole, base=base)
    stored = Stored(
        type=content["resourceType"],
        id=id_,
        version=number,
        at=at(updated),
        body=body,
        patient=index.patient,
        method=method,
    )
    return Version(
        stored=stored,
        content=content,
        row=_row(stored, index, key, keys),
        found=indexing.entries(stored.type, index, keys=keys, known=known),
    )


def deletion(stored: Stored, *, key: DataKey, keys: Keys) -> Version:
    """Return a version without a body, which nothing finds."""
    return Version(stored=stored, content={}, row=_row(stored, None, key, keys), found=indexing.NONE)


def record(type_: str, id_: str, patient: str | None) -> str:
    """Return whose key seals a resource: its patient's, else one of its own."""
    return patient or f"{type_}/{id_}"


def sealed_at(type_: str, *version: str) -> tuple[str, ...]:
    """Return what the body of a version, of the id and the number given, is bound to."""
    return ("resource", type_, *version)


def _row(stored: Stored, index: Index | None, key: DataKey, keys: Keys) -> tuple[Any, ...]:
    date, type_, id_ = index.date if index else None, stored.type, stored.id
    return (
        type_,
        id_,
        stored.version,
        stored.at,
        stored.deleted,
        stored.method,
        stored.patient,
        keys.hashed(f"{type_}/{id_}"),
        keys.of(f"Patient/{stored.patient}") + type_number(type_) if stored.patient else None,
        date.low if date else MISSING,
        date.high if date else MISSING,
        key.key_id,
        None if stored.body is None else seal(key, stored.body, bound_to=sealed_at(type_, id_, str(stored.version))),
    )
