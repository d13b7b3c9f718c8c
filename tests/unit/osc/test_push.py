"""Pushes: listed, tried again, and what a run of them came to."""

import json

import pytest

from concertim_api.client import errors
from concertim_api.osc import push, waiting

from .conftest import API
from .view import SYNC

FAILING = {
    "id": 7,
    "noun": "rack",
    "region": "one",
    "resource_id": "k1",
    "name": "solver\x1b[31m",
    "foreign_id": None,
    "state": "failing",
    "attempts": 3,
    "error": "HTTP 422: no order",
    "due_at": "2026-11-20T00:00:12Z",
    "pushed_at": None,
}
LEFT = {
    **FAILING,
    "id": 8,
    "region": "",
    "foreign_id": "17",
    "state": "refused",
    "attempts": 0,
}

#: The totals of the job, of which 3 things had failed before.
JOB = {
    **SYNC,
    "name": "push",
    "outcome": "done",
    "summary": {"created": 40, "updated": 2, "failed": 3, "surveys": 1},
    "error": None,
    "duration": 0.4,
}
ASKED = {**JOB, "state": "asked"}
DONE = {**JOB, "finished_at": "2026-11-20T00:00:09Z"}

PUSHES = f"{API}/pushes"
RUN = f"{API}/jobs/push/run"


@pytest.fixture
def pushes(api, monkeypatch):
    """The API, with two pushes that need a look; nothing waits."""
    monkeypatch.setattr(waiting, "INTERVAL", 0.0)
    api.get(PUSHES, json={"pushes": [FAILING, LEFT]})
    api.get(f"{PUSHES}?state=waiting", json={"pushes": []})
    api.get(f"{PUSHES}/7", json=FAILING)
    for number, one in ((7, FAILING), (8, LEFT)):
        api.post(f"{PUSHES}/{number}/retry", json=one, status_code=202)
    api.post(RUN, json=ASKED, status_code=202)
    return api


def becomes(api, **told):
    """Let the job have been asked for, and then have come to something."""
    looks = ({}, {"state": "asked"}, {**DONE, **told})
    answers = [{"json": {**JOB, **look}} for look in looks]
    api.get(f"{API}/jobs/push", answers)


def rows(table):
    """Return the cells of a table's rows, the head among them."""
    lines = [line.split("|")[1:-1] for line in table.splitlines()]
    return [[cell.strip() for cell in line] for line in lines if line]


def test_pushes_for_people(app, pushes):
    _, told, _ = app.run(push.ListPush)
    head, failing, left = rows(told)
    assert head == [
        *("id", "noun", "name", "state", "error", "attempts", "due_at")
    ]
    assert failing == [
        *("7", "rack", "solver\\x1b[31m", "failing", "HTTP 422: no order"),
        *("3", "2026-11-20 00:00:12"),
    ]
    assert left[3] == "refused"


def test_pushes_for_programs(app, pushes):
    assert app.json(push.ListPush) == [FAILING, LEFT]


def test_more_columns(app, pushes):
    _, told, _ = app.run(push.ListPush, "--long")
    assert rows(told)[0][-4:] == [
        *("pushed_at", "region", "resource_id", "foreign_id")
    ]


def test_what_is_asked_of_pushes(app, pushes):
    app.run(
        push.ListPush,
        *("--state", "kept", "--noun", "rack,device", "--region", "one"),
        *("--name", "solver", "--resource", "k1"),
        *("--limit", "2", "--marker", "m0"),
    )
    assert pushes.last_request.qs == {
        "state": ["kept"],
        "noun": ["in:rack,device"],
        "region": ["one"],
        "name": ["solver"],
        "resource_id": ["k1"],
        "limit": ["2"],
        "marker": ["m0"],
    }


def test_what_needs_a_look(app, pushes):
    app.run(push.ListPush, "--failing")
    assert pushes.last_request.qs["state"] == ["in:failing,refused"]


def test_one_condition_on_the_state(app, capsys):
    with pytest.raises(SystemExit):
        app.run(push.ListPush, "--failing", "--state", "kept")
    assert "not allowed with" in capsys.readouterr().err


def test_a_list_that_was_cut_says_so(app, pushes):
    links = [{"rel": "next", "href": "x?marker=m1"}]
    pushes.get(PUSHES, json={"pushes": [FAILING], "links": links})
    _, _, aside = app.run(push.ListPush, "--limit", "1")
    assert aside == "There is more: --marker m1\n"


def test_show_a_push(app, pushes):
    assert app.json(push.ShowPush, "7") == FAILING


def test_try_some_again(app, pushes):
    assert app.json(push.RetryPush, "8", "7") == [LEFT, FAILING]
    posted = [r.path for r in pushes.request_history]
    assert posted == ["/v1/pushes/8/retry", "/v1/pushes/7/retry"]


@pytest.mark.parametrize(("push_id", "says"), [("7", False), ("8", True)])
def test_what_was_refused_must_be_confirmed(app, pushes, push_id, says):
    _, _, aside = app.run(push.RetryPush, push_id)
    assert ("Refused again unless confirmed" in aside) is says


def test_try_all_again(app, pushes):
    found = app.json(push.RetryPush, "--all")
    assert found == [{"job": "push", "state": "asked"}]
    (request,) = pushes.request_history
    assert request.json() == {"retry": True}


@pytest.mark.parametrize("arguments", [(), ("7", "--all")])
def test_it_must_be_said_which(app, pushes, arguments):
    with pytest.raises(ValueError, match=r"say which|not both"):
        app.run(push.RetryPush, *arguments)
    assert pushes.call_count == 0


def test_ask_for_a_push(app, pushes):
    found = app.json(push.RunPush)
    assert found["state"] == "asked"
    (request,) = pushes.request_history
    assert request.json() == {}


def test_ask_for_all_that_it_can(app, pushes):
    app.run(push.RunPush, "--accept-deletes", "--retry", "--survey")
    assert pushes.last_request.json() == {
        "accept_deletes": True,
        "retry": True,
        "survey": True,
    }


def test_nothing_is_pushed(app, pushes):
    pushes.post(RUN, status_code=404)
    with pytest.raises(ValueError, match="concertim-agent"):
        app.run(push.RunPush)
    with pytest.raises(ValueError, match="concertim-agent"):
        app.run(push.RetryPush, "--all")


NOTHING = dict.fromkeys(
    [
        *("created", "updated", "replaced", "deleted", "unchanged"),
        *("failed", "waiting", "refused", "kept", "surveys"),
    ],
    0,
)


def test_wait_for_a_push(app, pushes):
    """What had failed before is none of its business."""
    totals = {**JOB["summary"], "created": 45, "unchanged": 7, "surveys": 2}
    becomes(pushes, summary=totals)
    status, told, aside = app.run(push.RunPush, "--wait", "-f", "json")
    assert status == 0
    assert aside == "push: asked\npush: done, in 0.4s\n"
    assert json.loads(told) == {
        "outcome": "done",
        "error": None,
        **NOTHING,
        "created": 5,
        "unchanged": 7,
        "surveys": 1,
    }


@pytest.mark.parametrize(
    ("told", "aside"),
    [
        ({"outcome": "failed", "error": "the front end: HTTP 503"}, ""),
        ({"summary": {**JOB["summary"], "failed": 4}}, "--failing"),
        ({"summary": {**JOB["summary"], "refused": 9}}, "--failing"),
    ],
)
def test_a_push_in_vain(app, pushes, told, aside):
    becomes(pushes, **told)
    status, shown, said = app.run(push.RunPush, "--wait")
    assert status == 1
    assert aside in said
    assert told.get("error", "") in shown


def test_a_push_by_a_new_agent(app, pushes):
    becomes(pushes, agent="a2", summary={"created": 60, "unchanged": 1})
    _, told, aside = app.run(push.RunPush, "--wait", "-f", "json")
    assert "all that a2 ever did" in aside
    assert json.loads(told)["created"] == 60


def test_a_push_by_an_agent_that_began_anew(app, pushes):
    becomes(pushes, summary={"created": 39, "unchanged": 1})
    _, told, _ = app.run(push.RunPush, "--wait", "-f", "json")
    assert json.loads(told)["created"] == 39


def test_a_push_that_is_not_all(app, pushes):
    pushes.get(f"{PUSHES}?state=waiting", json={"pushes": [FAILING]})
    becomes(pushes)
    status, _, aside = app.run(push.RunPush, "--wait")
    assert status == 0
    assert "More is waiting" in aside
    assert pushes.last_request.qs["limit"] == ["1"]


def test_a_push_that_takes_too_long(app, pushes):
    pushes.get(f"{API}/jobs/push", json=ASKED)
    options = ("--wait", "--timeout", "0.001")
    with pytest.raises(errors.ClientError, match=r"within 0\.001 s"):
        app.run(push.RunPush, *options)


def test_a_timeout_of_nothing(app, pushes):
    with pytest.raises(ValueError, match="--wait"):
        app.run(push.RunPush, "--timeout", "3")
    assert pushes.call_count == 0
