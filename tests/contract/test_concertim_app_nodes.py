"""The simulated front end keeps to the facts: nodes."""

from __future__ import annotations

import pytest

from tests.contract.concertim import App
from tests.contract.concertim.asking import Asker, node

COMPUTE = {
    "public_ips": None,
    "private_ips": None,
    "ssh_key": None,
    "login_user": None,
    "volume_details": {},
}
VOLUME = dict.fromkeys(
    (
        "availability_zone",
        "bootable",
        "encrypted",
        "read_only",
        "size",
        "volume_type",
    )
)
NETWORK = dict.fromkeys(
    (
        "admin_state_up",
        "dns_domain",
        "l2_adjacency",
        "mtu",
        "port_security_enabled",
        "qos_policy",
        "shared",
    )
)
KINDS = {"Instance": COMPUTE, "Volume": VOLUME, "Network": NETWORK}
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def app():
    app = App()
    app.seed.template("m1.small", height=2, foreign_id="f1")
    return app


@pytest.fixture
def root(app):
    return Asker(app)


@pytest.fixture
def rack(app):
    return app.seed.rack(app.seed.team("team-a", "project-a"), "c1")


@pytest.fixture
def body(app, rack):
    def body(*args, **changes):
        return node(app, rack, *args, **changes)

    return body


@pytest.fixture
def create(root, body):
    def create(*args, **changes):
        return root.post("/nodes", body(*args, **changes))

    return create


class TestNodes:
    @EVERY_KIND
    def test_create(self, app, root, rack, body, kind):
        sent = body(
            kind,
            description="mine",
            cost="77.77",
            metadata={"openstack_instance_id": "i1"},
        )
        status, device = root.post("/nodes", sent)
        assert status == 200
        template = root.get("/templates")[1]
        (template,) = (t for t in template if t["id"] == sent["template_id"])
        assert device == {
            "id": device["id"],
            "name": "n1",
            "description": "mine",
            "metadata": {"openstack_instance_id": "i1"},
            "status": "ACTIVE",
            "cost": "77.77",
            "type": kind,
            "location": {
                "depth": 2,
                "start_u": 1,
                "end_u": template["height"],
                "facing": "f",
                "rack_id": rack.id,
                "type": "rack",
            },
            **KINDS[kind],
            "template": template,
        }
        assert root.get(f"/devices/{device['id']}") == (200, device)
        device["template_id"] = device.pop("template")["id"]
        assert root.get("/devices") == (200, [device])

    @pytest.mark.parametrize("template_id", [None, "x", 1, {}])
    def test_the_template_is_looked_for_first(self, root, template_id):
        not_found = (404, {"errors": {"record": ["Not found"]}})
        sent = {"template_id": template_id}
        assert root.post("/nodes", sent) == not_found

    def test_the_device_is_required(self, root, body):
        status, document = root.post("/nodes", {**body(), "device": {}})
        assert status == 400
        assert document["error"].startswith("param is missing")

    @pytest.mark.parametrize(
        ("place", "errors"),
        [
            ({"rack_id": "x"}, {"rack": [{"error": "blank"}]}),
            (
                {"start_u": None},
                {"start_u": [{"error": "not_a_number", "value": None}]},
            ),
            (
                {"start_u": "None"},
                {"start_u": [{"error": "not_a_number", "value": "None"}]},
            ),
            (
                {"start_u": 0},
                {
                    "start_u": [
                        {
                            "error": "greater_than_or_equal_to",
                            "value": 0,
                            "count": 1,
                        }
                    ]
                },
            ),
            (
                {"start_u": 42},
                {
                    "end_u": [
                        {
                            "error": "less_than_or_equal_to",
                            "value": 43,
                            "count": 42,
                        }
                    ]
                },
            ),
            (
                {"facing": "up"},
                {"facing": [{"error": "must be either 'b' or 'f'"}]},
            ),
        ],
    )
    def test_refused_places(self, app, create, place, errors):
        assert create(place=place) == (422, errors)
        assert not app.model.devices

    def test_a_place_is_judged_before_the_details_and_the_device(self, create):
        wrong = {"name": "", "details": {"type": "Device::NoDetails"}}
        status, errors = create(place={"start_u": 0}, **wrong)
        assert (status, list(errors)) == (422, ["start_u"])
        assert create(**wrong)[0] == 500

    def test_no_place_at_all(self, create):
        status, errors = create(location={})
        assert status == 422
        assert set(errors) == {"rack", "start_u"}

    @pytest.mark.parametrize("start_u", [41, "41"])
    def test_the_top_of_the_rack_can_be_used(self, create, start_u):
        _, device = create(place={"start_u": start_u, "facing": "b"})
        assert device["location"]["start_u"] == 41
        assert device["location"]["end_u"] == 42
        assert device["location"]["facing"] == "b"

    @pytest.mark.parametrize(
        ("start_u", "status"),
        [
            (8, 200),
            # Its end is where the other begins, but nobody looks.
            (9, 200),
            (10, 422),
            (11, 422),
            (12, 200),
        ],
    )
    @pytest.mark.parametrize("facing", ["f", "b"])
    def test_only_the_start_is_tested_for_occupancy(
        self, app, rack, create, start_u, status, facing
    ):
        app.seed.device(rack, "there", start_u=10)
        answer = create(place={"start_u": start_u, "facing": facing})
        assert answer[0] == status
        if status == 422:
            assert answer[1] == {"start_u": [{"error": "is occupied"}]}

    def test_a_shallow_one_leaves_the_other_face(self, app, root, rack, body):
        shallow = app.seed.template("thin", height=1, depth=1)
        app.seed.device(rack, "there", template=shallow, start_u=1)
        for facing, status in (("f", 422), ("b", 200)):
            sent = body(place={"facing": facing})
            sent["template_id"] = shallow.id
            assert root.post("/nodes", sent)[0] == status

    def test_racks_do_not_share_their_units(self, app, rack, create):
        team = app.model.teams[rack.team_id]
        other = app.seed.rack(team, "c2")
        app.seed.device(other, "n1", start_u=1)
        assert create()[0] == 200

    @pytest.mark.parametrize(
        ("sent", "errors"),
        [
            ({"name": None}, {"name": [{"error": "blank"}]}),
            (
                {"name": "there"},
                {"name": [{"error": "taken", "value": "there"}]},
            ),
            (
                {"name": "n_1"},
                {"name": [{"error": "invalid", "value": "n_1"}]},
            ),
            (
                {"name": "x" * 151},
                {"name": [{"error": "too_long", "count": 150}]},
            ),
            (
                {"status": "AVAILABLE"},
                {"status": [{"error": "inclusion", "value": "AVAILABLE"}]},
            ),
            (
                {"cost": -1},
                {
                    "cost": [
                        {
                            "error": "greater_than_or_equal_to",
                            "value": -1,
                            "count": 0,
                        }
                    ]
                },
            ),
            (
                {"details": {"type": "Device::VolumeDetails"}},
                {
                    "details_type": [
                        {"error": "invalid", "value": "Device::VolumeDetails"}
                    ]
                },
            ),
        ],
    )
    def test_refused_devices(self, app, rack, create, sent, errors):
        app.seed.device(rack, "there", start_u=10)
        before = app.snapshot()
        assert create(**sent) == (422, errors)
        assert app.snapshot() == before

    @EVERY_KIND
    def test_the_template_must_be_of_the_type(self, app, root, body, kind):
        for template in app.model.templates.values():
            if template.tag == "rack":
                continue
            sent = {**body(kind), "template_id": template.id}
            sent["device"]["name"] = template.name
            sent["device"]["location"]["start_u"] = 5 * len(template.name)
            fits = (template.tag or "instance") == kind.lower()
            status, document = root.post("/nodes", sent)
            assert status == (200 if fits else 422), document

    @EVERY_KIND
    def test_statuses(self, create, app, kind):
        allowed = {
            "Instance": {"STOPPED", "SUSPENDED"},
            "Volume": {"AVAILABLE"},
            "Network": {"STOPPED"},
        }[kind] | {"IN_PROGRESS", "FAILED", "ACTIVE"}
        asked = {*allowed, "STOPPED", "SUSPENDED", "AVAILABLE", "NEW", None}
        accepted = {
            status
            for u, status in enumerate(asked)
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
            {"type": "Device::ComputeDetails", "colour": "red"},
            {"type": "Device::ComputeDetails", "volume_details": None},
        ],
    )
    def test_unknown_details_are_500(self, app, create, details):
        status, document = create(details=details)
        assert status == 500
        assert document["errors"][0]["status"] == "500"
        assert not app.model.devices

    def test_the_flat_compute_parameters_of_old(self, create):
        told = {
            "public_ips": "1.1.1.1",
            "private_ips": "10.0.0.1",
            "ssh_key": "mine",
            "login_user": "root",
            "volume_details": {"id": "v1"},
        }
        status, device = create(details={}, **told)
        assert status == 200
        assert {**device, **told} == device

    def test_flat_parameters_give_way_to_details(self, create):
        details = {"type": "Device::ComputeDetails", "ssh_key": "new"}
        _, device = create(
            details=details, ssh_key="old", public_ips="1.1.1.1"
        )
        assert (device["ssh_key"], device["public_ips"]) == ("new", None)

    def test_the_licence_may_have_a_limit(self, app, rack, create):
        app.model.device_limit = 1
        assert create()[0] == 200
        status, errors = create(name="n2", place={"start_u": 9})
        assert (status, list(errors)) == (422, ["base"])
