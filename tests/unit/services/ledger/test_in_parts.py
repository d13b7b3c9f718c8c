"""One bad item of a batch stops no other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Invalid, Unavailable, reason
from concertim_api.services.ledger.recorder import in_parts


class Work:
    """Fails if a bad item is in the batch; counts its calls."""

    def __init__(self, bad):
        self.bad = bad
        self.calls = 0

    def __call__(self, batch):
        self.calls += 1
        if self.bad & set(batch):
            raise ZeroDivisionError(str(batch))
        return list(batch)


@given(
    st.integers(0, 200).flatmap(
        lambda size: st.tuples(
            st.just(size), st.sets(st.integers(0, max(size - 1, 0)))
        )
    )
)
def test_the_good_are_done_once_and_in_order(case):
    size, bad = case
    work = Work(bad)
    results, failures = in_parts(work, range(size))
    good = [item for item in range(size) if item not in bad]
    assert [item for part in results for item in part] == good
    assert [item for item, _ in failures] == [
        item for item in range(size) if item in bad
    ]
    assert all(isinstance(e, ZeroDivisionError) for _, e in failures)


@pytest.mark.parametrize("size", [1, 2, 100, 500, 1000])
def test_one_bad_item_costs_a_logarithm(size):
    work = Work({size // 3})
    in_parts(work, range(size))
    assert work.calls <= 1 + 2 * math.ceil(math.log2(size))
    work = Work(set(range(size)))
    in_parts(work, range(size))
    assert work.calls == 2 * size - 1


def test_nothing_is_no_work():
    work = Work(set())
    assert in_parts(work, []) == ([], [])
    assert work.calls == 0


def test_an_outage_is_no_items_fault():
    calls = []

    def away(batch):
        calls.append(batch)
        raise Unavailable("the database does not answer")

    with pytest.raises(Unavailable):
        in_parts(away, range(8))
    assert len(calls) == 1


def test_only_our_own_errors_are_shown(caplog):
    assert reason(Invalid("id", "too long")) == "id: too long"
    hushed = ValueError("INSERT INTO t VALUES ('secret')")
    assert reason(hushed) == "ValueError: see the log"
    assert "Unforeseen: ValueError" in caplog.text
