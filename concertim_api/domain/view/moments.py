"""The facts of a moment, from the record of a resource."""

from __future__ import annotations

import bisect
import dataclasses as dc
import operator
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
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

_MOMENT = operator.itemgetter(0)
_START = operator.attrgetter("start")

_NEVER = datetime.max.replace(tzinfo=UTC)


class ResourceRecord(NamedTuple):
    """The periods of a resource, the oldest first, and its observations.

    A resource that was first observed long after its start is shown as its
    first observation says, from its start on. So is a name that came late,
    but not to who had it before a transfer.
    """

    ref: Ref
    periods: Sequence[Period]
    observations: Sequence[Observation] = ()

    def at(self, moment: datetime) -> Fact | None:
        """Return the fact of a moment; None: there was no resource."""
        fact = self._fact(self._details({"name"}), moment)
        if fact is None:
            return None
        reports = (o.reported_at for o in self.observations if o.at <= moment)
        return dc.replace(fact, updated_at=max(reports, default=fact.start))

    def details_at(self, moment: datetime) -> Attributes:
        """Return the details of a moment, whether it was there or not.

        A detail that was observed only later counts from the start on.
        """
        names = {name for o in self.observations for name in o.details}
        return _latest(self._details(names), moment)

    def changes(self) -> Iterator[tuple[datetime, Fact | None]]:
        """Yield each moment of a change, and the fact from then on.

        None: there was no resource.
        """
        details = self._details({"name"})
        moments = {at for at, _ in details}
        moments.update(period.start for period in self.periods)
        moments.update(period.end for period in self.periods if period.end)
        for moment in sorted(moments):
            yield moment, self._fact(details, moment)

    def _details(
        self, early: AbstractSet[str]
    ) -> list[tuple[datetime, Attributes]]:
        """Return moments, and the details from each of them on.

        ``early``: the names of details whose first value counts from the
        start on, unless another project had it then.
        """
        facts = sorted(
            corrections.cloud_facts(self.observations), key=lambda o: o.order
        )
        transferred_at = self._transferred_at()
        details: Attributes = {
            name: fact.details[name]
            for fact in reversed(facts)
            for name in early & fact.details.keys()
            if fact.at < transferred_at
        }
        moments = []
        for fact in facts:
            if fact.says in usage.OF_LIFE:
                details = usage.update_details(details, fact.details)
                moments.append((fact.at, details))
        if not moments:  # only the end was observed
            moments = [(fact.at, fact.details) for fact in facts[-1:]]
        return moments

    def _transferred_at(self) -> datetime:
        """Return when it came to its second project."""
        owners = [(p.project_id, p.start) for p in self.periods]
        first = next((owner for owner, _ in owners if owner), None)
        later = (at for owner, at in owners if owner not in (None, first))
        return next(later, _NEVER)

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
