"""A ledger in memory, for the recorder's tests by the hundred thousand."""

from __future__ import annotations

import collections
import copy

from concertim_api.domain.ledger.observations import Life
from concertim_api.services.ledger.ports import Refresh


class MemoryStore:
    """The writing half of a store. Passes the ledger's contract tests."""

    def __init__(self):
        self._lives = {}
        self._observations = collections.defaultdict(dict)
        self._periods = collections.defaultdict(dict)
        self._keys = set()

    def write(self, work):
        return work(self)

    def lives(self, refs):
        return {ref: self._lives.setdefault(ref, Life()) for ref in refs}

    def stored_keys(self, keys):
        return self._keys & set(keys)

    def add(self, observations):
        for observation in observations:
            self._keys.add(observation.key)
            self._observations[observation.ref][observation.key] = observation

    def observations(self, refs):
        return {ref: list(self._observations[ref].values()) for ref in refs}

    def periods(self, refs):
        return {ref: self.stored(ref) for ref in refs}

    def save(self, changes):
        for change in changes:
            self._lives[change.ref] = change.life
            periods = self._periods[change.ref]
            for start in change.drop:
                periods.pop(start, None)
            for period in change.put:
                periods[period.start] = period
            assert sum(p.end is None for p in periods.values()) <= 1

    def stored(self, ref):
        return sorted(self._periods[ref].values(), key=lambda p: p.start)


class SyncStore(MemoryStore):
    """What the sync and the refreshes need, too. A write is whole or not."""

    def __init__(self):
        super().__init__()
        self.asked = {}

    def write(self, work):
        kept = {k: v for k, v in vars(self).items() if k.startswith("_")}
        kept = copy.deepcopy(kept)
        try:
            return work(self)
        except Exception:
            vars(self).update(kept)
            raise

    def running(self, region, kind):
        return {
            ref.id: life.order.reported_at
            for ref, life in self._lives.items()
            if (ref.region, ref.kind) == (region, kind) and life.runs
        }

    def read_marks(self, region):
        return {}

    def ask(self, refs, now):
        for ref in refs:
            self.asked[ref] = (Refresh(ref, now, 0), now)
        return len(refs)

    def due(self, now, limit):
        found = [
            r for r, not_before in self.asked.values() if not_before <= now
        ]
        return sorted(found, key=lambda r: (r.asked_at, r.ref))[:limit]

    def answered(self, refresh):
        if self.asked[refresh.ref][0].asked_at == refresh.asked_at:
            del self.asked[refresh.ref]

    def postponed(self, refresh, not_before, error):
        self.asked[refresh.ref] = (
            Refresh(refresh.ref, refresh.asked_at, refresh.attempts + 1),
            not_before,
        )
