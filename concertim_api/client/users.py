"""Users: the people of the teams."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client import lookup
from concertim_api.client.arguments import body, query
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

    def create(
        self,
        name: str,
        *,
        email: str | None = None,
        password: str | None = None,
        description: str | None = None,
        region: str | None = None,
    ) -> User:
        """Create a user in Keystone, without any role.

        One of this name that concertim created before is returned as it is,
        and keeps its password. Raises Conflict if the name is somebody
        else's.
        """
        values = {
            "name": name,
            "email": email,
            "password": password,
            "description": description,
            "region": region,
        }
        made: User = self._http.post(
            path("users"), body(values), secret=password is not None
        )
        return made

    def update(
        self,
        user_id: str,
        *,
        email: str | None = None,
        password: str | None = None,
        enabled: bool | None = None,
        region: str | None = None,
    ) -> User:
        """Change what is given of a user; return it as it is then.

        Raises Conflict for a user whom concertim did not create.
        """
        changes = {"email": email, "password": password, "enabled": enabled}
        changed: User = self._http.patch(
            path("users", user_id),
            body(changes),
            query(region=region),
            secret=password is not None,
        )
        return changed

    def delete(self, user_id: str, *, region: str | None = None) -> None:
        """Delete a user; one that is gone already, is.

        Raises Conflict for a user whom concertim did not create.
        """
        self._http.delete(path("users", user_id), query(region=region))
