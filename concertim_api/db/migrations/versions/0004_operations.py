"""Operations: what somebody had the cloud do."""

import sqlalchemy as sa

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id, json_text

revision = "0004"
down_revision = "0003"

_INDEXES = (
    ("asked_at", "id"),
    ("project_id", "asked_at"),
    ("resource_id", "asked_at"),
    ("look_at",),
    ("is_told", "asked_at"),
)


def upgrade() -> None:
    create_table(
        "operations",
        sa.Column("id", Id(36), nullable=False),
        sa.Column("noun", Id(32), nullable=False),
        sa.Column("action", Id(32), nullable=False),
        sa.Column("region", Id(64), nullable=False),
        sa.Column("kind", Id(64), nullable=False),
        sa.Column("resource_id", Id(255)),
        sa.Column("name", Id(255)),
        sa.Column("project_id", Id(255)),
        sa.Column("user_id", Id(255)),
        sa.Column("request_id", Id(255)),
        sa.Column("arguments", json_text(), nullable=False),
        sa.Column("state", Id(16), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("look_at", sa.BigInteger()),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("told", Id(16)),
        sa.Column("is_told", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
        indexes=_INDEXES,
    )
