"""The front end: what it holds of the view."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id, json_text

revision = "0003"
down_revision = "0002"

_INDEXES = (
    ("due_at",),
    ("resource_pk",),
    ("rack_id",),
    ("template_id",),
    ("noun", "pk"),
    ("state", "pk"),
)


def upgrade() -> None:
    _bindings()
    # All that is shown already is to be pushed.
    op.execute(
        "INSERT INTO bindings (resource_id, noun, region, name, resource_pk, "
        "rack_id, held, generation, pushed_generation, state, due_at, "
        "attempts) SELECT resource_id, noun, region, name, resource_pk, "
        "CASE WHEN noun = 'device' THEN rack_id END, '{}', updated_at, 0, "
        "'waiting', updated_at, 0 FROM view_objects "
        "WHERE noun IN ('template', 'rack', 'device')"
    )


def _bindings() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    create_table(
        "bindings",
        sa.Column("pk", key, nullable=False, autoincrement=True),
        sa.Column("resource_id", Id(255), nullable=False),
        sa.Column("noun", Id(16), nullable=False),
        sa.Column("region", Id(64), nullable=False),
        sa.Column("name", Id(255), nullable=False),
        sa.Column("resource_pk", sa.BigInteger()),
        sa.Column("rack_id", Id(255)),
        sa.Column("template_id", Id(255)),
        sa.Column("foreign_id", Id(255)),
        sa.Column("held", json_text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("pushed_generation", sa.BigInteger(), nullable=False),
        sa.Column("state", Id(16), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("pushed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("pk", name="pk_bindings"),
        sa.UniqueConstraint(
            "resource_id",
            "noun",
            "region",
            name="uq_bindings_resource_id_noun_region",
        ),
        indexes=_INDEXES,
    )
