"""What the billing system took of records, invoices and credits."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    for table in ("daily_records", "invoices", "credits"):
        op.add_column(table, sa.Column("posted_at", sa.BigInteger()))
        op.add_column(table, sa.Column("refusal", sa.Text()))
    op.add_column("orders", sa.Column("ended_at", sa.BigInteger()))
    op.create_index(
        "ix_daily_records_posted_at_account_id_month",
        "daily_records",
        ["posted_at", "account_id", "month"],
    )
    for table in ("invoices", "credits"):
        op.create_index(
            f"ix_{table}_posted_at_account_id",
            table,
            ["posted_at", "account_id"],
        )
    create_table(
        "postings",
        sa.Column("account_id", Id(36), nullable=False),
        sa.Column("claim", Id(36)),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("account_id", name="pk_postings"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_postings_account_id_accounts",
        ),
    )
