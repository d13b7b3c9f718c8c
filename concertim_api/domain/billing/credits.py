"""Credits: what accounts are granted."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime
from decimal import Decimal


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """An amount that an account is granted; more than 0.

    ``key``: the caller's own, of which an account has one credit.
    ``posted_at``: when the billing system took it; ``refusal``: why it does
    not.
    """

    id: str
    account_id: str
    project_id: str
    amount: Decimal
    reason: str
    author: str
    created_at: datetime
    key: str | None = None
    posted_at: datetime | None = None
    refusal: str | None = None

    def is_same_grant(self, other: Credit) -> bool:
        """Whether both are of one wish that was sent twice."""
        return (self.amount, self.reason) == (other.amount, other.reason)
