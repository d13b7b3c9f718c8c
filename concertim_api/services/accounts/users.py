"""Users: created, changed and deleted in Keystone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.domain.errors import Conflict, Invalid, NotFound
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.team_roles import TeamRoles
from concertim_api.services.accounts.answers import (
    MANAGED_USER,
    FreshUser,
    described,
    is_managed,
    user_of,
)
from concertim_api.services.accounts.lookup import (
    Knowledge,
    Known,
    is_marked,
)
from concertim_api.services.accounts.remains import Remains, in_words
from concertim_api.services.cloud.acting import (
    Caller,
    CloudActions,
    IdentityActions,
)
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
)


class UserActions:
    """Nobody is changed or deleted whom we did not create.

    ``domain_id``: the domain of Keystone that users are created in.
    Passwords go to Keystone, and nowhere else.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        operations: Operations,
        remains: Remains,
        roles: TeamRoles,
        domain_id: str,
    ) -> None:
        self._knowledge = knowledge
        self._operations = operations
        self._remains = remains
        self._roles = roles
        self._domain_id = domain_id

    def create(
        self,
        caller: Caller,
        name: str,
        *,
        email: str | None = None,
        password: str | None = None,
        description: str | None = None,
        region: str | None = None,
    ) -> FreshUser:
        """Create a user, or return the one that we created before.

        That one is left as it is, its password too. 1 request, 2 if the
        name is taken. Raises Conflict if somebody else has it, and what an
        operator does.
        """

        def work(actions: CloudActions) -> Answer[FreshUser]:
            identity = actions.identity
            try:
                seen = identity.create_user(
                    name,
                    domain_id=self._domain_id,
                    password=password,
                    email=email,
                    description=described(MANAGED_USER, description),
                )
            except Conflict as exc:
                seen = self._existing(identity, name, exc)
            user = user_of(seen)
            return Answer(user, [seen], resource_id=user.id)

        _, user = self._operations.run(
            caller,
            Intent(
                noun="user",
                action="create",
                kind="user",
                region=self._operations.region(region),
                name=name,
                arguments={"email": email} if email else {},
            ),
            work,
        )
        return user

    def change(
        self,
        caller: Caller,
        user_id: str,
        changes: Mapping[str, Any],
        region: str | None = None,
    ) -> FreshUser:
        """Change ``email``, ``password`` or ``enabled`` of a user.

        1 request, 2 for whom the ledger does not know. Raises NotFound,
        Ambiguous, Invalid if there is nothing to change, Conflict for whom
        we did not create, and what the cloud raises.
        """
        if not changes:
            raise Invalid("body", "there is nothing to change")
        known = self._ours(caller, user_id, region)
        if known.is_gone:
            raise NotFound(f"User {user_id} not found.")

        def work(actions: CloudActions) -> Answer[FreshUser]:
            seen = actions.identity.change_user(user_id, changes)
            return Answer(user_of(seen), [seen])

        told = {k: v for k, v in changes.items() if k != "password"}
        intent = self._intent(
            "change", known, {"changed": sorted(changes), **told}
        )
        _, user = self._operations.run(caller, intent, work)
        return user

    def delete(
        self, caller: Caller, user_id: str, region: str | None = None
    ) -> None:
        """Delete a user; who is gone already, is.

        Not the last one who works in a project in which something is left:
        nobody could get at that. Requests, and what is raised, as ``change``
        tells; before them 1, 1 for each project of the user's, and those of
        ``Remains.of`` for each where nobody else has a role of ours. Raises
        Unavailable if that can't be asked.
        """
        known = self._ours(caller, user_id, region)
        self._check_nothing_is_stranded(known)

        def work(actions: CloudActions) -> Answer[None]:
            return Answer(None, [actions.identity.delete_user(user_id)])

        self._operations.run(caller, self._intent("delete", known), work)

    def _check_nothing_is_stranded(self, known: Known) -> None:
        remainders = self._remains.of_nobody_but(
            known.id, known.region, self._roles
        )
        if remainders:
            raise Conflict(
                f"Nobody but {known.name} works where there are "
                f"{in_words(remainders)}: delete that first, or let somebody "
                "else have a role there."
            )

    def _existing(
        self, identity: IdentityActions, name: str, exc: Conflict
    ) -> Sighting:
        """Return whom we created before, under a name that is taken."""
        found = identity.find_user(name, self._domain_id)
        if found is None:
            raise exc
        if not is_managed(found, MANAGED_USER, name):
            raise Conflict(
                f"Keystone has a user {name} whom we did not create."
            )
        return found

    def _ours(self, caller: Caller, user_id: str, region: str | None) -> Known:
        known = self._knowledge.user(caller, user_id, region)
        if not known.is_gone and not is_marked(known):
            raise Conflict(
                f"User {user_id} is nobody whom we created: see Keystone."
            )
        return known

    def _intent(
        self,
        action: str,
        known: Known,
        arguments: Mapping[str, Any] | None = None,
    ) -> Intent:
        return Intent(
            noun="user",
            action=action,
            kind="user",
            region=known.region,
            resource_id=known.id,
            name=known.name,
            arguments=arguments or {},
        )
