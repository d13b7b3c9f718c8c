"""The tables of the ledger. Each index names the queries that it serves."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db.tables import table
from concertim_api.db.types import End, Id, Micros, Seconds, big_id, json_text

#: Resources, each with its name and its life, from which the recorder steps.
#: ``name`` is never NULL: it is "" for none, so that it sorts alike in every
#: database. ``stale`` is 1 until the view shows the change. ``refold_at``:
#: when its refold was last left unfinished; NULL: it is finished.
#: ``archived_to``: it ended before that, and its observations and periods are
#: in a file; NULL: they are here.
resources = table(
    "resources",
    sa.Column("pk", big_id(), primary_key=True, autoincrement=True),
    sa.Column("region", Id(64), nullable=False),
    sa.Column("kind", Id(64), nullable=False),
    sa.Column("resource_id", Id(255), nullable=False),
    sa.Column("project_id", Id(255)),
    sa.Column("name", Id(255), nullable=False),
    sa.Column("state", Id(64)),
    sa.Column("type", Id(255)),
    sa.Column("shape", json_text(), nullable=False),
    sa.Column("details", json_text(), nullable=False),
    sa.Column("last_at", Seconds),
    sa.Column("last_reported_at", Micros),
    sa.Column("last_key", Id(255)),
    sa.Column("start_at", Seconds),
    sa.Column("end_at", Seconds),
    sa.Column("ended", Id(16)),
    sa.Column("corrected", sa.SmallInteger, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("updated_at", Micros, nullable=False),
    sa.Column("belongs_to", Id(255)),
    # The default is for the listener of an older release.
    sa.Column("stale", sa.SmallInteger, nullable=False, server_default="1"),
    sa.Column("refold_at", Micros),
    sa.Column("archived_to", Seconds),
    # one row for each ref; regions()
    sa.UniqueConstraint("region", "kind", "resource_id"),
    # the recorder's locks; find(), names(); resources by id; periods and
    # observations of one resource
    sa.Index(None, "resource_id"),
    # resources of a kind, by id
    sa.Index(None, "kind", "resource_id"),
    # resources of a project, by id
    sa.Index(None, "project_id", "resource_id"),
    # resources by name; ids()
    sa.Index(None, "name"),
    # resources by the time of their last change
    sa.Index(None, "updated_at"),
    # ports of servers, floating IPs of ports; root stacks
    sa.Index(None, "kind", "belongs_to"),
    # the projector's next resources
    sa.Index(None, "stale", "updated_at"),
    # unfinished(); of no others, where a database can do that
    sa.Index(
        None,
        "refold_at",
        postgresql_where=sa.text("refold_at IS NOT NULL"),
        sqlite_where=sa.text("refold_at IS NOT NULL"),
    ),
    # archived_before(); of no others, where a database can do that
    sa.Index(
        None,
        "archived_to",
        postgresql_where=sa.text("archived_to IS NOT NULL"),
        sqlite_where=sa.text("archived_to IS NOT NULL"),
    ),
)

#: All observations. Rows are only added, or replaced by an earlier copy.
observations = table(
    "observations",
    sa.Column("pk", big_id(), primary_key=True, autoincrement=True),
    sa.Column("key", Id(255), nullable=False),
    sa.Column(
        "resource_pk",
        sa.BigInteger,
        sa.ForeignKey("resources.pk"),
        nullable=False,
    ),
    sa.Column("at", Seconds, nullable=False),
    sa.Column("reported_at", Micros, nullable=False),
    sa.Column("received_at", Micros, nullable=False),
    sa.Column("says", Id(16), nullable=False),
    sa.Column("project_id", Id(255)),
    sa.Column("shape", json_text(), nullable=False),
    sa.Column("details", json_text(), nullable=False),
    sa.Column("since_at", Seconds),
    sa.Column("until_at", Seconds),
    sa.Column("source", Id(255), nullable=False),
    sa.Column("author", Id(255)),
    sa.Column("reason", sa.Text),
    sa.Column("region_rule", Id(255)),
    # one observation for each id; receipts(), which looks for keys
    sa.UniqueConstraint("key", "resource_pk"),
    # the observations of a resource: refolding, history, provenance
    sa.Index(None, "resource_pk", "at"),
    # the list of corrections
    sa.Index(None, "says", "reported_at"),
)

#: What the observations mean. The unique key on the end allows one running
#: period at most; ``vcpus`` and the like are worked out of ``shape``.
periods = table(
    "periods",
    sa.Column("pk", big_id(), primary_key=True, autoincrement=True),
    sa.Column(
        "resource_pk",
        sa.BigInteger,
        sa.ForeignKey("resources.pk"),
        nullable=False,
    ),
    sa.Column("region", Id(64), nullable=False),
    sa.Column("kind", Id(64), nullable=False),
    sa.Column("project_id", Id(255)),
    sa.Column("start_at", Seconds, nullable=False),
    sa.Column("end_at", End, nullable=False),
    sa.Column("state", Id(64)),
    sa.Column("type", Id(255)),
    sa.Column("vcpus", sa.BigInteger, nullable=False),
    sa.Column("ram_mb", sa.BigInteger, nullable=False),
    sa.Column("disk_gb", sa.BigInteger, nullable=False),
    sa.Column("is_usage", sa.SmallInteger, nullable=False),
    sa.Column("shape", json_text(), nullable=False),
    # the recorder's upserts; the periods of a resource
    sa.UniqueConstraint("resource_pk", "start_at"),
    # one running period at most
    sa.UniqueConstraint("resource_pk", "end_at"),
    sa.CheckConstraint("start_at < end_at", name="start_before_end"),
    # periods of a project by start, or up to a moment
    sa.Index(None, "project_id", "start_at"),
    # periods of a project by end, from a moment on, or running; usage
    sa.Index(None, "project_id", "end_at"),
    # the same for every project
    sa.Index(None, "start_at"),
    sa.Index(None, "end_at"),
    # periods of one kind, by start
    sa.Index(None, "kind", "start_at"),
)

#: The feed: one entry for each project that a change of periods concerns.
changes = table(
    "changes",
    sa.Column("cursor", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "resource_pk",
        sa.BigInteger,
        sa.ForeignKey("resources.pk"),
        nullable=False,
    ),
    sa.Column("project_id", Id(255)),
    sa.Column("since_at", Seconds, nullable=False),
    sa.Column("recorded_at", Micros, nullable=False),
    # the feed of one project
    sa.Index(None, "project_id", "cursor"),
)

#: A transaction that takes cursors of the feed locks the feed's row until its
#: commit. The projector locks the row of the view alike.
counters = table(
    "counters",
    sa.Column("name", Id(64), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

dead_letters = table(
    "dead_letters",
    sa.Column("id", big_id(), primary_key=True, autoincrement=True),
    sa.Column("region", Id(64), nullable=False),
    # Written by an older release, which took it for unique.
    sa.Column("message_id", Id(255)),
    sa.Column("event_type", Id(255)),
    sa.Column("publisher_id", Id(255)),
    sa.Column("received_at", Micros, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("message", json_text(), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("notification_id", Id(255)),
    sa.Column("key", Id(64)),
    # How it came; NULL: from a file, or from an older release.
    sa.Column("origin", json_text()),
    # one letter for each message, of an older release
    sa.UniqueConstraint("message_id"),
    # one letter for each message: bury()
    sa.Index(None, "key", unique=True),
    # purging those of an event, or before a moment; the list by time
    sa.Index(None, "event_type"),
    sa.Index(None, "received_at"),
)

#: The resources that the cloud is to be asked for.
refreshes = table(
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
