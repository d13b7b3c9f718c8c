"""What a sync came to, kind by kind or in one line; and a push."""

import pytest

from concertim_api.osc import outcomes

from .view import SYNC


def test_each_kind_of_a_sync():
    rows = {row["kind"]: row for row in outcomes.kind_rows(SYNC)}
    assert rows["instance"] == {
        "region": "one",
        "kind": "instance",
        "listed": 11,
        "new": 2,
        "changed": 1,
        "gone": 0,
        "absent": 0,
        "unchanged": 8,
        "refused": 0,
        "left_out": [],
    }
    assert rows["network"]["refused"] == 7
    assert rows["port"]["error"] == "HTTP 500 on page 3"
    assert rows["image"]["left_out"] == [
        {"kind": "image", "id": None, "reason": "no such service"}
    ]


def test_a_sync_in_one_line():
    row = outcomes.summary_row(SYNC)
    assert row["region"] == "one"
    assert row["changes"] == {"new": 3, "changed": 1}
    assert row["refused"] == {"network": 7}
    assert outcomes.Counts(row["changes"]).human_readable() == (
        "3 new, 1 changed"
    )
    assert outcomes.Omissions(row["left_out"]).human_readable() == (
        "volume v1: size: not a number\n"
        "volume: and 20 more\n"
        "image: no such service"
    )


def test_a_sync_that_never_ran():
    job = dict.fromkeys(SYNC) | {"name": "sync:one", "state": "asked"}
    row = outcomes.summary_row(job)
    assert (row["changes"], row["left_out"], row["refused"]) == ({}, [], {})
    assert [*outcomes.kind_rows(job)] == []


@pytest.mark.parametrize(
    ("outcome", "report", "is_incomplete"),
    [
        ("partial", {"unchanged": 3}, False),
        ("partial", {"left_out": [{"id": "v1", "reason": "x"}]}, False),
        ("partial", {"skipped": "no such service"}, False),
        ("partial", {"refused": 7}, True),
        ("partial", {"error": "HTTP 500 on page 3"}, True),
        ("failed", {}, True),
    ],
)
def test_what_makes_a_sync_incomplete(outcome, report, is_incomplete):
    job = {"outcome": outcome, "summary": {"volume": report}}
    assert outcomes.is_incomplete(job) is is_incomplete


BEFORE = {"agent": "a1", "summary": {"created": 40, "failed": 3}}


@pytest.mark.parametrize(
    ("agent", "summary", "since"),
    [
        ("a1", {"created": 45, "failed": 3, "kept": 1}, (5, 0, 1)),
        ("a2", {"created": 60, "failed": 4}, (60, 4, 0)),
        ("a1", {"created": 39, "failed": 3}, (39, 3, 0)),
    ],
)
def test_what_a_push_did_since(agent, summary, since):
    """The totals of an agent that began meanwhile are all there is."""
    after = {"agent": agent, "summary": summary}
    counts = outcomes.difference(BEFORE, after)
    assert (counts["created"], counts["failed"], counts["kept"]) == since
    assert set(counts) == set(outcomes.PUSH_COUNTS)
