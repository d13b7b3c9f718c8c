"""What the managers share: lists, things by id or by name, and waits.

The class of each noun names its filters, which are those of the API.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from concertim_api.client import errors
from concertim_api.client.http import Http, Items, body, path, query, rows_of

T = TypeVar("T", bound=Mapping[str, Any])

#: An error names this many of the things that share a name.
NAMESAKES = 10

#: Among this many of the newest things an id may be known by its beginning.
NEWEST = 1000


class Manager:
    """A noun of the API. ``nouns``: its path, and the key of its lists.

    ``since``: the microversion that it came with, and needs, whatever the
    client's is. No log gets a request whose body has one of the ``secrets``.
    """

    nouns: ClassVar[str]
    since: ClassVar[str | None] = None
    secrets: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, http: Http) -> None:
        self._http = http

    def _path(self, *parts: int | str) -> str:
        return path(self.nouns, *map(str, parts))

    def _get(self, *parts: int | str, **arguments: Any) -> Any:
        return self._http.get(
            self._path(*parts), query(**arguments), self.since
        )

    def _delete(self, *parts: int | str, **arguments: Any) -> Any:
        return self._http.request(
            "DELETE",
            self._path(*parts),
            query(**arguments),
            microversion=self.since,
        )

    def _send(
        self,
        method: str,
        *parts: int | str,
        fields: Mapping[str, Any],
        **arguments: Any,
    ) -> Any:
        """Send a body with these fields; one that is None is left out."""
        values = body(**fields)
        return self._http.request(
            method,
            self._path(*parts),
            query(**arguments),
            values,
            secret=not self.secrets.isdisjoint(values),
            microversion=self.since,
        )


class ShortList(Manager, Generic[T]):
    """Things of which there are few: their list has one page."""

    def list(
        self, *, microversion: str | None = None, **filters: Any
    ) -> Sequence[T]:
        """Return the things that match; one request.

        ``microversion``: the one of the fields, if not the client's.
        """
        version = microversion or self.since
        page = self._http.get(self._path(), query(**filters), version)
        return rows_of(page, self.nouns)


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
        """Return the things that match, ``limit`` at most.

        One request for each page, when its first row is read.
        """
        return Items(
            self._http,
            self._path(),
            self.nouns.replace("-", "_"),
            query(sort=sort, marker=marker, **filters),
            limit,
            self.since,
        )


class ById(Manager, Generic[T]):
    """Things that the API returns by their id."""

    def get(
        self,
        thing_id: int | str,
        *,
        microversion: str | None = None,
        **place: Any,
    ) -> T:
        """Return the thing with this id; one request.

        ``place``: its region, its kind, or a moment of the past.
        ``microversion``: the one of the fields, if not the client's. Raises
        NotFound, or Ambiguous if several things have this id.
        """
        path = self._path(thing_id)
        version = microversion or self.since
        thing: T = self._http.get(path, query(**place), version)
        return thing


class ByBeginning(Collection[T], ById[T]):
    """Things without a name, whose ids are long; the newest are first."""

    def find(self, beginning: str) -> T:
        """Return the thing with this id, or whose id begins like this.

        One request, or three: the beginning is looked for among the ids of
        the newest 1000. Raises NotFound, or ClientError with all ids that
        begin so.
        """
        try:
            return self.get(beginning)
        except errors.NotFound:
            newest = self.list(fields="id", limit=NEWEST)
            ids = [t["id"] for t in newest if t["id"].startswith(beginning)]
            if not ids:
                raise
        if len(ids) > 1:
            raise errors.ClientError(
                f"several {self.nouns} begin with {beginning}: "
                + ", ".join(ids)
            )
        return self.get(ids[0])


class Creates(Manager, Generic[T]):
    """Things that callers create."""

    def create(self, name: str | None = None, **fields: Any) -> T:
        """Create a thing with these fields of the API, and return it."""
        thing: T = self._send("POST", fields={"name": name, **fields})
        return thing


class Deletes(Manager):
    """Things that callers delete."""

    def delete(self, thing_id: int | str, **place: Any) -> None:
        """Delete the thing with this id; ``place``: its region."""
        self._delete(thing_id, **place)


class Runs(ById[T]):
    """Things that begin and end: a caller may wait for the end.

    ``noun`` and ``key`` name one in an error. It has ended in a state of
    ``final``; one that ``repeats``, if it has a new ``finished_at``, too.
    """

    noun: ClassVar[str]
    key: ClassVar[str] = "id"
    final: ClassVar[frozenset[str]]
    repeats: ClassVar[bool] = False

    def wait(
        self,
        run: T,
        *,
        timeout: float | None = None,
        interval: float = 1.0,
        progress: Callable[[T], None] = lambda run: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> T:
        """Return the thing as it is at its end.

        ``run`` is the thing as the API first answered. One request every
        ``interval`` seconds; ``progress`` gets each answer. Raises
        ClientError after ``timeout`` seconds; the run itself goes on.
        """
        began, latest = clock(), run
        if self.repeats:
            latest = self.get(run[self.key])
        while True:
            progress(latest)
            if self._has_ended(run, latest):
                return latest
            if timeout is not None and clock() - began >= timeout:
                raise errors.ClientError(
                    f"{self.noun} {run[self.key]} has not finished within "
                    f"{timeout:g} s: it is {latest['state']}"
                )
            sleep(interval)
            latest = self.get(run[self.key])

    def _has_ended(self, run: T, latest: T) -> bool:
        if self.repeats and latest["finished_at"] == run["finished_at"]:
            return False
        return latest["state"] in self.final


class ByName(Collection[T], ById[T]):
    """Things that have a name besides their id.

    ``place``: what tells things with one id apart. ``views``: arguments of
    ``get`` that a list does not have.
    """

    place: ClassVar[tuple[str, ...]] = ("region",)
    views: ClassVar[tuple[str, ...]] = ()

    def find(self, name_or_id: str, **place: Any) -> T:
        """Return the thing with this id or, if there is none, this name.

        One request, or two; for one of ``views`` of a thing by name, three.
        Raises NotFound, or ClientError with the ids of the things that share
        the name.
        """
        try:
            return self.get(name_or_id, **place)
        except errors.NotFound:
            views = {name: place.pop(name, None) for name in self.views}
            thing = self._by_name(name_or_id, **place)
            if thing is None:
                raise
        if not any(views.values()):
            return thing
        place |= {name: thing[name] for name in self.place}
        return self.get(thing["id"], **place, **views)

    def _by_name(self, name: str, **place: Any) -> T | None:
        """Return the only thing with this name, or None."""
        things = [*self.list(name=f"eq:{name}", limit=NAMESAKES, **place)]
        if len(things) > 1:
            raise errors.ClientError(
                f"several {self.nouns} are named {name}: "
                + ", ".join(map(_description, things))
            )
        return things[0] if things else None


def _description(thing: Mapping[str, Any]) -> str:
    """Return kind, id and region of a thing, as far as it has them."""
    words = [thing.get("kind"), thing["id"]]
    words += [thing.get("region") and f"in {thing['region']}"]
    return " ".join(word for word in words if word)
