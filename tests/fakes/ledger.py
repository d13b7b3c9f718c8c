"""A ledger in memory, for the recorder's tests by the hundred thousand."""

from __future__ import annotations

import collections

from concertim_api.domain.ledger.observations import Life


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
