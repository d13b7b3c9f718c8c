"""Claims: what an operation changes, no other does at the same time."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.types import Id

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # An API of the release before claims nothing, and goes on.
    op.add_column("operations", sa.Column("claim", Id(32)))
    op.create_index(
        "ix_operations_claim", "operations", ["claim"], unique=True
    )
