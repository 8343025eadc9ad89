"""The booth's own tables: packets it took, visits, what is set aside, how far memories were read, what time it was."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

__all__ = ["BOOTS", "LEDGER", "METADATA", "QUARANTINE", "RECORDS", "VISITS"]

METADATA: Final = MetaData()

LEDGER: Final = Table(
    "ledger",
    METADATA,
    Column("device", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("device_time", String, primary_key=True),  # "" where the packet carries none
    Column("raw", LargeBinary(32), primary_key=True),  # HMAC-SHA256 of the packet
    Column("connection", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

VISITS: Final = Table(
    "visit",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("key_id", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("closed_at", BigInteger, nullable=True),
)

QUARANTINE: Final = Table(
    "quarantine",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
)

RECORDS: Final = Table(
    "record",
    METADATA,
    Column("device", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("number", BigInteger, nullable=False),  # of the last record up to which all were kept
    Column("identity", LargeBinary(32), nullable=False),  # HMAC-SHA256 of what tells it from others of that number
)

BOOTS: Final = Table(  # moments in microseconds since 1970
    "boot",
    METADATA,
    Column("serial", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),  # the kernel's random/boot_id
    Column("base", BigInteger, nullable=False),
    Column("machine", BigInteger, nullable=False),
    Column("ran", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("woke", BigInteger, nullable=True),
    Column("right", BigInteger, nullable=True),
    Column("until", BigInteger, nullable=True),
)
