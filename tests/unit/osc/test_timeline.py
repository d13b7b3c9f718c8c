"""Periods as a story."""

from datetime import UTC, datetime

from concertim_api.osc import timeline


def period(start, end, **more):
    return {
        "start": f"2026-11-{start:02d}T00:00:00Z",
        "end": end and f"2026-11-{end:02d}T00:00:00Z",
        "project_id": "p1",
        "type": "small",
        "shape": {"flavor": {"name": "small", "vcpus": 1}},
        **more,
    }


def changes(*periods):
    return [row["change"] for row in timeline.with_changes(periods, str.upper)]


def test_durations():
    row = timeline.with_duration(period(1, 3))
    assert row["duration"] == 2 * 86400
    now = datetime(2026, 11, 2, tzinfo=UTC)
    assert timeline.with_duration(period(1, None), now)["duration"] == 86400
    assert timeline.with_duration(period(3, None), now)["duration"] == 0


def test_what_changed():
    large = {"flavor": {"name": "large", "vcpus": 4}, "size_gb": 3}
    assert changes(
        period(1, 2),
        period(2, 3, type="large", shape=large),
        period(3, 4, type="large", shape={**large, "state": "stopped"}),
        period(4, 5, type="large", shape={**large, "state": "stopped"}),
        period(4, None, type="large", shape=large, project_id="p2"),
    ) == [
        "begins",
        "type small -> large, size_gb None -> 3",
        "state None -> stopped",
        "goes on",
        "project P1 -> P2, state stopped -> None",
    ]


def test_a_gap():
    assert changes(period(1, 2), period(4, 5)) == ["begins", "back after 2d"]


def test_a_flavor_that_was_redefined():
    other = {"flavor": {"name": "small", "vcpus": 2}}
    assert changes(period(1, 2), period(2, 3, shape=other))[1] == (
        "flavor.vcpus 1 -> 2"
    )


def test_drawn():
    rows = timeline.with_timeline([period(1, 6), period(6, 11)], width=10)
    assert [p["timeline"] for p in rows] == ["=====.....", ".....====="]


def test_what_runs_has_an_arrow():
    (row,) = timeline.with_timeline([period(1, None)], width=5)
    assert row["timeline"] == "====>"


def test_a_short_period_can_still_be_seen():
    moment = {**period(11, None), "end": "2026-11-11T00:00:00Z"}
    rows = timeline.with_timeline([period(1, 11), moment], width=10)
    assert [p["timeline"] for p in rows] == ["==========", ".........="]


def test_nothing_to_draw():
    assert list(timeline.with_timeline([])) == []
