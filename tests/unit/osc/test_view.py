"""Racks and devices: what is asked no more than is needed, and the cells."""

import io

import pytest

from concertim_api.osc import device, rack, team

from .conftest import API
from .view import GATEWAY, LAN, RACK, SCRATCH, WHOLE


@pytest.fixture
def view(api):
    """The API, with one rack and three devices."""
    api.get(f"{API}/racks", json={"racks": [RACK]})
    api.get(f"{API}/devices", json={"devices": [GATEWAY, SCRATCH, LAN]})
    return api


def test_devices_in_a_rack():
    homeless = {**GATEWAY, "name": "late", "start_u": None, "height_u": None}
    cell = rack.DeviceLines([*WHOLE["devices"], homeless])
    assert cell.human_readable().splitlines() == [
        "U 42: lan, Network, STOPPED",
        "U 4-5: scratch, Volume, AVAILABLE",
        "U 1-3: gateway, Instance, ACTIVE",
        "no slot: late, Instance, ACTIVE",
    ]


def test_racks_are_named_once_and_only_if_that_is_wanted(app, view):
    app.run(device.ListDevice, "-f", "value", "-c", "name", "-c", "rack")
    assert app.stdout.getvalue().splitlines()[0] == "gateway solver"
    assert view.call_count == 2
    assert view.last_request.qs["fields"] == ["region,id,name"]
    app.run(device.ListDevice, "-f", "value", "-c", "name")
    assert view.call_count == 3


def test_devices_of_a_rack_that_is_gone(app, view):
    view.get(f"{API}/racks", json={"racks": []})
    rows = app.json(device.ListDevice, "-c", "rack")
    assert rows[0] == {"rack": "k1"}


def test_a_picture_in_a_file(app, view, tmp_path):
    view.get(f"{API}/racks/k1", json=RACK)
    view.get(f"{API}/racks/k1.svg", text="<svg>\u25cf</svg>")
    file = tmp_path / "rack.svg"
    words = ("k1", "--at", "2026-11-20", "--svg", str(file))
    status, output, _ = app.run(rack.ShowRack, *words)
    assert (status, output) == (0, "")
    assert file.read_text("utf-8") == "<svg>\u25cf</svg>"
    request = view.last_request
    assert request.headers["Accept"] == "image/svg+xml"
    assert request.qs == {"region": ["one"], "at": ["2026-11-20t00:00:00z"]}


def test_all_racks_are_drawn(app, view, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    other = RACK | {"id": "k2", "name": "other"}
    view.get(f"{API}/racks", json={"racks": [RACK, other]})
    status, output, _ = app.run(rack.ListRack, "--draw", "--status", "ACTIVE")
    assert status == 0
    first = output.splitlines()[0].split()
    assert (first[0], first[3]) == ("solver", "other")
    assert output.count("gateway") > 1
    assert "+---" not in output
    requests = [r.path_url.partition("?")[0] for r in view.request_history]
    assert requests.count("/v1/devices") == 1


@pytest.mark.parametrize("option", ["-f=json", "--ended", "--at=2026-11-20"])
def test_what_is_not_drawn(app, view, option):
    with pytest.raises(ValueError, match="only racks of now"):
        app.run(rack.ListRack, "--draw", option)


def test_members_of_a_team_have_names(app, view):
    roles = {"u1": ["manager"], "u2": ["member"]}
    physics = {"id": "p1", "region": "one", "roles": roles}
    view.get(f"{API}/teams/p1", json=physics)
    users = [{"id": "u1", "name": "ada"}]
    view.get(f"{API}/users?region=one", json={"users": users})
    output = app.run(team.ShowTeam, "p1")[1]
    assert "| ada (u1): manager " in output
    assert "| u2: member " in output
    count = view.call_count
    app.stdout = io.StringIO()
    assert app.json(team.ShowTeam, "p1")["roles"] == roles
    assert view.call_count == count + 1


@pytest.mark.parametrize("cost", [None, "12.50"])
def test_bills_where_there_are_some(app, view, cost):
    view.get(f"{API}/racks/k1", json=RACK | {"cost": cost})
    output = app.run(rack.ShowRack, "k1")[1]
    assert ("cost" in output) is (cost is not None)
    assert "order_id" not in output
    assert "description" in output
    app.stdout = io.StringIO()
    assert app.json(rack.ShowRack, "k1").keys() >= {"cost", "order_id"}
    output = app.run(rack.ShowRack, "k1", "-c", "order_id")[1]
    assert "order_id" in output


def test_projects_of_a_history_have_names(app, view):
    move = {"change": "moved to project", "from": "p0", "to": "p1"}
    other = {"change": "status", "from": "p1", "to": "p1"}
    history = {"rack": RACK, "events": [move, other]}
    view.get(f"{API}/racks/k1/history", json=history)
    _, output, _ = app.run(
        rack.ShowRackHistory, "k1", "-c", "from", "-c", "to"
    )
    assert "| p0   | physics |" in output
    assert "| p1   | p1      |" in output
