"""What a list answers: rows as the store gave them, and what differs."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concertim_api.services.common.listing import Page

Computed = Mapping[str, Callable[[Any], Any]]


@dc.dataclass(frozen=True, slots=True)
class Found:
    """One page of rows.

    ``computed``: the fields that are shown not as the row has them, each
    with the function of the row that gives its value. So a page of a
    thousand rows is never copied to change one field. ``marker`` None: it
    was the last page.
    """

    rows: Sequence[Any]
    marker: tuple[Any, ...] | None = None
    computed: Computed = dc.field(default_factory=dict)

    @classmethod
    def of(cls, page: Page, computed: Computed | None = None) -> Found:
        return cls(page.rows, page.marker, computed or {})
