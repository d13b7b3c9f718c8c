"""Racks and devices: what is asked no more than is needed, and the cells."""

import pytest

from concertim_api.osc import device, rack

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
