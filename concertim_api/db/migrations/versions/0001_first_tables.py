"""The first tables: resources, observations, periods, the feed of changes,
dead letters and named keys."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id, big_id, json_text

revision = "0001"
down_revision = None


def upgrade() -> None:
    _resources()
    _observations()
    _periods()
    _changes()
    _counters()
    _dead_letters()
    _keys()


def _resources() -> None:
    create_table(
        "resources",
        sa.Column("pk", big_id(), nullable=False, autoincrement=True),
        sa.Column("region", Id(64), nullable=False),
        sa.Column("kind", Id(64), nullable=False),
        sa.Column("resource_id", Id(255), nullable=False),
        sa.Column("project_id", Id(255)),
        sa.Column("name", Id(255), nullable=False),
        sa.Column("state", Id(64)),
        sa.Column("type", Id(255)),
        sa.Column("shape", json_text(), nullable=False),
        sa.Column("details", json_text(), nullable=False),
        sa.Column("last_at", sa.BigInteger()),
        sa.Column("last_reported_at", sa.BigInteger()),
        sa.Column("last_key", Id(255)),
        sa.Column("start_at", sa.BigInteger()),
        sa.Column("end_at", sa.BigInteger()),
        sa.Column("ended", Id(16)),
        sa.Column("corrected", sa.SmallInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_resources"),
        sa.UniqueConstraint(
            "region",
            "kind",
            "resource_id",
            name="uq_resources_region_kind_resource_id",
        ),
        indexes=(
            ("kind", "resource_id"),
            ("name",),
            ("project_id", "resource_id"),
            ("resource_id",),
            ("updated_at",),
        ),
    )


def _observations() -> None:
    create_table(
        "observations",
        sa.Column("pk", big_id(), nullable=False, autoincrement=True),
        sa.Column("key", Id(255), nullable=False),
        sa.Column("resource_pk", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("says", Id(16), nullable=False),
        sa.Column("project_id", Id(255)),
        sa.Column("shape", json_text(), nullable=False),
        sa.Column("details", json_text(), nullable=False),
        sa.Column("since_at", sa.BigInteger()),
        sa.Column("until_at", sa.BigInteger()),
        sa.Column("source", Id(255), nullable=False),
        sa.Column("author", Id(255)),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("pk", name="pk_observations"),
        sa.ForeignKeyConstraint(
            ["resource_pk"],
            ["resources.pk"],
            name="fk_observations_resource_pk_resources",
        ),
        sa.UniqueConstraint("key", name="uq_observations_key"),
        indexes=(
            ("resource_pk", "at"),
            ("says", "reported_at"),
        ),
    )


def _periods() -> None:
    create_table(
        "periods",
        sa.Column("pk", big_id(), nullable=False, autoincrement=True),
        sa.Column("resource_pk", sa.BigInteger(), nullable=False),
        sa.Column("region", Id(64), nullable=False),
        sa.Column("kind", Id(64), nullable=False),
        sa.Column("project_id", Id(255)),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("state", Id(64)),
        sa.Column("type", Id(255)),
        sa.Column("vcpus", sa.BigInteger(), nullable=False),
        sa.Column("ram_mb", sa.BigInteger(), nullable=False),
        sa.Column("disk_gb", sa.BigInteger(), nullable=False),
        sa.Column("is_usage", sa.SmallInteger(), nullable=False),
        sa.Column("shape", json_text(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name="pk_periods"),
        sa.CheckConstraint(
            "start_at < end_at", name=op.f("ck_periods_start_before_end")
        ),
        sa.ForeignKeyConstraint(
            ["resource_pk"],
            ["resources.pk"],
            name="fk_periods_resource_pk_resources",
        ),
        sa.UniqueConstraint(
            "resource_pk", "end_at", name="uq_periods_resource_pk_end_at"
        ),
        sa.UniqueConstraint(
            "resource_pk", "start_at", name="uq_periods_resource_pk_start_at"
        ),
        indexes=(
            ("end_at",),
            ("kind", "start_at"),
            ("project_id", "end_at"),
            ("project_id", "start_at"),
            ("start_at",),
        ),
    )


def _changes() -> None:
    create_table(
        "changes",
        sa.Column(
            "cursor", sa.BigInteger(), nullable=False, autoincrement=False
        ),
        sa.Column("resource_pk", sa.BigInteger(), nullable=False),
        sa.Column("project_id", Id(255)),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cursor", name="pk_changes"),
        sa.ForeignKeyConstraint(
            ["resource_pk"],
            ["resources.pk"],
            name="fk_changes_resource_pk_resources",
        ),
        indexes=(("project_id", "cursor"),),
    )


def _counters() -> None:
    create_table(
        "counters",
        sa.Column("name", Id(64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.execute("INSERT INTO counters (name, value) VALUES ('changes', 0)")


def _dead_letters() -> None:
    create_table(
        "dead_letters",
        sa.Column("id", big_id(), nullable=False, autoincrement=True),
        sa.Column("region", Id(64), nullable=False),
        sa.Column("message_id", Id(255)),
        sa.Column("event_type", Id(255)),
        sa.Column("publisher_id", Id(255)),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message", json_text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dead_letters"),
        sa.UniqueConstraint("message_id", name="uq_dead_letters_message_id"),
        indexes=(
            ("event_type",),
            ("received_at",),
        ),
    )


def _keys() -> None:
    create_table(
        "keys",
        sa.Column("name", Id(255), nullable=False),
        sa.Column("digest", Id(255), nullable=False),
        sa.Column("roles", json_text(), nullable=False),
        sa.Column("project_id", Id(255)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
        sa.UniqueConstraint("digest", name="uq_keys_digest"),
    )
