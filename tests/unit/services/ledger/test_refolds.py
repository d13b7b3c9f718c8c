"""What is too much for one transaction is continued, whatever happens."""

from __future__ import annotations

import dataclasses as dc
import itertools
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.history import fold
from concertim_api.services.jobs.job import Call, Stopped
from concertim_api.services.ledger import recorder as recorders
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.refolds import Refolder
from tests.fakes.ledger import MemoryStore
from tests.properties import examples
from tests.unit.domain.ledger import histories
from tests.unit.domain.ledger.histories import REF, observation

NOW = datetime(2026, 11, 30, tzinfo=UTC)


class Kill(Exception):
    """The process ends here."""


class MortalTransactions:
    """A store's, in a process that is killed at its n-th transaction: before
    it is committed, or after."""

    def __init__(self, store, last, after=False):
        self._store = store
        self._left = last
        self._after = after

    def write(self, work):
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Kill
        result = self._store.write(work)
        if self._left < 0:
            raise Kill
        return result


@pytest.fixture(autouse=True, scope="module")
def small():
    """A few periods are too many for one transaction, and so are a few
    observations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorders, "PERIODS", 3)
        patch.setattr(recorders, "OBSERVATIONS", 6)
        yield


def finish(store):
    """Run the job until it has nothing to do."""
    refolder = Refolder(store, Recorder(store))
    for _ in range(20):
        if refolder.run(Call(NOW)).idle:
            return
    raise AssertionError("there is no end to it")


def check(store, facts):
    expected = fold(facts)
    assert store.lives([REF])[REF] == expected.life
    assert store.stored(REF) == [*expected.periods]


def no_overlap(store):
    for period, successor in itertools.pairwise(store.stored(REF)):
        assert period.end is not None
        assert period.end <= successor.start


FACTS = st.tuples(
    histories.histories(corrections=True),
    histories.histories(corrections=True),
    st.integers(0, 2**32),
)


def drawn(facts):
    """Return the observations of two histories, in batches."""
    first, second, seed = facts
    second = [
        dc.replace(o, key=f"s{o.key}")
        for o in second
        if o.says not in ("set", "amend", "void")
    ]
    rng = random.Random(seed)
    facts = [*first, *second]
    return facts, histories.split(histories.shuffled(facts, rng), rng)


@given(FACTS)
@examples(1000)
def test_what_is_continued_ends_at_the_fold(facts):
    facts, batches = drawn(facts)
    store = MemoryStore()
    for batch in batches:
        Recorder(store).record(batch)
        no_overlap(store)
    finish(store)
    check(store, facts)


@given(FACTS, st.integers(0, 9), st.booleans())
@examples(1000)
def test_killed_anywhere_it_ends_at_the_fold(facts, last, after):
    facts, batches = drawn(facts)
    store = MemoryStore()
    for batch in batches:
        transactions = MortalTransactions(store, last, after)
        try:
            Recorder(transactions).record(batch)
            Refolder(store, Recorder(transactions)).run(Call(NOW))
        except Kill:
            no_overlap(store)
        Recorder(store).record(batch)  # it is delivered again
    finish(store)
    check(store, facts)


def many(times=20):
    return [
        observation(n, state=f"s{n % 2}", key=f"{n:02}") for n in range(times)
    ]


LATE = observation(0, size_gb=1, key="late", reported=0.5)


@pytest.fixture
def store():
    """A store with a resource that is unfinished."""
    store = MemoryStore()
    recorder = Recorder(store)
    for fact in [*many(), LATE]:
        recorder.record([fact])
    assert store.unfinished(9) == [REF]
    return store


def test_a_resource_that_is_unfinished_takes_no_step(store):
    before = store.stored(REF)
    newest = observation(50, state="newest")
    assert Recorder(store).record([newest]).new
    assert store.stored(REF) == before
    finish(store)
    check(store, [*many(), LATE, newest])


#: The periods of the resource change one by one.
TURNS = range(20)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("turn", TURNS)
def test_killed_between_any_two_stages_it_goes_on(store, turn, after):
    before, desired = store.stored(REF), fold([*many(), LATE]).periods
    recorder = Recorder(MortalTransactions(store, turn, after))
    with pytest.raises(Kill):
        recorder.refold(REF, store.history(REF), lambda: None)
    written = turn + after
    assert sum(p in desired for p in store.stored(REF)) == written
    assert sum(p in before for p in store.stored(REF)) == 20 - written
    finish(store)
    check(store, [*many(), LATE])


@pytest.mark.parametrize("turn", TURNS)
def test_two_at_once_do_no_harm(store, turn):
    """A second agent begins, and ends, between two stages of the first."""
    pauses = itertools.count()

    def pause():
        if next(pauses) == turn:
            Refolder(store, Recorder(store)).run(Call(NOW))
            no_overlap(store)

    recorder = Recorder(store)
    is_finished = recorder.refold(REF, store.history(REF), pause)
    assert is_finished == (turn == TURNS[-1])
    finish(store)
    check(store, [*many(), LATE])


@pytest.mark.parametrize("turn", TURNS)
def test_news_between_two_stages_are_not_forgotten(store, turn):
    news = [
        observation(4, size_gb=2, key="later still", reported=4.5),
        observation(30, state="newest"),
    ]
    pauses = itertools.count()

    def pause():
        if next(pauses) == turn:
            Recorder(store).record(news)

    recorder = Recorder(store)
    recorder.refold(REF, store.history(REF), pause)
    assert store.unfinished(9) == [REF]
    finish(store)
    check(store, [*many(), LATE, *news])


def test_a_run_ends_between_two_stages(store):
    before = store.stored(REF)
    with pytest.raises(Stopped):
        Refolder(store, Recorder(store)).run(Call(NOW, stopping=lambda: True))
    assert sum(p not in before for p in store.stored(REF)) == 1
    finish(store)
    check(store, [*many(), LATE])


def test_one_that_cannot_be_stored_does_not_stop_the_others(store):
    class Refuses(Recorder):
        def refold(self, ref, stored, pause):
            if ref == REF:
                raise Invalid("shape", "larger than 1048576 bytes")
            return super().refold(ref, stored, pause)

    other = REF._replace(id="other")
    for fact in (*many(), LATE):
        key = f"other {fact.key}"
        Recorder(store).record([dc.replace(fact, ref=other, key=key)])
    assert len(store.unfinished(9)) == 2
    outcome = Refolder(store, Refuses(store)).run(Call(NOW))
    assert outcome.summary == {"finished": 1, "again": 0, "failed": 1}
    assert outcome.outcome == "partial"
    assert "instance i-1" in outcome.error
    assert "larger" in outcome.error
    assert store.unfinished(9) == [REF]
