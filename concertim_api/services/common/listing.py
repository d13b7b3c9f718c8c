"""What lists are asked for, and what they answer."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

#: JSON text, as stored; rendered as it is.
Json = str

#: Fields that are shown not as the row has them, by their names.
Computed = Mapping[str, Callable[[Any], Any]]


@dc.dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a field: eq, in, nin, neq, gt, gte, lt or lte.

    ``value`` is a tuple for in and nin. Times are datetimes, and ``None``
    stands for "has none".
    """

    field: str
    operator: str
    value: Any


def equal(**values: Any) -> tuple[Filter, ...]:
    """Return the conditions that fields have these values."""
    return tuple(Filter(n, "eq", value) for n, value in values.items())


@dc.dataclass(frozen=True, slots=True)
class Listing:
    """Which rows of a list: conditions, order, and one page of them.

    ``sort`` holds (field, descending) pairs; the adapter appends a unique
    key. ``marker`` holds the values of that order in the last row of the
    page before, as its ``Page.marker`` said.
    """

    filters: tuple[Filter, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = 100
    marker: tuple[Any, ...] | None = None


@dc.dataclass(frozen=True, slots=True)
class Page:
    """One page of rows.

    ``marker`` None: it was the last one. ``computed``: the fields that are
    shown not as the row has them, each with the function of the row that
    gives its value. So a page of a thousand rows is never copied to change
    one field. ``archived_before``: rows of what ended before that may lack.
    """

    rows: Sequence[Any]
    marker: tuple[Any, ...] | None = None
    computed: Computed = dc.field(default_factory=dict)
    archived_before: datetime | None = None

    def with_fields(self, computed: Computed) -> Page:
        """Return the same page with these fields."""
        return dc.replace(self, computed=computed)


@dc.dataclass(frozen=True, slots=True)
class Scope:
    """Whose resources a caller may see: one project's, or those of every
    project (``project_id`` None).

    Authorisation is a condition of the query, so what may not be seen does
    not exist.
    """

    project_id: str | None

    def filters(self, filters: Sequence[Filter] = ()) -> tuple[Filter, ...]:
        """Return the conditions of a listing within this scope."""
        if self.project_id is None:
            return tuple(filters)
        return (*filters, Filter("project_id", "eq", self.project_id))

    def listing(self, listing: Listing) -> Listing:
        """Return a listing within this scope."""
        return dc.replace(listing, filters=self.filters(listing.filters))

    def holds(self, project_id: str | None) -> bool:
        """Whether things of this project are within the scope."""
        return self.project_id is None or project_id == self.project_id


EVERY_PROJECT = Scope(None)
