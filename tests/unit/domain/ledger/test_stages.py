"""Periods become others in stages, and are never wrong in between."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.history import fold
from concertim_api.domain.ledger.stages import stages
from tests.properties import examples
from tests.unit.domain.ledger.histories import (
    GRID,
    by_second,
    histories,
    observation,
)


def by_start(periods):
    return {period.start: period for period in periods}


def differing(old, new):
    return [s for s in old | new if old.get(s) != new.get(s)]


def is_seam(now, before, after):
    """Whether it is as before up to a second, and as after from it on."""
    seconds = range(-1, GRID + 8)
    return any(
        all(
            now.get(n) == (after if n >= seam else before).get(n)
            for n in seconds
        )
        for seam in (*seconds, GRID + 8)
    )


@given(
    histories(corrections=True),
    histories(corrections=True),
    st.integers(3, 6),
)
@examples(3000)
def test_stages(first, second, most):
    before, after = fold(first).periods, fold(second).periods
    stored = by_start(before)
    for stage in stages(before, after, most):
        old, new = by_start(stage.before), by_start(stage.after)
        assert old.items() <= stored.items()
        count = len(differing(old, new))
        assert count <= most
        assert count or stage.is_last
        stored = {s: p for s, p in stored.items() if s not in old} | new
        periods = sorted(stored.values(), key=lambda p: p.start)
        for period, successor in itertools.pairwise(periods):
            assert period.end is not None
            assert period.end <= successor.start
        assert is_seam(by_second(periods), by_second(before), by_second(after))
    assert stage.is_last
    assert tuple(periods) == after


def test_the_newest_are_first():
    states = [observation(n, state="ab"[n % 2], key=f"{n}") for n in range(10)]
    before = fold(states).periods
    after = fold([*states, observation(0, size_gb=1, key="late")]).periods
    each = [
        [n for n, p in enumerate(after) if p in stage.after]
        for stage in stages(before, after, 5)
    ]
    assert each == [[7, 8, 9], [4, 5, 6], [1, 2, 3], [0]]


def test_a_stage_changes_something():
    """The last period begins earlier: from the second in which it began, all
    is as it is to be."""
    states = [observation(n, state="ab"[n % 2], key=f"{n}") for n in range(5)]
    before = fold(states).periods
    after = fold([observation(1, state="a")]).periods
    assert before[-1].shape == after[-1].shape
    for stage in stages(before, after, 3):
        assert differing(by_start(stage.before), by_start(stage.after))
