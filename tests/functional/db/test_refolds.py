"""A refold that is too much for one transaction, on each database."""

import dataclasses as dc
import itertools
import random
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.history import fold
from concertim_api.domain.ledger.observations import Ref, first_difference
from concertim_api.services.jobs.job import Call
from concertim_api.services.ledger import recorder as recorders
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.refolds import Refolder
from tests.properties import examples
from tests.unit.domain.ledger.histories import histories, shuffled, split
from tests.unit.services.ledger.test_refolds import (
    Kill,
    MortalTransactions,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)
TIMES = 2500
SERVER = Ref("north", "instance", "a")


def changed(before, after):
    """Count the periods that differ, by their starts."""
    old = {p.start: p for p in before}
    new = {p.start: p for p in after}
    return sum(old.get(s) != new.get(s) for s in old | new)


def periods(store, ref=SERVER):
    return store.histories.history(ref)[1]


def finish(store):
    refolder = Refolder(store.histories, Recorder(store.transactions))
    for _ in range(20):
        if refolder.run(Call(NOW)).idle:
            return
    raise AssertionError("there is no end to it")


def check(store, facts, ref=SERVER):
    expected = fold(facts)
    life = store.transactions.write(lambda ledger: ledger.lives([ref]))[ref]
    assert life == expected.life
    assert tuple(periods(store, ref)) == expected.periods


@pytest.fixture
def switched(recorder, tell):
    """A server that is stopped and started again and again."""
    facts = [tell(n, state="ab"[n % 2], key=f"{n}") for n in range(TIMES)]
    for first in range(0, TIMES, 500):
        recorder.record(facts[first : first + 500])
    return facts


@pytest.mark.parametrize(
    "late",
    [
        pytest.param({"size_gb": 1, "reported": 0.5}, id="changes all"),
        pytest.param({"says": "gone", "reported": 0.5}, id="drops all"),
        pytest.param(
            {"says": "amend", "size_gb": 2, "reported": 2200, "until": 2200},
            id="corrects nearly all",
        ),
    ],
)
def test_no_transaction_changes_more_than_a_thousand_periods(
    store, recorder, switched, tell, late
):
    fact = tell(0, key="late", **late)
    states, cursor = [periods(store)], store.feed.bounds()[1]
    recorder.record([fact])
    states.append(periods(store))
    assert store.histories.unfinished(9) == [SERVER]
    recorder.refold(
        SERVER,
        store.histories.history(SERVER),
        lambda: states.append(periods(store)),
    )
    counts = list(itertools.starmap(changed, itertools.pairwise(states)))
    assert max(counts) <= 1000
    assert len(counts) == 3
    since = [row.since for row in store.feed.changes(cursor, (), 9)]
    assert len(since) == 3
    assert since == sorted(since, reverse=True)
    assert since[-1] == first_difference(states[0], states[-1])
    assert store.histories.unfinished_count() == 0
    check(store, [*switched, fact])


def test_nor_does_one_of_many_new_observations(store, recorder, tell):
    facts = [tell(n, state="ab"[n % 2], key=f"{n}") for n in range(TIMES)]
    recorder.record(facts)
    assert len(periods(store)) <= 1000
    assert store.histories.unfinished(9) == [SERVER]
    finish(store)
    check(store, facts)


def test_a_batch_folds_so_many_observations_and_leaves_the_rest(
    store, recorder, switched, tell, monkeypatch
):
    monkeypatch.setattr(recorders, "OBSERVATIONS", TIMES - 1)
    others = [tell(0, name=f"i-{n}", size_gb=1) for n in range(9)]
    late = [
        tell(0, name=f.ref.id, key=f"late {f.ref.id}", reported=-1, state="x")
        for f in (switched[0], *others)
    ]
    recorder.record(others)
    recorder.record(late)
    assert store.histories.unfinished_count()
    for fact in (switched[-1], *others):
        assert len(store.histories.history(fact.ref)[2]) > 1
    finish(store)
    check(store, [*switched, late[0]])
    for fact, word in zip(others, late[1:], strict=True):
        check(store, [fact, word], fact.ref)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(recorders, "PERIODS", 3)
    monkeypatch.setattr(recorders, "OBSERVATIONS", 6)


def own(facts, ref):
    return [
        dc.replace(fact, ref=ref, key=f"{ref.id}/{fact.key}") for fact in facts
    ]


@pytest.mark.usefixtures("small")
@examples(40)
@given(
    facts=histories(corrections=True),
    seed=st.integers(0, 2**32),
    last=st.integers(0, 6),
    after=st.booleans(),
)
def test_killed_anywhere_it_ends_at_the_fold(store, facts, seed, last, after):
    rng = random.Random(seed)
    ref = Ref("north", "instance", str(uuid.uuid4()))
    facts = own(facts, ref)
    for batch in split(shuffled(facts, rng), rng):
        killed = MortalTransactions(store.transactions, last, after)
        try:
            Recorder(killed).record(batch)
            Refolder(store.histories, Recorder(killed)).run(Call(NOW))
        except Kill:
            pass
        Recorder(store.transactions).record(batch)
    finish(store)
    check(store, facts, ref)


def test_statements_of_a_stage(store, recorder, switched, tell, statements):
    recorder.record([tell(0, key="late", size_gb=1, reported=0.5)])
    statements.clear()
    assert store.histories.unfinished(9) == [SERVER]
    stored = store.histories.history(SERVER)
    assert len(statements) == 4
    statements.clear()
    counts = []
    recorder.refold(SERVER, stored, lambda: counts.append(len(statements)))
    # lock, save, put, cursors, feed; the last counts the observations
    assert counts == [5, 11]
