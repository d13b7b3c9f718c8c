"""Sightings: resources as a listing shows them, and what is new in them.

Most of a listing is known already. Only a difference becomes an observation:
a full sync of an unchanged cloud writes nothing.
"""

from __future__ import annotations

import dataclasses as dc
import hashlib
from datetime import datetime, timedelta

from concertim_api.domain.ledger.observations import (
    Life,
    Observation,
    Ref,
    merge_shapes,
    update_details,
)

#: How long a listing may show a resource after its deletion. One that it
#: shows later is there again.
LAG = timedelta(minutes=1)


@dc.dataclass(frozen=True, slots=True)
class Sighting:
    """A resource as a listing shows it.

    ``observation.at``: the moment of the listing; for *gone*, of the end.
    ``changed_at``: when the resource last changed, as the cloud says.
    """

    observation: Observation
    changed_at: datetime | None = None

    def trimmed(self) -> Sighting:
        """Return it without the details that are too large to be kept."""
        return dc.replace(self, observation=self.observation.trimmed())


def key_of(prefix: str, ref: Ref, at: datetime) -> str:
    """Return the key of an observation of a resource at a moment."""
    text = "\n".join((*ref, at.isoformat()))
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{prefix}/{digest}"


def absence(
    ref: Ref, at: datetime, source: str, prefix: str | None = None
) -> Sighting:
    """Return the sighting of a resource that is not there.

    ``prefix`` is that of the key; without it, the source is.
    """
    return Sighting(
        Observation(
            ref=ref,
            at=at.replace(microsecond=0),
            reported_at=at,
            received_at=at,
            key=key_of(prefix or source, ref, at),
            says="absent",
            source=source,
        )
    )


def news(life: Life, sighting: Sighting) -> Observation | None:
    """Return the observation that a sighting adds to a life, or None.

    If ``changed_at`` is later than the newest observation, the change has
    that date: so a sync has the second of a resize without its event. Other
    changes, which do not move that date, have the date of the sighting.
    """
    observation = sighting.observation
    if observation.says == "gone":
        return observation if _is_end(life, observation) else None
    if observation.says == "absent":
        return observation if life.runs else None
    if life.ended == "gone":
        return _restoration(life, observation)
    if life.runs and not _differs(life, observation):
        return None
    changed_at = sighting.changed_at
    if changed_at and life.order.at < changed_at <= observation.at:
        return dc.replace(observation, at=changed_at)
    return observation


def _is_end(life: Life, observation: Observation) -> bool:
    if life.ended == "gone":
        return False
    return life.start is not None or observation.since is not None


def _restoration(life: Life, observation: Observation) -> Observation | None:
    """Return the restoration of a resource that is shown after its end."""
    gone_at = life.end if life.end is not None else life.order.at
    if observation.at - gone_at <= LAG:
        return None
    return dc.replace(observation, says="restored", since=None)


def _differs(life: Life, observation: Observation) -> bool:
    return (
        merge_shapes(life.shape, observation.shape) != life.shape
        or update_details(life.details, observation.details) != life.details
        or (observation.project_id or life.project_id) != life.project_id
    )
