"""What a look at the cloud says of one resource."""

from __future__ import annotations

from collections.abc import Sequence

from concertim_api.domain.ledger.kinds import state_of
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.operations import Seen


def seen_in(sightings: Sequence[Sighting], ref: Ref) -> Seen | None:
    """Return what the cloud answered about a resource, all of it."""
    for sighting in sightings:
        told = sighting.observation
        if told.ref == ref:
            return Seen(
                state=state_of(told.shape, told.details),
                details=told.details,
                shape=told.shape,
                said_at=told.reported_at,
                ended=told.says in ("gone", "absent"),
                whole=True,
            )
    return None
