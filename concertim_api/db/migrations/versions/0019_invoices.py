"""Invoices of the months of accounts, and what accounts are granted."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_index(
        "ix_settlements_open_month_account_id",
        "settlements",
        ["open_month", "account_id"],
    )
    op.create_index(
        "ix_daily_records_day_order_id_revision",
        "daily_records",
        ["day", "order_id", "revision"],
    )
    create_table(
        "invoices",
        sa.Column("id", Id(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account_id", Id(36), nullable=False),
        sa.Column("project_id", Id(255), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("state", Id(16), nullable=False),
        sa.Column("currency", Id(3), nullable=False),
        sa.Column("subtotal", sa.String(80), nullable=False),
        sa.Column("tax_name", Id(255)),
        sa.Column("tax", sa.String(80), nullable=False),
        sa.Column("total", sa.String(80), nullable=False),
        sa.Column("distance", sa.String(80), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("author", Id(255)),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_invoices_account_id_accounts",
        ),
        sa.UniqueConstraint(
            "account_id", "month", name="uq_invoices_account_id_month"
        ),
        sa.UniqueConstraint("number", name="uq_invoices_number"),
        indexes=(("project_id", "number"), ("state", "month")),
    )
    create_table(
        "invoice_items",
        sa.Column("invoice_id", Id(36), nullable=False),
        sa.Column("order_id", Id(36), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("unit", Id(16), nullable=False),
        sa.Column("amount", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint(
            "invoice_id", "order_id", "month", "unit", name="pk_invoice_items"
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoices.id"],
            name="fk_invoice_items_invoice_id_invoices",
        ),
    )
    create_table(
        "credits",
        sa.Column("id", Id(36), nullable=False),
        sa.Column("account_id", Id(36), nullable=False),
        sa.Column("project_id", Id(255), nullable=False),
        sa.Column("amount", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", Id(255), nullable=False),
        sa.Column("key", Id(255)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_credits"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_credits_account_id_accounts",
        ),
        sa.UniqueConstraint(
            "account_id", "key", name="uq_credits_account_id_key"
        ),
        indexes=(("created_at", "id"), ("project_id", "created_at")),
    )
