"""Users: created, changed and deleted in Keystone."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from typing import Any

from concertim_api.domain.errors import Conflict, Invalid, NotFound
from concertim_api.domain.team_roles import TeamRoles
from concertim_api.services.accounts.answers import (
    MANAGED_USER,
    UserAnswer,
    described,
    existing,
    is_marked,
    user_of,
)
from concertim_api.services.accounts.lookup import (
    IdentityLookup,
    IdentityResource,
)
from concertim_api.services.accounts.remains import Remains, in_words
from concertim_api.services.cloud.acting import (
    Caller,
    CloudActions,
)
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
    Target,
)


@dc.dataclass(frozen=True, slots=True)
class UserActions:
    """Changes and deletes only users that we created.

    ``domain_id``: the domain of Keystone for new users. Passwords go to
    Keystone, and nowhere else.
    """

    lookup: IdentityLookup
    operations: Operations
    remains: Remains
    roles: TeamRoles
    domain_id: str

    def create(
        self,
        caller: Caller,
        name: str,
        *,
        email: str | None = None,
        password: str | None = None,
        description: str | None = None,
        region: str | None = None,
        renew_password: bool = False,
    ) -> UserAnswer:
        """Create a user, or return the one that we created before.

        An existing user is not changed, but gets the password with
        ``renew_password``. 1 request, 2 if the name is in use, and 1 for the
        password. Raises Conflict if somebody else has the name, and what the
        cloud raises.
        """

        def work(actions: CloudActions) -> Answer[UserAnswer]:
            identity = actions.identity
            try:
                sighting = identity.create_user(
                    name,
                    domain_id=self.domain_id,
                    password=password,
                    email=email,
                    description=described(MANAGED_USER, description),
                )
            except Conflict as exc:
                domain_id = self.domain_id
                sighting = existing(identity.find_user, name, domain_id, exc)
                if renew_password:
                    sighting = identity.change_user(
                        sighting.observation.ref.id, {"password": password}
                    )
            user = user_of(sighting)
            return Answer(user, [sighting], resource_id=user.id)

        target = Target(self.operations.region(region), "user", "", name)
        arguments = {"email": email} if email else {}
        intent = Intent(target, "user", "create", arguments)
        return self.operations.run(caller, intent, work)[1]

    def change(
        self,
        caller: Caller,
        user_id: str,
        changes: Mapping[str, Any],
        region: str | None = None,
    ) -> UserAnswer:
        """Change ``email``, ``password`` or ``enabled`` of a user.

        1 request, 2 for whom the ledger does not know. Raises NotFound,
        Ambiguous, Invalid if there is nothing to change, Conflict for whom
        we did not create, and what the cloud raises.
        """
        if not changes:
            raise Invalid("body", "there is nothing to change")
        user = self._ours(caller, user_id, region)
        if user.is_gone:
            raise NotFound(f"User {user_id} not found.")

        def work(actions: CloudActions) -> Answer[UserAnswer]:
            sighting = actions.identity.change_user(user_id, changes)
            return Answer(user_of(sighting), [sighting])

        plain = {k: v for k, v in changes.items() if k != "password"}
        arguments = {"changed": sorted(changes), **plain}
        intent = Intent(user.target, "user", "change", arguments)
        return self.operations.run(caller, intent, work)[1]

    def delete(
        self, caller: Caller, user_id: str, region: str | None = None
    ) -> None:
        """Delete a user; that it is gone is no error.

        The last user with a role in a project is not deleted while something
        is left there: nobody could reach it. Requests and errors as in
        ``change``; before them 1, 1 for each project of the user, and those
        of ``Remains.of`` for each where nobody else has a role of ours.
        Raises Unavailable if that can't be asked.
        """
        user = self._ours(caller, user_id, region)
        self._check_nothing_is_stranded(user)

        def work(actions: CloudActions) -> Answer[None]:
            return Answer(None, [actions.identity.delete_user(user_id)])

        intent = Intent(user.target, "user", "delete")
        self.operations.run(caller, intent, work)

    def _check_nothing_is_stranded(self, user: IdentityResource) -> None:
        remainders = self.remains.of_sole_user(
            user.id, user.region, self.roles
        )
        if remainders:
            raise Conflict(
                f"Nobody but {user.name} works where there are "
                f"{in_words(remainders)}: delete that first, or let somebody "
                "else have a role there."
            )

    def _ours(
        self, caller: Caller, user_id: str, region: str | None
    ) -> IdentityResource:
        user = self.lookup.user(caller, user_id, region)
        if not user.is_gone and not is_marked(user.details, MANAGED_USER):
            raise Conflict(
                f"User {user_id} is nobody whom we created: see Keystone."
            )
        return user
