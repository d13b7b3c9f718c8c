"""The rows of the event table."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterable

from concertim_api.domain.ledger.observations import Says
from concertim_api.payloads.facts import Facts, Payload

#: Returns the facts in a payload: of one resource, or of any number of them.
#: Raises MALFORMED.
Reader = Callable[[Payload], Facts | Iterable[Facts]]

#: Returns the facts in a payload about one resource. Raises MALFORMED.
ObjectReader = Callable[[Payload], Facts]


@dc.dataclass(frozen=True, slots=True)
class Row:
    """One row of the event table.

    ``at``: the payload's fields with the time of the fact, the best one
    first. Without any of them the time of the notification counts.
    ``is_incomplete``: the event does not have what changed, and the cloud is
    asked for it.
    """

    kind: str
    says: Says
    read: Reader
    at: tuple[str, ...] = ()
    is_incomplete: bool = False
