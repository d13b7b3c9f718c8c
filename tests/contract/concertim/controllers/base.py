"""What every action is given."""

from __future__ import annotations

import dataclasses as dc

from tests.contract.concertim import errors
from tests.contract.concertim.flavours import Flavour
from tests.contract.concertim.model import Model
from tests.contract.concertim.presenters import Presenter


@dc.dataclass
class Call:
    """One request of root."""

    model: Model
    flavour: Flavour
    show: Presenter
    body: dict


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
