"""Archives: resources whose observations and periods are in files."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.types import Seconds

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("resources", sa.Column("archived_to", Seconds()))
    op.create_index(
        "ix_resources_archived_to",
        "resources",
        ["archived_to"],
        postgresql_where=sa.text("archived_to IS NOT NULL"),
        sqlite_where=sa.text("archived_to IS NOT NULL"),
    )
