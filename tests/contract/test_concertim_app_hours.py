"""The simulated front end keeps to the facts: the flavour of hours."""

from __future__ import annotations

import pytest

from tests.contract.concertim import App
from tests.contract.concertim.asking import Asker

BEGUN = "2024-06-01T10:00:00+02:00"
SHOWN = "2024-06-01T08:00:00.000Z"


@pytest.fixture
def app():
    app = App("hours")
    app.seed.cluster_type("slurm")
    return app


@pytest.fixture
def root(app):
    return Asker(app)


@pytest.fixture
def team(app):
    return app.seed.team("team-a", "project-a")


@pytest.fixture
def create(root, team):
    def create(without=(), **changes):
        rack = {
            "team_id": team.id,
            "name": "c1",
            "status": "ACTIVE",
            "cloud_created_at": BEGUN,
            "cluster_type_name": "slurm",
            **changes,
        }
        for name in without:
            del rack[name]
        return root.post("/racks", {"rack": rack})

    return create


def test_teams_are_id_name_and_project(root, team):
    shown = {"id": team.id, "name": "team-a", "project_id": "project-a"}
    assert root.get("/teams") == (200, [shown])
    sent = {"project_id": "p2", "credits": 5, "cost": "None"}
    answer = root.patch(f"/teams/{team.id}", {"team": sent})
    assert answer == (200, {**shown, "project_id": "p2"})


def test_racks_have_an_age_and_no_price(root, team, create):
    status, rack = create(order_id="o1", cost="7")
    assert status == 200
    assert rack == {
        "id": rack["id"],
        "name": "c1",
        "u_height": 42,
        "metadata": {},
        "status": "ACTIVE",
        "network_details": {},
        "creation_output": None,
        "created_at": SHOWN,
        "owner": root.get("/teams")[1][0],
        "devices": [],
    }


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"cloud_created_at": None}, {"cloud_created_at": ["can't be blank"]}),
        (
            {"cloud_created_at": "None"},
            {"cloud_created_at": ["can't be blank"]},
        ),
        ({"cluster_type_name": None}, {"cluster_type": ["must exist"]}),
        ({"cluster_type_name": "?"}, {"cluster_type": ["must exist"]}),
    ],
)
def test_racks_need_an_age_and_a_known_type(app, create, sent, errors):
    assert create(**sent) == (422, errors)
    assert create(without=list(sent)) == (422, errors)
    assert not app.model.racks


def test_updates_need_neither(root, create):
    _, rack = create()
    sent = {"status": "STOPPED", "cloud_created_at": "2025-01-01T00:00:00Z"}
    answer = root.patch(f"/racks/{rack['id']}", {"rack": sent})
    assert answer == (200, {**rack, "status": "STOPPED"})


def test_a_team_admin_can_make_racks(app, team, create, root):
    app.seed.role(app.seed.user("chief"), team, "admin")
    root.headers["Authorization"] = app.token("chief")
    assert create()[0] == 200


def test_templates_have_an_hourly_cost(root):
    sent = {"name": "m1", "height": 1, "hourly_cost": "0.25"}
    status, template = root.post("/templates", {"template": sent})
    assert (status, template["hourly_cost"]) == (200, "0.25")
    path = f"/templates/{template['id']}"
    _, changed = root.patch(path, {"template": {"hourly_cost": 2}})
    assert changed == {**template, "hourly_cost": "2.0"}
    body = {"template": {"hourly_cost": -1}}
    assert root.patch(path, body)[0] == 422


def test_devices_have_an_age_and_no_price(app, root, create):
    rack = create()[1]
    template = app.seed.template("m1")
    device = {
        "name": "n1",
        "type": "Instance",
        "status": "ACTIVE",
        "cost": "7",
        "location": {"rack_id": rack["id"], "start_u": 1},
    }
    body = {"template_id": template.id, "device": device}
    missing = {"cloud_created_at": [{"error": "blank"}]}
    assert root.post("/nodes", body) == (422, missing)
    device["cloud_created_at"] = BEGUN
    status, shown = root.post("/nodes", body)
    assert status == 200
    assert shown["created_at"] == SHOWN
    assert "cost" not in shown
    path = f"/devices/{shown['id']}"
    assert root.patch(path, {"device": {"cost": 1}}) == (200, shown)


def test_orders_know_nothing_of_hours():
    app = App()
    team, root = app.seed.team("team-a"), Asker(app)
    rack = {
        "team_id": team.id,
        "status": "ACTIVE",
        "order_id": "o1",
        "cloud_created_at": BEGUN,
        "cluster_type_name": "?",
    }
    status, shown = root.post("/racks", {"rack": rack})
    assert status == 200
    assert "created_at" not in shown
    assert "hourly_cost" not in root.get("/templates")[1][0]
