"""Billing: its rows, and the ports of who stores them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from concertim_api.domain.billing.rating import UsagePeriod
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import ArchiveReader, Types, Window


class PriceSource(Protocol):
    """What things cost."""

    def prices(self) -> PriceList:
        """Return the price list as it is now. 1 statement; 1 more if a
        tariff was loaded since the last call."""


class BilledUsage(ArchiveReader, Protocol):
    """The periods that are rated."""

    def periods(
        self,
        filters: Sequence[Filter],
        window: Window,
        types: Types,
        limit: int,
        *,
        reach: Window | None = None,
        whole: bool = False,
        looks_at: Collection[str] = (),
    ) -> list[UsagePeriod]:
        """Return the periods that overlap a window, by resource and start.

        ``types`` of kinds are shown by their names. With a ``reach``, there
        are also all that overlap it, of the same projects; with ``whole``
        all of their resources before. Those have no names. ``looks_at``:
        the fields of a profile that are needed beside the usual ones:
        availability_zone, domain. No more than ``limit`` are fetched. 1
        statement. Fields to filter by: those of PeriodReader, and rack_id.
        """
