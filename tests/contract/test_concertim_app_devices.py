"""The simulated front end keeps to the facts: devices and their columns."""

from __future__ import annotations

import pytest

from tests.contract.concertim import App, LegacySeeds
from tests.contract.concertim.asking import Asker, node

CLASSES = {
    "Instance": "Device::ComputeDetails",
    "Volume": "Device::VolumeDetails",
    "Network": "Device::NetworkDetails",
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
def rack(app):
    return app.seed.rack(app.seed.team("team-a", "project-a"), "c1")


@pytest.fixture
def create(app, root, rack):
    def create(*args, **changes):
        return root.post("/nodes", node(app, rack, *args, **changes))

    return create


class TestCoercions:
    @pytest.mark.parametrize(
        ("kind", "name", "sent", "kept"),
        [
            ("Network", "mtu", "1500", 1500),
            ("Network", "mtu", "None", 0),
            ("Network", "mtu", "12abc", 12),
            ("Network", "mtu", "", None),
            ("Network", "mtu", " ", None),
            ("Network", "mtu", None, None),
            ("Network", "mtu", 1500.7, 1500),
            ("Network", "mtu", True, 1),
            ("Volume", "size", "10", 10),
            ("Volume", "size", [10], None),
            ("Volume", "bootable", "False", False),
            ("Volume", "bootable", "false", False),
            ("Volume", "bootable", "0", False),
            ("Volume", "bootable", "f", False),
            ("Volume", "bootable", "off", False),
            ("Volume", "bootable", 0, False),
            ("Volume", "bootable", False, False),
            ("Volume", "bootable", "True", True),
            ("Volume", "bootable", "None", True),
            ("Volume", "bootable", "no", True),
            ("Volume", "bootable", 1, True),
            ("Volume", "bootable", "", None),
            ("Volume", "bootable", None, None),
            ("Volume", "volume_type", "None", "None"),
            ("Volume", "volume_type", "", ""),
            ("Volume", "volume_type", 7, "7"),
            ("Volume", "volume_type", True, "t"),
            ("Instance", "public_ips", "['10.0.0.1']", "['10.0.0.1']"),
            ("Instance", "public_ips", ["10.0.0.1"], '["10.0.0.1"]'),
            ("Instance", "public_ips", {"a": None}, '{"a"=>nil}'),
            ("Instance", "volume_details", "['v1']", "['v1']"),
            ("Instance", "volume_details", {"id": "v1"}, {"id": "v1"}),
            ("Instance", "volume_details", [], []),
        ],
    )
    def test_details(self, create, kind, name, sent, kept):
        details = {"type": CLASSES[kind], name: sent}
        status, device = create(kind, details=details)
        assert status == 200
        assert device[name] == kept
        assert type(device[name]) is type(kept)

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [("7", "7.00"), (7.125, "7.13"), ("1e2", "100.00"), (0, "0.00")],
    )
    def test_costs(self, create, sent, shown):
        assert create(cost=sent)[1]["cost"] == shown

    def test_a_number_beyond_the_column_is_500(self, create):
        details = {"type": "Device::VolumeDetails", "size": 2**31}
        assert create("Volume", details=details)[0] == 500

    def test_a_scalar_that_is_none_is_dropped(self, create):
        _, device = create(description=["a"], metadata="{}")
        assert (device["description"], device["metadata"]) == (None, {})


class TestUpdates:
    @pytest.fixture
    def device(self, create):
        _, device = create(
            description="mine",
            metadata={"a": 1},
            details={
                "type": "Device::ComputeDetails",
                "ssh_key": "k",
                "public_ips": "1.1.1.1",
            },
        )
        return device

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
            (
                {
                    "details": {
                        "type": "Device::ComputeDetails",
                        "login_user": "me",
                    }
                },
                {"login_user": "me"},
            ),
            ({"details": {}}, {}),
            ({"ssh_key": "flat"}, {"ssh_key": "flat"}),
            ({"volume_details": {"id": "v"}}, {"volume_details": {"id": "v"}}),
            ({"colour": "red", "template_id": "x"}, {}),
        ],
    )
    def test_it_is_partial(self, root, device, update, sent, shown):
        sent = {"name": "n1", **sent}
        assert update(**sent) == (200, {**device, **shown})
        assert root.get(f"/devices/{device['id']}")[1] == {**device, **shown}

    @pytest.mark.parametrize(
        ("sent", "errors"),
        [
            (
                {"status": "AVAILABLE"},
                {
                    "status": [
                        "must be one of IN_PROGRESS, FAILED, ACTIVE, STOPPED "
                        "or SUSPENDED"
                    ]
                },
            ),
            ({"name": ""}, {"name": ["can't be blank"]}),
            ({"name": "n_1"}, {"name": ["is invalid"]}),
            ({"name": "there"}, {"name": ["has already been taken"]}),
            ({"cost": "None"}, {"cost": ["is not a number"]}),
            (
                {"details": {"type": "Device::VolumeDetails", "size": 1}},
                {"details_type": ["cannot be changed"]},
            ),
            (
                {"details": {"type": "Device::NoDetails"}},
                {"details_type": ["cannot be changed"]},
            ),
            (
                {"location": {"start_u": 10, "facing": "f"}},
                {"start_u": ["is occupied"]},
            ),
            (
                {"location": {"start_u": 5}},
                {"facing": ["must be either 'b' or 'f'"]},
            ),
            (
                {"location": {"facing": "b"}},
                {"start_u": ["is not a number"]},
            ),
        ],
    )
    def test_refused(self, app, rack, device, update, sent, errors):
        app.seed.device(rack, "there", start_u=10)
        before = app.snapshot()
        assert update(**{"description": "x", **sent}) == (
            422,
            {"errors": errors},
        )
        assert app.snapshot() == before

    def test_an_unknown_detail_is_500(self, update):
        assert update(details={"colour": "red"})[0] == 500

    @pytest.mark.parametrize("start_u", [1, 2, 5])
    def test_a_device_moves_in_its_rack(self, app, device, update, start_u):
        other = app.seed.rack(next(iter(app.model.teams.values())), "c2")
        place = {"start_u": start_u, "facing": "b", "rack_id": other.id}
        _, moved = update(location=place)
        assert moved["location"] == {
            **device["location"],
            "start_u": start_u,
            "end_u": start_u + 1,
            "facing": "b",
        }

    def test_its_name_is_its_own(self, update):
        assert update(name="n1")[0] == 200


def test_delete(app, root, create):
    _, device = create()
    assert root.delete(f"/devices/{device['id']}") == (200, {})
    assert not app.model.devices
    assert create()[0] == 200


def test_data_source_maps_come_with_the_devices(root, create):
    assert root.get("/data-source-maps") == (200, {})
    device_id = create()[1]["id"]
    ids = {f"device:{device_id}": device_id}
    assert root.get("/data-source-maps") == (
        200,
        {"unspecified": {"unspecified": ids}},
    )


def test_legacy_devices_are_text_with_reprs(app, root, rack):
    legacy = LegacySeeds(app.seed)
    rack = legacy.rack(app.model.teams[rack.team_id], "c2", "s1")
    legacy.server(rack, "n1", "i1", ips=["10.0.0.1"], volumes=["v1"])
    legacy.volume(rack, "d1", "v1")
    legacy.network(rack, "net", "n1")
    server, volume, network = root.get("/devices")[1]
    assert server["private_ips"] == "['10.0.0.1']"
    assert server["public_ips"] == "[]"
    assert server["volume_details"] == "['v1']"
    assert server["ssh_key"] == server["login_user"] == "None"
    assert server["metadata"] == {
        "openstack_instance_id": "i1",
        "openstack_stack_id": "s1",
        "net_interfaces": "['net-a']",
    }
    assert [d["location"]["start_u"] for d in (server, volume)] == [1, 3]
    assert volume["volume_type"] == "None"
    assert network["mtu"] == 0
    path = f"/devices/{server['id']}"
    assert root.patch(path, {"device": {"status": "STOPPED"}})[0] == 200
