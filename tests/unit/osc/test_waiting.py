"""What is said while somebody waits, which no agent does at will."""

import pytest

from concertim_api.osc import action, push, sync, waiting

from .conftest import API, Terminal
from .view import SYNC

ENDED = {"finished_at": "2026-11-20T00:20:00Z"}
STEPS = ({}, {"state": "asked"}, {"state": "running"}, ENDED)
RUN = (sync.RunSync, "--region", "one", "--wait")

DONE = {"id": "o1", "noun": "rack", "action": "check", "region": "one"}
CHECK = (action.CheckRack, "k1", "--wait")

PUSH = {**SYNC, "name": "push", "outcome": "done", "summary": {"created": 1}}


@pytest.fixture
def api(requests_mock, monkeypatch):
    """The API, with a job of each kind, a rack, and nothing that waits."""
    monkeypatch.setattr(waiting, "INTERVAL", 0.0)
    requests_mock.get(f"{API}/racks/k1", json={"id": "k1", "region": "one"})
    requests_mock.get(f"{API}/pushes", json={"pushes": []})
    health = API.replace("/v1", "/healthcheck")
    requests_mock.get(health, json={"checks": []})
    for job in (SYNC, PUSH):
        url = f"{API}/jobs/{job['name'].replace(':', '%3A')}"
        requests_mock.get(url, json=job)
        requests_mock.post(f"{url}/run", json={**job, "state": "asked"})
    return requests_mock


def becomes(api, job, *looks):
    """Let a job look like this, one look after the other."""
    answers = [{"json": {**job, **look}} for look in looks]
    api.get(f"{API}/jobs/{job['name'].replace(':', '%3A')}", answers)


def operates(api, *states, **more):
    """Let the check of a rack go through these states."""
    looks = [
        {"json": {**DONE, "state": s, "error": None} | more} for s in states
    ]
    api.post(f"{API}/racks/k1/action", [looks[0]])
    api.get(f"{API}/operations/o1", looks[1:] or looks)


def test_each_step_is_said_once(app, api):
    becomes(api, SYNC, *STEPS[:2], *STEPS[1:])
    status, _, aside = app.run(*RUN)
    assert status == 1
    assert aside.splitlines() == [
        "sync:one: asked",
        "sync:one: running",
        "sync:one: partial, in 4.2s",
        "port: HTTP 500 on page 3",
    ]


def test_people_see_it_live(app, api, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    app.stderr = Terminal()
    becomes(api, SYNC, *STEPS)
    _, _, aside = app.run(*RUN)
    assert "\x1b[?25l" in aside  # the cursor hides, and comes back
    assert "sync:one: running\n" not in aside
    assert "\x1b[2Ksync:one: partial, in 4.2s\n" in aside


def test_a_job_that_nobody_begins(app, api, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    becomes(api, SYNC, {}, {"state": "asked"}, {"state": "asked"}, ENDED)
    _, _, aside = app.run(*RUN)
    assert aside.count("does concertim-agent run?") == 1


def test_a_sync_that_lacks_too_much(app, api):
    summary = {"volume": {"refused": 7}}
    becomes(api, SYNC, {**ENDED, "summary": summary, "error": None})
    status, _, aside = app.run(*RUN)
    assert status == 1
    assert aside.endswith("in 4.2s\nmore is missing than may be\n")


def test_an_operation_of_which_nothing_is_seen(app, api, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    operates(api, "accepted", "accepted", "done")
    status, _, aside = app.run(*CHECK)
    assert status == 0
    assert aside.count("nothing is seen of it yet") == 1


def test_the_end_is_one_line(app, api):
    operates(api, "accepted", "accepted", "done")
    _, _, aside = app.run(*CHECK)
    assert aside.splitlines() == [
        "rack check: accepted",
        "rack check: done, in 0.0s",
    ]


@pytest.mark.parametrize("state", ["failed", "unsure"])
def test_an_operation_that_does_not_come_to_be(app, api, state):
    operates(api, state, error="n1 is locked")
    status, output, aside = app.run(*CHECK)
    assert status == 1
    assert "n1 is locked" in output
    assert f"rack check: {state}, in " in aside


@pytest.mark.parametrize(
    ("look", "status", "says"),
    [
        ({"agent": "a2"}, 0, "Another agent: all that a2 ever did."),
        ({"summary": {"created": 1, "refused": 9}}, 1, "push list --failing"),
    ],
)
def test_a_push_by_surprise(app, api, look, status, says):
    becomes(api, PUSH, {**ENDED, **look})
    ended, _, aside = app.run(push.RunPush, "--wait")
    assert ended == status
    assert says in aside


def test_a_push_that_is_not_all(app, api):
    api.get(f"{API}/pushes?state=waiting", json={"pushes": [{"id": 7}]})
    becomes(api, PUSH, ENDED)
    status, _, aside = app.run(push.RunPush, "--wait")
    assert status == 0
    assert "More is waiting" in aside
    assert api.last_request.qs["limit"] == ["1"]


@pytest.mark.parametrize("state", ["failing", "refused"])
def test_what_was_refused_must_be_confirmed(app, api, state):
    api.post(f"{API}/pushes/7/retry", json={"id": 7, "state": state})
    _, _, aside = app.run(push.RetryPush, "7")
    assert ("Refused again unless confirmed" in aside) is (state == "refused")
