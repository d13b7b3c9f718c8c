"""The names of types: people say "ssd", the cloud says an id."""

from __future__ import annotations

import collections
import dataclasses as dc
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from concertim_api.domain.ledger.kinds import Kind
from concertim_api.services.common.listing import Computed, Filter
from concertim_api.services.ledger.ports import NameReader, Types

_KIND = operator.attrgetter("kind")


class Typed(Protocol):
    kind: str
    type: str | None


class Dictionary:
    """Type names by id, for the kinds whose type is a resource itself."""

    def __init__(self, names: NameReader, kinds: Mapping[str, Kind]) -> None:
        self._names = names
        self._of = {k.name: k.type_of for k in kinds.values() if k.type_of}

    @property
    def types(self) -> Types:
        """Return the same for the store, which may show the names itself."""
        return tuple(self._of.items())

    def names(self, ids: Iterable[str | None]) -> dict[str, str]:
        """Return the names of those ids that are types. 1 statement for
        each dictionary."""
        wanted = {i for i in ids if i is not None}
        found: dict[str, str] = {}
        for dictionary in set(self._of.values()) if wanted else ():
            found |= self._names.names(dictionary, wanted)
        return found

    def computed(self, rows: Sequence[Typed]) -> Computed:
        """Return how the type of these rows is shown."""
        # NOTE: most pages have no such kind; this look is the cheapest.
        if self._of.keys().isdisjoint(map(_KIND, rows)):
            return {}
        wanted: dict[str, set[str]] = collections.defaultdict(set)
        for row in rows:
            dictionary = self._of.get(row.kind)
            if dictionary and row.type is not None:
                wanted[dictionary].add(row.type)
        names = {
            dictionary: self._names.names(dictionary, ids)
            for dictionary, ids in wanted.items()
        }
        known = {
            (kind, type_id): name
            for kind, dictionary in self._of.items()
            for type_id, name in names.get(dictionary, {}).items()
        }
        if not known:
            return {}
        return {"type": lambda row: known.get((row.kind, row.type), row.type)}

    def filters(self, asked: Sequence[Filter]) -> tuple[Filter, ...]:
        """Let conditions on the type, given by name, match the id too."""
        return tuple(self._by_id(f) if _by_type(f) else f for f in asked)

    def _by_id(self, asked: Filter) -> Filter:
        many = asked.operator in ("in", "nin")
        names = asked.value if many else (asked.value,)
        ids = [
            type_id
            for dictionary in sorted(set(self._of.values()))
            for type_id in self._names.ids(dictionary, names)
        ]
        if not ids:
            return asked
        operator = "in" if asked.operator in ("eq", "in") else "nin"
        return dc.replace(asked, operator=operator, value=(*names, *ids))


def _by_type(asked: Filter) -> bool:
    return asked.field == "type" and asked.value is not None
