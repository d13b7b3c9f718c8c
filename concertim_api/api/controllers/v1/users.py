"""/v1/users"""

from __future__ import annotations

from typing import Any

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import users as policies
from concertim_api.services.accounts.answers import UserAnswer
from concertim_api.services.accounts.users import UserActions
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.view.lists import Users


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


#: The length that Keystone accepts.
_password = types.Secret(max_length=4096)


class NewUser(types.Representation):
    """A user to be created in Keystone, without any role."""

    name = types.required(types.text)
    email = types.text
    password = _password
    description = types.text
    region = types.text


class UserChanges(types.Representation):
    """The new values of a user's fields; the others stay."""

    email = types.text
    password = _password
    enabled = types.flag


class UsersController(Controller):
    def __init__(self, users: Users, actions: UserActions) -> None:
        self._users = users
        self._actions = actions

    @expose(
        UserList,
        policy=policies.LIST,
        filters=types.texts("region", "name", "id"),
        sort=("id", "name", "updated_at"),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List the users who have a role in a team."""
        scope = context.scope(policies.LIST_ALL)
        return self._users.list(scope, listing)

    @expose(User, policy=policies.LIST, query={"region": types.text})
    def get_one(
        self, context: Context, user_id: str, region: str | None = None
    ) -> Page:
        """Show a user.

        region is needed only where several regions have the id.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._users.get(scope, user_id, region)

    @expose(User, policy=policies.CREATE, body=NewUser, status=201)
    def post(self, context: Context, body: dict[str, Any]) -> UserAnswer:
        """Create a user in Keystone.

        If this service created a user of this name before, the answer is
        that user, with the old password. The user is in lists once an agent
        has seen the user.
        """
        return self._actions.create(context.caller(), **body)

    @expose(
        User,
        policy=policies.UPDATE,
        body=UserChanges,
        query={"region": types.text},
    )
    def patch(
        self,
        context: Context,
        user_id: str,
        body: dict[str, Any],
        region: str | None = None,
    ) -> UserAnswer:
        """Change the e-mail address or password of a user, or disable it.

        Only of users whom this service created. region is needed only where
        several regions have the id.
        """
        return self._actions.change(context.caller(), user_id, body, region)

    @expose(policy=policies.DELETE, status=204, query={"region": types.text})
    def delete(
        self, context: Context, user_id: str, region: str | None = None
    ) -> None:
        """Delete a user whom this service created.

        The last user of a team that is not empty stays: 409 names what is
        left, and 503 a service that can't be asked. region is needed only
        where several regions have the id.
        """
        self._actions.delete(context.caller(), user_id, region)
