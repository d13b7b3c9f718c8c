"""The simulated front end keeps to the facts that a push depends on.

What it takes and shows, how it signs in, and its faults are seen by the driver
in ``test_frontends.py``.
"""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
import requests

from concertim_api.frontend.simulator import App, LegacySeeds
from concertim_api.frontend.simulator.asking import Asker, node
from concertim_api.frontend.simulator.columns import DETAILS_OF as CLASSES

UNKNOWN = "00000000-0000-0000-0000-000000000000"
NOT_FOUND = (404, {"errors": {"record": ["Not found"]}})
RACK = {"name": "c1", "status": "ACTIVE", "order_id": "o1"}
STATUSES = {
    "Instance": {"STOPPED", "SUSPENDED"},
    "Volume": {"AVAILABLE"},
    "Network": {"STOPPED"},
}


def words(problems):
    """Return the first thing that is wrong with each field, as a text."""
    first = {field: problem for field, (problem, *_) in problems.items()}
    return {
        field: problem
        if isinstance(problem, str)
        else " ".join(map(str, problem.values()))
        for field, problem in first.items()
    }


@pytest.fixture
def app():
    app = App()
    app.seed.template("m1.small", height=2, foreign_id="f1")
    return app


@pytest.fixture
def root(app):
    return Asker(app)


@pytest.fixture
def team(app):
    return app.seed.team("team-a", "project-a")


@pytest.fixture
def rack(app, team):
    return app.seed.rack(team, "c1")


class TestEnvelopes:
    @pytest.mark.parametrize(
        "line",
        [
            *("PATCH /templates", "DELETE /templates", "GET /racks"),
            *("PATCH /racks", "DELETE /racks"),
            *("PATCH /devices", "DELETE /devices"),
        ],
    )
    def test_an_unknown_record_is_404(self, root, line):
        method, path = line.split()
        body = {"rack": {"a": 1}}
        assert root.ask(method, f"{path}/{UNKNOWN}", body) == NOT_FOUND

    @pytest.mark.parametrize("body", [None, {}, [], {"x": 1}, "blank"])
    @pytest.mark.parametrize("name", ["template", "rack"])
    def test_a_missing_outer_key_is_400(self, root, name, body):
        body = {name: {}} if body == "blank" else body
        status, document = root.post(f"/{name}s", body)
        assert status == document["status"] == 400
        assert document["error"].startswith("param is missing")
        assert set(document) == {"status", "error"}

    def test_other_mistakes_are_listed_with_their_status(self, root):
        for answer in (
            root.post("/racks", {"rack": "c1"}),
            root.post("/racks", {"rack": {"description": "mine"}}),
        ):
            (error,) = answer[1]["errors"]
            assert set(error) == {"status", "title", "description"}
            assert error["status"] == str(answer[0])


class TestTemplates:
    def test_list_hides_that_of_racks(self, root):
        rows = root.get("/templates")[1]
        assert [(t["name"], t["tag"], t["height"]) for t in rows] == [
            ("network", "network", 1),
            ("volume", "volume", 2),
            ("m1.small", None, 2),
        ]

    def test_create(self, root):
        sent = {"name": "m1", "description": "A flavor", "height": "2"}
        sent |= {"foreign_id": "f1", "vcpus": "1", "ram": 2048, "disk": None}
        status, document = root.post(
            "/templates", {"template": {**sent, "version": 1, "depth": 1}}
        )
        assert status == 200
        shown = {**sent, "height": 2, "vcpus": 1, "tag": None}
        assert document == {**shown, "id": document["id"]}
        assert root.get("/templates")[1][-1] == document

    @pytest.mark.parametrize(
        ("sent", "field", "message"),
        [
            ({"name": None}, "name", "can't be blank"),
            ({"name": "network"}, "name", "has already been taken"),
            ({"name": "x" * 256}, "name", "is too long (maximum is 255"),
            ({"description": "x" * 256}, "description", "is too long"),
            ({"tag": "volume"}, "tag", "has already been taken"),
            ({"disk": 0}, "disk", "must be greater than 0"),
            ({"vcpus": "0"}, "vcpus", "must be greater than 0"),
            ({"ram": "None"}, "ram", "is not a number"),
            ({"ram": 1.5}, "ram", "must be an integer"),
            ({"height": None}, "height", "is not a number"),
            ({"height": 0}, "height", "must be greater than 0"),
            ({"height": 7}, "images", "No images found for template height"),
        ],
    )
    def test_refused(self, app, root, sent, field, message):
        before = app.snapshot()
        body = {"template": {"name": "m1", "height": 2, **sent}}
        status, errors = root.post("/templates", body)
        assert status == 422
        assert message in errors[field][0]
        assert app.snapshot() == before

    def test_update_keeps_the_height(self, app, root):
        template = app.seed.template("m1", height=2)
        changed = {"ram": 1, "disk": 2, "name": "m2"}
        sent = {"template": {"height": 3, "tag": "x", **changed}}
        status, document = root.patch(f"/templates/{template.id}", sent)
        assert status == 200
        changed |= {"height": 2, "tag": None}
        assert document.items() >= changed.items()

    def test_delete_of_one_in_use_is_422(self, app, root, rack):
        device = app.seed.device(rack, "n1")
        path = f"/templates/{device.template_id}"
        message = "devices have been created from this template"
        assert root.delete(path) == (422, {"errors": message})
        app.model.drop(device)
        assert root.delete(path) == (200, {})
        assert device.template_id not in app.model.templates


@pytest.fixture
def create_rack(root, team):
    def create(without=(), **changes):
        rack = {"team_id": team.id, **RACK, **changes}
        for name in without:
            del rack[name]
        return root.post("/racks", {"rack": rack})

    return create


class TestRacks:
    def test_create_and_show(self, root, create_rack):
        sent = {
            "u_height": "20",
            "cost": "1.005",
            "creation_output": "web_access=https://c1",
            "metadata": {"openstack_stack_id": "s1", "nested": {"a": [1]}},
            "network_details": {"net": "10.0.0.0/8"},
        }
        status, rack = create_rack(**sent, colour="red")
        assert status == 200
        shown = {**RACK, **sent, "u_height": 20, "cost": "1.00"}
        shown["owner"] = root.get("/teams")[1][0]
        assert rack == {**shown, "id": rack["id"]}
        alone = {**rack, "devices": []}
        assert root.get(f"/racks/{rack['id']}") == (200, alone)
        assert root.get("/racks") == (200, [rack])

    @pytest.mark.parametrize("name", ["metadata", "network_details"])
    @pytest.mark.parametrize("value", ["{}", "text", ["a"], 1, None])
    def test_what_is_no_object_is_silently_dropped(
        self, root, create_rack, name, value
    ):
        status, rack = create_rack(**{name: value})
        assert (status, rack[name]) == (200, {})
        path = f"/racks/{rack['id']}"
        assert root.patch(path, {"rack": {name: value}}) == (200, rack)

    def test_description_is_a_column_that_racks_have_not(
        self, app, create_rack
    ):
        status, document = create_rack(description="mine")
        assert status == 500
        assert document["errors"][0]["status"] == "500"
        assert not app.model.racks

    @pytest.mark.parametrize(
        ("sent", "field", "message"),
        [
            ({"name": ""}, "name", "can't be blank"),
            ({"name": "c.1"}, "name", "is invalid"),
            ({"name": "ç1"}, "name", "is invalid"),
            ({"name": "c1\n"}, "name", "is invalid"),
            ({"name": "there"}, "name", "has already been taken"),
            ({"u_height": 73}, "u_height", "less than or equal to 72"),
            ({"u_height": 0}, "u_height", "greater than or equal to 1"),
            ({"u_height": "None"}, "u_height", "is not a number"),
            ({"u_height": 1.5}, "u_height", "must be an integer"),
            ({"status": None}, "status", "can't be blank"),
            ({"status": "AVAILABLE"}, "status", "FAILED, ACTIVE or STOPPED"),
            ({"cost": -1}, "cost", "must be greater than or equal to 0"),
            ({"cost": "None"}, "cost", "is not a number"),
            ({"order_id": ""}, "order_id", "can't be blank"),
            ({"order_id": "taken"}, "order_id", "has already been taken"),
        ],
    )
    @pytest.mark.parametrize("new", [True, False])
    def test_refused(
        self, app, root, team, create_rack, new, sent, field, message
    ):
        app.seed.rack(team, "there", order_id="taken")
        path = None if new else f"/racks/{create_rack()[1]['id']}"
        before = app.snapshot()
        body = {"rack": {"metadata": {"a": 1}, **sent}}
        status, errors = (
            create_rack(**body["rack"]) if new else root.patch(path, body)
        )
        assert (status, list(errors)) == (422, [field])
        assert message in errors[field][0]
        assert app.snapshot() == before

    def test_a_rack_needs_a_team(self, create_rack):
        assert create_rack(team_id="x") == (422, {"team": ["must exist"]})

    def test_names_are_of_one_team_and_orders_of_all(self, app, create_rack):
        other = app.seed.team("team-b")
        app.seed.rack(other, "c1", order_id="o1")
        taken = {"order_id": ["has already been taken"]}
        assert create_rack() == (422, taken)
        assert create_rack(order_id="o2")[0] == 200

    def test_update(self, app, root, create_rack):
        _, rack = create_rack(metadata={"a": 1}, creation_output="x=y")
        other = app.seed.team("team-b")
        sent = {"status": "STOPPED", "metadata": {"c": 3}}
        answer = root.patch(
            f"/racks/{rack['id']}", {"rack": {**sent, "team_id": other.id}}
        )
        assert answer == (200, {**rack, **sent})

    @pytest.mark.parametrize(("height", "status"), [(9, 422), (10, 200)])
    def test_a_rack_is_no_lower_than_its_highest_device(
        self, app, root, rack, height, status
    ):
        app.seed.device(rack, "n1", "Volume", start_u=9)
        body = {"rack": {"u_height": height}}
        assert root.patch(f"/racks/{rack.id}", body)[0] == status

    def test_a_snapshot_is_a_copy(self, app, rack):
        app.snapshot()["racks"][rack.id]["metadata"]["a"] = 1
        assert app.snapshot()["racks"][rack.id]["metadata"] == {}

    def test_a_row_is_judged_as_a_whole_when_it_changes(self, app, root, team):
        rack = LegacySeeds(app.seed).rack(team, "c.1", "s1")
        path, body = f"/racks/{rack.id}", {"status": "STOPPED"}
        refused = (422, {"name": ["is invalid"]})
        assert root.patch(path, {"rack": body}) == refused
        body["name"] = "c-1"
        assert root.patch(path, {"rack": body})[0] == 200


@pytest.fixture
def create(app, root, rack):
    def create(*args, **changes):
        return root.post("/nodes", node(app, rack, *args, **changes))

    return create


class TestNodes:
    @pytest.mark.parametrize("template_id", ["x", 1])
    def test_the_template_is_looked_for_first(self, root, template_id):
        sent = {"template_id": template_id}
        assert root.post("/nodes", sent) == NOT_FOUND

    @pytest.mark.parametrize(
        ("place", "field", "problem"),
        [
            ({"start_u": "None"}, "start_u", "not_a_number None"),
            ({"start_u": 0}, "start_u", "greater_than 0 0"),
            ({"start_u": 42}, "end_u", "is invalid"),
            ({"facing": "up"}, "facing", "inclusion ['b', 'f'] up"),
        ],
    )
    def test_refused_places(self, app, create, place, field, problem):
        status, problems = create(place=place)
        assert (status, words(problems)) == (422, {field: problem})
        assert not app.model.devices

    def test_a_place_is_judged_before_the_details_and_the_device(self, create):
        wrong = {"name": "", "details": {"type": "Device::NoDetails"}}
        status, errors = create(place={"start_u": 0}, **wrong)
        assert (status, list(errors)) == (422, ["start_u"])
        assert create(**wrong)[0] == 500

    @pytest.mark.parametrize("start_u", [41, "41"])
    def test_the_top_of_the_rack_can_be_used(self, create, start_u):
        _, device = create(place={"start_u": start_u, "facing": "b"})
        place = device["location"]
        assert (place["start_u"], place["end_u"]) == (41, 42)
        assert place["facing"] == "b"

    @pytest.mark.parametrize(
        ("start_u", "status"),
        # At 9 its end is where the other begins, but nobody looks.
        [(8, 200), (9, 200), (10, 422), (11, 422), (12, 200)],
    )
    @pytest.mark.parametrize("facing", ["f", "b"])
    def test_only_the_start_is_tested_for_occupancy(
        self, app, team, rack, create, start_u, status, facing
    ):
        app.seed.device(rack, "there", start_u=10)
        app.seed.device(app.seed.rack(team, "c2"), "n1", start_u=start_u)
        answer = create(place={"start_u": start_u, "facing": facing})
        assert answer[0] == status
        if status == 422:
            assert answer[1] == {"start_u": [{"error": "is occupied"}]}

    @pytest.mark.parametrize(
        ("field", "value", "problem"),
        [
            ("name", None, "blank"),
            ("name", "there", "taken"),
            ("name", "n_1", "invalid n_1"),
            ("name", "x" * 151, "too_long 150"),
            (
                "status",
                "AVAILABLE",
                "must be one of IN_PROGRESS, FAILED, ACTIVE, STOPPED or "
                "SUSPENDED",
            ),
            ("cost", -1, "greater_than_or_equal_to -1 0"),
        ],
    )
    def test_refused_devices(self, app, rack, create, field, value, problem):
        app.seed.device(rack, "there", start_u=10)
        before = app.snapshot()
        status, problems = create(**{field: value})
        assert (status, words(problems)) == (422, {field: problem})
        assert app.snapshot() == before

    def test_details_must_be_of_the_type(self, create):
        status, problems = create(details={"type": CLASSES["Volume"]})
        wrong = {"details_type": "is of another type"}
        assert (status, words(problems)) == (422, wrong)

    @pytest.mark.parametrize("kind", CLASSES)
    def test_the_template_must_be_of_the_type(self, app, root, rack, kind):
        for row in root.get("/templates")[1]:
            body = {**node(app, rack, kind), "template_id": row["id"]}
            fits = (row["tag"] or "instance") == kind.lower()
            status, device = root.post("/nodes", body)
            assert status == (200 if fits else 422), device
            if fits:
                assert device.pop("template") == row
                root.delete(f"/devices/{device['id']}")

    @pytest.mark.parametrize("kind", CLASSES)
    def test_statuses(self, create, kind):
        allowed = STATUSES[kind] | {"IN_PROGRESS", "FAILED", "ACTIVE"}
        sent = {*allowed, "STOPPED", "SUSPENDED", "AVAILABLE", "NEW", None}
        accepted = {
            status
            for u, status in enumerate(sent)
            if create(
                kind, status=status, name=f"n{u}", place={"start_u": 3 * u + 1}
            )[0]
            == 200
        }
        assert accepted == allowed

    @pytest.mark.parametrize(
        "details",
        [
            {"type": "Device::NoDetails"},
            {"type": CLASSES["Instance"], "colour": "red"},
            {"type": CLASSES["Instance"], "volume_details": None},
            {"type": CLASSES["Volume"], "size": 2**31},
        ],
    )
    def test_details_that_no_column_keeps_are_500(self, app, create, details):
        status, document = create(details=details)
        assert status == 500
        assert document["errors"][0]["status"] == "500"
        assert not app.model.devices

    @pytest.mark.parametrize(
        ("kind", "name", "sent", "kept"),
        [
            ("Network", "mtu", "1500", 1500),
            ("Network", "mtu", "None", 0),
            ("Network", "mtu", "12abc", 12),
            ("Network", "mtu", " ", None),
            ("Network", "mtu", None, None),
            ("Network", "mtu", 1500.7, 1500),
            ("Volume", "size", [10], None),
            ("Volume", "bootable", "False", False),
            ("Volume", "bootable", 0, False),
            ("Volume", "bootable", "None", True),
            ("Volume", "bootable", "no", True),
            ("Volume", "bootable", 1, True),
            ("Volume", "bootable", "", None),
            ("Volume", "bootable", None, None),
            ("Volume", "volume_type", "None", "None"),
            ("Volume", "volume_type", 7, "7"),
            ("Volume", "volume_type", True, "t"),
            ("Instance", "public_ips", ["10.0.0.1"], '["10.0.0.1"]'),
            ("Instance", "public_ips", {"a": None}, '{"a"=>nil}'),
            ("Instance", "volume_details", "['v1']", "['v1']"),
            ("Instance", "volume_details", [], []),
        ],
    )
    def test_details_are_cast(self, create, kind, name, sent, kept):
        status, device = create(
            kind, details={"type": CLASSES[kind], name: sent}
        )
        assert status == 200
        assert device[name] == kept
        assert type(device[name]) is type(kept)

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [("7", "7.00"), (7.125, "7.12"), ("1e2", "100.00"), (0, "0.00")],
    )
    def test_costs(self, create, sent, shown):
        assert create(cost=sent)[1]["cost"] == shown

    def test_a_scalar_that_is_none_is_dropped(self, create):
        _, device = create(description=["a"], metadata="{}")
        assert (device["description"], device["metadata"]) == (None, {})


OF_A_VOLUME = {"details": {"type": CLASSES["Volume"], "size": 1}}


class TestDevices:
    @pytest.fixture
    def device(self, create):
        details = {"type": CLASSES["Instance"], "ssh_key": "k"}
        details["public_ips"] = "1.1.1.1"
        more = {"description": "mine", "metadata": {"a": 1}}
        return create(details=details, **more)[1]

    @pytest.fixture
    def update(self, root, device):
        def update(**sent):
            return root.patch(f"/devices/{device['id']}", {"device": sent})

        return update

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ({"status": "STOPPED"}, {"status": "STOPPED"}),
            ({"cost": "1"}, {"cost": "1.00"}),
            ({"metadata": {"b": 2}}, {"metadata": {"b": 2}}),
            ({"metadata": "{}"}, {}),
            ({"details": {"ssh_key": "other"}}, {"ssh_key": "other"}),
            ({"details": {}}, {}),
            ({"colour": "red", "template_id": "x"}, {}),
        ],
    )
    def test_an_update_is_partial(self, root, device, update, sent, shown):
        changed = {**device, **shown}
        assert update(name="n1", **sent) == (200, changed)
        changed["template_id"] = changed.pop("template")["id"]
        assert root.get("/devices") == (200, [changed])

    @pytest.mark.parametrize(
        ("sent", "field", "message"),
        [
            ({"status": "AVAILABLE"}, "status", "STOPPED or SUSPENDED"),
            ({"name": ""}, "name", "can't be blank"),
            ({"name": "n_1"}, "name", "is invalid"),
            ({"name": "there"}, "name", "has already been taken"),
            ({"cost": "None"}, "cost", "is not a number"),
            (OF_A_VOLUME, "details_type", "cannot be changed"),
            (
                {"location": {"start_u": 10, "facing": "f"}},
                "start_u",
                "is occupied",
            ),
            ({"location": {"start_u": 5}}, "facing", "must be either 'b' or"),
        ],
    )
    def test_refused(self, app, rack, device, update, sent, field, message):
        app.seed.device(rack, "there", start_u=10)
        status, document = update(**{"description": "x", **sent})
        assert (status, list(document["errors"])) == (422, [field])
        assert message in document["errors"][field][0]

    @pytest.mark.parametrize(
        ("sent", "status", "kept"),
        [
            ({"name": "n_1"}, 422, (None, 5, "k2")),
            (
                {"location": {"start_u": 10, "facing": "f"}},
                422,
                ("x", 1, "k2"),
            ),
            ({"details": {"colour": "red"}}, 500, ("x", 5, "k")),
        ],
    )
    def test_a_refused_change_is_half_done(
        self, app, rack, device, update, sent, status, kept
    ):
        """Device, place and details are saved one after the other."""
        app.seed.device(rack, "there", start_u=10)
        all_three = {
            "description": "x",
            "location": {"start_u": 5, "facing": "f"},
            "details": {"ssh_key": "k2"},
        }
        assert update(**{**all_three, **sent})[0] == status
        row = app.model.devices[device["id"]]
        before = device["description"]
        expected = (kept[0] or before, *kept[1:])
        assert (
            row.description,
            row.start_u,
            row.details["ssh_key"],
        ) == expected

    def test_a_type_is_changed_though_it_is_refused(self, root, update):
        assert update(type="Volume")[0] == 422
        assert root.get("/devices")[1][0]["type"] == "Volume"
        assert update(status="ACTIVE")[0] == 422

    @pytest.mark.parametrize("start_u", [1, 2, 5])
    def test_a_device_moves_in_its_rack(
        self, app, team, device, update, start_u
    ):
        other = app.seed.rack(team, "c2")
        place = {"start_u": start_u, "facing": "b", "rack_id": other.id}
        _, moved = update(location=place)
        assert moved["location"] == {
            **device["location"],
            "start_u": start_u,
            "end_u": start_u + 1,
            "facing": "b",
        }


class TestHours:
    """What is another in the flavour of hours."""

    begun = {"cloud_created_at": "2024-06-01T10:00:00+02:00"}
    shown = "2024-06-01T08:00:00.000Z"

    @pytest.fixture
    def app(self):
        app = App("hours")
        app.seed.cluster_type("slurm")
        return app

    @pytest.fixture
    def create_later(self, create_rack):
        def create(without=(), **changes):
            begun = {"cluster_type_name": "slurm", **self.begun}
            return create_rack(without, **{**begun, **changes})

        return create

    def test_teams_are_id_name_and_project(self, root, team):
        shown = {"id": team.id, "name": "team-a", "project_id": "project-a"}
        assert root.get("/teams") == (200, [shown])

    def test_racks_have_an_age_and_no_price(self, root, create_later):
        status, rack = create_later(cost="7")
        assert status == 200
        assert not {"created_at", "order_id", "cost"} & {*rack}

    @pytest.mark.parametrize(
        ("name", "value", "field", "problem"),
        [
            ("cloud_created_at", "None", "cloud_created_at", "can't be blank"),
            ("cluster_type_name", "?", "cluster_type", "must exist"),
        ],
    )
    def test_racks_need_an_age_and_a_known_type(
        self, app, root, create_later, name, value, field, problem
    ):
        refused = (422, {field: [problem]})
        assert create_later(**{name: value}) == refused
        assert create_later(without=[name]) == refused
        assert not app.model.racks
        _, rack = create_later()
        sent = {"rack": {"status": "STOPPED", name: value}}
        answer = root.patch(f"/racks/{rack['id']}", sent)
        assert answer == (200, {**rack, "status": "STOPPED"})

    def test_templates_have_units_and_no_column_for_a_cost(self, app, root):
        app.seed.template("m1", hourly_compute_units=Decimal("1.50"))
        assert root.get("/templates")[1][-1]["hourly_compute_units"] == "1.5"
        sent = {"name": "m2", "height": 1, "hourly_cost": "0.25"}
        status, document = root.post("/templates", {"template": sent})
        assert status == 500
        title = "ActiveModel::UnknownAttributeError"
        assert document["errors"][0]["title"] == title

    def test_devices_have_an_age_and_no_price(self, app, root, rack):
        app.seed.template("m1")
        sent = node(app, rack, cost="7")
        missing = {"cloud_created_at": [{"error": "blank"}]}
        assert root.post("/nodes", sent) == (422, missing)
        sent["device"] |= self.begun
        status, shown = root.post("/nodes", sent)
        assert (status, shown["created_at"]) == (200, self.shown)
        assert "cost" not in shown
        path = f"/devices/{shown['id']}"
        assert root.patch(path, {"device": {"cost": 1}}) == (200, shown)
        later = {"cloud_created_at": "2025-01-01T00:00:00Z"}
        _, shown = root.patch(path, {"device": later})
        assert shown["created_at"] == "2025-01-01T00:00:00.000Z"


def test_orders_know_nothing_of_hours(root, create_rack):
    status, shown = create_rack(cluster_type_name="?", **TestHours.begun)
    assert status == 200
    assert "created_at" not in shown
    assert "hourly_cost" not in root.get("/templates")[1][0]


def test_the_command_of_the_quick_start():
    command = [sys.executable, "-m", "concertim_api.frontend.simulator"]
    process = subprocess.Popen(
        [*command, "--teams", "one=p1"], stdout=subprocess.PIPE, text=True
    )
    with process, requests.Session() as session:
        url = process.stdout.readline().strip()
        login = session.post(
            f"{url}/users/sign_in.json",
            json={"user": {"login": "admin", "password": "admin"}},
            timeout=10,
        )
        session.headers["Authorization"] = login.headers["Authorization"]
        (team,) = session.get(f"{url}/api/v1/teams", timeout=10).json()
        process.terminate()
        assert process.wait(10) == 0
    assert (team["name"], team["project_id"]) == ("one", "p1")
