"""Operations, and the commands that begin one."""

import pytest

from concertim_api.client import errors
from concertim_api.osc import action, operation, waiting

from .conftest import API, Terminal

DONE = {
    "id": "o1",
    "noun": "instance",
    "action": "stop",
    "region": "one",
    "resource_id": "n1",
    "name": "login\x1b[31m",
    "project_id": "p1",
    "user_id": "u1",
    "request_id": "req-1",
    "arguments": {"server_ids": ["a", "b"], "hard": True},
    "state": "done",
    "error": None,
    "asked_at": "2026-11-20T00:00:09.100000Z",
    "finished_at": "2026-11-20T00:00:12Z",
}
FAILED = {**DONE, "id": "o2", "state": "failed", "error": "n1 is locked"}
ASKED = {**DONE, "state": "accepted", "finished_at": None}

OPERATIONS = f"{API}/operations"

DEVICE = {"id": "n1", "region": "one", "name": "login"}
RACK = {"id": "k1", "region": "one", "name": "solver"}


@pytest.fixture
def operations(api, monkeypatch):
    """The API, with two operations, and one device and one rack to act on."""
    monkeypatch.setattr(waiting, "INTERVAL", 0.0)
    api.get(OPERATIONS, json={"operations": [DONE, FAILED]})
    api.get(f"{OPERATIONS}/o1", json=DONE)
    for noun, one in (("devices", DEVICE), ("racks", RACK)):
        api.get(f"{API}/{noun}/{one['name']}", status_code=404)
        api.get(f"{API}/{noun}/{one['id']}", json=one)
        api.get(f"{API}/{noun}", json={noun: [one]})
        api.post(
            f"{API}/{noun}/{one['id']}/action", json=ASKED, status_code=202
        )
    return api


def posted(api):
    """Return where the last order went, and what it was."""
    last = [r for r in api.request_history if r.method == "POST"][-1]
    return last.path, last.json()


def test_operations_for_people(app, operations):
    _, told, _ = app.run(operation.ListOperation)
    rows = [line.split("|")[1:-1] for line in told.splitlines()]
    head, done, failed = [
        [cell.strip() for cell in row] for row in rows if row
    ]
    assert head == [
        "id",
        "asked_at",
        "noun",
        "action",
        "name",
        "state",
        "error",
    ]
    assert done == [
        *("o1", "2026-11-20 00:00:09", "instance", "stop"),
        *("login\\x1b[31m", "done", ""),
    ]
    assert failed[5:] == ["failed", "n1 is locked"]


def test_operations_for_programs(app, operations):
    expected = [{**one, "project": "physics"} for one in (DONE, FAILED)]
    assert app.json(operation.ListOperation) == expected


def test_what_is_asked_of_operations(app, operations):
    app.run(
        operation.ListOperation,
        *("--state", "failed", "--noun", "rack,volume", "--action", "destroy"),
        *("--region", "one", "--resource", "k1", "--user", "u1"),
        *("--since", "2026-11-20", "--limit", "2", "--marker", "m0"),
    )
    query = operations.request_history[-1].qs
    if "operations" not in operations.last_request.path:
        query = operations.request_history[-2].qs
    assert query == {
        "state": ["failed"],
        "noun": ["in:rack,volume"],
        "action": ["destroy"],
        "region": ["one"],
        "resource_id": ["k1"],
        "user_id": ["u1"],
        "asked_at": ["gte:2026-11-20t00:00:00z"],
        "limit": ["2"],
        "marker": ["m0"],
    }


def test_what_needs_a_look(app, operations):
    app.run(operation.ListOperation, "--failing")
    asked = [r for r in operations.request_history if "operations" in r.path]
    assert asked[0].qs["state"] == ["in:failed,unsure"]


def test_one_operation(app, operations):
    _, told, _ = app.run(operation.ShowOperation, "o1")
    assert "server_ids: a, b" in told
    assert "physics" in told


def test_one_operation_for_programs(app, operations):
    shown = app.json(operation.ShowOperation, "o1")
    assert shown == {**DONE, "project": "physics"}


@pytest.mark.parametrize(
    ("command", "arguments", "body"),
    [
        (action.StartDevice, (), {"action": "start"}),
        (action.StopDevice, (), {"action": "stop"}),
        (action.RebootDevice, (), {"action": "reboot"}),
        (
            action.RebootDevice,
            ("--hard",),
            {"action": "reboot", "hard": True},
        ),
        (action.SuspendDevice, (), {"action": "suspend"}),
        (action.ResumeDevice, (), {"action": "resume"}),
        (action.ShelveDevice, (), {"action": "shelve"}),
        (action.UnshelveDevice, (), {"action": "unshelve"}),
        (action.DestroyDevice, (), {"action": "destroy"}),
        (
            action.DestroyDevice,
            ("--force",),
            {"action": "destroy", "force": True},
        ),
        (action.DetachDevice, (), {"action": "detach"}),
        (
            action.DetachDevice,
            ("--server", "login"),
            {"action": "detach", "server_id": "n1"},
        ),
        (
            action.ExtendDevice,
            ("--size", "20"),
            {"action": "extend", "size_gb": 20},
        ),
    ],
)
@pytest.mark.parametrize("name", ["login", "n1"])
def test_what_devices_do(app, operations, command, arguments, body, name):
    status, told, _ = app.run(command, name, *arguments)
    assert status == 0
    assert "accepted" in told
    asked = {**body, "region": "one"}
    assert posted(operations) == ("/v1/devices/n1/action", asked)


def test_a_server_that_is_in_no_rack(app, operations):
    operations.get(f"{API}/devices/lonely", status_code=404)
    operations.get(f"{API}/devices?name=eq:lonely", json={"devices": []})
    app.run(action.DetachDevice, "n1", "--server", "lonely")
    assert posted(operations)[1]["server_id"] == "lonely"


def test_a_device_of_a_rack(app, operations):
    app.run(action.StopDevice, "login", "--rack", "solver")
    asked = [r.qs for r in operations.request_history]
    named = {"name": ["eq:login"], "rack_id": ["k1"], "limit": ["10"]}
    assert named in asked


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5"])
def test_a_size_that_is_none(app, operations, size, capsys):
    with pytest.raises(SystemExit):
        app.run(action.ExtendDevice, "login", "--size", size)
    with pytest.raises(SystemExit):
        app.run(action.ExtendDevice, "login")
    assert operations.call_count == 0


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (action.SuspendRack, "suspend"),
        (action.ResumeRack, "resume"),
        (action.CheckRack, "check"),
        (action.DestroyRack, "destroy"),
    ],
)
def test_what_racks_do(app, operations, command, action):
    assert app.json(command, "solver", "--region", "one")["id"] == "o1"
    asked = {"action": action, "region": "one"}
    assert posted(operations) == ("/v1/racks/k1/action", asked)


# Waiting


def becomes(api, *states, **more):
    answers = [{"json": {**ASKED, "state": state, **more}} for state in states]
    api.get(f"{OPERATIONS}/o1", answers)


def test_it_is_waited_for(app, operations):
    becomes(operations, "accepted", "done")
    status, told, said = app.run(action.StopDevice, "login", "--wait")
    assert status == 0
    assert "done" in told
    first, second, last = said.splitlines()
    assert (first, second) == (
        "instance stop: accepted",
        "instance stop: done",
    )
    assert last.startswith("instance stop: done, in 0.")


@pytest.mark.parametrize("state", ["failed", "unsure"])
def test_what_did_not_come_to_be_fails(app, operations, state):
    becomes(operations, state, error="n1 is locked")
    status, told, said = app.run(action.CheckRack, "solver", "--wait")
    assert status == 1
    assert "n1 is locked" in told
    assert f"instance stop: {state}, in " in said


def test_people_see_it_live(app, operations):
    app.stderr = Terminal()
    becomes(operations, "accepted", "done")
    status, _, said = app.run(action.StopDevice, "login", "--wait")
    assert status == 0
    assert "instance stop: done, 0s" in said
    assert "instance stop: done, in " in said


def test_the_wait_ends(app, operations):
    becomes(operations, "accepted")
    with pytest.raises(errors.ClientError, match="it is accepted"):
        app.run(action.StopDevice, "login", "--wait", "--timeout", "0.01")


def test_whoever_waits_long_hears_why(app, operations, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    becomes(operations, "asked", "accepted", "done")
    _, _, said = app.run(action.StopDevice, "login", "--wait")
    assert "nothing is seen of it yet" in said


def test_a_timeout_of_nothing(app, operations):
    with pytest.raises(ValueError, match="nothing to --wait for"):
        app.run(action.StopDevice, "login", "--timeout", "9")
    assert operations.call_count == 0
