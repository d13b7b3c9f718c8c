"""Whose resources a caller may see. Authorisation is a condition of the query,
so what may not be seen does not exist."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence

from concertim_api.services.common.listing import Filter, Listing


@dc.dataclass(frozen=True, slots=True)
class Scope:
    """One project, or every project (``project_id`` None)."""

    project_id: str | None

    def filters(self, asked: Sequence[Filter] = ()) -> tuple[Filter, ...]:
        """Return the conditions asked for, within this scope."""
        if self.project_id is None:
            return tuple(asked)
        return (*asked, Filter("project_id", "eq", self.project_id))

    def listing(self, asked: Listing) -> Listing:
        """Return the listing asked for, within this scope."""
        return dc.replace(asked, filters=self.filters(asked.filters))

    def holds(self, project_id: str | None) -> bool:
        """Whether things of this project are within the scope."""
        return self.project_id is None or project_id == self.project_id


EVERY_PROJECT = Scope(None)
