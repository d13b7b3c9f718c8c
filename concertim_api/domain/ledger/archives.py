"""Archives: what is kept of resources that ended long ago, outside."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence

from concertim_api.domain.ledger.observations import Observation, Ref


@dc.dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """The observations of a resource, all of them or a part.

    Its periods are what they mean, so no record has periods. ``generation``:
    how often the resource had changed; of two records of one resource, the
    greater one is the later.
    """

    ref: Ref
    generation: int
    observations: Sequence[Observation]
