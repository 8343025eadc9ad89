"""Which revision of the tables a database has, and whether it is this release's: asked at every start.

The table is alembic's own; alembic itself, a second of imports, is for `gateway.store.migrating` alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from gateway.errors import SettingsError
from gateway.store.tables import resource

__all__ = ["FIRST", "NEWEST", "check", "revision"]

FIRST: Final = "0001"
"""The revision of release 0.1.0, which kept none."""

NEWEST: Final = "0005"
"""The revision whose tables `gateway.store.tables` describes."""

_VERSION: Final = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def revision(connection: Connection) -> str | None:
    """Return the revision of the database, None where its tables are not there or say none."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar_one_or_none()


def check(connection: Connection) -> None:
    """Make a new database say which revision it has; raises SettingsError where it has another than this release."""
    has = revision(connection)
    if has is None and "own" in {column["name"] for column in inspect(connection).get_columns(resource.name)}:
        _VERSION.create(connection, checkfirst=True)
        connection.execute(insert(_VERSION).values(version_num=NEWEST))
    elif has != NEWEST:
        message = (
            f"the database has tables of revision {has or FIRST}, this release wants {NEWEST};"
            " stop every gateway, back it up and run `teleborne admin migrate`"
        )
        raise SettingsError(message)
