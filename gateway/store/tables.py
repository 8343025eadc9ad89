"""The rows of the store.

    resource   the current version of each resource: its sealed body, whose it is, when it was true, when it was stored
    history    the versions before it, sealed as they were; a search never meets them
    term       what a resource is found by: one row for each code, reference, address and piece of a string
    moment     its other dates; amount: its numbers and quantities; wording: the words beside codes, each text once
    audit      who wrote what and when; see gateway.store.audit

`own`, `record`, `date` and `until` of a resource and all of `term`, `moment`, `amount` and `wording` are derived from
the bodies and can be rebuilt from them; texts in them are keyed hashes (gateway.store.keys). `term` repeats the date of
its resource, and says with one number whose code it is, so that the usual question, "this code of this patient, newest
first", is one stretch of one index that no engine can mistake for another; so does `record`, the owner's hash and the
number of the type added up. A heart rate of 80, stored third, of the patient 7f…, measured at 10:00, is, with #x for
the hash of x,

    resource  serial  type         id   version  own             record          date      until     body
              3       Observation  c1…  1        #Observation/c… #(7f…) + type 10:00:00  10:00:01  ▒▒▒▒

    term      serial  field                 code           system             part  text         owned      date
              3       Observation.code      #8867-4        #http://loinc.org  0     #heart rate  #(7f…, …)  10:00:00
              3       Observation.category  #vital-signs   #http://terminol…  1     0            #(7f…, …)  10:00:00
              3       Observation.device    #Device/22…    #Device            0     0            #(7f…, …)  10:00:00

    amount    serial  field                      part  low   high  base   base_low     base_high
              3       Observation.valueQuantity  0     80    80    #s-1   1.33333…     1.33333…

`part` is the place in a list: what has the same one stands in the same component. Times are microseconds since 1970
UTC; what has no date has MISSING twice. Numbers are texts that sort as numbers do (gateway.fhir.search.number).
"""

from __future__ import annotations

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
)

__all__ = [
    "HIGHEST",
    "INDEXED",
    "LOWEST",
    "METADATA",
    "MISSING",
    "amount",
    "audit",
    "history",
    "moment",
    "resource",
    "term",
    "wording",
]

METADATA: Final = MetaData()

MISSING: Final = -(2**62)
"""The date of what has none: before everything."""

LOWEST: Final = ""
HIGHEST: Final = "3"
"""What stands for the open end of an amount: before and after every number."""

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
    Column("method", _TEXT),
    Column("patient", _TEXT),
    Column("own", BigInteger, nullable=False, server_default="0"),
    Column("record", BigInteger),
    Column("date", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("key_id", _TEXT, nullable=False),
    Column("body", LargeBinary),
    UniqueConstraint("type", "id"),
)
Index("resource_by_own", resource.c.own)
Index("resource_by_date", resource.c.type, resource.c.date, resource.c.serial)
Index("resource_by_update", resource.c.type, resource.c.updated, resource.c.serial)
Index(
    "resource_of_owner",
    resource.c.record,
    resource.c.date,
    resource.c.serial,
    sqlite_where=resource.c.record.is_not(None),
    postgresql_where=resource.c.record.is_not(None),
)
# The longest stretch of time of a type is one look into this: it bounds how far back something can reach into a range.
Index("resource_by_length", resource.c.type, (resource.c.until - resource.c.date))

history: Final = Table(
    "history",
    METADATA,
    Column("serial", _SERIAL, ForeignKey(resource.c.serial), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("updated", BigInteger, nullable=False),
    Column("deleted", Boolean(create_constraint=False), nullable=False),
    Column("method", _TEXT),
    Column("key_id", _TEXT, nullable=False),
    Column("body", LargeBinary),
    sqlite_with_rowid=False,
)

term: Final = Table(
    "term",
    METADATA,
    Column("serial", _SERIAL, ForeignKey(resource.c.serial), primary_key=True),
    Column("field", Integer, primary_key=True),
    Column("code", BigInteger, primary_key=True),
    Column("system", BigInteger, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("text", BigInteger, nullable=False),
    Column("owned", BigInteger),
    Column("date", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("term_by_date", term.c.field, term.c.code, term.c.date, term.c.serial, term.c.system)
Index(
    "term_of_owner",
    term.c.owned,
    term.c.date,
    term.c.serial,
    term.c.system,
    sqlite_where=term.c.owned.is_not(None),
    postgresql_where=term.c.owned.is_not(None),
)

moment: Final = Table(
    "moment",
    METADATA,
    Column("serial", _SERIAL, ForeignKey(resource.c.serial), primary_key=True),
    Column("field", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("low", BigInteger, primary_key=True),
    Column("high", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("moment_by_low", moment.c.field, moment.c.low, moment.c.high, moment.c.serial)

amount: Final = Table(
    "amount",
    METADATA,
    Column("serial", _SERIAL, ForeignKey(resource.c.serial), primary_key=True),
    Column("field", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("low", _TEXT, nullable=False),
    Column("high", _TEXT, nullable=False),
    Column("code", BigInteger, nullable=False),
    Column("system", BigInteger, nullable=False),
    Column("unit", BigInteger, nullable=False),
    Column("base", BigInteger, nullable=False),
    Column("base_low", _TEXT, nullable=False),
    Column("base_high", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)
Index("amount_by_base", amount.c.field, amount.c.base, amount.c.base_low, amount.c.base_high, amount.c.serial)

wording: Final = Table(
    "wording",
    METADATA,
    Column("field", Integer, primary_key=True),
    Column("word", BigInteger, primary_key=True),
    Column("code", BigInteger, primary_key=True),
    Column("text", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

INDEXED: Final = (term, moment, amount)
"""What is kept of each resource to find it by."""

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
Index("audit_of_resource", audit.c.type, audit.c.id, audit.c.at, audit.c.serial)
Index("audit_by_time", audit.c.at, audit.c.serial)
Index("audit_by_who", audit.c.who, audit.c.at, audit.c.serial)
Index("audit_by_interaction", audit.c.interaction, audit.c.at, audit.c.serial)
