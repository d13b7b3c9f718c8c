"""The only writer of observed state."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from concertim_api.domain.errors import Invalid, Unavailable
from concertim_api.domain.ledger import history, sightings
from concertim_api.domain.ledger import observations as usage
from concertim_api.domain.ledger.observations import (
    Life,
    Observation,
    Period,
    Ref,
)
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.ledger.ports import (
    Change,
    Ledger,
    LedgerTransactions,
)

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")


@dc.dataclass(frozen=True, slots=True)
class RecordedKeys:
    """The keys of the observations of a batch: new ones and repetitions."""

    new: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


@dc.dataclass(frozen=True, slots=True)
class ReconcileCounts:
    """What came of sightings: each counts in one of these fields.

    *new*: the resource was not known; *changed*: it was known to be
    different; *gone* and *absent*: it was thought to exist.
    """

    new: int = 0
    changed: int = 0
    gone: int = 0
    absent: int = 0
    unchanged: int = 0


class _Rehearsed(Exception):
    """Ends the transaction of a dry run; has its outcome."""

    def __init__(self, outcome: ReconcileCounts) -> None:
        super().__init__()
        self.outcome = outcome


class Recorder:
    def __init__(self, transactions: LedgerTransactions) -> None:
        self._transactions = transactions

    def record(self, observations: Iterable[Observation]) -> RecordedKeys:
        """Store observations and the periods that they make, in one
        transaction.

        They may come in any order, and repeatedly. Known keys are ignored.
        The newest observation of a resource takes a step; any other refolds
        the resource.

        Up to 1000 observations: 2 statements if nothing is new, 12 at most.
        Rows: one for each new observation, affected resource and changed
        period; of a refolded resource all observations are read.

        If one of them can't be stored, it is tried once more without the
        details that are too large.

        Raises Unavailable (nothing stored, try again) or Invalid (nothing
        stored, an observation is unfit).
        """
        batch = {o.key: o for o in observations}
        if not batch:
            return RecordedKeys()
        return self._write(_record, batch, Observation.trimmed)

    def reconcile(
        self, listed: Iterable[Sighting], *, dry_run: bool = False
    ) -> ReconcileCounts:
        """Store what sightings add to the ledger, in one transaction.

        Repetitions are not stored. With ``dry_run`` nothing is stored; the
        outcome is the same.

        Up to 1000 sightings: 1 statement if nothing is news, else as many
        as ``record``. Raises what ``record`` raises.
        """
        batch = {sighting.observation.ref: sighting for sighting in listed}
        if not batch:
            return ReconcileCounts()

        def work(
            ledger: Ledger, batch: Mapping[Ref, Sighting]
        ) -> ReconcileCounts:
            outcome = _reconcile(ledger, batch)
            if dry_run:
                raise _Rehearsed(outcome)
            return outcome

        try:
            return self._write(work, batch, Sighting.trimmed)
        except _Rehearsed as rehearsed:
            return rehearsed.outcome

    def _write(
        self,
        work: Callable[[Ledger, Mapping[K, T]], R],
        batch: Mapping[K, T],
        trim: Callable[[T], T],
    ) -> R:
        try:
            return self._transactions.write(lambda ledger: work(ledger, batch))
        except Invalid:
            trimmed = {key: trim(item) for key, item in batch.items()}
            if trimmed == batch:
                raise
        return self._transactions.write(lambda ledger: work(ledger, trimmed))


def in_parts(
    work: Callable[[Sequence[T]], R], batch: Sequence[T]
) -> tuple[list[R], list[tuple[T, Exception]]]:
    """Do work on a batch; where that fails, on each half of it.

    Returns the results of the parts that succeeded, in their order, and the
    items that fail even alone, each with its error. One bad item of n costs
    about 2 log2(n) calls more; n bad ones 2 n.

    Raises Unavailable: the fault is no item's.
    """
    if not batch:
        return [], []
    try:
        return [work(batch)], []
    except Unavailable:
        raise
    except Exception as exc:  # whatever an item holds, the others go on
        if len(batch) == 1:
            return [], [(batch[0], exc)]
    middle = len(batch) // 2
    results, failures = in_parts(work, batch[:middle])
    more_results, more_failures = in_parts(work, batch[middle:])
    return results + more_results, failures + more_failures


def _record(ledger: Ledger, batch: Mapping[str, Observation]) -> RecordedKeys:
    lives = ledger.lives({o.ref for o in batch.values()})
    return _take(ledger, lives, batch)


def _reconcile(
    ledger: Ledger, batch: Mapping[Ref, Sighting]
) -> ReconcileCounts:
    lives = ledger.lives(batch.keys())
    counts: collections.Counter[str] = collections.Counter()
    news = {}
    for ref, sighting in batch.items():
        fact = sightings.news(lives[ref], sighting)
        counts[_kind_of_news(lives[ref], fact)] += 1
        if fact is not None:
            news[fact.key] = fact
    if news:
        _take(ledger, lives, news)
    return ReconcileCounts(**counts)


def _kind_of_news(life: Life, fact: Observation | None) -> str:
    if fact is None:
        return "unchanged"
    if fact.says in ("gone", "absent"):
        return fact.says
    return "new" if life.start is None else "changed"


def _take(
    ledger: Ledger,
    lives: Mapping[Ref, Life],
    batch: Mapping[str, Observation],
) -> RecordedKeys:
    """Take the new observations of locked resources."""
    stored = frozenset(ledger.stored_keys(batch.keys()))
    new = [o for key, o in batch.items() if key not in stored]
    if not new:
        return RecordedKeys(known=stored)
    ledger.add(new)
    facts_by_ref: dict[Ref, list[Observation]] = collections.defaultdict(list)
    for observation in sorted(new, key=lambda o: o.order):
        facts_by_ref[observation.ref].append(observation)
    late, changes = [], []
    for ref, facts in facts_by_ref.items():
        if _in_order(lives[ref], facts):
            changes.append(_stepped(ref, lives[ref], facts))
        else:
            late.append(ref)
    changes += _refolded(ledger, late)
    ledger.save(changes)
    return RecordedKeys(frozenset(o.key for o in new), stored)


def _in_order(life: Life, facts: Sequence[Observation]) -> bool:
    return life.takes(facts[0]) and not any(
        fact.says in usage.CORRECTIONS for fact in facts
    )


def _stepped(ref: Ref, life: Life, facts: Iterable[Observation]) -> Change:
    """Take the newest facts of a resource, in their order."""
    before = [life.latest] if life.latest else []
    periods = {period.start: period for period in before}
    life = history.take(life, facts, periods)
    return _change(ref, life, before, [*periods.values()])


def _refolded(ledger: Ledger, refs: Sequence[Ref]) -> list[Change]:
    """Fold resources with late observations, or with corrections."""
    if not refs:
        return []
    observations = ledger.observations(refs)
    stored = ledger.periods(refs)
    changes = []
    for ref in refs:
        life, periods = history.fold(observations[ref])
        changes.append(_change(ref, life, stored.get(ref, []), periods))
    return changes


def _change(
    ref: Ref, life: Life, before: Iterable[Period], after: Iterable[Period]
) -> Change:
    """Return how a resource gets from some periods to others."""
    old = {period.start: period for period in before}
    new = {period.start: period for period in after}
    put = [p for start, p in new.items() if old.get(start) != p]
    drop = [start for start in old if start not in new]
    starts = (*drop, *(period.start for period in put))
    replaced = [old[start] for start in starts if start in old]
    return Change(
        ref,
        life,
        put,
        drop,
        since=usage.first_difference(replaced, put),
        projects={period.project_id for period in (*replaced, *put)},
    )
