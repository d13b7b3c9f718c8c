"""What a listing shows, and which of it is news.

A listing repeats what is known. Only what differs becomes an observation:
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
    merged,
    updated,
)

#: A listing may lag behind a deletion for as long; what it shows of a
#: deleted resource afterwards, is there again.
LAG = timedelta(minutes=1)


@dc.dataclass(frozen=True, slots=True)
class Sighting:
    """A resource as a listing shows it, when it was asked for.

    ``observation.at`` is that moment, or the end of what is *gone*.
    ``changed_at``: when the cloud last changed it, as the cloud itself says.
    """

    observation: Observation
    changed_at: datetime | None = None


def key_of(prefix: str, ref: Ref, at: datetime) -> str:
    """Return the key of what is seen of a resource at a moment."""
    text = "\n".join((*ref, at.isoformat()))
    digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{prefix}/{digest}"


def absent(
    ref: Ref, at: datetime, source: str, prefix: str | None = None
) -> Sighting:
    """Return that a resource is not there; ``prefix``: of the key, if that
    is not the source."""
    return Sighting(
        Observation(
            ref=ref,
            at=at.replace(microsecond=0),
            reported_at=at,
            key=key_of(prefix or source, ref, at),
            says="absent",
            source=source,
        )
    )


def news(life: Life, sighting: Sighting) -> Observation | None:
    """Return what a sighting adds to what is known; None: nothing.

    A change that nobody told us of is dated at ``changed_at``, when that is
    later than all we heard: so even a sync finds the second of a resize.
    Otherwise (not everything moves that date) it holds from the moment of
    the sighting on.
    """
    seen = sighting.observation
    if seen.says == "gone":
        return seen if _is_news_of_an_end(life, seen) else None
    if seen.says == "absent":
        return seen if life.runs else None
    if life.ended == "gone":
        return _again(life, seen)
    if life.runs and not _differs(life, seen):
        return None
    changed = sighting.changed_at
    if changed is not None and life.order.at < changed <= seen.at:
        return dc.replace(seen, at=changed)
    return seen


def _is_news_of_an_end(life: Life, seen: Observation) -> bool:
    if life.ended == "gone":
        return False
    return life.start is not None or seen.since is not None


def _again(life: Life, seen: Observation) -> Observation | None:
    """Return the restoration of what is shown long after it was gone."""
    gone_at = life.end if life.end is not None else life.order.at
    if seen.at - gone_at <= LAG:
        return None
    return dc.replace(seen, says="restored", since=None)


def _differs(life: Life, seen: Observation) -> bool:
    return (
        merged(life.shape, seen.shape) != life.shape
        or updated(life.details, seen.details) != life.details
        or (seen.project_id or life.project_id) != life.project_id
    )
