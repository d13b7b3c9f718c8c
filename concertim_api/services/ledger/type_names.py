"""The names of types: a person writes "ssd", the cloud an id."""

from __future__ import annotations

import collections
import dataclasses as dc
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.kinds import Kind
from concertim_api.services.common.listing import Computed, Filter
from concertim_api.services.ledger.ports import NameReader, Types

_KIND = operator.attrgetter("kind")


class TypedRow(Protocol):
    kind: str
    type: str | None


class Dictionary:
    """Type names by id, for the kinds whose type is a resource itself."""

    def __init__(self, names: NameReader, kinds: Mapping[str, Kind]) -> None:
        self._names = names
        self._kinds = kinds
        self._dictionaries = {
            k.name: k.type_of for k in kinds.values() if k.type_of
        }

    @property
    def types(self) -> Types:
        """Return the kinds of types, for a port that shows their names."""
        return tuple(self._dictionaries.items())

    def names(self, ids: Iterable[str | None]) -> dict[str, str]:
        """Return the names of those ids that are types. 1 statement for
        each dictionary."""
        type_ids = {type_id for type_id in ids if type_id is not None}
        names: dict[str, str] = {}
        for dictionary in set(self._dictionaries.values()) if type_ids else ():
            names |= self._names.names(dictionary, type_ids)
        return names

    def computed(self, rows: Sequence[TypedRow]) -> Computed:
        """Return the field that shows the types of these rows by name."""
        # Most pages have no such kind: this check is the cheapest.
        if self._dictionaries.keys().isdisjoint(map(_KIND, rows)):
            return {}
        type_ids: dict[str, set[str]] = collections.defaultdict(set)
        for row in rows:
            dictionary = self._dictionaries.get(row.kind)
            if dictionary and row.type is not None:
                type_ids[dictionary].add(row.type)
        by_dictionary = {
            dictionary: self._names.names(dictionary, ids)
            for dictionary, ids in type_ids.items()
        }
        names = {
            (kind, type_id): name
            for kind, dictionary in self._dictionaries.items()
            for type_id, name in by_dictionary.get(dictionary, {}).items()
        }
        if not names:
            return {}
        return {"type": lambda row: names.get((row.kind, row.type), row.type)}

    def filters(self, filters: Sequence[Filter]) -> tuple[Filter, ...]:
        """Return the conditions; those on the type match ids and names.

        Raises Invalid for a kind that does not exist: an empty answer to a
        misspelt one would be believed. 1 statement more for one that only
        the ledger may know.
        """
        for condition in filters:
            if condition.field == "kind":
                self._check(condition)
        return tuple(
            self._with_ids(f)
            if f.field == "type" and f.value is not None
            else f
            for f in filters
        )

    def _check(self, condition: Filter) -> None:
        many = condition.operator in ("in", "nin")
        kinds = {*condition.value} if many else {condition.value}
        unknown = kinds - self._kinds.keys()
        unknown -= self._names.kinds(unknown) if unknown else set()
        if unknown:
            raise Invalid(
                "kind",
                f"{min(unknown)} is not one of {', '.join(self._kinds)}",
            )

    def _with_ids(self, condition: Filter) -> Filter:
        many = condition.operator in ("in", "nin")
        names = condition.value if many else (condition.value,)
        ids = [
            type_id
            for dictionary in sorted(set(self._dictionaries.values()))
            for type_id in self._names.ids(dictionary, names)
        ]
        if not ids:
            return condition
        operator = "in" if condition.operator in ("eq", "in") else "nin"
        return dc.replace(condition, operator=operator, value=(*names, *ids))
