"""Teams: they come with the sign-up, so only change and go here."""

from __future__ import annotations

import dataclasses as dc

from tests.contract.concertim import errors, parameters, validations
from tests.contract.concertim.controllers.base import find, keep
from tests.contract.concertim.permissions import require


def index(call):
    return [
        call.show.team(team)
        for team in call.model.teams.values()
        if call.may.reads(team.id)
    ]


def update(call, id):
    team = find(call.model.teams, id)
    require(call.user.root)
    params = parameters.require(call.body, "team")
    sent = parameters.scalars(params, call.flavour.team)
    row = dc.replace(team, **parameters.cast(call.flavour.team, sent))
    found = validations.team(call.model, row, team, sent, call.today)
    return call.show.team(keep(call, row, found))


def delete(call, id):
    """Mark a team; it goes when the cloud has let it go."""
    team = find(call.model.teams, id)
    require(call.user.root)
    if call.model.racks_of(id) and not call.recurse:
        raise errors.unprocessable("Cannot delete team as it has racks")
    mark(call, team, "team")
    return {}


def mark(call, row, kind):
    """Note that a team or user is to be deleted, once."""
    if not call.model.cloud_configured:
        raise errors.unprocessable("No cloud environment has been configured")
    if not row.deleted_at:
        call.model.put(dc.replace(row, deleted_at=call.now))
        call.model.jobs.append((kind, row.id))
