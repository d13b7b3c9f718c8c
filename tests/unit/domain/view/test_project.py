"""Facts of the cloud as racks, devices, templates, teams and users."""

from __future__ import annotations

import dataclasses as dc
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import project as view
from concertim_api.domain.view.model import Fact, Rack, RackContext, Rules
from concertim_api.domain.view.ours import parse_rule
from concertim_api.domain.view.slots import RackSlots, Slot
from tests.properties import examples

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = Rules()


def fact(kind, id_, at=0, project_id="p", shape=None, **details):
    return Fact(
        ref=Ref("north", kind, id_),
        project_id=project_id,
        shape=shape or {},
        details=details,
        start=T0 + timedelta(seconds=at),
    )


def server(id_, at=0, vcpus=2, flavor=None, state="active", **details):
    flavor = flavor or {"id": "f-1", "name": "m1.small", "vcpus": vcpus}
    shape = {"flavor": flavor, "state": state}
    return fact("instance", id_, at, shape=shape, **details)


def volume(id_, at=0, attached_to=(), **details):
    shape = {"type": "t-1", "size_gb": 20, "attached_to": list(attached_to)}
    return fact("volume", id_, at, shape=shape, **details)


def network(id_, at=0, **details):
    shape = {"external": False, "shared": True}
    return fact("network", id_, at, shape=shape, **details)


def port(id_, server_id, *addresses, network_id="n-1"):
    return fact(
        "port",
        id_,
        shape={"network_id": network_id},
        device_id=server_id,
        addresses=list(addresses),
    )


def floating_ip(id_, address, port_id="", fixed_address="", **about):
    return fact(
        "floating_ip",
        id_,
        address=address,
        port_id=port_id,
        fixed_address=fixed_address,
        **about,
    )


STACK = fact(
    "stack",
    "s-1",
    name="hpc",
    state="CREATE_COMPLETE",
    state_reason="Stack CREATE completed successfully",
    description="A cluster",
    user_name="bob",
    created_at="2026-02-28T23:00:00Z",
    outputs={"web_access": "https://192.0.2.7", "nodes": [1, 2]},
)


def rack_view(*members, stack=STACK, around=None, previous=None, rules=RULES):
    return view.project_rack(
        stack, members, around or RackContext(), previous, rules
    )


def device(member, *others, around=None):
    """Return how a member is shown, among others."""
    devices = rack_view(member, *others, around=around).devices
    return next(d for d in devices if d.ref == member.ref)


def test_a_rack():
    rack = rack_view(server("i-1", vcpus=4), volume("v-1")).rack
    assert rack == Rack(
        ref=STACK.ref,
        project_id="p",
        name="hpc",
        stack_name="hpc",
        description="A cluster",
        status="ACTIVE",
        status_reason="Stack CREATE completed successfully",
        state="CREATE_COMPLETE",
        owner="bob",
        outputs={"web_access": "https://192.0.2.7", "nodes": [1, 2]},
        height_u=42,
        used_u=5,
        device_count=2,
        messages=(),
        created_at=datetime(2026, 2, 28, 23, tzinfo=UTC),
    )


def test_a_stack_of_which_nothing_is_known():
    shown_rack = rack_view(stack=Fact(ref=STACK.ref))
    assert shown_rack.devices == ()
    assert shown_rack.rack.name == "rack-" + shown_rack.rack.name.removeprefix(
        "rack-"
    )
    assert shown_rack.rack.stack_name == ""
    assert shown_rack.rack.status == "IN_PROGRESS"
    assert shown_rack.rack.state is None
    assert shown_rack.rack.owner is None
    assert shown_rack.rack.project_id is None
    assert shown_rack.rack.outputs == {}
    assert shown_rack.rack.created_at is None


def test_a_stack_that_could_not_be_deleted_is_shown():
    stack = dc.replace(STACK, details={"state": "DELETE_FAILED"})
    assert rack_view(server("i-1"), stack=stack).rack.status == "FAILED"


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"a": {"b": 1}}, True])
def test_junk_crashes_nothing(junk):
    fields = [
        "name",
        "state",
        "state_reason",
        "outputs",
        "addresses",
        "device_id",
        "port_id",
        "address",
        "fixed_address",
        "task_state",
        "key_name",
        "admin_state_up",
        "mtu",
        "roles",
        "tags",
        "created_at",
        "bootable",
        "enabled",
        "email",
        "description",
        "user_name",
    ]
    shape = dict.fromkeys(
        [
            "flavor",
            "attached_to",
            "type",
            "size_gb",
            "shared",
            "network_id",
            "vcpus",
            "extra_specs",
            "is_public",
        ],
        junk,
    )
    kinds = [
        "instance",
        "volume",
        "network",
        "port",
        "floating_ip",
        "flavor",
        "stack",
    ]
    junks = [
        fact(kind, "x", shape=shape, **dict.fromkeys(fields, junk))
        for kind in kinds
    ]
    around = RackContext(ports=junks, floating_ips=junks, volumes=junks)
    assert len(rack_view(*junks, stack=junks[0], around=around).devices) == 3
    assert view.template(junks[0], RULES).name
    assert view.team(junks[0]).name
    assert view.user(junks[0]).name
    assert view.is_ours(junks[0], RULES) is True
    rules = Rules(projects=(parse_rule("prefix:CM_"),))
    assert view.is_ours(junks[0], rules) is False


def test_a_server():
    result = device(
        server(
            "i-1",
            flavor={
                "id": "f-1",
                "name": "m1.small",
                "vcpus": 4,
                "ram_mb": 2048,
                "disk_gb": 0,
            },
            state="stopped",
            name="web_1",
            key_name="bob-key",
            created_at="2026-03-01T11:59:58",
        )
    )
    assert result == view.Device(
        ref=Ref("north", "instance", "i-1"),
        rack=STACK.ref,
        project_id="p",
        name=result.name,
        label="web_1",
        type="Instance",
        status="STOPPED",
        state="stopped",
        slot=Slot(1, 3),
        template_id="f-1",
        template="m1.small",
        details={
            "ssh_key": "bob-key",
            "login_user": None,
            "volume_details": [],
            "vcpus": 4,
            "ram_mb": 2048,
            "disk_gb": 0,
        },
        public_ips=(),
        private_ips=(),
        networks=(),
        created_at=datetime(2026, 3, 1, 11, 59, 58, tzinfo=UTC),
    )
    assert result.name.startswith("web-1-")


def test_a_server_with_a_task():
    assert device(server("i-1", task_state="rebooting")).status == (
        "IN_PROGRESS"
    )


def test_a_server_of_a_deleted_flavor():
    result = device(server("i-1", flavor={"name": "old", "vcpus": 6}))
    assert result.template_id is None
    assert result.template == "old"
    assert result.slot == Slot(1, 4)


def test_a_server_of_which_no_flavor_is_known():
    result = device(fact("instance", "i-1"))
    assert (result.template_id, result.template) == (None, None)
    assert result.slot == Slot(1, 1)
    assert result.details["vcpus"] is None


def test_a_volume():
    result = device(
        volume(
            "v-1",
            attached_to=["i-1"],
            name="data",
            state="in-use",
            availability_zone="nova",
            bootable="true",
            encrypted=False,
        ),
        around=RackContext(volume_types={"t-1": "ssd"}),
    )
    assert (result.type, result.status) == ("Volume", "ACTIVE")
    assert (result.template_id, result.template) == ("volume", "volume")
    assert result.slot == Slot(1, 2)
    assert result.details == {
        "availability_zone": "nova",
        "bootable": True,
        "encrypted": False,
        "size": 20,
        "volume_type": "ssd",
        "attached_to": ["i-1"],
    }
    assert (result.private_ips, result.networks) == ((), ())


def test_a_volume_type_without_a_name_is_called_by_its_id():
    assert device(volume("v-1")).details["volume_type"] == "t-1"
    assert device(fact("volume", "v-1")).details["volume_type"] is None


def test_a_network():
    result = device(
        network(
            "n-1",
            name="net",
            state="ACTIVE",
            admin_state_up=True,
            mtu=1450,
            l2_adjacency=True,
        )
    )
    assert (result.type, result.status) == ("Network", "ACTIVE")
    assert result.template_id == "network"
    assert result.slot == Slot(42, 1)
    assert result.details == {
        "admin_state_up": True,
        "l2_adjacency": True,
        "mtu": 1450,
        "shared": True,
        "external": False,
        "port_security_enabled": None,
    }


def test_a_network_that_is_switched_off():
    result = device(network("n-1", state="ACTIVE", admin_state_up=False))
    assert result.status == "STOPPED"


def test_addresses_are_those_of_the_ports():
    result = device(
        server("i-1", addresses=["203.0.113.9"]),
        around=RackContext(
            ports=[
                port("p-1", "i-1", "10.0.0.10", "fd00::1"),
                port("p-2", "i-1", "10.0.0.9", network_id="n-2"),
                port("p-3", "i-2", "10.0.0.8"),
                port("p-4", "", "10.0.0.7"),
            ],
            networks={"n-1": "lan"},
        ),
    )
    assert result.private_ips == ("10.0.0.9", "10.0.0.10", "fd00::1")
    assert result.networks == ("lan", "n-2")


def test_without_ports_the_server_tells_its_addresses():
    result = device(server("i-1", addresses=["10.0.0.5", "odd", "10.0.0.5"]))
    assert result.private_ips == ("10.0.0.5", "odd")


def test_public_addresses_lead_to_a_port_or_to_an_address():
    floating_ips = [
        floating_ip("1", "192.0.2.20", port_id="p-1"),
        floating_ip("2", "192.0.2.3", fixed_address="10.0.0.5"),
        floating_ip("3", "192.0.2.4", port_id="p-2"),
        floating_ip("4", "192.0.2.5"),
        floating_ip(
            "5", "192.0.2.6", fixed_address="10.0.0.5", project_id="q"
        ),
    ]
    result = device(
        server("i-1"),
        around=RackContext(
            ports=[port("p-1", "i-1", "10.0.0.5")], floating_ips=floating_ips
        ),
    )
    assert result.public_ips == ("192.0.2.3", "192.0.2.20")


def test_volumes_of_a_server_may_be_members_or_not():
    result = device(
        server("i-1"),
        volume("v-2", attached_to=["i-1", "i-2"]),
        volume("v-3", attached_to=["i-2"]),
        around=RackContext(volumes=[volume("v-1", attached_to=["i-1"])]),
    )
    assert result.details["volume_details"] == ["v-1", "v-2"]


def test_members_of_other_kinds_are_no_devices():
    assert rack_view(fact("stack", "s-2"), port("p-1", "i-1")).devices == ()


def test_a_member_told_twice_is_one_device():
    assert rack_view(server("i-1"), server("i-1")).rack.device_count == 1


def test_two_servers_with_one_name():
    result = rack_view(
        server("9d0c8a1f-1", at=2, name="web"),
        server("0c6f7b3e-1", at=1, name="web"),
    )
    assert [d.name for d in result.devices] == ["web", "web-9d0c8a1f"]
    assert [d.label for d in result.devices] == ["web", "web"]


def test_a_rack_whose_name_another_has():
    around = RackContext(other_names={"hpc"})
    rack = rack_view(around=around).rack
    assert rack.name.startswith("hpc-")
    assert rack.stack_name == "hpc"
    around = RackContext(previous_name=rack.name)
    assert rack_view(around=around).rack.name == rack.name


def test_devices_come_from_the_bottom_up():
    result = rack_view(network("n-1"), server("b", at=2), server("a", at=1))
    assert [d.ref.id for d in result.devices] == ["a", "b", "n-1"]


def test_remembered_slots_are_kept():
    member = server("i-1")
    previous = RackSlots(50, {member.ref: Slot(7, 2)})
    result = rack_view(member, server("i-0"), previous=previous)
    assert result.rack.height_u == 50
    assert {d.ref.id: d.slot.start_u for d in result.devices} == {
        "i-0": 1,
        "i-1": 7,
    }


def test_a_full_rack_says_so():
    rules = Rules(rack_height_u=3, rack_max_height_u=4)
    result = rack_view(*(server(f"i-{n}", n) for n in range(3)), rules=rules)
    assert result.rack.messages == (
        "1 device has no slot: no gap is high enough, and the rack may not "
        "grow beyond 4 U.",
    )
    assert result.rack.height_u == result.rack.used_u == 4
    assert [d.slot for d in result.devices] == [Slot(1, 2), Slot(3, 2), None]
    assert result.rack.device_count == 3
    more = rack_view(*(server(f"i-{n}", n) for n in range(5)), rules=rules)
    assert more.rack.messages[0].startswith("3 devices have no slot: ")


def test_a_rack_beyond_its_maximum_says_how_high_it_is():
    rules = Rules(rack_height_u=3, rack_max_height_u=4)
    result = rack_view(
        *(server(f"i-{n}", n) for n in range(4)),
        previous=RackSlots(6, {}),
        rules=rules,
    )
    assert result.rack.messages[0].endswith("beyond 6 U.")


KINDS = st.sampled_from([server, volume, network])


@given(
    st.lists(st.tuples(KINDS, st.integers(0, 9), st.integers(0, 3))),
    st.randoms(),
)
@examples(100)
def test_no_order_makes_a_difference(members, rng):
    facts = [
        make(f"{make.__name__}-{id_}", at, name="web")
        for make, id_, at in {m[:2]: m for m in members}.values()
    ]
    ports = [
        port(f"p-{f.ref.id}-{n}", f.ref.id, f"10.0.{n}.1")
        for f in facts
        for n in range(2)
    ]
    floats = [floating_ip(p.ref.id, "192.0.2.1", p.ref.id) for p in ports]
    expected = rack_view(
        *facts, around=RackContext(ports=ports, floating_ips=floats)
    )
    for group in (facts, ports, floats):
        rng.shuffle(group)
    assert expected == rack_view(
        *facts, around=RackContext(ports=ports, floating_ips=floats)
    )


def test_3000_members():
    members = [server(f"i-{n}", n, name="web") for n in range(3000)]
    ports = [port(f"p-{n}", f"i-{n}", f"10.0.0.{n}") for n in range(3000)]
    random.Random(1).shuffle(members)
    result = rack_view(*members, around=RackContext(ports=ports))
    assert result.rack.messages[0].startswith("2964 devices have no slot")
    assert len({d.name for d in result.devices}) == 3000


def flavor(**shape):
    return fact("flavor", "f-1", shape=shape, name=shape.get("name", "m1"))


def test_a_template():
    template = view.template(
        flavor(
            name="m1",
            vcpus=4,
            ram_mb=8192,
            disk_gb=0,
            ephemeral_gb=10,
            swap_mb=0,
            extra_specs={"hw:cpu_policy": "dedicated"},
            is_public=False,
        ),
        RULES,
    )
    assert template == view.Template(
        ref=Ref("north", "flavor", "f-1"),
        name="m1",
        label="m1",
        description="",
        height_u=3,
        vcpus=4,
        ram_mb=8192,
        disk_gb=0,
        public=False,
        details={
            "ephemeral_gb": 10,
            "swap_mb": 0,
            "extra_specs": {"hw:cpu_policy": "dedicated"},
        },
    )
    assert template.type == "private"


@pytest.mark.parametrize(
    ("vcpus", "height_u"),
    [(None, 1), (0, 1), (1, 1), (2, 2), (3, 2), (6, 4), (7, 4), (128, 4)],
)
def test_the_height_of_a_template(vcpus, height_u):
    assert view.template(flavor(vcpus=vcpus), RULES).height_u == height_u
    assert device(server("i-1", vcpus=vcpus)).slot == Slot(1, height_u)


@pytest.mark.parametrize("vcpus", [-4, "8", True, 2.5])
def test_a_number_of_vcpus_that_is_none_is_not_known(vcpus):
    template = view.template(flavor(vcpus=vcpus), RULES)
    assert (template.vcpus, template.height_u) == (None, 1)


def test_the_rule_of_the_height_is_the_operators():
    rules = Rules(vcpus_per_u=4, template_max_height_u=10)
    assert view.template(flavor(vcpus=16), rules).height_u == 5


def test_a_template_named_in_its_shape_only():
    template = view.template(
        fact("flavor", "f-1", shape={"name": "m1"}), RULES
    )
    assert (template.name, template.type) == ("m1", "public")


@pytest.mark.parametrize(
    "field",
    [
        "rack_height_u",
        "rack_max_height_u",
        "vcpus_per_u",
        "template_max_height_u",
    ],
)
def test_rules_that_no_rack_can_follow_are_refused(field):
    with pytest.raises(ValueError, match=f"{field}: 0 is less than 1"):
        Rules(**{field: 0})


def test_a_team():
    project = fact(
        "project",
        "p-1",
        name="CM_bob's team",
        description="HPC",
        enabled=False,
        roles={"u-1": ["admin", "member"], "u-2": None},
    )
    team = view.team(project)
    assert team.name.startswith("CM_bob-s team-")
    assert team == view.Team(
        ref=project.ref,
        name=team.name,
        label="CM_bob's team",
        description="HPC",
        enabled=False,
        roles={"u-1": ("admin", "member"), "u-2": ()},
    )


def test_a_user():
    bob = fact("user", "u-1", name="CM_bob", email="bob@example.org")
    assert view.user(bob) == view.User(
        ref=bob.ref,
        name="CM_bob",
        label="CM_bob",
        email="bob@example.org",
        enabled=True,
    )


def test_which_projects_are_ours():
    project = fact("project", "p-1", name="CM_bob", enabled=False)
    assert view.is_ours(project, RULES)
    rules = Rules(projects=(parse_rule("tag:hpc"), parse_rule("id:p-1")))
    assert view.is_ours(project, rules)
    assert not view.is_ours(project, Rules(projects=()))
