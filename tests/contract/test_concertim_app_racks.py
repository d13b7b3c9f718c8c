"""The simulated front end keeps to the facts: racks."""

from __future__ import annotations

import pytest

from tests.contract.concertim import App, LegacySeeds
from tests.contract.concertim.asking import Asker

RACK = {"name": "c1", "status": "ACTIVE", "order_id": "o1"}


@pytest.fixture
def app():
    return App()


@pytest.fixture
def root(app):
    return Asker(app)


@pytest.fixture
def team(app):
    return app.seed.team("team-a", "project-a")


@pytest.fixture
def create(root, team):
    def create(without=(), **changes):
        rack = {"team_id": team.id, **RACK, **changes}
        for name in without:
            del rack[name]
        return root.post("/racks", {"rack": rack})

    return create


def test_create_and_show(app, root, team, create):
    sent = {
        "u_height": "20",
        "cost": "1.005",
        "creation_output": "web_access=https://c1",
        "metadata": {"openstack_stack_id": "s1", "nested": {"a": [1, None]}},
        "network_details": {"net": "10.0.0.0/8"},
    }
    status, rack = create(**sent, colour="red")
    assert status == 200
    assert rack == {
        **RACK,
        **sent,
        "id": rack["id"],
        "u_height": 20,
        "cost": "1.01",
        "owner": root.get("/teams")[1][0],
        "devices": [],
    }
    assert root.get(f"/racks/{rack['id']}") == (200, rack)
    del rack["devices"]
    assert root.get("/racks") == (200, [rack])


def test_what_a_rack_is_without_more(create):
    _, rack = create()
    assert rack["u_height"] == 42
    assert rack["cost"] == "0.00"
    assert rack["metadata"] == rack["network_details"] == {}
    assert rack["creation_output"] is None


@pytest.mark.parametrize("name", ["metadata", "network_details"])
@pytest.mark.parametrize("value", ["{}", "text", ["a"], 1, None])
def test_what_is_no_object_is_silently_dropped(create, name, value):
    status, rack = create(**{name: value})
    assert status == 200
    assert rack[name] == {}


def test_description_is_a_column_that_racks_have_not(app, create):
    status, document = create(description="mine")
    assert status == 500
    assert document["errors"][0]["status"] == "500"
    assert not app.model.racks


TALL = "must be less than or equal to 72"


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"team_id": "x"}, {"team": ["must exist"]}),
        ({"team_id": None}, {"team": ["must exist"]}),
        ({"name": ""}, {"name": ["can't be blank"]}),
        ({"name": "c.1"}, {"name": ["is invalid"]}),
        ({"name": "c 1"}, {"name": ["is invalid"]}),
        ({"name": "ç1"}, {"name": ["is invalid"]}),
        ({"name": "c1\n"}, {"name": ["is invalid"]}),
        ({"name": "there"}, {"name": ["has already been taken"]}),
        ({"u_height": 73}, {"u_height": [TALL]}),
        (
            {"u_height": 0},
            {"u_height": ["must be greater than or equal to 1"]},
        ),
        ({"u_height": "None"}, {"u_height": ["is not a number"]}),
        ({"u_height": 1.5}, {"u_height": ["must be an integer"]}),
        (
            {"status": "AVAILABLE"},
            {
                "status": [
                    "must be one of IN_PROGRESS, FAILED, ACTIVE or STOPPED"
                ]
            },
        ),
        ({"cost": -1}, {"cost": ["must be greater than or equal to 0"]}),
        ({"cost": "None"}, {"cost": ["is not a number"]}),
        ({"order_id": None}, {"order_id": ["can't be blank"]}),
        ({"order_id": ""}, {"order_id": ["can't be blank"]}),
        ({"order_id": "taken"}, {"order_id": ["has already been taken"]}),
    ],
)
def test_refused(app, team, create, sent, errors):
    app.seed.rack(team, "there", order_id="taken")
    before = app.snapshot()
    assert create(**sent) == (422, errors)
    assert app.snapshot() == before


def test_required(create):
    status, errors = create(without=["status", "order_id"])
    assert status == 422
    assert errors["order_id"] == ["can't be blank"]
    assert errors["status"][0] == "can't be blank"
    assert set(errors) == {"order_id", "status"}


def test_the_word_none_is_an_order_once(create):
    assert create(order_id="None")[0] == 200
    taken = {"order_id": ["has already been taken"]}
    assert create(name="c2", order_id="None") == (422, taken)


def test_names_are_of_one_team_and_orders_of_all(app, create):
    other = app.seed.team("team-b")
    app.seed.rack(other, "c1", order_id="o1")
    taken = {"order_id": ["has already been taken"]}
    assert create() == (422, taken)
    assert create(order_id="o2")[0] == 200


def test_names_and_heights_follow_the_last_rack(app, create):
    racks = [
        create(["name"], order_id="o1")[1],
        create(["name"], order_id="o2", u_height=30)[1],
        create(["name"], order_id="o3")[1],
        create(order_id="o4", name="c09")[1],
        create(["name"], order_id="o5")[1],
    ]
    assert [(rack["name"], rack["u_height"]) for rack in racks] == [
        ("Rack-1", 42),
        ("Rack-2", 30),
        ("Rack-3", 30),
        ("c09", 30),
        ("c10", 30),
    ]


def test_the_licence_may_have_a_limit(app, create):
    app.model.rack_limit = 1
    assert create()[0] == 200
    exceeded = {"base": ["The rack limit of 1 has been exceeded"]}
    assert create(name="c2", order_id="o2") == (422, exceeded)


def test_the_template_of_racks_must_exist(app, root, create):
    (template,) = (t for t in app.model.templates.values() if t.tag == "rack")
    assert root.delete(f"/templates/{template.id}")[0] == 200
    assert create() == (422, {"template": ["must exist"]})


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_update(app, root, create, method):
    _, rack = create(metadata={"a": 1, "b": 2}, creation_output="x=y")
    other = app.seed.team("team-b")
    sent = {"status": "STOPPED", "metadata": {"c": 3}, "team_id": other.id}
    answer = root.ask(method, f"/racks/{rack['id']}", {"rack": sent})
    changes = {"status": "STOPPED", "metadata": {"c": 3}}
    assert answer == (200, {**rack, **changes})


def test_what_is_no_object_is_not_missed_in_an_update(root, create):
    _, rack = create(metadata={"a": 1})
    path = f"/racks/{rack['id']}"
    body = {"rack": {"metadata": "{}", "network_details": "{}"}}
    assert root.patch(path, body) == (200, rack)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "there"}, "name"),
        ({"status": None}, "status"),
        ({"order_id": "taken"}, "order_id"),
        ({"order_id": None}, "order_id"),
        ({"u_height": 73}, "u_height"),
        ({"u_height": None}, "u_height"),
        ({"cost": "much"}, "cost"),
    ],
)
def test_a_refused_update_leaves_the_row(app, root, team, create, sent, field):
    app.seed.rack(team, "there", order_id="taken")
    _, rack = create()
    path = f"/racks/{rack['id']}"
    status, errors = root.patch(path, {"rack": {"cost": 5, **sent}})
    assert status == 422
    assert list(errors) == [field]
    assert root.get(path)[1] == rack


@pytest.mark.parametrize(("height", "status"), [(9, 422), (10, 200)])
def test_a_rack_is_no_lower_than_its_highest_device(
    app, root, team, height, status
):
    rack = app.seed.rack(team, "c1")
    app.seed.device(rack, "n1", "Volume", start_u=9)
    body = {"rack": {"u_height": height}}
    assert root.patch(f"/racks/{rack.id}", body)[0] == status


def test_show_has_the_devices(app, root, team):
    rack = app.seed.rack(team, "c1")
    app.seed.device(rack, "n1")
    assert "devices" not in root.get("/racks")[1][0]
    assert (
        root.get(f"/racks/{rack.id}")[1]["devices"]
        == (root.get("/devices")[1])
    )


def test_delete(root, create):
    _, rack = create()
    assert root.delete(f"/racks/{rack['id']}") == (200, {})
    assert root.get("/racks") == (200, [])


@pytest.mark.parametrize("query", ["", "?recurse=false", "?recurse="])
def test_a_rack_that_is_not_empty_goes_with_recurse_only(
    app, root, team, query
):
    rack = app.seed.rack(team, "c1")
    app.seed.device(rack, "n1")
    path = f"/racks/{rack.id}"
    refused = (422, {"errors": "rack is not empty"})
    assert root.delete(path + query) == refused
    assert root.delete(f"{path}?recurse=true") == (200, {})
    assert app.snapshot()["devices"] == app.snapshot()["racks"] == {}


class TestLegacy:
    def test_values_are_text_with_reprs(self, app, root, team):
        LegacySeeds(app.seed).rack(
            team, "c1.x--tok", "s1", outputs={"web_access": "https://c1"}
        )
        (rack,) = root.get("/racks")[1]
        assert rack["name"] == "c1.x--tok"
        assert rack["order_id"] == "None"
        assert rack["network_details"] == {}
        assert rack["creation_output"] == (
            "web_access={'output_key': 'web_access', 'output_value': "
            "'https://c1', 'description': 'The web_access'}"
        )
        assert rack["metadata"]["openstack_stack_id"] == "s1"
        assert rack["metadata"]["openstack_stack_output"].startswith(
            "[('web_access', {'output_key': 'web_access', "
        )

    def test_columns_are_stored_as_given(self, app, root, team):
        app.seed.rack(team, "c1", cost="many", metadata="text", status="NEW")
        (rack,) = root.get("/racks")[1]
        assert (rack["cost"], rack["metadata"]) == ("many", "text")
        assert rack["status"] == "NEW"

    def test_a_row_is_judged_as_a_whole_when_it_changes(self, app, root, team):
        rack = LegacySeeds(app.seed).rack(team, "c.1", "s1")
        path, body = f"/racks/{rack.id}", {"status": "STOPPED"}
        refused = (422, {"name": ["is invalid"]})
        assert root.patch(path, {"rack": body}) == refused
        body["name"] = "c-1"
        assert root.patch(path, {"rack": body})[0] == 200
