"""Facts of a moment, out of all that the ledger keeps of a resource."""

from __future__ import annotations

import bisect
import dataclasses as dc
import operator
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

from concertim_api.domain.ledger import corrections
from concertim_api.domain.ledger import observations as usage
from concertim_api.domain.ledger.observations import (
    Attributes,
    Observation,
    Period,
    Ref,
)
from concertim_api.domain.view.model import Fact

_LIFE = ("alive", "restored")
_MOMENT = operator.itemgetter(0)
_START = operator.attrgetter("start")


class ResourceRecord(NamedTuple):
    """The periods of a resource, the oldest first, and its observations.

    A resource that was first observed long after its start is shown as its
    first observation says, from its start on. So is a name that came late.
    """

    ref: Ref
    periods: Sequence[Period]
    observations: Sequence[Observation] = ()

    def at(self, moment: datetime) -> Fact | None:
        """Return what it was at a moment; None: it was not there."""
        fact = self._fact(self._details({"name"}), moment)
        if fact is None:
            return None
        heard = (o.reported_at for o in self.observations if o.at <= moment)
        return dc.replace(fact, updated_at=max(heard, default=fact.start))

    def details_at(self, moment: datetime) -> Attributes:
        """Return what is known of it at a moment, there or not; what was
        told of it only later counts from the beginning on."""
        ever = {name for o in self.observations for name in o.details}
        return _latest(self._details(ever), moment)

    def changes(self) -> Iterator[tuple[datetime, Fact | None]]:
        """Yield what it was from each moment on at which something was said
        of it, or became of it; None: it was not there."""
        details = self._details({"name"})
        moments = {at for at, _ in details}
        moments.update(period.start for period in self.periods)
        moments.update(period.end for period in self.periods if period.end)
        for moment in sorted(moments):
            yield moment, self._fact(details, moment)

    def _details(
        self, early: AbstractSet[str]
    ) -> list[tuple[datetime, Attributes]]:
        """Return the details from each moment on at which some were told.

        ``early``: those that were so from the beginning on, whenever they
        were told first.
        """
        facts = sorted(
            corrections.cloud_facts(self.observations), key=lambda o: o.order
        )
        known: Attributes = {
            name: fact.details[name]
            for fact in reversed(facts)
            for name in early & fact.details.keys()
        }
        found = []
        for fact in facts:
            if fact.says in _LIFE:
                known = usage.update_details(known, fact.details)
                found.append((fact.at, known))
        if not found:  # it is known by its end alone
            found = [(fact.at, fact.details) for fact in facts[-1:]]
        return found

    def _fact(
        self, details: Sequence[tuple[datetime, Attributes]], moment: datetime
    ) -> Fact | None:
        place = bisect.bisect_right(self.periods, moment, key=_START) - 1
        period = self.periods[place] if place >= 0 else None
        if period is None or (period.end and period.end <= moment):
            return None
        return Fact(
            ref=self.ref,
            project_id=period.project_id,
            shape=period.shape,
            details=_latest(details, moment),
            start=self.periods[0].start,
        )


def _latest(
    details: Sequence[tuple[datetime, Attributes]], moment: datetime
) -> Attributes:
    place = bisect.bisect_right(details, moment, key=_MOMENT)
    return details[max(place - 1, 0)][1] if details else {}
