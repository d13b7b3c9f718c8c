"""Daily records: what each day of each order was charged."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.services.billing.ports import RecordReader
from concertim_api.services.common.listing import Listing, Page, Scope


@dc.dataclass(frozen=True, slots=True)
class UsageRecords:
    records: RecordReader

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page of daily records, the newest day first. 1
        statement."""
        return self.records.page(scope.listing(listing))
