"""Credits: what accounts are granted."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ByBeginning, Creates


class Credit(TypedDict):
    """An amount that an account is granted; exact, in a text.

    ``posted_at``: when the billing system took it; ``refusal``: why it does
    not.
    """

    id: str
    account_id: str
    project_id: str
    amount: str
    reason: str
    author: str
    key: str | None
    created_at: str
    posted_at: str | None
    refusal: str | None


class Credits(ByBeginning[Credit], Creates[Credit]):
    """Credits, the newest first.

    Filters: account_id, project_id, author, created_at.

    ``create`` grants: account_id, amount (a text), reason, and a key of
    yours; with the same key again it returns the same credit.
    """

    nouns = "credits"
    since = "1.4"
