"""What single observations mean, told as cases."""

from __future__ import annotations

from datetime import timedelta

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
