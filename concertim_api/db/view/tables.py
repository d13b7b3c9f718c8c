"""The tables of the view. Each index names the queries that it serves."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db.tables import table
from concertim_api.db.types import Id, Micros, Seconds, json_text

#: The rows of the view. No table of the view has a foreign key to resources:
#: that would lock their rows, which are the recorder's. The ``rack_pk`` of a
#: rack is its own pk. ``start_u`` 0: no slot.
view_objects = table(
    "view_objects",
    sa.Column(
        "resource_pk", sa.BigInteger, primary_key=True, autoincrement=False
    ),
    sa.Column("noun", Id(16), nullable=False),
    sa.Column("region", Id(64), nullable=False),
    sa.Column("kind", Id(64), nullable=False),
    sa.Column("resource_id", Id(255), nullable=False),
    sa.Column("project_id", Id(255)),
    sa.Column("name", Id(255), nullable=False),
    sa.Column("status", Id(64)),
    sa.Column("type", Id(64)),
    sa.Column("rack_pk", sa.BigInteger),
    sa.Column("rack_id", Id(255)),
    sa.Column("start_u", sa.Integer, nullable=False),
    sa.Column("height_u", sa.Integer),
    sa.Column("body", json_text(), nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("updated_at", Micros, nullable=False),
    # find(); a noun by id
    sa.Index(None, "noun", "resource_id"),
    # a noun by name
    sa.Index(None, "noun", "name"),
    # a noun by the time of its last change
    sa.Index(None, "noun", "updated_at"),
    # a noun by slot
    sa.Index(None, "noun", "start_u"),
    # a noun of a project, by id; the names of its racks
    sa.Index(None, "project_id", "noun", "resource_id"),
    # the devices of a rack by id
    sa.Index(None, "rack_id", "resource_id"),
    # rows_of_racks()
    sa.Index(None, "rack_pk"),
)

#: The members of each rack: its devices, and the resources around them.
members = table(
    "members",
    sa.Column("region", Id(64), nullable=False),
    sa.Column("kind", Id(64), nullable=False),
    sa.Column("resource_id", Id(255), nullable=False),
    sa.Column("rack_pk", sa.BigInteger, nullable=False),
    sa.Column("is_device", sa.SmallInteger, nullable=False),
    # racks_of()
    sa.PrimaryKeyConstraint("resource_id", "kind", "region", "rack_pk"),
    # members_of()
    sa.Index(None, "rack_pk"),
)

#: Where devices were put, and since when. Rows are only added. The row of a
#: rack itself has its height.
slots = table(
    "slots",
    sa.Column("device_pk", sa.BigInteger, nullable=False),
    sa.Column("rack_pk", sa.BigInteger, nullable=False),
    sa.Column("since_at", Seconds, nullable=False),
    sa.Column("start_u", sa.Integer, nullable=False),
    sa.Column("height_u", sa.Integer, nullable=False),
    # ViewWork.slots()
    sa.PrimaryKeyConstraint("device_pk", "rack_pk", "since_at"),
    # SqlView.slots()
    sa.Index(None, "rack_pk"),
)
