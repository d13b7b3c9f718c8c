"""Whether the service can serve, and if not, why."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.domain import errors
from concertim_api.services.ports import Store


@dc.dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; ``reason`` says what is wrong with it."""

    name: str
    ok: bool
    reason: str = ""


class Health:
    def __init__(self, store: Store) -> None:
        self._store = store

    def checks(self) -> list[Check]:
        """Look at the database: it answers, and its schema is ours."""
        try:
            self._store.check()
        except errors.Unavailable as exc:
            return [Check("database", ok=False, reason=str(exc))]
        return [Check("database", ok=True)]
