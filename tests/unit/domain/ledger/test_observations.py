"""What single observations mean, told as cases."""

from __future__ import annotations

import dataclasses as dc
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from concertim_api.domain import attributes
from concertim_api.domain.ledger import history, kinds
from concertim_api.domain.ledger import observations as usage
from tests.unit.domain.ledger import histories
from tests.unit.domain.ledger.histories import observation, second


def fold(*observations):
    return [
        (
            int((p.start - second(0)).total_seconds()),
            p.end and int((p.end - second(0)).total_seconds()),
            p.shape.get("flavor"),
        )
        for p in history.fold(observations).periods
    ]


@pytest.mark.parametrize(
    ("observations", "periods"),
    [
        pytest.param(
            [observation(1, flavor="s")], [(1, None, "s")], id="created"
        ),
        pytest.param(
            [observation(1, flavor="s"), observation(5, "gone")],
            [(1, 5, "s")],
            id="deleted",
        ),
        pytest.param(
            [observation(5, "gone"), observation(1, flavor="s")],
            [(1, 5, "s")],
            id="deletion heard of first",
        ),
        pytest.param(
            [observation(5, "gone"), observation(6, flavor="s")],
            [],
            id="no zombie: alive after its end, as late words are",
        ),
        pytest.param(
            [
                observation(1, flavor="s"),
                observation(5, "gone"),
                observation(7, "restored"),
            ],
            [(1, 5, "s"), (7, None, "s")],
            id="restored",
        ),
        pytest.param(
            [
                observation(1, flavor="s"),
                observation(9, flavor="l"),
                observation(5, flavor="m"),
            ],
            [(1, 5, "s"), (5, 9, "m"), (9, None, "l")],
            id="a late resize is spliced into the past",
        ),
        pytest.param(
            [observation(1, flavor="s"), observation(5, state="stopped")],
            [(1, 5, "s"), (5, None, "s")],
            id="partial attributes merge",
        ),
        pytest.param(
            [observation(1, flavor="s"), observation(5, flavor="s")],
            [(1, None, "s")],
            id="no news",
        ),
        pytest.param(
            [observation(1, flavor="s"), observation(5, "absent")],
            [(1, 5, "s")],
            id="absent",
        ),
        pytest.param(
            [
                observation(1, flavor="s"),
                observation(5, "absent"),
                observation(8, flavor="s"),
            ],
            [(1, None, "s")],
            id="an absence is refuted by a later life",
        ),
        pytest.param(
            [
                observation(1, flavor="s"),
                observation(5, "absent"),
                observation(8, "gone"),
            ],
            [(1, 8, "s")],
            id="the cloud's word on the end outranks an absence",
        ),
        pytest.param(
            [observation(5, flavor="s", since=2)],
            [(2, None, "s")],
            id="first seen in mid-life",
        ),
        pytest.param(
            [
                observation(5, flavor="s", since=2),
                observation(3, flavor="t"),
            ],
            [(3, 5, "t"), (5, None, "s")],
            id="since counts where nothing tells of the start",
        ),
        pytest.param(
            [observation(5, "gone", flavor="s", since=2)],
            [(2, 5, "s")],
            id="only the deletion was heard of, with the whole story in it",
        ),
        pytest.param(
            [observation(5, "gone", flavor="s")],
            [],
            id="deleted before it ever ran",
        ),
        pytest.param(
            [observation(5, flavor="s"), observation(5, "gone", reported=6)],
            [],
            id="gone in the second of its start: nothing to count",
        ),
        pytest.param(
            [
                observation(5, flavor="s", reported=5.2),
                observation(5, flavor="m", reported=5.7),
                observation(5, flavor="l", reported=5.4),
            ],
            [(5, None, "m")],
            id="the last word within a second counts",
        ),
    ],
)
def test_fold(observations, periods):
    assert fold(*observations) == periods
    assert fold(*reversed(observations)) == periods


def correction(at, says="set", until=None, reported=10, **facts):
    return observation(at, says, "fix", reported, until=until, **facts)


LIFE = [observation(1, flavor="s"), observation(6, flavor="m")]


@pytest.mark.parametrize(
    ("observations", "periods"),
    [
        pytest.param(
            [*LIFE, correction(2, until=4, flavor="x")],
            [(1, 2, "s"), (2, 4, "x"), (4, 6, "s"), (6, None, "m")],
            id="rewritten within a window",
        ),
        pytest.param(
            [*LIFE, correction(4, until=8, flavor="x")],
            [(1, 4, "s"), (4, 6, "x"), (6, 8, "x"), (8, None, "m")],
            id="rewritten across a change",
        ),
        pytest.param(
            [*LIFE, correction(3, flavor="x")],
            [(1, 3, "s"), (3, None, "x")],
            id="rewritten until the cloud says otherwise",
        ),
        pytest.param(
            [*LIFE, correction(3, flavor="x"), observation(12, flavor="l")],
            [(1, 3, "s"), (3, 12, "x"), (12, None, "l")],
            id="and then it says otherwise",
        ),
        pytest.param(
            [*LIFE, correction(0, "amend", until=4, flavor="x")],
            [(1, 4, "x"), (4, 6, "s"), (6, None, "m")],
            id="amended: no life where there was none",
        ),
        pytest.param(
            [
                *LIFE,
                correction(3, "amend", flavor="x"),
                observation(12, flavor="l"),
            ],
            [(1, 3, "s"), (3, 12, "x"), (12, None, "l")],
            id="amended until the cloud says otherwise",
        ),
        pytest.param(
            [correction(3, "amend", until=5, flavor="x")],
            [],
            id="nothing to amend",
        ),
        pytest.param(
            [*LIFE, correction(8, "void")],
            [(1, 6, "s"), (6, 8, "m")],
            id="closed by hand",
        ),
        pytest.param(
            [*LIFE, correction(8, "void"), observation(12, flavor="l")],
            [(1, 6, "s"), (6, 8, "m")],
            id="closed stays closed",
        ),
        pytest.param(
            [*LIFE, correction(2, "void", until=4)],
            [(1, 2, "s"), (4, 6, "s"), (6, None, "m")],
            id="a hole",
        ),
        pytest.param(
            [correction(2, until=4, flavor="x")],
            [(2, 4, "x")],
            id="added: the cloud never told",
        ),
        pytest.param(
            [correction(2, flavor="x")],
            [(2, None, "x")],
            id="added, and it runs",
        ),
        pytest.param(
            [
                observation(1, flavor="s"),
                observation(4, "gone"),
                correction(4, until=7, flavor="s"),
            ],
            [(1, 7, "s")],
            id="the end moved: equal neighbours are one period",
        ),
    ],
)
def test_corrections(observations, periods):
    result = fold(*observations)
    assert _join(result) == _join(periods)
    assert fold(*reversed(observations)) == result


@given(histories.histories(corrections=True))
def test_a_life_shows_the_latest_period(observations):
    result = history.fold(observations)
    if result.life.latest:
        assert result.life.latest == result.periods[-1]
    elif result.life.corrected:
        assert not result.periods


def _join(periods):
    joined = []
    for start, end, flavor in periods:
        if joined and joined[-1][1:] == (start, flavor):
            joined[-1] = (joined[-1][0], end, flavor)
        else:
            joined.append((start, end, flavor))
    return joined


def test_a_transfer_changes_the_project():
    result = history.fold(
        [
            observation(1, size_gb=5, project_id="p"),
            observation(4, project_id="q"),
        ]
    )
    assert [
        (p.start, p.end, p.project_id, p.shape) for p in result.periods
    ] == [
        (second(1), second(4), "p", {"size_gb": 5}),
        (second(4), None, "q", {"size_gb": 5}),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {"a": None}),
        (
            {"flavor": {"id": "1", "specs": {"gpu": "2"}}},
            {"flavor": {"id": "1", "vcpus": 4}},
            {"flavor": {"id": "1", "specs": {"gpu": "2"}, "vcpus": 4}},
        ),
        (
            {"flavor": {"id": "1", "specs": {"gpu": "2"}}},
            {"flavor": {"id": "2", "vcpus": 4}},
            {"flavor": {"id": "2", "vcpus": 4}},
        ),
        (
            {"metadata": {"a": "1"}},
            {"metadata": {"b": "2"}},
            {"metadata": {"b": "2"}},
        ),
    ],
)
def test_merged(old, new, expected):
    assert usage.merge_shapes(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"flavor": {"id": "2"}}, {"flavor": {"id": "2"}}),
        (
            {"flavor": {"id": "1"}, "state": "active"},
            {"flavor": {"id": "2"}, "state": "stopped", "metadata": {}},
            {"flavor": {"id": "1"}, "state": "stopped", "metadata": {}},
        ),
        (
            {"flavor": {"id": "1", "name": "a"}},
            {"flavor": {"name": "a", "vcpus": 4}},
            {"flavor": {"id": "1", "name": "a", "vcpus": 4}},
        ),
        (
            {"image": {"id": None}},
            {"image": {"id": "2"}},
            {"image": {"id": None}},
        ),
        ({"flavor": "id"}, {"flavor": {"id": "2"}}, {"flavor": "id"}),
        ({"image": {"id": "1"}}, {"image": None}, {"image": {"id": "1"}}),
    ],
)
def test_a_mention_replaces_no_thing(old, new, expected):
    assert usage.merge_mention(old, new) == expected


def test_details_are_as_they_were():
    facts = [
        usage.dc.replace(observation(1, key="a"), details={"name": "old"}),
        usage.dc.replace(
            observation(5, key="b"), details={"name": "new", "host": "h"}
        ),
    ]
    assert usage.details_at(facts, second(4)) == {"name": "old"}
    assert usage.details_at(facts, second(5)) == {"name": "new", "host": "h"}
    assert usage.details_at(facts, second(0)) == {}


def test_period_at():
    periods = history.fold(LIFE).periods
    assert usage.period_at(periods, second(0)) is None
    assert usage.period_at(periods, second(1)) == periods[0]
    assert usage.period_at(periods, second(6)) == periods[1]
    assert (
        usage.period_at(periods, second(6) + timedelta(days=9)) == periods[1]
    )


def test_sizes_types_and_states():
    server = {
        "flavor": {
            "name": "m1",
            "vcpus": 4,
            "ram_mb": 8192,
            "disk_gb": 20,
            "ephemeral_gb": 5,
        },
        "state": "active",
    }
    assert attributes.size_of(server) == attributes.Size(4, 8192, 25)
    assert attributes.type_of(server) == "m1"
    assert attributes.state_of(server, {"state": "x"}) == "active"
    volume = {"type": "t-1", "size_gb": 7, "attached_to": []}
    assert attributes.size_of(volume) == attributes.Size(disk_gb=7)
    assert attributes.type_of(volume) == "t-1"
    assert attributes.state_of(volume, {"state": "in-use"}) == "in-use"
    assert attributes.is_usage(server)
    assert attributes.is_usage(server | {"launched": True})
    assert not attributes.is_usage(server | {"launched": False})
    odd = {"flavor": "vanilla", "state": 7}
    assert attributes.size_of(odd) == attributes.Size()
    assert attributes.type_of(odd) is None
    assert attributes.state_of(odd, {}) == "7"
    assert attributes.size_of({}) == attributes.Size()
    assert attributes.type_of({}) is None


def test_usage_adds_up():
    total = kinds.Usage()
    total = total.plus(attributes.Size(vcpus=2, ram_mb=10), 30)
    total = total.plus(attributes.Size(vcpus=1, disk_gb=3), 10)
    assert total == kinds.Usage(40, 70, 300, 30)
    assert str(kinds.hours(5400)) == "1.500000"
    assert str(kinds.hours(1)) == "0.000278"
    assert str(kinds.hours(2**100)) == str(2**100 // 3600) + ".604444"
    assert str(kinds.hours(3600 * 1024 * 3, 1024)) == "3.000000"


#: The last moment that can be written; it is how the database marks what runs.
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "reported", "received", "seen"),
    [
        pytest.param(5, 5.5, 5.5, (5, 5.5), id="at once"),
        pytest.param(5, 5.5, 900, (5, 5.5), id="late"),
        pytest.param(65, 65.5, 5.5, (65, 65.5), id="as clocks differ"),
        pytest.param(66, 66, 5.5, (65, 65.5), id="ahead by a bit more"),
        pytest.param(9000, 9000.5, 5.25, (65, 65.25), id="far ahead"),
        pytest.param(5, 9000.5, 5.25, (5, 65.25), id="only the report"),
        pytest.param(9000, 5.5, 5.25, (65, 5.5), id="only the fact"),
    ],
)
def test_no_date_is_one_of_the_future(at, reported, received, seen):
    fact = observation(at, reported=reported, received=received)
    assert (fact.at, fact.reported_at) == tuple(map(second, seen))
    is_wrong = (at, reported) != seen
    assert fact.was_ahead or not is_wrong
    wrong = second(max(at, reported)).isoformat()
    assert fact.reason == (
        f"dated {wrong}, later than it was received" if is_wrong else None
    )
    copy = dc.replace(fact, key="k")
    assert (copy.at, copy.reason) == (fact.at, fact.reason)


def test_what_was_brought_back_and_trimmed_says_both():
    fact = observation(900, received=0)
    fact = dc.replace(fact, details={"name": "n" * 300}).trimmed()
    assert fact.reason.endswith("received; name is cut: it had 300 characters")


def test_a_clock_that_is_ahead_freezes_nothing():
    year = 365 * 86400
    facts = [
        observation(1, flavor="s"),
        observation(year, flavor="m", received=2),
        observation(100, flavor="l"),
        observation(year, "gone", received=200),
    ]
    assert fold(*facts) == [(1, 62, "s"), (62, 100, "m"), (100, 260, "l")]


@pytest.mark.parametrize("says", ["alive", "gone", "restored", "absent"])
def test_the_mark_of_what_runs_is_no_date_of_a_message(says):
    far = dc.replace(
        observation(2, says, key="far"),
        **dict.fromkeys(("at", "reported_at", "since"), LAST),
    )
    periods = history.fold([observation(1, flavor="s"), far]).periods
    assert LAST not in {p.start for p in periods} | {p.end for p in periods}
    assert (periods[-1].end is None) == (says in usage.OF_LIFE)


def test_of_copies_the_first_receipt_counts():
    copies = [
        observation(900, key="k", flavor="s", received=received)
        for received in (20, 5, 800, 10)
    ]
    for order in itertools.permutations(copies):
        assert fold(*order) == [(65, None, "s")]
