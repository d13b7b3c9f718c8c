"""The only writer of observed state."""

from __future__ import annotations

import collections
import dataclasses as dc
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from concertim_api.domain.errors import Invalid, Unavailable
from concertim_api.domain.ledger import history, sightings
from concertim_api.domain.ledger import observations as usage
from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.domain.ledger.observations import (
    Life,
    Observation,
    ObservationKey,
    Period,
    Ref,
)
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.ledger.stages import Stage, stages
from concertim_api.services.ledger import archives
from concertim_api.services.ledger.ports import (
    Change,
    Ledger,
    LedgerTransactions,
    StoredHistory,
)

#: Observations that a transaction folds, at most.
OBSERVATIONS = 10_000

#: Periods of one resource that a transaction changes, at most.
PERIODS = 1_000

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")


@dc.dataclass(frozen=True, slots=True)
class RecordedKeys:
    """The keys of the observations of a batch: new ones and repetitions."""

    new: frozenset[ObservationKey] = frozenset()
    known: frozenset[ObservationKey] = frozenset()


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

        They may come in any order, and repeatedly. The newest observation
        of a resource takes a step; any other refolds the resource. Known
        ones are ignored; but one that was received before the stored one,
        and has an earlier date for that, takes its place, as a late one.
        What is too much for one transaction is left to ``refold``: the
        resource is *unfinished* then.

        Up to 1000 observations: 2 statements if nothing is new, 12 at most,
        13 if a copy is replaced.
        Rows: one for each new observation, affected resource and changed
        period, of which a resource has 1000 at most; of refolded resources
        10,000 observations are read at most.

        If one of them can't be stored, it is tried once more without the
        details that are too large.

        Raises Unavailable (nothing stored, try again) or Invalid (nothing
        stored, an observation is unfit).
        """
        batch = usage.distinct(observations)
        if not batch:
            return RecordedKeys()
        return self._write(_record, batch, Observation.trimmed)

    def restore(self, records: Iterable[ArchiveRecord]) -> RecordedKeys:
        """Store the observations of archived resources again, in one
        transaction; what they mean is as it was.

        Of a resource that was archived again since, with more observations,
        nothing is stored: a later record has them all. Cost and errors are
        those of ``record``.
        """
        records = list(records)
        batch = usage.distinct(o for r in records for o in r.observations)
        generations = {record.ref: record.generation for record in records}

        def work(
            ledger: Ledger, batch: Mapping[ObservationKey, Observation]
        ) -> RecordedKeys:
            lives = ledger.lives(generations)
            older = {
                ref
                for ref, generation in generations.items()
                if lives[ref].archived and ledger.generation(ref) > generation
            }
            batch = {k: o for k, o in batch.items() if o.ref not in older}
            return _take(ledger, lives, batch, restores=True)

        return self._write(work, batch, Observation.trimmed)

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

    def refold(
        self, ref: Ref, stored: StoredHistory, pause: Callable[[], None]
    ) -> bool:
        """Make the periods of a resource what its observations mean.

        In stages: each is a transaction of 7 statements and 1000 periods at
        most; ``pause`` is called after it, and may raise an error to end
        the work there. Returns whether the resource is finished: not if
        another changed it meanwhile, or observed it.

        Raises what ``record`` raises; what was written before, stays.
        """
        row, periods, observations = stored
        life, desired = history.fold(observations)
        each = enumerate(stages(periods, desired, PERIODS), row.generation)
        for generation, stage in each:
            facts = ref, generation, life, stage, len(observations)
            is_finished = self._transactions.write(
                functools.partial(_continue, *facts)
            )
            if is_finished is None:
                return False
            pause()
        return bool(is_finished)

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


def _record(
    ledger: Ledger, batch: Mapping[ObservationKey, Observation]
) -> RecordedKeys:
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
            news[fact.id] = fact
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
    batch: Mapping[ObservationKey, Observation],
    *,
    restores: bool = False,
) -> RecordedKeys:
    """Take the new observations of locked resources."""
    absent = {ref for ref, _ in batch if lives[ref].archived}
    if absent and not restores:
        raise archives.archived(min(absent))
    receipts = ledger.receipts(batch.keys())
    known = frozenset(receipts)
    new = [o for id_, o in batch.items() if id_ not in known]
    earlier = [o for id_ in known if _precedes(o := batch[id_], receipts[id_])]
    if not new and not earlier:
        return RecordedKeys(known=known)
    ledger.add(new)
    ledger.replace(earlier)
    facts_by_ref: dict[Ref, list[Observation]] = collections.defaultdict(list)
    for observation in sorted(new, key=lambda o: o.order):
        facts_by_ref[observation.ref].append(observation)
    replaced = {o.ref for o in earlier}
    late = {ref for ref in replaced if not lives[ref].unfinished} | absent
    # A refold that goes on sees that what it read is no longer so.
    changes = [Change(ref, lives[ref]) for ref in replaced - late]
    for ref, facts in facts_by_ref.items():
        if ref not in late and _in_order(lives[ref], facts):
            changes.append(_stepped(ref, lives[ref], facts))
        elif not lives[ref].unfinished:  # else it is refolded anyway
            late.add(ref)
    changes += _refolded(ledger, sorted(late), lives)
    ledger.save(changes)
    return RecordedKeys(frozenset(batch.keys() - known), known)


def _precedes(copy: Observation, received_at: datetime) -> bool:
    """Whether a copy counts, not the stored one, received at a moment."""
    return copy.received_at < received_at and copy.was_ahead


def _in_order(life: Life, facts: Sequence[Observation]) -> bool:
    """Whether a life takes facts in steps, and their periods, with the one
    that they end, are not too many for a transaction."""
    return (
        life.takes(facts[0])
        and len(facts) < PERIODS
        and not any(fact.says in usage.CORRECTIONS for fact in facts)
    )


def _stepped(ref: Ref, life: Life, facts: Iterable[Observation]) -> Change:
    """Take the newest facts of a resource, in their order."""
    before = [life.latest] if life.latest else []
    periods = {period.start: period for period in before}
    life = history.take(life, facts, periods)
    return _change(ref, life, before, [*periods.values()])


def _refolded(
    ledger: Ledger, refs: Sequence[Ref], lives: Mapping[Ref, Life]
) -> list[Change]:
    """Fold resources with late observations, or with corrections: as far as
    one transaction may."""
    if not refs:
        return []
    observations = ledger.observations(refs, OBSERVATIONS)
    stored = ledger.periods(observations)
    changes = [
        Change(ref, lives[ref]._replace(unfinished=True))
        for ref in refs
        if ref not in observations
    ]
    for ref, facts in observations.items():
        life, periods = history.fold(facts)
        stage = next(stages(stored[ref], periods, PERIODS))
        changes.append(_staged(ref, life, stage, stage.is_last))
    return changes


def _continue(
    ref: Ref,
    generation: int,
    life: Life,
    stage: Stage,
    observed: int,
    ledger: Ledger,
) -> bool | None:
    """Write a stage of what so many observations mean; return whether the
    resource is finished. None: another changed it since it was read."""
    ledger.lives([ref])
    if ledger.generation(ref) != generation:
        return None
    is_finished = stage.is_last and ledger.observed([ref])[ref] == observed
    ledger.save([_staged(ref, life, stage, is_finished)])
    return is_finished


def _staged(ref: Ref, life: Life, stage: Stage, is_finished: bool) -> Change:
    life = life._replace(unfinished=not is_finished)
    return _change(ref, life, stage.before, stage.after)


def _change(
    ref: Ref, life: Life, before: Iterable[Period], after: Iterable[Period]
) -> Change:
    """Return how a resource gets from some periods to others."""
    dropped = {period.start: period for period in before}
    replaced, put = [], []
    for period in after:
        stored = dropped.pop(period.start, None)
        if stored != period:
            put.append(period)
            if stored is not None:
                replaced.append(stored)
    replaced += dropped.values()
    return Change(
        ref,
        life,
        put,
        [*dropped],
        since=usage.first_difference(replaced, put),
        projects={period.project_id for period in (*replaced, *put)},
    )
