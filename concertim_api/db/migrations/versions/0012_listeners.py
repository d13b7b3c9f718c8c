"""Listeners: what each of them last reported of its message buses."""

import sqlalchemy as sa

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    create_table(
        "listeners",
        sa.Column("name", Id(255), nullable=False),
        sa.Column("region", Id(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger()),
        sa.Column("waiting", sa.BigInteger()),
        sa.Column("problem", sa.Text()),
        sa.PrimaryKeyConstraint("name", "region", name="pk_listeners"),
    )
