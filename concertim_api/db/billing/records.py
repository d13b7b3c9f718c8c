"""The list of daily records."""

from __future__ import annotations

import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db.billing.tables import daily_records as table
from concertim_api.db.transactions import Adapter
from concertim_api.services.common.listing import Filter, Listing, Page

_c = table.c

_HAS_STATE = {
    "waiting": sa.and_(_c.posted_at.is_(None), _c.refusal.is_(None)),
    "refused": sa.and_(_c.posted_at.is_(None), _c.refusal.is_not(None)),
    "posted": _c.posted_at.is_not(None),
}


def _has_state(condition: Filter) -> lists.Condition:
    """Return whether a record has one of some states of posting."""
    value = condition.value
    states = value if condition.operator == "in" else [value]
    return sa.or_(*(_HAS_STATE[state] for state in states))


_FIELDS: lists.Fields = {
    **lists.fields(_c, but=("amounts", "refusal")),
    "posting": _has_state,
}
_ORDER = (_c.day, _c.order_id, _c.revision)


class SqlRecords(Adapter):
    """``services.billing.ports.RecordReader`` of a database."""

    def page(self, listing: Listing) -> Page:
        query = sa.select(table).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        down = listing.sort[0][1] if listing.sort else True
        order = lists.Order(_ORDER, (down,) * len(_ORDER))
        return self._read(lambda c: lists.page(c, query, listing, order))
