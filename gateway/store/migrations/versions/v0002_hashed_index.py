"""What resources are found by, as keyed hashes in 64 bits, with moments, amounts and words of their own."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

__all__ = ["REINDEX", "upgrade"]

revision = "0002"
down_revision = "0001"
REINDEX: Final = True

_TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SERIAL: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Replace the derived rows; the bodies, their history and the audit stay as they are."""
    op.drop_index("resource_of_patient", "resource")
    op.add_column("resource", sa.Column("own", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("resource", sa.Column("record", sa.BigInteger))
    op.create_index("resource_by_own", "resource", ["own"])
    owned = sa.text("record IS NOT NULL")
    op.create_index(
        "resource_of_owner",
        "resource",
        ["record", "date", "serial"],
        sqlite_where=owned,
        postgresql_where=owned,
    )
    op.drop_table("term")
    _create_term()
    _create_moment()
    _create_amount()
    op.create_table(
        "wording",
        sa.Column("field", sa.Integer, primary_key=True),
        sa.Column("word", sa.BigInteger, primary_key=True),
        sa.Column("code", sa.BigInteger, primary_key=True),
        sa.Column("text", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )


def _create_term() -> None:
    op.create_table(
        "term",
        sa.Column("serial", _SERIAL, sa.ForeignKey("resource.serial"), primary_key=True),
        sa.Column("field", sa.Integer, primary_key=True),
        sa.Column("code", sa.BigInteger, primary_key=True),
        sa.Column("system", sa.BigInteger, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("text", sa.BigInteger, nullable=False),
        sa.Column("owned", sa.BigInteger),
        sa.Column("date", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("term_by_date", "term", ["field", "code", "date", "serial", "system"])
    only = sa.text("owned IS NOT NULL")
    columns = ["owned", "date", "serial", "system"]
    op.create_index("term_of_owner", "term", columns, sqlite_where=only, postgresql_where=only)


def _create_moment() -> None:
    op.create_table(
        "moment",
        sa.Column("serial", _SERIAL, sa.ForeignKey("resource.serial"), primary_key=True),
        sa.Column("field", sa.Integer, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("low", sa.BigInteger, primary_key=True),
        sa.Column("high", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("moment_by_low", "moment", ["field", "low", "high", "serial"])


def _create_amount() -> None:
    numbers = ("code", "system", "unit", "base")
    op.create_table(
        "amount",
        sa.Column("serial", _SERIAL, sa.ForeignKey("resource.serial"), primary_key=True),
        sa.Column("field", sa.Integer, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("low", _TEXT, nullable=False),
        sa.Column("high", _TEXT, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in numbers),
        sa.Column("base_low", _TEXT, nullable=False),
        sa.Column("base_high", _TEXT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("amount_by_base", "amount", ["field", "base", "base_low", "base_high", "serial"])
