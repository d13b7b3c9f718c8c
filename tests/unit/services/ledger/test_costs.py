"""What a late observation costs: it grows with the periods, not with their
square."""

from __future__ import annotations

import sys

import pytest

from concertim_api.domain.ledger.history import fold
from concertim_api.services.jobs.job import Call
from concertim_api.services.ledger import recorder as recorders
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.refolds import Refolder
from tests.fakes.ledger import MemoryStore
from tests.unit.domain.ledger.histories import REF, observation, second

MANY = 500


def switched(times):
    """A server that is stopped and started again and again."""
    return [
        observation(
            60 * n, state="stopped" if n % 2 else "active", key=f"n{n}"
        )
        for n in range(times)
    ]


def resized(times):
    """A late observation that changes every period."""
    return [observation(0, size_gb=1, key="late", reported=1)]


def interrupted(times):
    """One that changes nearly none."""
    return [observation(90, size_gb=1, state="off", key="late")]


def corrected(times):
    """Corrections of single periods, as many as a person makes."""
    return [
        observation(
            60 * n, "amend", f"c{n}", 60 * times, until=60 * n + 30, note=n
        )
        for n in range(0, times, times // 20)
    ]


def calls(work):
    """Return how many functions of Python some work calls."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def cost(late, times):
    """Return what it costs until the periods are what was observed."""
    store = MemoryStore()
    recorder = Recorder(store)
    facts = switched(times)
    recorder.record(facts)

    def work():
        recorder.record(late)
        Refolder(store, recorder).run(Call(second(0)))

    count = calls(work)
    assert store.stored(REF) == [*fold([*facts, *late]).periods]
    return count


@pytest.mark.parametrize("late", [resized, interrupted, corrected])
def test_four_times_the_periods_cost_about_four_times(late, monkeypatch):
    """As far as one transaction does it."""
    monkeypatch.setattr(recorders, "PERIODS", 10 * MANY)
    assert cost(late(4 * MANY), 4 * MANY) <= 5 * cost(late(MANY), MANY)


@pytest.mark.parametrize("late", [resized, corrected])
def test_so_they_do_in_stages(late, monkeypatch):
    monkeypatch.setattr(recorders, "PERIODS", MANY // 20)
    monkeypatch.setattr(recorders, "OBSERVATIONS", MANY // 2)
    assert cost(late(4 * MANY), 4 * MANY) <= 5 * cost(late(MANY), MANY)


def test_a_correction_of_a_period_costs_no_look_at_the_others():
    store = MemoryStore()
    recorder = Recorder(store)
    recorder.record(switched(MANY))
    one, many = corrected(MANY)[:1], corrected(MANY)
    first = calls(lambda: recorder.record(one))
    assert calls(lambda: recorder.record(many)) <= 1.5 * first
