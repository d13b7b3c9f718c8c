"""Who may do what."""

from __future__ import annotations

from tests.contract.concertim import errors


class Abilities:
    """What one user may do."""

    def __init__(self, model, user):
        self.user = user
        self._roles = {
            role.team_id: role.role for role in model.roles_of(user.id)
        }

    def reads(self, team_id):
        """Tell whether a team's things may be seen."""
        return self.user.root or team_id in self._roles

    def manages(self, team_id):
        """Tell whether a team's racks and devices may be changed."""
        return self.user.root or self._roles.get(team_id) == "admin"

    def updates(self, user):
        return self.user.root or self.user.id == user.id

    def deletes(self, user):
        return self.user.root and not user.root


def require(allowed):
    """Raise Refused (403) unless it is allowed."""
    if not allowed:
        raise errors.forbidden()
