"""Named keys: the row, and the port of where they are kept."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime


@dc.dataclass(frozen=True, slots=True)
class Key:
    """A named key of the ``key`` auth strategy; only its hash is kept."""

    name: str
    digest: str
    roles: tuple[str, ...]
    project_id: str | None
    created_at: datetime
    expires_at: datetime | None = None
