"""The feed of changes: who settled usage reads which resources to settle
again."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from concertim_api.domain import errors
from concertim_api.services.common.listing import Filter, Scope
from concertim_api.services.ledger.ports import (
    ChangeRow,
    FeedReader,
    FeedWriter,
)
from concertim_api.services.ledger.type_names import Dictionary

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def begin_anew(feed: FeedWriter, now: datetime) -> int:
    """Return the cursor at which the feed of a restored database begins.

    Readers hold cursors that the lost database gave, and the restored one
    would give them again, to other changes. So the feed goes on at the
    microseconds since 1970, which no feed has reached. Each reader gets Gone
    once, and starts anew. Costs: see ``FeedWriter.restart``.
    """
    return feed.restart((now - _EPOCH) // timedelta(microseconds=1))


@dc.dataclass(frozen=True, slots=True)
class Feed:
    """Entries after a cursor. ``cursor`` is the one to pass next time."""

    rows: Sequence[ChangeRow]
    cursor: int
    more: bool


class Changes:
    def __init__(self, feed: FeedReader, dictionary: Dictionary) -> None:
        self._feed = feed
        self._dictionary = dictionary

    def since(
        self,
        scope: Scope,
        cursor: int | None,
        filters: Sequence[Filter],
        limit: int,
    ) -> Feed:
        """Return the entries after a cursor, oldest first.

        Without a cursor: from the oldest entry that is kept. Entries appear
        in the order of commits, so none is ever missed. Raises Gone for a
        cursor that this feed does not hold: the reader must start anew. 2
        statements.
        """
        first, last = self._feed.bounds()
        if cursor is None:
            cursor = first
        if not first <= cursor <= last:
            raise errors.Gone(
                f"The feed holds the cursors {first} to {last}, not {cursor}; "
                "read everything once, then go on without a cursor."
            )
        filters = scope.filters(self._dictionary.filters(filters))
        rows = self._feed.changes(cursor, filters, limit)
        if len(rows) >= limit:
            return Feed(rows, rows[-1].cursor, more=True)
        # NOTE: what was committed up to ``last`` has been looked at, though
        # little of it may be within the scope.
        newest = max(last, rows[-1].cursor if rows else cursor)
        return Feed(rows, newest, more=False)
