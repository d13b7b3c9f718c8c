"""The feed of changes: whose periods changed, and from when on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypedDict

from concertim_api.client.arguments import query
from concertim_api.client.collection import Manager
from concertim_api.client.http import listed, next_arguments


class Change(TypedDict):
    """The periods of a resource changed, nowhere before ``since``."""

    cursor: int
    region: str
    kind: str
    resource_id: str
    project_id: str | None
    since: str
    recorded_at: str


class Page(NamedTuple):
    """Some changes, where to go on, and whether more wait there."""

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
        """Return the next changes after a cursor, or the first ones kept.

        Filters: project_id, kind, resource_id, region. Raises Gone if the
        feed does not hold this cursor (any more): then read everything anew,
        and go on without one.
        """
        page = self._http.page(
            self._path(), query(since=since, **filters), limit
        )
        changes = listed(page, self.nouns)
        more = next_arguments(page) is not None
        return Page(changes, int(page["cursor"]), more)

    def list(
        self,
        since: int | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> Iterator[Change]:
        """Yield the changes after a cursor up to now, ``limit`` at most."""
        more, left = True, limit
        while more and left != 0:
            changes, since, more = self.page(since, left, **filters)
            yield from changes[:left]
            if left is not None:
                left = max(0, left - len(changes))

    def follow(
        self,
        since: int | None = None,
        *,
        interval: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
        **filters: Any,
    ) -> Iterator[Change]:
        """Yield the changes after a cursor, and those to come, for ever.

        Each change has its ``cursor``: whoever keeps the last one can go on
        from there.
        """
        while True:
            changes, since, more = self.page(since, **filters)
            yield from changes
            if not more:
                sleep(interval)
