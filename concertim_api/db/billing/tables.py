"""The tables of billing. Each index names the queries that it serves."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db.tables import table
from concertim_api.db.types import Id, Micros, json_text

accounts = table(
    "accounts",
    sa.Column("id", Id(36), primary_key=True),
    sa.Column("project_id", Id(255), nullable=False),
    sa.Column("created_at", Micros, nullable=False),
    # a project has one: add(); of a project
    sa.UniqueConstraint("project_id"),
    # accounts by time
    sa.Index(None, "created_at", "id"),
)

#: ``state``: Order.state. ``is_live``: 1 for a live order, NULL for others.
orders = table(
    "orders",
    sa.Column("id", Id(36), primary_key=True),
    sa.Column(
        "account_id", Id(36), sa.ForeignKey(accounts.c.id), nullable=False
    ),
    sa.Column("project_id", Id(255), nullable=False),
    sa.Column("made_by", Id(16), nullable=False),
    sa.Column("state", Id(16), nullable=False),
    sa.Column("key", Id(255)),
    sa.Column("region", Id(64)),
    sa.Column("stack_id", Id(255)),
    sa.Column("is_live", sa.SmallInteger),
    sa.Column("tags", json_text(), nullable=False),
    sa.Column("created_at", Micros, nullable=False),
    sa.Column("closed_at", Micros),
    sa.Column("replaced_by", Id(36)),
    # a stack has one live order: revise(), change(); orders of a stack
    sa.UniqueConstraint("stack_id", "region", "account_id", "is_live"),
    # an account has one of each key: add()
    sa.UniqueConstraint("account_id", "key"),
    # orders by time; of a project
    sa.Index(None, "created_at", "id"),
    sa.Index(None, "project_id", "created_at"),
    # open(), revise(), change()
    sa.Index(None, "closed_at", "account_id"),
)
