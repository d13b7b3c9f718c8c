"""What a late observation costs: it grows with the periods, not with their
square."""

from __future__ import annotations

import sys

import pytest

from concertim_api.services.ledger.recorder import Recorder
from tests.fakes.ledger import MemoryStore
from tests.unit.domain.ledger.histories import observation

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


@pytest.mark.parametrize("late", [resized, interrupted, corrected])
def test_four_times_the_periods_cost_about_four_times(late):
    def cost(times):
        store = MemoryStore()
        recorder = Recorder(store)
        recorder.record(switched(times))
        return calls(lambda: recorder.record(late(times)))

    assert cost(4 * MANY) <= 5 * cost(MANY)


def test_a_correction_of_a_period_costs_no_look_at_the_others():
    store = MemoryStore()
    recorder = Recorder(store)
    recorder.record(switched(MANY))
    one, many = corrected(MANY)[:1], corrected(MANY)
    first = calls(lambda: recorder.record(one))
    assert calls(lambda: recorder.record(many)) <= 1.5 * first
