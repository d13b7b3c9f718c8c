"""A ledger in memory, for the recorder's tests by the hundred thousand."""

from __future__ import annotations

import collections
from types import SimpleNamespace

from concertim_api.domain.ledger.observations import Life


class MemoryStore:
    """The writing half of a store. Passes the ledger's contract tests."""

    def __init__(self):
        self._lives = {}
        self._observations = collections.defaultdict(dict)
        self._periods = collections.defaultdict(dict)
        self._generations = collections.Counter()

    def write(self, work):
        return work(self)

    def lives(self, refs):
        return {ref: self._lives.setdefault(ref, Life()) for ref in refs}

    def receipts(self, ids):
        return {
            (ref, key): self._observations[ref][key].received_at
            for ref, key in ids
            if key in self._observations[ref]
        }

    def add(self, observations):
        for observation in observations:
            self._observations[observation.ref][observation.key] = observation

    def replace(self, observations):
        self.add(observations)
        self._generations.update({o.ref for o in observations})

    def observations(self, refs, limit):
        observations = {}
        for ref in refs:
            limit -= len(self._observations[ref])
            if limit < 0:
                break
            observations[ref] = [*self._observations[ref].values()]
        return observations

    def observed(self, refs):
        return {ref: len(self._observations[ref]) for ref in refs}

    def archive(self, refs, before):
        for ref in refs:
            del self._observations[ref], self._periods[ref]
            self._lives[ref] = self._lives[ref]._replace(archived=True)

    def generation(self, ref):
        return self._generations[ref]

    def periods(self, refs):
        return {ref: self.stored(ref) for ref in refs}

    def save(self, changes):
        for change in changes:
            before = self._lives[change.ref]
            news = before._replace(order=change.life.order) != change.life
            self._generations[change.ref] += bool(
                change.put or change.drop or news
            )
            self._lives[change.ref] = change.life._replace(archived=False)
            periods = self._periods[change.ref]
            for start in change.drop:
                periods.pop(start, None)
            for period in change.put:
                periods[period.start] = period
            assert len([p for p in periods.values() if p.end is None]) <= 1

    def stored(self, ref):
        return sorted(self._periods[ref].values(), key=lambda p: p.start)

    def unfinished(self, limit):
        refs = [ref for ref, life in self._lives.items() if life.unfinished]
        return refs[:limit]

    def history(self, ref):
        row = SimpleNamespace(generation=self._generations[ref])
        return row, self.stored(ref), [*self._observations[ref].values()]
