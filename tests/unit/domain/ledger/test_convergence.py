"""The convergence law: periods are a function of the set of observations."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger import history
from concertim_api.domain.ledger import observations as usage
from concertim_api.services.ledger.recorder import Recorder
from tests.fakes.ledger import MemoryStore
from tests.properties import examples, share
from tests.unit.domain.ledger import histories
from tests.unit.domain.ledger.histories import REF, SECONDS, by_second, second


def states(observations):
    """Return the state in each second, as the plan defines it.

    An oracle: slow, without steps, without periods.
    """
    by_receipt = sorted(observations, key=lambda o: o.received_at)
    first = {o.key: o for o in reversed(by_receipt)}
    facts = sorted(first.values(), key=lambda o: o.order)
    facts = [
        fact
        for n, fact in enumerate(facts)
        if fact.says != "absent"
        or all(later.says == "absent" for later in facts[n + 1 :])
    ]
    return {
        n: state
        for n in SECONDS
        if (state := _state_at(facts, second(n))) is not None
    }


def _state_at(facts, at):
    project_id, shape, alive, gone = None, {}, False, False
    for n, fact in enumerate(facts):
        first = n == _first(facts)
        begins = min(fact.at, fact.since or fact.at) if first else fact.at
        if begins > at:
            break
        if fact.says == "gone":
            unseen = n == _first(facts) and fact.since and fact.since < fact.at
            if unseen and at < fact.at:
                return fact.project_id, dict(fact.shape)
            alive, gone = False, True
            if n == _first(facts):
                project_id, shape = fact.project_id, fact.shape
        elif fact.says == "absent":
            alive = False
        elif not gone or fact.says == "restored":
            alive, gone = True, False
            project_id = fact.project_id or project_id
            before = shape
            shape = {**shape, **fact.shape}
            if fact.says == "mentioned" and "flavor" in before:
                shape["flavor"] = before["flavor"]
    return (project_id, dict(shape)) if alive else None


def _first(facts):
    """The fact that begins the first life: absences tell of none."""
    return next((n for n, f in enumerate(facts) if f.says != "absent"), None)


@given(histories.histories())
@examples(3000)
def test_periods_say_what_was_told_of_each_second(observations):
    assert by_second(history.fold(observations).periods) == states(
        observations
    )


@given(histories.histories(corrections=True), st.randoms())
@examples(1000)
def test_neither_order_nor_repetition_matters(observations, rng):
    expected = history.fold(observations)
    assert history.fold(histories.shuffled(observations, rng)) == expected


@given(histories.histories(corrections=True))
@examples(1000)
def test_periods_never_overlap_and_at_most_the_last_runs(observations):
    periods = history.fold(observations).periods
    for period, successor in itertools.pairwise(periods):
        assert period.end is not None
        assert period.start < period.end <= successor.start


@given(histories.histories(), st.randoms())
@examples(1000)
def test_steps_in_order_are_the_fold(observations, rng):
    life, periods = usage.Life(), {}
    unique = usage.distinct(observations).values()
    for fact in sorted(unique, key=lambda o: o.order):
        assert life.takes(fact)
        life, put, drop = history.step(life, fact)
        periods.pop(drop, None)
        periods |= {period.start: period for period in put}
        assert life.latest is None or life.latest in periods.values()
    expected = history.fold(observations)
    assert life == expected.life
    assert sorted(periods.values(), key=lambda p: p.start) == list(
        expected.periods
    )


def record(observations, seed):
    """The periods after recording them shuffled, repeated and split."""
    rng = random.Random(seed)
    store = MemoryStore()
    recorder = Recorder(store)
    for batch in histories.split(histories.shuffled(observations, rng), rng):
        recorder.record(batch)
    return store.lives([REF])[REF], store.stored(REF)


#: 200,000 histories in all, in parts that can run side by side.
PARTS, EACH = 20, share(10_000)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_way_of_recording_gives_the_fold(part):
    for seed in range(part * EACH, (part + 1) * EACH):
        observations = histories.random_history(
            seed, corrections=seed % 4 == 0
        )
        expected = history.fold(observations)
        assert record(observations, seed) == (
            expected.life,
            list(expected.periods),
        ), seed


@given(histories.histories(corrections=True), histories.histories())
@examples(1000)
def test_nothing_differs_before_the_first_difference(first, others):
    before = history.fold(first).periods
    after = history.fold([*first, *others[:1]]).periods
    since = usage.first_difference(before, after)
    old, new = by_second(before), by_second(after)
    moments = [second(n) for n in old | new if old.get(n) != new.get(n)]
    if since is None:
        assert before == after
    else:
        assert all(since <= moment for moment in moments)
