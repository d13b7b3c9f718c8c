"""Clean ends: a process that was stopped says so in its rows."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for table in ("jobs", "listeners"):
        op.add_column(table, sa.Column("ended_at", sa.BigInteger()))
