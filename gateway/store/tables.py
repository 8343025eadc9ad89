"""The rows of the store.

    resource   the current version of each resource: its sealed body, whose it is, when it was true, when it was stored
    history    the versions before it, sealed as they were; a search never meets them
    term       what a resource is found by: one row for each code, reference and beginning of a name
    audit      who wrote what and when; see gateway.store.audit

`patient`, `date` and `until` of a resource and all of `term` are derived from the body and can be rebuilt from it.
`term` repeats the patient and the date of its resource, so that the usual question, "this code of this patient, newest
first", is one stretch of one index. A heart rate of 80, stored third, of the patient 7f…, measured at 10:00, is

    resource  serial  type         id   version  patient  date      until     body
              3       Observation  c1…  1        7f…      10:00:00  10:00:01  ▒▒▒▒

    term      serial  parameter             code         system            patient  date
              3       Observation.code      8867-4       http://loinc.org  7f…      10:00:00
              3       Observation.category  vital-signs  http://terminol…  7f…      10:00:00
              3       Observation.subject   Patient/7f…                    7f…      10:00:00

Times are microseconds since 1970 UTC; what has no date has MISSING twice. Names and identifiers are keyed hashes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

__all__ = ["METADATA", "MISSING", "RECORD", "audit", "history", "resource", "shortened", "term"]

METADATA: Final = MetaData()

MISSING: Final = -(2**62)
"""The date of what has none: before everything."""

_LONGEST: Final = 200

# The same order of texts in both engines, and the fastest one.
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
_SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")

resource: Final = Table(
    "resource",
    METADATA,
    Column("serial", _SERIAL, primary_key=True),
    Column("type", _TEXT, nullable=False),
    Column("id", _TEXT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("deleted", Boolean(create_constraint=False), nullable=False),
    Column("patient", _TEXT),
    Column("date", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("key_id", _TEXT, nullable=False),
    Column("body", LargeBinary),
    UniqueConstraint("type", "id"),
)
Index("resource_by_date", resource.c.type, resource.c.date, resource.c.serial)
Index("resource_by_update", resource.c.type, resource.c.updated, resource.c.serial)

RECORD: Final = resource.c.patient + literal_column("'/'") + resource.c.type
"""Whose record a resource is in, and its type, as one expression: beside a condition on the type, an engine that knows
nothing of the data may think that a date narrows a patient's readings more than the patient does."""

Index("resource_of_patient", RECORD, resource.c.date, resource.c.serial)
# The longest stretch of time of a type is one look into this: it bounds how far back something can reach into a range.
Index("resource_by_length", resource.c.type, (resource.c.until - resource.c.date))

history: Final = Table(
    "history",
    METADATA,
    Column("serial", _SERIAL, ForeignKey(resource.c.serial), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("updated", BigInteger, nullable=False),
    Column("deleted", Boolean(create_constraint=False), nullable=False),
    Column("key_id", _TEXT, nullable=False),
    Column("body", LargeBinary),
    sqlite_with_rowid=False,
)

term: Final = Table(
    "term",
    METADATA,
    Column("serial", _SERIAL, ForeignKey(resource.c.serial), primary_key=True),
    Column("parameter", _TEXT, primary_key=True),
    Column("code", _TEXT, primary_key=True),
    Column("system", _TEXT, primary_key=True),
    Column("patient", _TEXT),
    Column("date", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("term_by_date", term.c.parameter, term.c.code, term.c.date, term.c.serial, term.c.system)
Index(
    "term_of_patient",
    term.c.patient,
    term.c.parameter,
    term.c.code,
    term.c.date,
    term.c.serial,
    term.c.system,
    sqlite_where=term.c.patient.is_not(None),
    postgresql_where=term.c.patient.is_not(None),
)

audit: Final = Table(
    "audit",
    METADATA,
    Column("serial", _SERIAL, primary_key=True),
    Column("chain", _TEXT, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", _TEXT, nullable=False),
    Column("interaction", _TEXT, nullable=False),
    Column("type", _TEXT, nullable=False),
    Column("id", _TEXT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("chain", "number"),
)
Index("audit_of_resource", audit.c.type, audit.c.id, audit.c.version)


def shortened(text: str) -> str:
    """Return what stands for *text* in `term`: its digest where it is longer than an index row can be."""
    return text if len(text) <= _LONGEST else "sha256:" + sha256(text.encode()).hexdigest()
