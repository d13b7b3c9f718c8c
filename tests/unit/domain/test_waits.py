"""Waits grow, up to an end."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.waits import backoff

ATTEMPTS = st.integers(0, 10**9)
SECONDS = st.floats(0.001, 10)
LONGEST = st.floats(0.001, 10**6)


@given(ATTEMPTS, SECONDS, LONGEST)
def test_a_wait_is_between_the_first_and_the_longest(attempt, first, longest):
    wait = backoff(attempt, first, longest)
    assert min(first, longest) <= wait <= longest


@given(st.integers(0, 40), SECONDS, LONGEST)
def test_each_wait_is_twice_the_last_or_the_longest(attempt, first, longest):
    waits = [backoff(attempt + n, first, longest) for n in range(3)]
    for wait, longer in pairwise(waits):
        assert longer in (2 * wait, longest, first * 2**16)


@given(ATTEMPTS, st.integers(1, 60), st.integers(1, 3600))
def test_spans_of_time_are_as_numbers(attempt, first, longest):
    wait = backoff(
        attempt, timedelta(seconds=first), timedelta(seconds=longest)
    )
    assert wait.total_seconds() == backoff(attempt, first, longest)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(0, 2), (1, 4), (2, 8), (8, 512), (9, 600)]
)
def test_the_waits_of_a_push(attempt, seconds):
    assert backoff(attempt, 2, 600) == seconds


def test_who_waits_not_at_all_goes_on_so():
    assert backoff(5, 0.0, 10.0) == 0
