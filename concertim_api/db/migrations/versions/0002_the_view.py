"""The view: what is shown, what of it is stale, refreshes and jobs."""

from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from concertim_api.db.migrations.creation import create_table
from concertim_api.db.types import Id, json_text

revision = "0002"
down_revision = "0001"

#: kind -> the detail that names what a resource of it belongs to.
_OWNER = {
    "port": "device_id",
    "floating_ip": "port_id",
    "snapshot": "volume_id",
    "backup": "volume_id",
}

#: Of resources that are brought up to date at once.
_BATCH = 1000


def upgrade() -> None:
    _resources()
    _view_objects()
    _members()
    _placements()
    _refreshes()
    _jobs()
    op.execute("INSERT INTO counters (name, value) VALUES ('view', 0)")


def _resources() -> None:
    op.add_column("resources", sa.Column("belongs_to", Id(255)))
    op.add_column(
        "resources",
        sa.Column(
            "stale", sa.SmallInteger(), nullable=False, server_default="1"
        ),
    )
    _fill()
    op.create_index(
        "ix_resources_kind_belongs_to", "resources", ["kind", "belongs_to"]
    )
    op.create_index(
        "ix_resources_stale_updated_at", "resources", ["stale", "updated_at"]
    )


def _fill() -> None:
    """Note what is stored already belongs to, a batch at a time."""
    table = sa.table(
        "resources",
        sa.column("pk", sa.BigInteger),
        sa.column("kind", sa.String),
        sa.column("shape", sa.Text),
        sa.column("details", sa.Text),
        sa.column("belongs_to", sa.String),
    )
    connection = op.get_bind()
    change = (
        sa.update(table)
        .where(table.c.pk == sa.bindparam("of"))
        .values(belongs_to=sa.bindparam("owner"))
    )
    last = 0
    while True:
        rows = connection.execute(
            sa.select(table.c.pk, table.c.kind, table.c.shape, table.c.details)
            .where(
                table.c.pk > last,
                table.c.kind.in_([*_OWNER, "volume"]),
            )
            .order_by(table.c.pk)
            .limit(_BATCH)
        ).all()
        if not rows:
            return
        last = rows[-1].pk
        found = [{"of": row.pk, "owner": _owner(row)} for row in rows]
        found = [one for one in found if one["owner"]]
        if found:
            connection.execute(change, found)


def _owner(row: Any) -> str | None:
    if row.kind == "volume":
        servers = orjson.loads(row.shape).get("attached_to") or [None]
        owner = servers[0] if isinstance(servers, list) else None
    else:
        owner = orjson.loads(row.details).get(_OWNER[row.kind])
    if not isinstance(owner, str) or len(owner) > 255 or "\0" in owner:
        return None
    return owner


def _view_objects() -> None:
    create_table(
        "view_objects",
        sa.Column(
            "resource_pk",
            sa.BigInteger(),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("noun", Id(16), nullable=False),
        sa.Column("region", Id(64), nullable=False),
        sa.Column("kind", Id(64), nullable=False),
        sa.Column("resource_id", Id(255), nullable=False),
        sa.Column("project_id", Id(255)),
        sa.Column("name", Id(255), nullable=False),
        sa.Column("status", Id(64)),
        sa.Column("type", Id(64)),
        sa.Column("rack_pk", sa.BigInteger()),
        sa.Column("rack_id", Id(255)),
        sa.Column("start_u", sa.Integer(), nullable=False),
        sa.Column("height_u", sa.Integer()),
        sa.Column("body", json_text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resource_pk", name="pk_view_objects"),
        indexes=(
            ("noun", "resource_id"),
            ("noun", "name"),
            ("noun", "updated_at"),
            ("noun", "start_u"),
            ("project_id", "noun", "resource_id"),
            ("rack_id", "resource_id"),
            ("rack_pk",),
        ),
    )


def _members() -> None:
    create_table(
        "members",
        sa.Column("region", Id(64), nullable=False),
        sa.Column("kind", Id(64), nullable=False),
        sa.Column("resource_id", Id(255), nullable=False),
        sa.Column("rack_pk", sa.BigInteger(), nullable=False),
        sa.Column("is_device", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "resource_id", "kind", "region", "rack_pk", name="pk_members"
        ),
        indexes=(("rack_pk",),),
    )


def _placements() -> None:
    create_table(
        "placements",
        sa.Column("device_pk", sa.BigInteger(), nullable=False),
        sa.Column("rack_pk", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("start_u", sa.Integer(), nullable=False),
        sa.Column("height_u", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "device_pk", "rack_pk", "since_at", name="pk_placements"
        ),
        indexes=(("rack_pk",),),
    )


def _refreshes() -> None:
    create_table(
        "refreshes",
        sa.Column("region", Id(64), nullable=False),
        sa.Column("kind", Id(64), nullable=False),
        sa.Column("resource_id", Id(255), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint(
            "resource_id", "kind", "region", name="pk_refreshes"
        ),
        indexes=(("not_before",),),
    )


def _jobs() -> None:
    create_table(
        "jobs",
        sa.Column("name", Id(255), nullable=False),
        sa.Column("interval_ms", sa.BigInteger(), nullable=False),
        sa.Column("agent", Id(255)),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("outcome", Id(16)),
        sa.Column("summary", json_text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("asked_at", sa.BigInteger()),
        sa.Column("asked", json_text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
    )
