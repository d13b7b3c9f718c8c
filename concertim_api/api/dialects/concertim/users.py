"""Users, as the front end has them made, changed and deleted."""

from __future__ import annotations

from typing import Any

from concertim_api.api.dialects.concertim.documents import success
from concertim_api.api.dialects.concertim.fields import Request, Route
from concertim_api.api.dialects.replies import Reply
from concertim_api.domain.errors import Invalid
from concertim_api.services.accounts.users import UserActions

#: What can be changed, in the order in which it is told.
_CHANGEABLE = ("email", "password")


class Users:
    """``prefix``: what their names in the cloud begin with."""

    def __init__(self, users: UserActions, region: str, prefix: str) -> None:
        self._users = users
        self._region = region
        self._prefix = prefix

    def create(self, request: Request) -> Reply:
        """Create a user; whose name is known as ours, is returned."""
        fields = request.fields
        name = f"{self._prefix}{fields.text('username')}"
        made = self._users.create(
            request.caller(),
            name,
            email=fields.text("email"),
            password=fields.text("password"),
            region=self._region,
        )
        return success({"username": made.name, "user_cloud_id": made.id})

    def change(self, request: Request) -> Reply:
        fields = request.fields
        user_id = fields.text("cloud_user_id", "user_info")
        new = fields.within("new_data")
        changes: dict[str, Any] = {
            name: value
            for name in _CHANGEABLE
            if (value := new.optional(name)) is not None
        }
        if not changes:
            raise Invalid("new_data", "neither email nor password")
        self._users.change(request.caller(), user_id, changes, self._region)
        return success(
            {"updated": [["cloud_user", user_id, name] for name in changes]}
        )

    def delete(self, request: Request) -> Reply:
        user_id = request.fields.text("cloud_user_id", "user_info")
        self._users.delete(request.caller(), user_id, self._region)
        return success({})

    def routes(self) -> list[Route]:
        known = ("cloud_env", "user_info", "cloud_user_id")
        return [
            Route(
                "POST",
                "/user",
                self.create,
                ("cloud_env", "username", "name", "email", "password"),
            ),
            Route("DELETE", "/user", self.delete, known),
            Route("PATCH", "/user", self.change, (*known, "new_data")),
        ]
