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


class Accounts(ByBeginning[Account]):
    """Accounts, the newest first. Filter: project_id."""

    nouns = "accounts"
    since = "1.4"
