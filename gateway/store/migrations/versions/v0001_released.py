"""The tables of release 0.1.0."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0001"
down_revision = None

_TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SERIAL: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make resource, history, term and audit as they were."""
    op.create_table(
        "resource",
        sa.Column("serial", _SERIAL, primary_key=True),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("patient", _TEXT),
        sa.Column("date", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("key_id", _TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.UniqueConstraint("type", "id"),
    )
    op.create_index("resource_by_date", "resource", ["type", "date", "serial"])
    op.create_index("resource_by_update", "resource", ["type", "updated", "serial"])
    op.create_index("resource_of_patient", "resource", [sa.text("(patient || '/' || type)"), "date", "serial"])
    op.create_index("resource_by_length", "resource", ["type", sa.text("(until - date)")])
    op.create_table(
        "history",
        sa.Column("serial", _SERIAL, sa.ForeignKey("resource.serial"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("key_id", _TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sqlite_with_rowid=False,
    )
    _create_term()
    _create_audit()


def _create_term() -> None:
    op.create_table(
        "term",
        sa.Column("serial", _SERIAL, sa.ForeignKey("resource.serial"), primary_key=True),
        sa.Column("parameter", _TEXT, primary_key=True),
        sa.Column("code", _TEXT, primary_key=True),
        sa.Column("system", _TEXT, primary_key=True),
        sa.Column("patient", _TEXT),
        sa.Column("date", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("term_by_date", "term", ["parameter", "code", "date", "serial", "system"])
    only = sa.text("patient IS NOT NULL")
    columns = ["patient", "parameter", "code", "date", "serial", "system"]
    op.create_index("term_of_patient", "term", columns, sqlite_where=only, postgresql_where=only)


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("serial", _SERIAL, primary_key=True),
        sa.Column("chain", _TEXT, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", _TEXT, nullable=False),
        sa.Column("interaction", _TEXT, nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("chain", "number"),
    )
    op.create_index("audit_of_resource", "audit", ["type", "id", "version"])
