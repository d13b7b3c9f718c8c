"""Sums, windows, feeds and types, on stores that answer what they are told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain import errors
from concertim_api.domain.attributes import Size
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.services.common.listing import EVERY_PROJECT, Filter, Scope
from concertim_api.services.ledger import usage
from concertim_api.services.ledger.feed import Changes
from concertim_api.services.ledger.periods import clipped
from concertim_api.services.ledger.ports import UsageRow, Window
from concertim_api.services.ledger.type_names import Dictionary

DAY = datetime(2026, 11, 1, tzinfo=UTC)
NOW = DAY + timedelta(days=20)
P1 = Filter("project_id", "eq", "p1")


def at(hours):
    return DAY + timedelta(hours=hours)


class Told:
    """A store that answers what it was told, and notes what was asked."""

    def __init__(self, **answers):
        self._answers = answers
        self.asked = []

    def __getattr__(self, name):
        def answer(*arguments, **options):
            self.asked.append((name, *arguments))
            found = self._answers[name]
            return found(*arguments) if callable(found) else found

        return answer


CLOCK = SimpleNamespace(now=lambda: NOW)


def report(rows, group=("kind",), counts=None, **window):
    store = Told(
        sums=rows, resource_counts=counts or {}, names={}, archived_before=None
    )
    found = usage.UsageTotals(store, store, CLOCK, KINDS).report(
        EVERY_PROJECT, (), Window(**window), group
    )
    return found, store


def test_rows_are_in_the_order_of_their_groups_without_one_last():
    rows = [UsageRow((type_,), Size(), 1) for type_ in (None, "b", "a")]
    usage_report, _store = report(rows, ("type",), start=DAY)
    types = [total.type for total in usage_report.rows]
    assert types == ["a", "b", None]


@given(
    st.lists(
        st.builds(
            lambda vcpus, seconds: UsageRow(("x",), Size(vcpus), seconds),
            st.integers(0, 10**6),
            st.integers(0, 10**9),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_sums_do_not_depend_on_how_they_were_split(rows):
    found, _store = report(rows, start=DAY)
    seconds = sum(row.size.vcpus * row.seconds for row in rows)
    exact = Decimal(seconds) / 3600
    assert abs(found.rows[0].vcpu_hours - exact) <= Decimal("0.0000005")


def test_a_window_in_the_future_asks_nobody():
    found, store = report([], start=NOW + timedelta(days=1))
    assert found.rows == []
    assert store.asked == []


def test_a_window_without_time_is_refused():
    with pytest.raises(errors.Invalid, match="end: must be after start"):
        report([], start=DAY, end=DAY)


def test_too_many_rows_are_refused():
    rows = [UsageRow((n,), Size(), 1) for n in range(usage.MAX_ROWS + 1)]
    with pytest.raises(errors.Invalid, match="narrow the window"):
        report(rows, start=DAY)


def test_four_hundred_days_are_not_too_many():
    start = NOW - timedelta(days=usage.MAX_DAYS)
    report([], group=("day",), start=start)
    with pytest.raises(errors.Invalid, match="400 days"):
        report([], group=("day",), start=start - timedelta(seconds=1))
    report([], group=("kind",), start=start - timedelta(days=1000))


def row(start, end):
    return SimpleNamespace(
        start=at(start), end=None if end is None else at(end)
    )


@pytest.mark.parametrize(
    ("window", "period", "shown"),
    [
        ((0, 24), (-5, 30), (0, 24)),
        ((0, 24), (6, 7), (6, 7)),
        ((0, 24), (6, None), (6, 24)),
        ((0, None), (-5, None), (0, None)),
        ((None, 24), (-5, 30), (-5, 24)),
        ((0, 1000), (6, None), (6, 480)),  # now
        ((0, 1000), (490, None), (490, 490)),  # began after our now
    ],
)
def test_clipping(window, period, shown):
    start, end = (None if side is None else at(side) for side in window)
    computed = clipped(Window(start, end), NOW)
    found = row(*period)
    assert computed["start"](found) == at(shown[0])
    end_shown = None if shown[1] is None else at(shown[1])
    assert computed["end"](found) == end_shown


def entries(*cursors):
    return [SimpleNamespace(cursor=cursor) for cursor in cursors]


def feed(bounds, rows, cursor, limit=10, scope=EVERY_PROJECT):
    store = Told(bounds=bounds, changes=rows)
    return Changes(store, Dictionary(store, KINDS)).since(
        scope, cursor, (), limit
    ), store


def test_without_a_cursor_the_feed_begins_with_what_is_kept():
    found, store = feed((5, 9), entries(6, 9), None)
    assert store.asked[1] == ("changes", 5, (), 10)
    assert (found.cursor, found.more) == (9, False)


def test_what_others_had_is_not_looked_at_again():
    found, store = feed((0, 9), entries(3), 0, scope=Scope("p1"))
    assert found.cursor == 9
    assert store.asked[1][2] == (P1,)


def test_what_came_while_we_looked_counts():
    assert feed((0, 9), entries(3, 12), 0)[0].cursor == 12


@pytest.mark.parametrize("cursor", [4, 10])
def test_a_cursor_that_the_feed_does_not_hold(cursor):
    with pytest.raises(errors.Gone):
        feed((5, 9), [], cursor)


def typed(kind, type_):
    return SimpleNamespace(kind=kind, type=type_)


def test_types_of_volumes_are_shown_by_name():
    store = Told(names={"t1": "ssd"})
    rows = [
        typed("volume", "t1"),
        typed("volume", "t2"),
        typed("volume", None),
        typed("instance", "t1"),
    ]
    show = Dictionary(store, KINDS).computed(rows)["type"]
    assert [show(r) for r in rows] == ["ssd", "t2", None, "t1"]
    assert store.asked == [("names", "volume_type", {"t1", "t2"})]


def test_a_page_without_volumes_asks_nobody():
    store = Told()
    assert Dictionary(store, KINDS).computed([typed("instance", "m1")]) == {}
    assert store.asked == []


@pytest.mark.parametrize(
    ("operator", "value", "becomes"),
    [
        ("eq", "ssd", Filter("type", "in", ("ssd", "t1"))),
        ("neq", "ssd", Filter("type", "nin", ("ssd", "t1"))),
        ("in", ("ssd", "m1"), Filter("type", "in", ("ssd", "m1", "t1"))),
        ("nin", ("ssd",), Filter("type", "nin", ("ssd", "t1"))),
        ("eq", "m1", Filter("type", "eq", "m1")),
    ],
)
def test_a_type_may_be_asked_for_by_name(operator, value, becomes):
    def ids(_dictionary, names):
        return ["t1"] if "ssd" in names else []

    other = Filter("kind", "eq", "volume")
    asked = (Filter("type", operator, value), other)
    found = Dictionary(Told(ids=ids), KINDS).filters(asked)
    assert found == (becomes, other)
