"""Nouns of the API that are listed, read and found alike.

Filters, and what else says which things are meant, are those of the API: see
the class of the noun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from concertim_api.client import errors
from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, listed, path

T = TypeVar("T", bound=Mapping[str, Any])

#: So many of those that share a name are told.
MOST = 10


class Manager:
    """A noun. ``nouns``: its path, and what the rows of its list are
    called."""

    nouns: ClassVar[str]

    def __init__(self, http: Http) -> None:
        self._http = http

    def _path(self, *parts: int | str) -> str:
        return path(self.nouns, *map(str, parts))


class ShortList(Manager, Generic[T]):
    """Things of which there are few: one answer has all of them."""

    def list(self, **filters: Any) -> Sequence[T]:
        """Return all that match."""
        answer = self._http.get(self._path(), query(**filters))
        return listed(answer, self.nouns)


class Collection(Manager, Generic[T]):
    """Things of which there may be many: their list has pages."""

    def list(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[T]:
        """Return those that match, ``limit`` at most."""
        return self._http.items(
            self._path(),
            self.nouns.replace("-", "_"),
            query(sort=sort, marker=marker, **filters),
            limit,
        )


class ById(Manager, Generic[T]):
    """Things that are read by their id."""

    def get(self, thing_id: int | str, **place: Any) -> T:
        """Return the thing with this id; ``place`` says where, and when.

        Raises NotFound, or Ambiguous if several places have this id.
        """
        thing: T = self._http.get(self._path(thing_id), query(**place))
        return thing


class ByName(Collection[T], ById[T]):
    """Things of the cloud, which have a name besides their id."""

    def find(self, name_or_id: str, **place: Any) -> T:
        """Return the thing with this id or, failing that, this name.

        Raises NotFound, or ClientError naming those that share the name. One
        request, or two.
        """
        try:
            return self.get(name_or_id, **place)
        except errors.NotFound:
            thing = self._named(name_or_id, **place)
            if thing is None:
                raise
            return thing

    def _named(self, name: str, **place: Any) -> T | None:
        """Return the only thing of this name; None: there is none."""
        things = [*self.list(name=f"eq:{name}", limit=MOST, **place)]
        if len(things) > 1:
            raise errors.ClientError(
                f"several {self.nouns} are named {name}: "
                + ", ".join(map(_described, things))
            )
        return things[0] if things else None


def _described(thing: Mapping[str, Any]) -> str:
    """Return what tells a thing from others of its name."""
    words = [thing.get("kind"), thing["id"]]
    words += [thing.get("region") and f"in {thing['region']}"]
    return " ".join(word for word in words if word)
