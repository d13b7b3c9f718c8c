"""The rows of the event table."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterable

from concertim_api.domain.ledger.observations import Says
from concertim_api.payloads.facts import Facts, Payload

#: Returns what a payload says: of one resource, or of some, or of none.
Reader = Callable[[Payload], Facts | Iterable[Facts]]

#: Returns what a payload says of one resource.
ObjectReader = Callable[[Payload], Facts]


@dc.dataclass(frozen=True, slots=True)
class Row:
    """One row of the event table.

    ``at`` names the payload's fact dates, the best one first. Where none of
    them is there, the time of the notification counts. ``lacks``: the event
    says that something changed, but not what; the cloud is asked for it.
    """

    kind: str
    says: Says
    read: Reader
    at: tuple[str, ...] = ()
    lacks: bool = False
