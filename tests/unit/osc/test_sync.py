"""Syncs: asked for, waited for, and what they came to."""

import json

import pytest

from concertim_api.client import errors
from concertim_api.osc import sync, waiting

from .conftest import API, Terminal
from .view import SYNC, VIEW

OTHER = {**SYNC, "name": "sync:two", "summary": {}, "outcome": "done"}
ASKED = {**SYNC, "state": "asked"}


@pytest.fixture
def jobs(api, monkeypatch):
    """The API, with two regions that are synced."""
    monkeypatch.setattr(waiting, "INTERVAL", 0.0)
    api.get(f"{API}/jobs", json={"jobs": [SYNC, OTHER, VIEW]})
    api.get(f"{API}/jobs/sync%3Aone", json=SYNC)
    for region in ("one", "two"):
        answer = {**ASKED, "name": f"sync:{region}"}
        api.post(f"{API}/jobs/sync%3A{region}/run", json=answer)
    return api


def becomes(api, *looks):
    """Let the job look like this, one look after the other."""
    answers = [{"json": {**SYNC, **look}} for look in looks]
    api.get(f"{API}/jobs/sync%3Aone", answers)


DONE = {"finished_at": "2026-11-20T00:20:00Z"}
STEPS = (
    {},
    {"state": "asked"},
    {"state": "running"},
    {"state": "running"},
    DONE,
)


def posted(api):
    return {
        r.path: r.json() for r in api.request_history if r.method == "POST"
    }


def test_ask_for_a_sync_of_all(app, jobs):
    found = app.json(sync.RunSync)
    assert [row["region"] for row in found] == ["one", "two"]
    assert {row["state"] for row in found} == {"asked"}
    assert posted(jobs) == {
        "/v1/jobs/sync%3aone/run": {},
        "/v1/jobs/sync%3atwo/run": {},
    }


def test_ask_for_a_sync_of_some(app, jobs):
    options = ("--region", "one", "--accept-deletes", "--kind", "volume,port")
    app.json(sync.RunSync, *options, "--kind", "stack")
    assert posted(jobs) == {
        "/v1/jobs/sync%3aone/run": {
            "accept_deletes": True,
            "kinds": ["volume", "port", "stack"],
        }
    }


def test_there_must_be_something_to_sync(app, api):
    api.get(f"{API}/jobs", json={"jobs": [VIEW]})
    with pytest.raises(ValueError, match="concertim-agent"):
        app.run(sync.RunSync)


def test_wait_for_a_sync(app, jobs):
    becomes(jobs, *STEPS)
    status, told, aside = app.run(
        sync.RunSync, "--region", "one", "--wait", "-f", "json"
    )
    assert status == 1
    assert aside.splitlines() == [
        "sync:one: asked",
        "sync:one: running",
        "sync:one: partial, in 4.2s",
        "port: HTTP 500 on page 3",
    ]
    found = {row["kind"]: row for row in json.loads(told)}
    assert found["instance"] == {
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
        "error": None,
    }
    assert found["network"]["refused"] == 7
    assert found["port"]["error"] == "HTTP 500 on page 3"
    assert found["image"]["left_out"] == [
        {"kind": "image", "id": None, "reason": "no such service"}
    ]


def test_a_sync_that_failed(app, jobs):
    becomes(jobs, {}, {**DONE, "outcome": "failed", "error": "no login"})
    options = ("--region", "one", "--wait")
    status, _, aside = app.run(sync.RunSync, *options)
    assert status == 1
    assert aside.endswith("sync:one: failed, in 4.2s\nno login\n")


@pytest.mark.parametrize(
    ("told", "status", "why"),
    [
        ({"unchanged": 3}, 0, ""),
        ({"left_out": [{"id": "v1", "reason": "size"}]}, 0, ""),
        ({"skipped": "no such service"}, 0, ""),
        ({"refused": 7}, 1, "more is missing than may be\n"),
    ],
)
def test_what_a_sync_in_vain_is(app, jobs, told, status, why):
    done = {**DONE, "summary": {"volume": told}, "error": None}
    becomes(jobs, {}, done)
    options = ("--region", "one", "--wait")
    ended, _, aside = app.run(sync.RunSync, *options)
    assert ended == status
    assert aside == f"sync:one: partial, in 4.2s\n{why}"


def test_a_sync_that_nobody_begins(app, jobs, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    becomes(jobs, {}, {"state": "asked"}, {"state": "asked"}, DONE)
    _, _, aside = app.run(sync.RunSync, "--region", "one", "--wait")
    assert aside.count("does concertim-agent run?") == 1


def test_a_sync_that_takes_too_long(app, jobs):
    becomes(jobs, {}, {"state": "running"})
    options = ("--region", "one", "--wait", "--timeout", "0.001")
    with pytest.raises(errors.ClientError, match=r"within 0\.001 s"):
        app.run(sync.RunSync, *options)


def test_people_see_it_live(app, jobs, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    app.stderr = Terminal()
    becomes(jobs, *STEPS)
    _, _, aside = app.run(sync.RunSync, "--region", "one", "--wait")
    assert "\x1b[?25l" in aside  # the cursor hides, and comes back
    assert "sync:one: running\n" not in aside
    assert "\x1b[2Ksync:one: partial, in 4.2s\n" in aside


@pytest.mark.parametrize("timeout", ["0", "-1", "soon", "inf", "nan"])
def test_times_that_make_no_sense(app, jobs, timeout, capsys):
    with pytest.raises(SystemExit):
        app.run(sync.RunSync, "--wait", f"--timeout={timeout}")
    assert "is not a time to wait" in capsys.readouterr().err


def test_a_timeout_of_nothing(app, jobs):
    with pytest.raises(ValueError, match="--wait"):
        app.run(sync.RunSync, "--timeout", "3")
    assert jobs.call_count == 0


def test_how_it_stands_for_people(app, jobs):
    _, told, _ = app.run(sync.ShowSync)
    lines = [
        line.split("|")[1:-1] for line in told.splitlines() if "|" in line
    ]
    one = [[cell.strip() for cell in line] for line in lines[1:-1]]
    assert one[0] == [
        *("one", "waiting", "partial", "2026-11-20 00:00:04", "3m", "4.2s"),
        "3 new, 1 changed",
        "volume v1: size: not a number",
        "7 network",
        "port: HTTP 500 on page 3",
    ]
    assert [line[7] for line in one[1:]] == [
        "volume: and 20 more",
        "image: no such service",
    ]
    assert lines[-1][0].strip() == "two"


def test_how_it_stands_for_programs(app, jobs):
    (found,) = app.json(sync.ShowSync, "--region", "one")
    assert found["changes"] == {"new": 3, "changed": 1}
    assert found["refused"] == {"network": 7}
    assert found["left_out"][0] == {
        "kind": "volume",
        "id": "v1",
        "reason": "size: not a number",
    }


def test_a_sync_that_never_ran(app, api):
    fresh = dict.fromkeys(SYNC) | {"name": "sync:one", "state": "asked"}
    api.get(f"{API}/jobs", json={"jobs": [fresh]})
    (found,) = app.json(sync.ShowSync)
    assert found["changes"] == {}
    assert found["outcome"] is None
