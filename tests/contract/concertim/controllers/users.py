"""Users."""

from __future__ import annotations

import dataclasses as dc

from tests.contract.concertim import coercions as to
from tests.contract.concertim import errors, parameters, validations
from tests.contract.concertim.controllers.base import find, keep
from tests.contract.concertim.controllers.teams import mark
from tests.contract.concertim.permissions import require

#: Still permitted, though users have had no such columns for long.
_GONE = (
    "project_id",
    "cost",
    "credits",
    "billing_acct_id",
    "billing_period_start",
    "billing_period_end",
)
_COLUMNS = {"cloud_user_id": to.text}


def index(call):
    return [
        call.show.user(user)
        for user in call.model.users.values()
        if call.may.updates(user)
    ]


def current(call):
    return call.show.user(call.user)


def update(call, id):
    user = find(call.model.users, id)
    require(call.may.updates(user))
    params = parameters.require(call.body, "user")
    if not call.user.root:
        return call.show.user(user)
    for name in parameters.scalars(params, _GONE):
        raise errors.crash(f"unknown attribute '{name}' for User.")
    sent = parameters.scalars(params, _COLUMNS)
    row = dc.replace(user, **parameters.cast(_COLUMNS, sent))
    found = validations.user(call.model, row)
    return call.show.user(keep(call, row, found))


def delete(call, id):
    """Mark a user, and end its sessions."""
    user = find(call.model.users, id)
    require(call.may.deletes(user))
    teams = [role.team_id for role in call.model.roles_of(id)]
    if any(map(call.model.racks_of, teams)) and not call.recurse:
        raise errors.unprocessable("Cannot delete user as they have racks")
    mark(call, user, "user")
    call.sessions.revoke(id)
    return {}
