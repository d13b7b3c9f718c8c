"""Users: the people of the teams."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.arguments import body, query
from concertim_api.client.collection import ByName


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
    """Users. Filters: region, name, id. A user alone: region."""

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

        One of this name that concertim created before is returned as it is,
        and keeps its password. Raises Conflict if the name is somebody
        else's.
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
        """Change what is given of a user; return it as it is then.

        Raises Conflict for a user whom concertim did not create.
        """
        user: User = self._http.patch(
            self._path(user_id),
            body(email=email, password=password, enabled=enabled),
            query(region=region),
            secret=password is not None,
        )
        return user

    def delete(self, user_id: str, *, region: str | None = None) -> None:
        """Delete a user; one that is gone already, is.

        Raises Conflict for a user whom concertim did not create.
        """
        self._http.delete(self._path(user_id), query(region=region))
