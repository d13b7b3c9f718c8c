"""The regions that we hear of, and how fresh our knowledge is."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime

from concertim_api.services.common.listing import Page, Scope
from concertim_api.services.ledger.ports import RegionReader


@dc.dataclass(frozen=True, slots=True)
class RegionSummary:
    """``resources`` is None for who may not see every project."""

    name: str
    resources: int | None
    newest_observation: datetime | None


class Regions:
    def __init__(self, ledger: RegionReader) -> None:
        self._ledger = ledger

    def list(self, scope: Scope) -> Page:
        """Return all regions, by name. 1 statement."""
        every = scope.project_id is None
        return Page(
            [
                RegionSummary(
                    row["name"],
                    row["resources"] if every else None,
                    row["newest_observation"],
                )
                for row in self._ledger.regions()
            ]
        )
