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


def test_a_picture_with_costs(app, view, tmp_path):
    view.get(f"{API}/racks/k1", json=RACK)
    view.get(f"{API}/racks/k1.svg", text="<svg/>")
    app.run(rack.ShowRack, "k1", "--costs", "--svg", str(tmp_path / "k1"))
    request = view.last_request
    assert request.qs == {"region": ["one"], "costs": ["true"]}
    assert request.headers["OpenStack-API-Version"] == "concertim 1.4"


def priced(*rows, currency="EUR", amount="7.5000", unpriced="0.000000"):
    return {
        "start": "2026-11-01T00:00:00Z",
        "end": "2026-11-20T00:00:00Z",
        "currency": currency,
        "amount": amount,
        "unpriced_hours": unpriced,
        "unsettled_amount": amount,
        "costs": [
            {
                "resource_id": i,
                "name": i,
                "amount": a,
                "unpriced_hours": u,
                "unsettled_amount": a,
            }
            for i, a, u in rows
        ],
        "links": [],
    }


def drawn(app, *words):
    status, output, _ = app.run(rack.ShowRack, "k1", "--draw", *words)
    assert status == 0
    return output


def test_a_drawing_with_costs_takes_one_request_more(app, view):
    view.get(f"{API}/racks/k1", json=WHOLE)
    drawn(app, "--at", "2026-11-20")
    count = view.call_count
    rows = [
        ("id-of-gateway", "1207.5000", "0.000000"),
        ("id-of-lan", "0.0000", "0.000000"),
        ("id-of-scratch", "0.0000", "12.000000"),
    ]
    view.get(f"{API}/costs", json=priced(*rows, unpriced="12.000000"))
    output = drawn(app, "--at", "2026-11-20", "--costs")
    (request,) = [r for r in view.request_history if r.path == "/v1/costs"]
    assert request.qs == {
        "start": ["2026-11-01t00:00:00z"],
        "end": ["2026-11-20t00:00:00z"],
        "group_by": ["resource_id"],
        "rack_id": ["k1"],
        "region": ["one"],
    }
    assert view.call_count == 2 * count + 1
    assert "cost 7.50 EUR since 2026-11-01 (12.00 hours have no price)" in (
        " ".join(output.split())
    )
    assert "ACTIVE     1,207.50  m1.large" in output
    assert "STOPPED        0.00 " in output
    assert "AVAILABLE            " in output


def test_a_drawing_with_costs_and_without_a_tariff(app, view):
    view.get(f"{API}/racks/k1", json=WHOLE)
    nothing = priced(currency=None, amount="0.0000", unpriced="4.000000")
    view.get(f"{API}/costs", json=nothing)
    output = drawn(app, "--at", "2026-11-20", "--costs")
    assert "cost not known: there is no tariff" in " ".join(output.split())


def test_the_last_moment_of_a_month_is_in_it(app, view):
    view.get(f"{API}/racks/k1", json=WHOLE)
    view.get(f"{API}/costs", json=priced())
    drawn(app, "--at", "2026-12-01", "--costs")
    (request,) = [r for r in view.request_history if r.path == "/v1/costs"]
    assert request.qs["start"] == ["2026-11-01t00:00:00z"]


def test_costs_are_drawn_or_not_shown(app, view):
    with pytest.raises(ValueError, match="--costs: only with --draw or --svg"):
        app.run(rack.ShowRack, "k1", "--costs")


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
