"""Commands for racks, devices and what belongs to them."""

import pytest

from concertim_api.client import errors
from concertim_api.osc import device, job, rack, team, template, user

from .conftest import API
from .view import GATEWAY, LAN, RACK, SCRATCH, SYNC, VIEW, WHOLE


@pytest.fixture
def view(api):
    """The API, with one rack and three devices."""
    api.get(f"{API}/racks", json={"racks": [RACK]})
    api.get(f"{API}/racks/solver", status_code=404)
    api.get(f"{API}/racks/k1", json=RACK)
    api.get(f"{API}/racks/k1?devices=true", json=WHOLE)
    devices = [GATEWAY, SCRATCH, LAN]
    api.get(f"{API}/devices", json={"devices": devices})
    api.get(f"{API}/devices/id-of-gateway", json=GATEWAY)
    api.get(f"{API}/devices/gateway", status_code=404)
    return api


def asked(api, path):
    """Return the last query of a path."""
    found = [r.qs for r in api.request_history if r.path == f"/v1/{path}"]
    return found[-1]


def rows(told):
    lines = [line for line in told.splitlines() if line.startswith("|")]
    return [[c.strip() for c in line.split("|")[1:-1]] for line in lines[1:]]


def test_racks_for_people(app, view):
    _, told, aside = app.run(rack.ListRack)
    assert rows(told) == [
        ["k1", "solver", "physics", "ACTIVE", "3", "6", "42", ""]
    ]
    assert aside == ""


def test_racks_for_programs(app, view):
    (found,) = app.json(rack.ListRack)
    left_out = ("outputs", "description")
    rest = {name: RACK[name] for name in RACK if name not in left_out}
    assert found == {**rest, "project": "physics"}


def test_what_is_asked_of_racks(app, view):
    app.run(
        rack.ListRack,
        *("--project", "physics", "--status", "FAILED,ACTIVE"),
        *("--region", "one", "--name", "like:s*", "--at", "2026-11-20"),
        *("--limit", "1", "--sort", "name"),
    )
    assert asked(view, "racks") == {
        "project_id": ["p1"],
        "status": ["in:failed,active"],
        "region": ["one"],
        "name": ["like:s*"],
        "at": ["2026-11-20t00:00:00z"],
        "limit": ["1"],
        "sort": ["name"],
    }


def test_a_rack(app, view):
    found = app.json(rack.ShowRack, "solver")
    assert found == {**RACK, "project": "physics"}
    assert "devices" not in asked(view, "racks")


def test_a_rack_as_it_was(app, view):
    app.json(rack.ShowRack, "k1", "--region", "one", "--at", "2026-11-20")
    assert asked(view, "racks/k1") == {
        "region": ["one"],
        "at": ["2026-11-20t00:00:00z"],
    }


def test_a_rack_with_its_devices_for_programs(app, view):
    found = app.json(rack.ShowRack, "solver", "--devices")
    assert found["devices"] == [GATEWAY, SCRATCH, LAN]


def test_a_rack_with_its_devices_for_people(app, view):
    homeless = {**GATEWAY, "name": "late", "start_u": None, "height_u": None}
    whole = {**WHOLE, "devices": [*WHOLE["devices"], homeless]}
    view.get(f"{API}/racks/k1?devices=true", json=whole)
    _, told, _ = app.run(rack.ShowRack, "k1", "--devices")
    assert [value for _, value in rows(told)[-5:]] == [
        "2026-11-20 00:00:01",
        "U 42: lan, Network, STOPPED",
        "U 4-5: scratch, Volume, AVAILABLE",
        "U 1-3: gateway, Instance, ACTIVE",
        "no slot: late, Instance, ACTIVE",
    ]


def test_draw_a_rack(app, view, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    status, told, aside = app.run(rack.ShowRack, "solver", "--draw")
    assert status == 0
    assert aside == ""
    lines = told.splitlines()
    assert lines[0].startswith("solver  ● ACTIVE")
    assert (
        lines[1] == "project physics · region one · stack solver · owner ada"
    )
    assert any("gateway" in line and line[4] == "3" for line in lines)
    assert "\x1b" not in told


def test_draw_a_rack_as_it_was(app, view):
    _, told, _ = app.run(
        rack.ShowRack, "k1", "--draw", "--at", "2026-11-20T12:00"
    )
    assert told.splitlines()[1] == "as it was at 2026-11-20 12:00:00 UTC"
    assert asked(view, "racks/k1")["at"] == ["2026-11-20t12:00:00z"]


def test_what_can_not_be_drawn(app, view):
    with pytest.raises(ValueError, match="--draw: json"):
        app.run(rack.ShowRack, "k1", "--draw", "-f", "json")
    assert view.call_count == 0


EVENTS = [
    {
        "at": "2026-11-20T00:00:00Z",
        "kind": "instance",
        "id": "id-of-gateway",
        "name": "gateway",
        "change": "status",
        "from": "ACTIVE",
        "to": "STOPPED",
    },
    {
        "at": "2026-11-20T01:00:00Z",
        "kind": "volume",
        "id": "id-of-scratch",
        "name": "scratch",
        "change": "moved to project",
        "from": "p0",
        "to": "p1",
    },
]


@pytest.fixture
def past(view):
    history = {"rack": RACK, "events": EVENTS}
    view.get(f"{API}/racks/k1/history", json=history)
    view.get(f"{API}/racks/solver/history", status_code=404)
    view.get(f"{API}/racks/gone/history", status_code=404)
    return view


def test_a_history_for_people(app, past):
    _, told, aside = app.run(rack.ShowRackHistory, "solver")
    assert aside == "rack solver, k1, region one:\n"
    assert rows(told) == [
        [
            *("2026-11-20 00:00:00", "instance", "gateway"),
            *("status", "ACTIVE", "STOPPED"),
        ],
        [
            *("2026-11-20 01:00:00", "volume", "scratch"),
            *("moved to project", "p0", "physics"),
        ],
    ]


def test_a_history_for_programs(app, past):
    assert app.json(rack.ShowRackHistory, "k1") == EVENTS
    assert app.stderr.getvalue() == ""
    assert past.call_count == 1


def test_a_history_of_nobody(app, past):
    past.get(f"{API}/racks/gone", status_code=404)
    past.get(f"{API}/racks", json={"racks": []})
    with pytest.raises(errors.NotFound):
        app.run(rack.ShowRackHistory, "gone")


def test_devices_for_people(app, view):
    _, told, _ = app.run(device.ListDevice)
    assert rows(told)[0] == [
        *("id-of-gateway", "gateway", "solver", "Instance", "ACTIVE"),
        *("m1.large", "1", "3", "203.0.113.7", "10.0.0.4"),
    ]


def test_devices_for_programs(app, view):
    (found, _, _) = app.json(device.ListDevice)
    rest = {name: GATEWAY[name] for name in GATEWAY if name != "details"}
    assert found == {**rest, "project": "physics", "rack": "solver"}


def test_racks_are_named_once_and_only_if_that_is_wanted(app, view):
    app.run(device.ListDevice, "-f", "value", "-c", "name", "-c", "rack")
    assert app.stdout.getvalue().splitlines()[0] == "gateway solver"
    assert view.call_count == 2
    assert asked(view, "racks")["fields"] == ["region,id,name"]
    app.run(device.ListDevice, "-f", "value", "-c", "name")
    assert view.call_count == 3


def test_devices_of_a_rack_that_is_gone(app, view):
    view.get(f"{API}/racks", json={"racks": []})
    found = app.json(device.ListDevice, "-c", "rack")
    assert found[0] == {"rack": "k1"}


def test_what_is_asked_of_devices(app, view):
    app.run(
        device.ListDevice,
        *("--rack", "solver", "--status", "FAILED", "--type", "Volume"),
        *("--at", "2026-11-20", "-c", "name"),
    )
    assert asked(view, "devices") == {
        "rack_id": ["k1"],
        "status": ["failed"],
        "type": ["volume"],
        "at": ["2026-11-20t00:00:00z"],
        "sort": ["start_u:desc"],
        "limit": ["1000"],
    }


def test_devices_of_a_rack_and_of_a_project(app, view):
    options = ("--rack", "k1", "--project", "physics", "-c", "rack")
    app.run(device.ListDevice, *options)
    assert asked(view, "devices")["project_id"] == ["p1"]
    assert asked(view, "devices")["rack_id"] == ["k1"]
    assert asked(view, "racks")["id"] == ["k1"]


def test_a_device(app, view):
    found = app.json(device.ShowDevice, "id-of-gateway")
    assert found == {**GATEWAY, "project": "physics"}


def test_a_device_of_a_rack_by_name(app, view):
    view.get(f"{API}/devices", json={"devices": [GATEWAY]})
    app.json(
        device.ShowDevice,
        *("gateway", "--rack", "solver", "--at", "2026-11-20"),
    )
    assert asked(view, "devices")["rack_id"] == ["k1"]
    assert asked(view, "devices")["at"] == ["2026-11-20t00:00:00z"]


def test_devices_at_a_moment_are_those_of_a_rack(app, view):
    with pytest.raises(ValueError, match="--rack"):
        app.run(device.ListDevice, "--at", "2026-11-20")
    assert view.call_count == 0


def test_devices_that_share_a_name(app, view):
    view.get(f"{API}/devices", json={"devices": [GATEWAY, LAN]})
    with pytest.raises(errors.ClientError, match="instance id-of-gateway in"):
        app.run(device.ShowDevice, "gateway")


SMALL = {"region": "one", "id": "f1", "name": "m1-small", "label": "m1.small"}
SIZE = {"height_u": 2, "vcpus": 2, "ram_mb": 2048, "disk_gb": 0}
ADA = {"region": "one", "id": "u1", "name": "ada", "email": "ada@example.org"}
TEAM = {"region": "one", "id": "p1", "name": "physics", "label": "Physics"}
ROLES = {"roles": {"u1": ["member", "reader"]}}


@pytest.mark.parametrize(
    ("command", "nouns", "item"),
    [
        (template.ListTemplate, "templates", {**SMALL, **SIZE}),
        (team.ListTeam, "teams", {**TEAM, **ROLES}),
        (user.ListUser, "users", ADA),
    ],
)
def test_the_other_lists(app, api, command, nouns, item):
    api.get(f"{API}/{nouns}", json={nouns: [item]})
    (found,) = app.json(command, "--region", "one", "--name", "a,b")
    assert {name: found[name] for name in item} == item
    assert asked(api, nouns)["name"] == ["in:a,b"]


def test_a_template(app, api):
    api.get(f"{API}/templates/f1", json={**SMALL, **SIZE})
    assert app.json(template.ShowTemplate, "f1")["height_u"] == 2


def test_a_team(app, api):
    api.get(f"{API}/teams/physics", status_code=404)
    api.get(f"{API}/teams", json={"teams": [{**TEAM, **ROLES}]})
    _, told, _ = app.run(team.ShowTeam, "physics")
    assert "u1: member, reader" in told


def test_jobs_for_people(app, api):
    api.get(f"{API}/jobs", json={"jobs": [SYNC, VIEW]})
    _, told, _ = app.run(job.ListJob)
    assert rows(told)[0] == [
        *("sync:one", "waiting", "partial", "2026-11-20 00:00:04"),
        *("3m", "4.2s", "10m", "2026-11-20 00:10:00"),
        "port: HTTP 500 on page 3",
    ]


def test_a_job(app, api):
    api.get(f"{API}/jobs/sync%3Aone", json=SYNC)
    assert app.json(job.ShowJob, "sync:one") == SYNC
    _, told, _ = app.run(job.ShowJob, "sync:one")
    assert "volume.left_out_count: 21" in told
