"""The booth's own tables: every packet it ever took, the visits, what is set aside, and how far memories were read."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, String, Table

__all__ = ["LEDGER", "METADATA", "QUARANTINE", "RECORDS", "VISITS"]

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
