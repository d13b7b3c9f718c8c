"""The tables of what is to be done, or was."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db.tables import table as _table
from concertim_api.db.types import Id, Micros, big_id, json_text

dead_letters = _table(
    "dead_letters",
    sa.Column("id", big_id(), primary_key=True, autoincrement=True),
    sa.Column("region", Id(64), nullable=False),
    sa.Column("message_id", Id(255)),
    sa.Column("event_type", Id(255)),
    sa.Column("publisher_id", Id(255)),
    sa.Column("received_at", Micros, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("message", json_text(), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # one letter for each message: bury()
    sa.UniqueConstraint("message_id"),
    # purging those of an event, or before a moment; the list by time
    sa.Index(None, "event_type"),
    sa.Index(None, "received_at"),
)

#: What the cloud is to be asked for.
refreshes = _table(
    "refreshes",
    sa.Column("region", Id(64), nullable=False),
    sa.Column("kind", Id(64), nullable=False),
    sa.Column("resource_id", Id(255), nullable=False),
    sa.Column("asked_at", Micros, nullable=False),
    sa.Column("not_before", Micros, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.PrimaryKeyConstraint("resource_id", "kind", "region"),
    # due()
    sa.Index(None, "not_before"),
)

#: What the front end holds of the view. ``held`` is a JSON object;
#: ``due_at`` NULL: there is nothing to do.
bindings = _table(
    "bindings",
    sa.Column("pk", big_id(), primary_key=True, autoincrement=True),
    sa.Column("resource_id", Id(255), nullable=False),
    sa.Column("noun", Id(16), nullable=False),
    sa.Column("region", Id(64), nullable=False),
    sa.Column("name", Id(255), nullable=False),
    sa.Column("resource_pk", sa.BigInteger),
    sa.Column("rack_id", Id(255)),
    sa.Column("template_id", Id(255)),
    sa.Column("foreign_id", Id(255)),
    sa.Column("held", json_text(), nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("pushed_generation", sa.BigInteger, nullable=False),
    sa.Column("state", Id(16), nullable=False),
    sa.Column("due_at", Micros),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("pushed_at", Micros),
    # one binding for each subject; held()
    sa.UniqueConstraint("resource_id", "noun", "region"),
    # is_due(), due()
    sa.Index(None, "due_at"),
    # what the projector drops
    sa.Index(None, "resource_pk"),
    # wake(), in_use()
    sa.Index(None, "rack_id"),
    sa.Index(None, "template_id"),
    # pushes of a noun, or in a state
    sa.Index(None, "noun", "pk"),
    sa.Index(None, "state", "pk"),
)

jobs = _table(
    "jobs",
    sa.Column("name", Id(255), primary_key=True),
    sa.Column("interval_ms", sa.BigInteger, nullable=False),
    sa.Column("agent", Id(255)),
    sa.Column("started_at", Micros),
    sa.Column("finished_at", Micros),
    sa.Column("outcome", Id(16)),
    sa.Column("summary", json_text(), nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("asked_at", Micros),
    sa.Column("asked", json_text(), nullable=False),
)

keys = _table(
    "keys",
    sa.Column("name", Id(255), primary_key=True),
    sa.Column("digest", Id(255), nullable=False),
    sa.Column("roles", json_text(), nullable=False),
    sa.Column("project_id", Id(255)),
    sa.Column("created_at", Micros, nullable=False),
    sa.Column("expires_at", Micros),
    # key()
    sa.UniqueConstraint("digest"),
)

#: What somebody had the cloud do. ``look_at`` NULL: it is finished;
#: ``is_told`` 0: its state is to be announced.
operations = _table(
    "operations",
    sa.Column("id", Id(36), primary_key=True),
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
    sa.Column("error", sa.Text),
    sa.Column("asked_at", Micros, nullable=False),
    sa.Column("answered_at", Micros),
    sa.Column("finished_at", Micros),
    sa.Column("look_at", Micros),
    sa.Column("looks", sa.Integer, nullable=False),
    sa.Column("told", Id(16)),
    sa.Column("is_told", sa.SmallInteger, nullable=False),
    # operations by time; of a project, of a resource; forget()
    sa.Index(None, "asked_at", "id"),
    sa.Index(None, "project_id", "asked_at"),
    sa.Index(None, "resource_id", "asked_at"),
    # open_ones()
    sa.Index(None, "look_at"),
    # untold()
    sa.Index(None, "is_told", "asked_at"),
)
