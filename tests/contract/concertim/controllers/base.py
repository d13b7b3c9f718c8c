"""What every action is given."""

from __future__ import annotations

import dataclasses as dc
from datetime import UTC, date, datetime

from tests.contract.concertim import coercions, errors
from tests.contract.concertim.flavours import Flavour
from tests.contract.concertim.model import Model, User
from tests.contract.concertim.permissions import Abilities
from tests.contract.concertim.presenters import Presenter
from tests.contract.concertim.sessions import Sessions


@dc.dataclass
class Call:
    """One request of one user."""

    model: Model
    flavour: Flavour
    sessions: Sessions
    show: Presenter
    user: User
    may: Abilities
    body: dict
    query: dict
    now: float

    @property
    def recurse(self):
        return bool(coercions.boolean(self.query.get("recurse")))

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.now, UTC).date()


def find(table, row_id):
    """Return the row with an id. Raises Refused without one (404)."""
    if row_id not in table:
        raise errors.not_found()
    return table[row_id]


def keep(call, row, found, show="messages"):
    """Keep a row that is valid. Raises Refused with what is wrong (422)."""
    if found:
        raise errors.Refused(422, getattr(found, show)())
    return call.model.put(row)
