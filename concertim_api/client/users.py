"""Users: the people of the teams."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client import lookup
from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, path


class User(TypedDict):
    """A user of the cloud, as a member of teams."""

    region: str
    id: str
    name: str
    label: str | None
    email: str | None
    enabled: bool | None
    updated_at: str | None


class Users:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[User]:
        """Return users. Filters: region, name, id."""
        arguments = query(sort=sort, marker=marker, **filters)
        return self._http.items(path("users"), "users", arguments, limit)

    def get(self, user_id: str, *, region: str | None = None) -> User:
        """Return a user.

        Raises Ambiguous if several regions have this id.
        """
        found: User = self._http.get(
            path("users", user_id), query(region=region)
        )
        return found

    def find(self, name_or_id: str, *, region: str | None = None) -> User:
        """Return the user with this id or, failing that, this name.

        Raises NotFound, or ClientError naming those that share the name.
        """
        return lookup.find(
            "users",
            name_or_id,
            lambda one: self.get(one, region=region),
            lambda name: self.list(
                name=name, region=region, limit=lookup.MOST
            ),
        )
