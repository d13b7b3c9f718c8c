"""Daily records: what each day of each order was charged."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import Collection


class UsageRecord(TypedDict):
    """What a revision adds to the charges of a day of an order.

    ``month``: the first day of the month on whose invoice it is.
    ``amounts``: of each bill unit that changes; exact, in texts.
    ``posted_at``: when the billing system took it; ``refusal``: why it does
    not.
    """

    order_id: str
    account_id: str
    project_id: str
    day: str
    revision: int
    month: str
    amounts: dict[str, str]
    created_at: str
    posted_at: str | None
    refusal: str | None


class UsageRecords(Collection[UsageRecord]):
    """Daily records, the newest day first.

    Filters: order_id, account_id, project_id, day, month (such as 2026-11),
    posting: waiting, refused or posted.
    """

    nouns = "usage-records"
    since = "1.4"
