"""The status: its screen, and its exit status."""

import pytest
from requests.exceptions import ConnectTimeout

from concertim_api.osc.status import ShowStatus

from .conftest import API

PART = {"region": None, "since": None}
WELL = [
    {**PART, "name": "API", "state": "ok", "text": "it answers"},
    {**PART, "name": "front end", "state": "note", "text": "there is none"},
]
GONE = {
    **PART,
    "name": "listener",
    "region": "one",
    "state": "failing",
    "text": "none runs since 2026-11-30 17:18:48 UTC: "
    "start concertim-listener",
}


def answers(api, state, *parts):
    document = {"at": "2026-11-30T17:20:00Z", "state": state, "parts": parts}
    api.get(f"{API}/status", json=document)


@pytest.fixture(autouse=True)
def screen(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")


def test_all_is_well(app, api):
    answers(api, "ok", *WELL)
    status, output, aside = app.run(ShowStatus)
    assert (status, aside) == (0, "")
    assert output.splitlines() == [
        "API        ok       it answers",
        "front end  note     there is none",
    ]
    version = api.last_request.headers["OpenStack-API-Version"]
    assert version == "concertim 1.2"


def test_something_is_unplugged(app, api):
    answers(api, "trouble", *WELL, GONE)
    status, output, _ = app.run(ShowStatus)
    assert status == 1
    assert output.splitlines()[2:] == [
        "listener one  failing  none runs since 2026-11-30 17:18:48",
        "                       UTC: start concertim-listener",
    ]
    assert all(len(line) <= 60 for line in output.splitlines())


def test_the_database_is_unplugged(app, api):
    gone = {**PART, "name": "database", "state": "failing", "text": "no"}
    answers(api, "unknown", *WELL, gone)
    status, output, _ = app.run(ShowStatus)
    assert status == 2
    assert output.splitlines()[2] == "database   failing  no"


def test_for_programs(app, api):
    answers(api, "ok", *WELL)
    assert app.json(ShowStatus) == [*WELL]
    _, output, _ = app.run(ShowStatus, "-f", "value", "-c", "state")
    assert output.endswith("ok\nnote\n")


@pytest.mark.parametrize("code", [401, 403, 404, 406, 500, 503])
def test_nobody_can_tell(app, api, code):
    """It is asked once: who watches does not wait."""
    api.get(f"{API}/status", status_code=code, json={})
    status, output, aside = app.run(ShowStatus)
    assert (status, output) == (2, "")
    assert aside.startswith("The status is unknown: ")
    assert api.call_count == 1


def test_there_is_no_api(app, api):
    api.get(f"{API}/status", exc=ConnectTimeout)
    assert app.run(ShowStatus)[0] == 2
