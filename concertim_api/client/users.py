"""Users: the members of the teams."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client.collection import ByName, Creates, Deletes


class User(TypedDict):
    """A user of the cloud, as a member of teams."""

    region: str
    id: str
    name: str
    label: str | None
    email: str | None
    enabled: bool | None
    updated_at: str | None


class Users(ByName[User], Creates[User], Deletes):
    """Users. Filters: region, name, id. ``get``: region.

    ``create`` creates one in Keystone, without any role: name, email,
    password, description, region. If concertim created a user of this name
    before, that one is returned and keeps its password. Raises Conflict if
    another user has the name.

    ``delete`` does nothing if the user is gone. Raises Conflict for a user
    that concertim did not create.
    """

    nouns = "users"
    secrets = frozenset({"password"})

    def update(
        self, thing_id: str, *, region: str | None = None, **fields: Any
    ) -> User:
        """Change email, password or enabled; return the changed user.

        Raises Conflict for a user that concertim did not create.
        """
        user: User = self._send(
            "PATCH", thing_id, fields=fields, region=region
        )
        return user
