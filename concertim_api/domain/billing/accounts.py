"""Accounts: who pays."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime


@dc.dataclass(frozen=True, slots=True)
class Account:
    """The account of a team; a project has one."""

    id: str
    project_id: str
    created_at: datetime
