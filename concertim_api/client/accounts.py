"""Accounts: who pays."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ByBeginning


class Account(TypedDict):
    """The account of a team, which has one."""

    id: str
    project_id: str
    team: str | None
    created_at: str


class AccountWithBalance(Account):
    """The account of a team, and what it has left: exact, in a text."""

    balance: str
    currency: str | None


class Accounts(ByBeginning[AccountWithBalance]):
    """Accounts, the newest first; in a list without balance. Filter:
    project_id."""

    nouns = "accounts"
    since = "1.4"
