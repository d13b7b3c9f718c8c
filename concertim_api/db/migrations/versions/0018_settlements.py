"""How far accounts are settled, and what each day is charged."""

import sqlalchemy as sa

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id, json_text

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    create_table(
        "settlements",
        sa.Column("account_id", Id(36), nullable=False),
        sa.Column("project_id", Id(255), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("settled_until", sa.Date(), nullable=False),
        sa.Column("stale_from", sa.Date()),
        sa.Column("open_month", sa.Date(), nullable=False),
        sa.Column("news", sa.BigInteger(), nullable=False),
        sa.Column("claim", Id(36)),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("account_id", name="pk_settlements"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_settlements_account_id_accounts",
        ),
        sa.UniqueConstraint("project_id", name="uq_settlements_project_id"),
        indexes=(("settled_until",), ("stale_from",)),
    )
    create_table(
        "daily_records",
        sa.Column("order_id", Id(36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("account_id", Id(36), nullable=False),
        sa.Column("project_id", Id(255), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amounts", json_text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "order_id", "day", "revision", name="pk_daily_records"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_daily_records_account_id_accounts",
        ),
        indexes=(
            ("account_id", "day"),
            ("account_id", "month"),
            ("project_id", "day"),
        ),
    )
