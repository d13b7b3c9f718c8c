"""Tariffs: the price lists, as they were loaded."""

import sqlalchemy as sa

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id, json_text

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    create_table(
        "tariffs",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("name", Id(64), nullable=False),
        sa.Column("currency", Id(3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("document", json_text(), nullable=False),
        sa.Column("author", Id(255), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tariffs"),
        sa.UniqueConstraint("name", name="uq_tariffs_name"),
    )
