"""Who draws or waits is told that no agent runs, or how old the view is."""

import pytest

from concertim_api.osc import rack, waiting
from concertim_api.osc.freshness import problem

from .conftest import API
from .test_waiting import RUN, becomes
from .view import SYNC, WHOLE

HEALTH = API.replace("/v1", "/healthcheck")
GONE = "No agent runs since 2026-11-30 17:18:48 UTC."


def health(api, since=None, age=None, **more):
    jobs = {"name": "jobs", "agent_silent_since": since, "view_age": age}
    checks = [{"name": "database", "ok": True}, jobs]
    api.get(HEALTH, json={"status": "ok", "checks": checks}, **more)


@pytest.mark.parametrize(
    ("since", "age", "says"),
    [
        (None, None, ""),
        (None, 15.0, ""),
        (None, 135.2, "The view is 2m 15s old."),
        ("2026-11-30T17:18:48Z", 135.2, GONE),
    ],
)
def test_what_is_old(app, api, since, age, says):
    health(api, since, age)
    assert problem(app.client_manager.concertim) == says


def test_an_api_without_agents(app, api):
    api.get(HEALTH, json={"status": "ok", "checks": []})
    assert problem(app.client_manager.concertim) == ""


@pytest.mark.parametrize(
    "answer", [{"status_code": 503}, {"status_code": 404}]
)
def test_nobody_fails_for_it(app, api, answer):
    api.get(HEALTH, json={}, **answer)
    assert problem(app.client_manager.concertim) == ""
    assert api.call_count == 1


def test_a_drawing_says_so_above(app, api):
    api.get(f"{API}/racks/k1", json=WHOLE)
    health(api, "2026-11-30T17:18:48Z", 135.2)
    status, output, _ = app.run(rack.ShowRack, "k1", "--draw")
    assert status == 0
    assert output.splitlines()[:2] == [GONE, ""]
    assert output.splitlines()[2].startswith("solver")


def test_a_drawing_of_the_past_is_never_old(app, api):
    api.get(f"{API}/racks/k1", json=WHOLE)
    health(api, "2026-11-30T17:18:48Z", 135.2)
    arguments = ("k1", "--draw", "--at", "2026-03-02T12:00Z")
    _, output, _ = app.run(rack.ShowRack, *arguments)
    assert output.startswith("solver")


def test_who_waits_is_told_that_nobody_begins(app, api, monkeypatch):
    monkeypatch.setattr(waiting, "INTERVAL", 0.0)
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    api.post(f"{API}/jobs/sync%3Aone/run", json={**SYNC, "state": "asked"})
    ended = {"finished_at": "2026-11-20T00:20:00Z"}
    becomes(api, SYNC, {}, {"state": "asked"}, {"state": "asked"}, ended)
    health(api, "2026-11-30T17:18:48Z")
    _, _, aside = app.run(*RUN)
    assert aside.count(GONE) == 1
    assert aside.count("does concertim-agent run?") == 1
