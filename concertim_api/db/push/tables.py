"""The table of bindings. Each index names the queries that it serves."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db.tables import table
from concertim_api.db.types import Id, Micros, big_id, json_text

#: What the front end holds of the view. ``held`` is a JSON object;
#: ``due_at`` NULL: there is nothing to do.
bindings = table(
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

#: The columns of a BindingKey.
KEY = ("resource_id", "noun", "region")

#: What the view says of an object: its name, its resource, its rack.
PLACE = ("name", "resource_pk", "rack_id")
