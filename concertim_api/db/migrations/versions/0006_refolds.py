"""Refolds that are not finished: when each was last left so."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.types import Micros

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("resources", sa.Column("refold_at", Micros()))
    op.create_index(
        "ix_resources_refold_at",
        "resources",
        ["refold_at"],
        postgresql_where=sa.text("refold_at IS NOT NULL"),
        sqlite_where=sa.text("refold_at IS NOT NULL"),
    )
