"""The first tables: resources, observations, periods, the feed of changes,
dead letters and named keys."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from concertim_api.db.types import Id, big_id, json_text

revision = "0001"
down_revision = None

_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
}


def upgrade() -> None:
    _resources()
    _observations()
    _periods()
    _changes()
    _counters()
    _dead_letters()
    _keys()


def _resources() -> None:
    op.create_table(
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
        **_OPTIONS,
    )
    op.create_index(
        "ix_resources_kind_resource_id", "resources", ["kind", "resource_id"]
    )
    op.create_index("ix_resources_name", "resources", ["name"])
    op.create_index(
        "ix_resources_project_id_resource_id",
        "resources",
        ["project_id", "resource_id"],
    )
    op.create_index("ix_resources_resource_id", "resources", ["resource_id"])
    op.create_index("ix_resources_updated_at", "resources", ["updated_at"])


def _observations() -> None:
    op.create_table(
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
        **_OPTIONS,
    )
    op.create_index(
        "ix_observations_resource_pk_at", "observations", ["resource_pk", "at"]
    )
    op.create_index(
        "ix_observations_says_reported_at",
        "observations",
        ["says", "reported_at"],
    )


def _periods() -> None:
    op.create_table(
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
        **_OPTIONS,
    )
    op.create_index("ix_periods_end_at", "periods", ["end_at"])
    op.create_index(
        "ix_periods_kind_start_at", "periods", ["kind", "start_at"]
    )
    op.create_index(
        "ix_periods_project_id_end_at", "periods", ["project_id", "end_at"]
    )
    op.create_index(
        "ix_periods_project_id_start_at", "periods", ["project_id", "start_at"]
    )
    op.create_index("ix_periods_start_at", "periods", ["start_at"])


def _changes() -> None:
    op.create_table(
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
        **_OPTIONS,
    )
    op.create_index(
        "ix_changes_project_id_cursor", "changes", ["project_id", "cursor"]
    )


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", Id(64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
        **_OPTIONS,
    )
    op.execute("INSERT INTO counters (name, value) VALUES ('changes', 0)")


def _dead_letters() -> None:
    op.create_table(
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
        **_OPTIONS,
    )
    op.create_index(
        "ix_dead_letters_event_type", "dead_letters", ["event_type"]
    )
    op.create_index(
        "ix_dead_letters_received_at", "dead_letters", ["received_at"]
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("name", Id(255), nullable=False),
        sa.Column("digest", Id(255), nullable=False),
        sa.Column("roles", json_text(), nullable=False),
        sa.Column("project_id", Id(255)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
        sa.UniqueConstraint("digest", name="uq_keys_digest"),
        **_OPTIONS,
    )
