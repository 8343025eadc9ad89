"""The booth's file of an earlier release, brought to this release's tables at the start: nobody is there to do it.

So a release may add tables to the booth's own file, and columns that may be empty; it changes nothing else of them.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, inspect, text
from sqlalchemy.schema import CreateColumn

from gateway.database import Database
from gateway.errors import SettingsError

__all__ = ["grow"]


async def grow(database: Database, *metadata: MetaData) -> None:
    """Add to each table the columns that it lacks; raises SettingsError where one of them may not be empty."""
    await database.act(lambda connection: _grow(connection, metadata))


def _grow(connection: Connection, metadata: tuple[MetaData, ...]) -> None:
    kept = inspect(connection)
    for table in (table for each in metadata for table in each.sorted_tables):
        names = {column["name"] for column in kept.get_columns(table.name)}
        for column in table.columns:
            if column.name not in names:
                _add(connection, table.name, column)


def _add(connection: Connection, table: str, column: Column[object]) -> None:
    if not column.nullable:
        raise SettingsError(
            f"booth.db: its table {table} has no column {column.name}, which this release needs and cannot fill. "
            f"Go back to the release that wrote the file"
        )
    made = CreateColumn(column).compile(dialect=connection.dialect)
    connection.execute(text(f"ALTER TABLE {connection.dialect.identifier_preparer.quote(table)} ADD COLUMN {made}"))
