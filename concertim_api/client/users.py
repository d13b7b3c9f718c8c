"""Users: the members of the teams."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ByName
from concertim_api.client.http import body, query


class User(TypedDict):
    """A user of the cloud, as a member of teams."""

    region: str
    id: str
    name: str
    label: str | None
    email: str | None
    enabled: bool | None
    updated_at: str | None


class Users(ByName[User]):
    """Users. Filters: region, name, id. ``get``: region."""

    nouns = "users"

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

        If concertim created a user of this name before, that one is returned
        and keeps its password. Raises Conflict if another user has the name.
        """
        user: User = self._http.post(
            self._path(),
            body(
                name=name,
                email=email,
                password=password,
                description=description,
                region=region,
            ),
            secret=password is not None,
        )
        return user

    def update(
        self,
        user_id: str,
        *,
        email: str | None = None,
        password: str | None = None,
        enabled: bool | None = None,
        region: str | None = None,
    ) -> User:
        """Change the arguments that are not None; return the changed user.

        Raises Conflict for a user that concertim did not create.
        """
        user: User = self._http.patch(
            self._path(user_id),
            body(email=email, password=password, enabled=enabled),
            query(region=region),
            secret=password is not None,
        )
        return user

    def delete(self, user_id: str, *, region: str | None = None) -> None:
        """Delete a user; do nothing if it is gone.

        Raises Conflict for a user that concertim did not create.
        """
        self._http.delete(self._path(user_id), query(region=region))
