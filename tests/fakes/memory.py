"""What the sync and the refreshes need of a store, in memory."""

from __future__ import annotations

import copy

from concertim_api.services.ledger.ports import Refresh
from tests.fakes.ledger import MemoryStore


class SyncStore(MemoryStore):
    """Passes the same contract tests as the database does."""

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
