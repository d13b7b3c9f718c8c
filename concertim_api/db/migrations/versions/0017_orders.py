"""Accounts of teams, and orders of their clusters."""

import sqlalchemy as sa

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id, json_text

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    create_table(
        "accounts",
        sa.Column("id", Id(36), nullable=False),
        sa.Column("project_id", Id(255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("project_id", name="uq_accounts_project_id"),
        indexes=[("created_at", "id")],
    )
    create_table(
        "orders",
        sa.Column("id", Id(36), nullable=False),
        sa.Column("account_id", Id(36), nullable=False),
        sa.Column("project_id", Id(255), nullable=False),
        sa.Column("made_by", Id(16), nullable=False),
        sa.Column("state", Id(16), nullable=False),
        sa.Column("key", Id(255)),
        sa.Column("region", Id(64)),
        sa.Column("stack_id", Id(255)),
        sa.Column("is_live", sa.SmallInteger()),
        sa.Column("tags", json_text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("replaced_by", Id(36)),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_orders_account_id_accounts",
        ),
        sa.UniqueConstraint(
            "stack_id",
            "region",
            "account_id",
            "is_live",
            name="uq_orders_stack_id_region_account_id_is_live",
        ),
        sa.UniqueConstraint(
            "account_id", "key", name="uq_orders_account_id_key"
        ),
        indexes=(
            ("created_at", "id"),
            ("project_id", "created_at"),
            ("closed_at", "account_id"),
        ),
    )
