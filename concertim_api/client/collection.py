"""Nouns of the API that are listed, shown and found alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from concertim_api.client import lookup
from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, path

T = TypeVar("T", bound=Mapping[str, Any])


class Collection(Generic[T]):
    """Things under a path. ``nouns``: the path, and what the rows of its list
    are called."""

    nouns: ClassVar[str]

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[T]:
        """Return what is there; see the class for its filters."""
        return self._http.items(
            path(self.nouns),
            self.nouns.replace("-", "_"),
            query(sort=sort, marker=marker, **filters),
            limit,
        )


class Shown(Collection[T]):
    """Things that have an id of their own."""

    def get(self, thing_id: int | str) -> T:
        """Return the thing with this id. Raises NotFound."""
        found: T = self._http.get(path(self.nouns, str(thing_id)))
        return found


class InRegions(Collection[T]):
    """Things of the cloud: with an id, a name, and a region."""

    def get(self, thing_id: str, *, region: str | None = None) -> T:
        """Return the thing with this id.

        Raises NotFound, or Ambiguous if several regions have this id.
        """
        found: T = self._http.get(
            path(self.nouns, thing_id), query(region=region)
        )
        return found

    def find(self, name_or_id: str, *, region: str | None = None) -> T:
        """Return the thing with this id or, failing that, this name.

        Raises NotFound, or ClientError naming those that share the name.
        """
        return lookup.find(
            self.nouns,
            name_or_id,
            lambda one: self.get(one, region=region),
            lambda name: self.list(
                name=name, region=region, limit=lookup.MOST
            ),
        )
