"""Stacks and the stacks within them: which of them changed since a moment.

A stack tells when its last action began, not when it ended; and a root does
not move when only a stack within it does.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from concertim_api.payloads import heat
from concertim_api.payloads.facts import Untranslatable, second

#: Heat's dates are whole seconds of its own clock.
_MARGIN = timedelta(seconds=30)


@dc.dataclass(frozen=True, slots=True)
class Row:
    """A stack as Heat lists it, and when it was asked."""

    asked_at: datetime
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def name(self) -> str:
        return str(self.data["stack_name"])

    @property
    def parent(self) -> str:
        return str(self.data.get("parent") or "")

    @property
    def project_id(self) -> str | None:
        project = self.data.get("project")
        return project if isinstance(project, str) else None

    @property
    def moving(self) -> bool:
        return heat.is_moving(self.data)

    def changed_at(self) -> datetime | None:
        """Return when its last action began, if that can be read."""
        try:
            return second(self.data, "updated_time", "creation_time")
        except Untranslatable:
            return None


@dc.dataclass(slots=True)
class Family:
    """A root stack and all within it. ``changed_at`` None: unknown."""

    root: Row
    changed_at: datetime | None
    moving: bool

    @classmethod
    def of(cls, root: Row) -> Family:
        return cls(root, root.changed_at(), root.moving)

    def take(self, row: Row) -> None:
        """Count a stack in."""
        changed = row.changed_at()
        self.moving = self.moving or row.moving
        if changed is None or self.changed_at is None:
            self.changed_at = None
        else:
            self.changed_at = max(self.changed_at, changed)

    def outdates(self, read_at: datetime | None) -> bool:
        """Whether it is other than it was read, or may soon be."""
        return (
            self.moving
            or read_at is None
            or self.changed_at is None
            or self.changed_at > read_at - _MARGIN
        )


class Families:
    """All stacks of a listing: ``rows``, by id. ``adopted``: stacks that Heat
    takes for roots, but which are part of another one."""

    def __init__(
        self, rows: Iterable[Row], adopted: Mapping[str, str]
    ) -> None:
        self.rows = {row.id: row for row in rows}
        self._parents = {
            row.id: row.parent or adopted.get(row.id, "")
            for row in self.rows.values()
        }
        self._families: dict[str, Family] = {}
        for row in self.rows.values():
            root = self._root(row.id)
            if root not in self._families:
                self._families[root] = Family.of(self.rows[root])
            if row.id != root:
                self._families[root].take(row)

    def _root(self, stack_id: str) -> str:
        """Return the root above a stack; who is not listed is above none."""
        met = {stack_id}
        while True:
            parent = self._parents[stack_id]
            if parent not in self.rows or parent in met:
                return stack_id
            met.add(parent)
            stack_id = parent

    def __iter__(self) -> Iterator[Family]:
        """Yield the families of the roots."""
        for stack_id, family in self._families.items():
            if not self._parents[stack_id]:
                yield family
