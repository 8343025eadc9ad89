"""By which method each version was written; audit rows found in the order of time, as AuditEvents are asked for."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0004"
down_revision = "0003"

_TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns, empty for what was written before; make the indexes of audit anew."""
    op.add_column("resource", sa.Column("method", _TEXT))
    op.add_column("history", sa.Column("method", _TEXT))
    op.drop_index("audit_of_resource", "audit")
    op.create_index("audit_of_resource", "audit", ["type", "id", "at", "serial"])
    op.create_index("audit_by_time", "audit", ["at", "serial"])
    op.create_index("audit_by_who", "audit", ["who", "at", "serial"])
    op.create_index("audit_by_interaction", "audit", ["interaction", "at", "serial"])
