"""Users: the front end creates, changes and deletes them."""

from __future__ import annotations

import contextlib
import dataclasses as dc
from typing import Any

from concertim_api.api.dialects.concertim.documents import Request, success
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.accounts.users import UserActions

#: The fields that can be changed, in the order of the answer.
_CHANGEABLE = ("email", "password")

#: What names the user that is changed or deleted.
_USER = ("cloud_env", "user_info", "cloud_user_id")


@dc.dataclass(frozen=True, slots=True)
class Users:
    """``prefix``: the beginning of their names in the cloud."""

    users: UserActions
    region: str
    prefix: str

    @route(
        "POST", "/user", "cloud_env", "username", "name", "email", "password"
    )
    def create(self, request: Request) -> Reply:
        """Create a user, or return ours of this name, with this password:
        the front end repeats a request whose answer it did not get, and its
        user may have chosen another password meanwhile."""
        fields = request.fields
        name = f"{self.prefix}{fields.text('username')}"
        user = self.users.create(
            request.caller(),
            name,
            email=fields.text("email"),
            password=fields.text("password"),
            region=self.region,
            renew_password=True,
        )
        return success({"username": user.name, "user_cloud_id": user.id})

    @route("DELETE", "/user", *_USER)
    def delete(self, request: Request) -> Reply:
        """Delete a user. One that there is not is gone already."""
        user_id = request.fields.text("cloud_user_id", "user_info")
        caller = request.caller()
        with contextlib.suppress(NotFound):
            self.users.delete(caller, user_id, self.region)
        return success({})

    @route("PATCH", "/user", *_USER, "new_data")
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
        self.users.change(request.caller(), user_id, changes, self.region)
        return success(
            {"updated": [["cloud_user", user_id, name] for name in changes]}
        )
