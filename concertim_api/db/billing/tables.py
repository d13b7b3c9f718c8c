"""The tables of billing. Each index names the queries that it serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from concertim_api.db.tables import table
from concertim_api.db.types import Exact, Id, Micros, json_text


def _posted() -> Sequence[sa.Column[Any]]:
    """Return when the billing system took a row, and why it refused it."""
    return sa.Column("posted_at", Micros), sa.Column("refusal", sa.Text)


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
#: ``ended_at``: when the billing system was told that it is closed.
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
    sa.Column("ended_at", Micros),
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

#: How far each account is settled: from the day ``started_on`` on, up to the
#: day ``settled_until``; and from ``stale_from`` on again; NULL: from nowhere.
#: ``news`` grows with each reason for that. An agent that settles has a
#: ``claim``, until ``claimed_until``. ``open_month``: the first day of the
#: first month without an invoice.
settlements = table(
    "settlements",
    sa.Column(
        "account_id", Id(36), sa.ForeignKey(accounts.c.id), primary_key=True
    ),
    sa.Column("project_id", Id(255), nullable=False),
    sa.Column("started_on", sa.Date, nullable=False),
    sa.Column("settled_until", sa.Date, nullable=False),
    sa.Column("stale_from", sa.Date),
    sa.Column("open_month", sa.Date, nullable=False),
    sa.Column("news", sa.BigInteger, nullable=False),
    sa.Column("claim", Id(36)),
    sa.Column("claimed_until", Micros),
    sa.Column("not_before", Micros, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    # mark()
    sa.UniqueConstraint("project_id"),
    # due()
    sa.Index(None, "settled_until"),
    sa.Index(None, "stale_from"),
    # MonthStore.open(), is_needed()
    sa.Index(None, "open_month", "account_id"),
)

#: What each day of an order is charged. Rows are only added; ``amounts`` is a
#: JSON object of texts. ``order_id`` is the account's for what is of no order.
daily_records = table(
    "daily_records",
    sa.Column("order_id", Id(36), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column(
        "account_id", Id(36), sa.ForeignKey(accounts.c.id), nullable=False
    ),
    sa.Column("project_id", Id(255), nullable=False),
    sa.Column("month", sa.Date, nullable=False),
    sa.Column("amounts", json_text(), nullable=False),
    sa.Column("created_at", Micros, nullable=False),
    *_posted(),
    # two agents can't write one revision twice
    sa.PrimaryKeyConstraint("order_id", "day", "revision"),
    # the records of some days of an account
    sa.Index(None, "account_id", "day"),
    # those of an invoice
    sa.Index(None, "account_id", "month"),
    # the list of a project
    sa.Index(None, "project_id", "day"),
    # the list of all
    sa.Index(None, "day", "order_id", "revision"),
    # those that are not posted
    sa.Index(None, "posted_at", "account_id", "month"),
)

#: Rows are only added: what a day cost can be told for ever. ``id`` counts
#: the tariffs; ``document`` is what was loaded, and the other columns are
#: for people who look into the table.
tariffs = table(
    "tariffs",
    # after()
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", Id(64), nullable=False),
    sa.Column("currency", Id(3), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("document", json_text(), nullable=False),
    sa.Column("author", Id(255), nullable=False),
    sa.Column("loaded_at", Micros, nullable=False),
    # a name is of one tariff
    sa.UniqueConstraint("name"),
)

#: What accounts owe for months that are closed. ``number`` counts all of a
#: site, without a gap. ``reason`` and ``author``: who disputed it, or resolved
#: that, and why.
invoices = table(
    "invoices",
    sa.Column("id", Id(36), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column(
        "account_id", Id(36), sa.ForeignKey(accounts.c.id), nullable=False
    ),
    sa.Column("project_id", Id(255), nullable=False),
    sa.Column("month", sa.Date, nullable=False),
    sa.Column("state", Id(16), nullable=False),
    sa.Column("currency", Id(3), nullable=False),
    sa.Column("subtotal", Exact, nullable=False),
    sa.Column("tax_name", Id(255)),
    sa.Column("tax", Exact, nullable=False),
    sa.Column("total", Exact, nullable=False),
    sa.Column("distance", Exact, nullable=False),
    sa.Column("issued_at", Micros, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("author", Id(255)),
    *_posted(),
    # two agents can't make one twice; the invoices of an account
    sa.UniqueConstraint("account_id", "month"),
    # nor two of one number; invoices by number
    sa.UniqueConstraint("number"),
    # those of a project
    sa.Index(None, "project_id", "number"),
    # is_needed()
    sa.Index(None, "state", "month"),
    # those that are not posted
    sa.Index(None, "posted_at", "account_id"),
)

#: ``month``: that of the usage; earlier than the invoice's, if it is a
#: correction. ``order_id`` is the account's for what is of no order.
invoice_items = table(
    "invoice_items",
    sa.Column(
        "invoice_id", Id(36), sa.ForeignKey(invoices.c.id), nullable=False
    ),
    sa.Column("order_id", Id(36), nullable=False),
    sa.Column("month", sa.Date, nullable=False),
    sa.Column("unit", Id(16), nullable=False),
    sa.Column("amount", Exact, nullable=False),
    sa.PrimaryKeyConstraint("invoice_id", "order_id", "month", "unit"),
)

#: What accounts are granted. ``key``: the caller's own, of which an account
#: has one grant.
credits = table(
    "credits",
    sa.Column("id", Id(36), primary_key=True),
    sa.Column(
        "account_id", Id(36), sa.ForeignKey(accounts.c.id), nullable=False
    ),
    sa.Column("project_id", Id(255), nullable=False),
    sa.Column("amount", Exact, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", Id(255), nullable=False),
    sa.Column("key", Id(255)),
    sa.Column("created_at", Micros, nullable=False),
    *_posted(),
    # an account has one of each key: add(); those of an account
    sa.UniqueConstraint("account_id", "key"),
    # credits by time; of a project
    sa.Index(None, "created_at", "id"),
    sa.Index(None, "project_id", "created_at"),
    # those that are not posted
    sa.Index(None, "posted_at", "account_id"),
)

#: The accounts that a billing system is told. An agent that tells it has a
#: ``claim``, until ``claimed_until``.
postings = table(
    "postings",
    sa.Column(
        "account_id", Id(36), sa.ForeignKey(accounts.c.id), primary_key=True
    ),
    sa.Column("claim", Id(36)),
    sa.Column("claimed_until", Micros),
    sa.Column("not_before", Micros, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
)
