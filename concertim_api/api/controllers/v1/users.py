"""/v1/users"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import users as policies
from concertim_api.services.found import Found
from concertim_api.services.rows import Listing
from concertim_api.services.users import Users


class User(types.Item):
    """A user of Keystone."""

    region = types.text
    id = types.text
    name = types.text
    label = types.prose
    email = types.prose
    enabled = types.flag
    updated_at = types.time


class UserList(types.List):
    users = [User]


class UsersController(Controller):
    def __init__(self, users: Users) -> None:
        self._users = users

    @expose(
        UserList,
        policy=policies.LIST,
        filters={name: types.text for name in ("region", "name", "id")},
        sort=("id", "name", "updated_at"),
    )
    def get_all(self, context: Context, listing: Listing) -> Found:
        """List users: who has a role in a team."""
        scope = context.scope(policies.LIST_ALL)
        return self._users.list(scope, listing)

    @expose(User, policy=policies.LIST, query={"region": types.text})
    def get_one(
        self, context: Context, user_id: str, region: str | None = None
    ) -> Found:
        """Show a user.

        region is needed only where the id means several.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._users.get(scope, user_id, region)
