"""Rotated keys: the secret before the last rotation may count for a while."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.types import Id

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    # An API of the release before knows the new secret only.
    op.add_column("keys", sa.Column("previous_digest", Id(255)))
    op.add_column("keys", sa.Column("previous_until", sa.BigInteger()))
    op.create_index(
        "ix_keys_previous_digest", "keys", ["previous_digest"], unique=True
    )
