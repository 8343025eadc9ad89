"""What operators did is in the chained audit; a booth is believed by its key; a session says when it was proved."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from gateway.store import audit

__all__ = ["upgrade"]

revision = "0005"
down_revision = "0004"

_MICROSECONDS: Final = 1_000_000


def upgrade() -> None:
    """Move the acts into the audit, their table goes; what was revoked by name has no key that is believed."""
    connection = op.get_bind()
    tables = set(sa.inspect(connection).get_table_names())
    if "signed_in" in tables:
        op.drop_table("signed_in")  # whoever was signed in signs in once more
    if "fleet_act" in tables:
        for row in connection.execute(sa.text("SELECT * FROM fleet_act ORDER BY serial")).all():
            _move(connection, row)
        op.drop_table("fleet_act")
    if "fleet_order" in tables and "revoked" in _columns(connection, "fleet_order"):
        _orders(connection)


def _move(connection: sa.Connection, row: Any) -> None:
    moment = row.at * _MICROSECONDS
    audit.record(connection, "Booth", row.booth, who=row.by, interaction=f"fleet:{row.act}", status=200, at=moment)


def _orders(connection: sa.Connection) -> None:
    standing = connection.execute(sa.text("SELECT booth, closed, revoked FROM fleet_order")).all()
    op.drop_table("fleet_order")
    made = op.create_table(
        "fleet_order",
        sa.Column("booth", sa.String(100), primary_key=True),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("key", sa.String(64)),
    )
    for row in standing:
        values = {"booth": row.booth, "closed": bool(row.closed), "key": "" if row.revoked else None}
        connection.execute(sa.insert(made).values(values))


def _columns(connection: sa.Connection, table: str) -> set[str]:
    return {each["name"] for each in sa.inspect(connection).get_columns(table)}
