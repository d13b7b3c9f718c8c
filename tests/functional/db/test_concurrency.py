"""Several writers at once: nothing lost, nothing double, no gap."""

import dataclasses as dc
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from concertim_api.db.store import SqlStore
from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.history import fold
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.ledger.recorder import Recorder
from tests.unit.domain.ledger.histories import random_history, shuffled

RESOURCES = 60


@pytest.fixture
def facts():
    """Facts of many resources, by ref."""
    found = {}
    for n in range(RESOURCES):
        ref = Ref("north", "instance", f"i-{n}")
        found[ref] = [
            dc.replace(fact, ref=ref, key=f"{n}/{fact.key}")
            for fact in random_history(n, corrections=True)
        ]
    return found


@pytest.fixture
def listeners(conf, store):
    """Recorders with connections of their own."""
    stores = [SqlStore(conf) for _ in range(2)]
    yield [Recorder(each.transactions) for each in stores]
    for each in stores:
        each.close()


def _batches(facts, seed):
    """All facts, each in one batch, as one of two listeners gets them."""
    rng = random.Random(seed)
    everything = shuffled([f for told in facts.values() for f in told], rng)
    size = len(everything) // 20
    return [everything[n : n + size] for n in range(0, len(everything), size)]


def test_interleaved_halves_are_the_fold(store, listeners, facts):
    batches = _batches(facts, 1)
    halves = [batches[0::2], batches[1::2]]
    start = threading.Barrier(2)

    def listen(recorder, half):
        start.wait()
        return [key for b in half for key in recorder.record(b).new]

    with ThreadPoolExecutor(2) as pool:
        new = [
            key for keys in pool.map(listen, listeners, halves) for key in keys
        ]
    assert sorted(new) == sorted(
        {f.id for told in facts.values() for f in told}
    )
    for ref, each in facts.items():
        _, periods, observations = store.histories.history(ref)
        assert {o.key for o in observations} == {o.key for o in each}
        assert tuple(periods) == fold(each).periods


def test_both_get_everything(store, listeners, facts):
    start = threading.Barrier(2)

    def listen(recorder, seed):
        start.wait()
        return sum(len(recorder.record(b).new) for b in _batches(facts, seed))

    with ThreadPoolExecutor(2) as pool:
        new = sum(pool.map(listen, listeners, (1, 2)))
    assert new == len({f.key for each in facts.values() for f in each})
    for ref, each in facts.items():
        assert tuple(store.histories.history(ref)[1]) == fold(each).periods


def test_a_reader_of_the_feed_misses_nothing(store, listeners, facts):
    batches = _batches(facts, 3)
    done = threading.Event()
    seen = []

    def read():
        last = False
        while not last:
            last = done.is_set()
            after = seen[-1] if seen else 0
            seen.extend(
                row.cursor for row in store.feed.changes(after, (), 50)
            )
            time.sleep(0.001)
        return store.feed.changes(seen[-1] if seen else 0, (), 1000)

    with ThreadPoolExecutor(3) as pool:
        reader = pool.submit(read)
        halves = [
            pool.submit(lambda r, h: [r.record(b) for b in h], recorder, half)
            for recorder, half in zip(
                listeners, (batches[0::2], batches[1::2]), strict=True
            )
        ]
        for half in halves:
            half.result()
        done.set()
        rest = reader.result()
    assert seen + [row.cursor for row in rest] == [
        *range(1, store.feed.bounds()[1] + 1)
    ]


def test_what_fails_leaves_nothing(store, tell):
    def fail(ledger):
        ledger.lives([Ref("north", "instance", "a")])
        raise Conflict("no")

    with pytest.raises(Conflict):
        store.transactions.write(fail)
    assert store.ledger.find("a") == []
