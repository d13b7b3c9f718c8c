"""The feed of changes: a row for each change of a resource's periods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypedDict

from concertim_api.client import errors
from concertim_api.client.collection import Manager
from concertim_api.client.http import next_arguments, query, rows_of


class Change(TypedDict):
    """A change of a resource's periods, of none before ``since``."""

    cursor: int
    region: str
    kind: str
    resource_id: str
    project_id: str | None
    since: str
    recorded_at: str


class Page(NamedTuple):
    """Some changes, the cursor after them, and whether there are more."""

    changes: list[Change]
    cursor: int
    more: bool


class Changes(Manager):
    """The feed of changes."""

    nouns = "changes"

    def page(
        self,
        since: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> Page:
        """Return the next changes after a cursor; without one, the oldest.

        Filters: project_id, kind, resource_id, region. One request. Raises
        Gone if the feed does not have this cursor any more: the caller then
        reads all periods again, and goes on without a cursor.
        """
        page = self._http.page(
            self._path(), query(since=since, **filters), limit
        )
        changes = rows_of(page, self.nouns)
        more = next_arguments(page) is not None
        return Page(changes, int(page["cursor"]), more)

    def list(
        self,
        since: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> Iterator[Change]:
        """Yield the changes after a cursor until now, ``limit`` at most."""
        more = True
        while more and limit != 0:
            changes, since, more = self.page(since, limit, **filters)
            yield from changes[:limit]
            if limit is not None:
                limit = max(0, limit - len(changes))

    def last(self, count: int, **filters: Any) -> Sequence[Change]:
        """Return the newest changes that match, the oldest of them first.

        The feed is read from cursors further and further back until it has
        enough, or has no older ones: two requests, if most changes match.
        """
        newest = self.page(limit=1, **{**filters, "resource_id": "-"}).cursor
        distance = count
        while True:
            since = max(0, newest - distance)
            try:
                changes = [*self.list(since, **filters)]
            except errors.Gone:  # the feed begins after that cursor
                since = 0
                changes = [*self.list(**filters)]
            if len(changes) >= count or not since:
                return changes[-count:]
            distance *= 10

    def follow(
        self,
        since: int | None = None,
        *,
        interval: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
        **filters: Any,
    ) -> Iterator[Change]:
        """Yield the changes after a cursor, and then each new one, for ever.

        Each change has its ``cursor``: a caller that stores the last one can
        go on after it. One request every ``interval`` seconds, or for each
        page.
        """
        while True:
            changes, since, more = self.page(since, **filters)
            yield from changes
            if not more:
                sleep(interval)
