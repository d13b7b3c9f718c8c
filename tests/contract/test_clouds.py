"""What every driver of a cloud promises: see ``clouds.base``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.clouds import base
from concertim_api.clouds.simulator import COLLECTIONS
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.history import take
from concertim_api.domain.ledger.observations import Life, Ref
from concertim_api.domain.ledger.sightings import news
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.ledger.recorder import Recorder
from tests.fakes.ledger import MemoryStore


def listed(cloud, kind, read=None):
    return [
        s for page in cloud.listing(kind, read or {}) for s in page.sightings
    ]


def by_id(sightings):
    return {s.observation.ref.id: s.observation for s in sightings}


def left_out(cloud, kind):
    return [lost for page in cloud.listing(kind, {}) for lost in page.left_out]


@pytest.fixture
def site(made):
    """A little of everything."""
    site = made.site
    ada = site.add_user("ada", email="ada@example.org")
    project = site.add_project("CM_astro", tags=["hpc", "big"])
    site.assign(ada, project, "member")
    site.assign(ada, project, "admin")
    site.add_flavor("hpc.c4", vcpus=4, ram=16384, disk=40)
    site.add_flavor("secret", **{"os-flavor-access:is_public": False})
    site.add_volume_type("ssd")
    site.add_image("rocky-9")
    cluster = site.add_cluster(project, "astro", computes=4)
    network = next(iter(site.networks.values()))
    site.add_router(project, "way-out", network)
    site.add_floating_ip(network, next(iter(site.ports.values())))
    site.add_snapshot(next(iter(site.volumes.values())), "before")
    assert cluster["id"] in site.stacks
    return site


def test_it_says_what_and_where_it_is(made):
    assert made.cloud.region == "RegionOne"
    assert tuple(made.cloud.kinds) == base.KINDS


@pytest.mark.parametrize("kind", base.KINDS)
def test_all_of_each_kind_is_listed(made, site, kind):
    things = getattr(site, COLLECTIONS[kind])
    assert things
    found = listed(made.cloud, kind)
    assert len(found) == len(things)
    assert set(by_id(found)) == set(things)
    for sighting in found:
        seen = sighting.observation
        assert seen.ref == Ref("RegionOne", kind, seen.ref.id)
        assert seen.says == "alive"
        assert seen.source == "listing"
        assert seen.reported_at == made.clock.now()
        assert seen.at == made.clock.now().replace(microsecond=0)
        assert len(seen.key) <= 255
        assert news(Life(), sighting)
    assert len({s.observation.key for s in found}) == len(found)
    assert made.cloud.look(kind, next(iter(things)))


@pytest.mark.parametrize("kind", base.KINDS)
def test_a_look_says_what_the_listing_says(made, site, kind):
    for resource_id, seen in by_id(listed(made.cloud, kind)).items():
        looked = by_id(made.cloud.look(kind, resource_id))[resource_id]
        assert looked.source == "look"
        assert looked.says == "alive"
        assert looked.project_id == seen.project_id
        assert looked.shape == seen.shape
        assert looked.since == seen.since
        details = {**looked.details}
        if kind == "stack":
            details.pop("outputs", None)  # only a look tells them at first
        assert details == seen.details


def test_a_look_at_a_volume_shows_its_snapshots_after_a_transfer(made, site):
    (snapshot,) = site.snapshots.values()
    volume = site.volumes[snapshot["volume_id"]]
    site.add_snapshot(site.add_volume({"id": "p"}, "other"), "not this one")
    before = {s.ref: s for s in by_id(listed(made.cloud, "snapshot")).values()}
    made.clock.advance(minutes=1)
    moment = made.clock.now()
    for thing, field in (
        (volume, "os-vol-tenant-attr:tenant_id"),
        (snapshot, "os-extended-snapshot-attributes:project_id"),
    ):
        thing |= {field: "q" * 32, "updated_at": site.exact()}
    made.clock.advance(minutes=10)
    seen, with_it = made.cloud.look("volume", volume["id"])
    assert seen.observation.project_id == "q" * 32
    observation = with_it.observation
    life = take(Life(), [before[observation.ref]], {})
    change = news(life, with_it)
    assert observation.ref.id == snapshot["id"]
    assert change.project_id == "q" * 32
    assert change.at == moment.replace(microsecond=0)


def test_the_same_moment_gives_the_same_keys(made, site):
    first = [s.observation.key for s in listed(made.cloud, "instance")]
    again = [s.observation.key for s in listed(made.cloud, "instance")]
    assert first == again
    made.clock.advance(microseconds=1)
    later = [s.observation.key for s in listed(made.cloud, "instance")]
    assert not set(first) & set(later)


def test_an_unchanged_cloud_is_no_news(made, site):
    store = MemoryStore()
    recorder = Recorder(store)
    read = {}
    for kind in made.cloud.kinds:
        seen = listed(made.cloud, kind)
        assert recorder.reconcile(seen).new == len(seen)
        read |= {
            s.observation.ref.id: datetime.fromisoformat(
                s.observation.details["read_at"]
            )
            + timedelta(minutes=1)
            for s in seen
            if "read_at" in s.observation.details
        }
    made.clock.advance(minutes=10)
    for kind in made.cloud.kinds:
        seen = listed(made.cloud, kind, read)
        assert recorder.reconcile(seen).unchanged == len(seen)


def test_servers(made, site):
    flavor = next(f for f in site.flavors.values() if f["name"] == "hpc.c4")
    network = next(iter(site.networks.values()))
    server = site.add_server(
        site.admin,
        "login",
        flavor,
        network,
        image="",  # it booted from a volume
        metadata={"role": "login"},
        key_name="ada-key",
    )
    server["addresses"][network["name"]].append(
        {"version": 4, "addr": "198.51.100.7", "OS-EXT-IPS:type": "floating"}
    )
    seen = by_id(listed(made.cloud, "instance"))[server["id"]]
    assert seen.project_id == site.admin["id"]
    assert seen.shape == {
        "flavor": {
            "id": flavor["id"],
            "name": "hpc.c4",
            "vcpus": 4,
            "ram_mb": 16384,
            "disk_gb": 40,
            "ephemeral_gb": 0,
            "swap_mb": 0,
            "extra_specs": {},
        },
        "image": {"id": None},
        "metadata": {"role": "login"},
        "state": "active",
        "launched": True,
    }
    assert len(seen.details.pop("addresses")) == 1
    assert seen.details == {
        "name": "login",
        "host": server["OS-EXT-SRV-ATTR:host"],
        "availability_zone": "nova",
        "user_id": server["user_id"],
        "created_at": "2026-11-21T12:00:00+00:00",
        "hostname": "login",
        "key_name": "ada-key",
        "power_state": "running",
        "locked": False,
        "task_state": None,
    }
    assert seen.since == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_what_cannot_be_understood_is_left_out(made, site):
    broken, *_ = site.servers.values()
    broken["flavor"] = {"vcpus": "many"}
    down, *_ = [s for s in site.servers.values() if s is not broken]
    for field in [*down]:  # as Nova shows a server of a cell that is down
        if field not in ("id", "tenant_id", "created", "links"):
            del down[field]
    nameless = site.add_server(site.admin, "x")
    del nameless["id"]
    assert {
        lost.id: lost.reason for lost in left_out(made.cloud, "instance")
    } == {
        broken["id"]: "vcpus is not a number: 'many'",
        down["id"]: "it has no state: its cell does not answer",
        None: "id is missing",
    }
    rest = set(by_id(listed(made.cloud, "instance")))
    assert rest == site.servers.keys() - {broken["id"], down["id"]} - {
        key for key, value in site.servers.items() if value is nameless
    }


@pytest.mark.parametrize("kind", base.KINDS)
@pytest.mark.parametrize("thing", [None, 7, "text", [], {}])
def test_no_object_of_any_form_is_fatal(made, site, kind, thing):
    name = COLLECTIONS[kind]
    things = {**getattr(site, name)}
    made.spoil(kind, thing)
    assert by_id(listed(made.cloud, kind)).keys() == things.keys()
    (lost,) = left_out(made.cloud, kind)
    assert lost.id is None


@pytest.mark.parametrize(
    "name",
    [
        "Zürich ☃ 集群",
        "a\tb\nc",
        "'; DROP TABLE--",
        " ",
        "x" * 400,
        "\x07\x1b[31m",
    ],
)
def test_any_name_is_only_a_name(made, site, name):
    network = site.add_network(site.admin, name)
    seen = by_id(listed(made.cloud, "network"))[network["id"]]
    assert seen.details["name"] == name


def test_two_servers_may_have_one_name(made, site):
    one = site.add_server(site.admin, "twin")
    two = site.add_server(site.admin, "twin")
    seen = by_id(listed(made.cloud, "instance"))
    assert seen[one["id"]].details["name"] == seen[two["id"]].details["name"]


@pytest.mark.parametrize("kind", ["instance", "volume", "port", "image"])
def test_a_listing_that_breaks_says_so(made, site, kind):
    for number in range(8):
        site.add_image(f"image-{number}")
        site.add_volume(site.admin, f"volume-{number}")
    made.break_after_a_page(kind)
    pages = made.cloud.listing(kind, {})
    assert next(pages).sightings
    with pytest.raises(
        Unavailable, match=r"of RegionOne: GET /.*: it answers 500"
    ):
        list(pages)


@pytest.mark.parametrize(
    "kind", ["instance", "volume", "network", "stack", "image"]
)
def test_a_service_that_is_not_there_is_told(made, kind):
    made.lose_service(kind)
    with pytest.raises(NotListed):
        list(made.cloud.listing(kind, {}))


def test_nobody_can_be_asked_for_what_is_no_kind(made):
    with pytest.raises(NotListed, match="keypair"):
        made.cloud.look("keypair", "x")


@pytest.mark.parametrize("kind", base.KINDS)
def test_what_is_not_there_is_absent(made, site, kind):
    (seen,) = made.cloud.look(kind, "c0ffee/../x?y#é")
    assert seen.observation.says == "absent"
    assert seen.observation.ref == Ref("RegionOne", kind, "c0ffee/../x?y#é")
    assert seen.observation.reported_at == made.clock.now()
    assert seen.observation.at == made.clock.now().replace(microsecond=0)


def test_changes_tell_what_changed_and_what_ended(made, site):
    changed, ended, same = list(site.servers.values())[:3]
    made.clock.advance(minutes=5)
    since = made.clock.now()
    made.clock.advance(seconds=30)
    site.resize(changed, site.add_flavor("large", vcpus=32))
    made.clock.advance(seconds=30)
    site.delete_server(ended)
    ended_at = made.clock.now().replace(microsecond=0)
    made.clock.advance(minutes=1)
    seen = {
        s.observation.ref.id: s
        for page in made.cloud.changes(since)
        for s in page.sightings
    }
    assert seen.keys() == {changed["id"], ended["id"]}
    assert same["id"] not in seen
    gone = seen[ended["id"]].observation
    assert (gone.says, gone.at) == ("gone", ended_at)
    assert gone.since == datetime(2026, 11, 21, 12, tzinfo=UTC)
    now = seen[changed["id"]]
    assert now.observation.shape["flavor"]["vcpus"] == 32
    assert now.changed_at == since.replace(microsecond=0) + timedelta(
        seconds=30
    )
    (looked,) = made.cloud.look("instance", ended["id"])
    assert looked.observation.says == "absent"


def test_changes_tell_nothing_where_nothing_changed(made, site):
    made.clock.advance(minutes=5)
    pages = list(made.cloud.changes(made.clock.now()))
    assert [s for page in pages for s in page.sightings] == []


def test_a_server_that_never_ran_leaves_an_end_only(made, site):
    server = site.add_server(
        site.admin, "x", **{"OS-SRV-USG:launched_at": None}
    )
    assert listed(made.cloud, "instance")[0].observation.shape
    seen = by_id(listed(made.cloud, "instance"))[server["id"]]
    assert seen.shape["launched"] is False
    site.delete_server(server)
    gone = {
        s.observation.ref.id: s
        for page in made.cloud.changes(made.clock.now())
        for s in page.sightings
    }[server["id"]]
    assert news(Life(), gone) is None


def test_projects_have_who_may_do_what(made, site):
    ada = next(u for u in site.users.values() if u["name"] == "ada")
    project = next(p for p in site.projects.values() if p["name"] != "admin")
    seen = by_id(listed(made.cloud, "project"))[project["id"]]
    assert seen.details["roles"] == {ada["id"]: ["admin", "member"]}
    assert seen.details["tags"] == ["big", "hpc"]


# Stacks


def stack_named(site, name):
    return next(s for s in site.stacks.values() if s["stack_name"] == name)


def looked(made, stack):
    found = by_id(made.cloud.look("stack", stack["id"]))
    return found[stack["id"]]


def marks(sighting):
    return {
        sighting.ref.id: datetime.fromisoformat(sighting.details["read_at"])
    }


def test_a_root_tells_all_that_it_is_made_of(made, site):
    root, group = (
        stack_named(site, "astro"),
        stack_named(site, "astro-computes"),
    )
    seen = by_id(listed(made.cloud, "stack"))
    assert seen[root["id"]].details["parent"] == ""
    assert seen[group["id"]].details["parent"] == root["id"]
    assert "resources" not in seen[group["id"]].details
    members = seen[root["id"]].details["resources"]
    assert [(m["kind"], m["type"]) for m in members] == [
        *[("instance", "OS::Nova::Server")] * 5,
        ("network", "OS::Neutron::Net"),
        ("stack", "OS::Heat::ResourceGroup"),
        ("volume", "OS::Cinder::Volume"),
    ]
    assert members == sorted(members, key=lambda m: (m["kind"], m["id"]))
    assert {m["id"] for m in members if m["kind"] == "instance"} == set(
        site.servers
    )
    # A tie has the id of what it ties, and is not it.
    assert {m["name"] for m in members} >= {"volume", "net", "server", "3"}


@pytest.mark.parametrize("depth", [1, 2, 6])
def test_stacks_are_looked_into_at_any_depth(made, site, depth):
    root = stack = site.add_stack(site.admin, "deep")
    for number in range(depth):
        stack = site.nest(stack, f"level-{number}", "file:///level.yaml")
    server = site.add_server(site.admin, "deepest")
    site.add_resource(stack, "x", "OS::Nova::Server", server["id"])
    members = looked(made, root).details["resources"]
    assert [m["id"] for m in members if m["kind"] == "instance"] == [
        server["id"]
    ]
    assert sum(m["kind"] == "stack" for m in members) == depth


def test_resources_of_any_type_are_harmless(made, site):
    root = site.add_stack(site.admin, "odd")
    server = site.add_server(site.admin, "by-alias")
    for name, type_name, physical_id in (
        ("alias", "My::Own::Server", server["id"]),
        ("file", "file:///x.yaml", None),
        ("empty", "OS::Nova::Server", ""),
        ("plain", "Concertim.com", "?"),
        ("unknown", "OS::New::Thing", site.new_id()),
        ("router", "OS::Neutron::RouterInterface", "r:subnet_id=s"),
        ("no type", None, server["id"] + "x"),
        (None, "OS::Nova::KeyPair", "key"),
    ):
        site.add_resource(root, name, type_name, physical_id)
    site.resources[root["id"]].append({"resource_name": "bare"})
    listed(made.cloud, "instance")  # who knows it by its id, finds the alias
    assert looked(made, root).details["resources"] == [
        {
            "kind": "instance",
            "id": server["id"],
            "name": "alias",
            "type": "My::Own::Server",
        }
    ]


def test_a_stack_of_thousands(made, site):
    root = site.add_stack(site.admin, "huge")
    for number in range(3000):
        site.add_resource(
            root, f"s{number}", "OS::Nova::Server", site.new_id()
        )
    seen = by_id(listed(made.cloud, "stack"))[root["id"]]
    assert len(seen.details["resources"]) == 3000


def test_what_did_not_change_is_not_read_again(made, site):
    root = stack_named(site, "astro")
    made.clock.advance(minutes=5)
    read = marks(by_id(listed(made.cloud, "stack"))[root["id"]])
    made.clock.advance(minutes=5)
    seen = by_id(listed(made.cloud, "stack", read))[root["id"]]
    assert "resources" not in seen.details
    assert "read_at" not in seen.details
    assert "outputs" not in seen.details


@pytest.mark.parametrize("name", ["astro", "astro-computes"])
def test_what_changed_is_read_again_with_outputs(made, site, name):
    """The root, or any stack within it: a root does not move with these."""
    root = stack_named(site, "astro")
    made.clock.advance(minutes=5)
    read = marks(by_id(listed(made.cloud, "stack"))[root["id"]])
    made.clock.advance(minutes=5)
    stack_named(site, name).update(
        updated_time=site.stamp(), stack_status="UPDATE_COMPLETE"
    )
    server = site.add_server(site.admin, "new")
    group = stack_named(site, "astro-computes")
    site.add_resource(group, "new", "OS::Nova::Server", server["id"])
    made.clock.advance(minutes=5)
    seen = by_id(listed(made.cloud, "stack", read))[root["id"]]
    assert server["id"] in {m["id"] for m in seen.details["resources"]}
    assert seen.details["outputs"] == {"login_address": "198.51.100.20"}
    assert marks(seen)[root["id"]] >= seen.reported_at


@pytest.mark.parametrize("name", ["astro", "astro-computes"])
def test_what_is_at_work_is_read_until_it_rests(made, site, name):
    """Heat does not date the end of an action, only its beginning."""
    root = stack_named(site, "astro")
    stack_named(site, name)["stack_status"] = "CREATE_IN_PROGRESS"
    seen = by_id(listed(made.cloud, "stack"))[root["id"]]
    assert len(seen.details["resources"]) == 8
    assert "read_at" not in seen.details
    made.clock.advance(hours=1)
    still = {root["id"]: made.clock.now()}
    made.clock.advance(hours=1)
    seen = by_id(listed(made.cloud, "stack", still))[root["id"]]
    assert len(seen.details["resources"]) == 8
    stack_named(site, name)["stack_status"] = "CREATE_COMPLETE"
    seen = by_id(listed(made.cloud, "stack"))[root["id"]]
    assert marks(seen)


def test_a_resource_at_work_is_work_too(made, site):
    root = stack_named(site, "astro")
    site.resources[root["id"]][1]["resource_status"] = "UPDATE_IN_PROGRESS"
    seen = looked(made, root)
    assert "resources" in seen.details
    assert "read_at" not in seen.details


def test_a_look_at_a_nested_stack_tells_its_root(made, site):
    root, group = (
        stack_named(site, "astro"),
        stack_named(site, "astro-computes"),
    )
    root["description"] = "A cluster"
    found = by_id(made.cloud.look("stack", group["id"]))
    assert found.keys() == {root["id"], group["id"]}
    assert found[group["id"]].details["parent"] == root["id"]
    assert len(found[root["id"]].details["resources"]) == 8
    assert found[root["id"]].details["description"] == "A cluster"
    assert found[root["id"]].details["outputs"] == {
        "login_address": "198.51.100.20"
    }
    assert found[root["id"]].project_id == root["project"]


def test_a_look_is_not_older_than_what_it_read(made, site):
    """Else whoever sees something newer would look again, for ever."""
    seen = looked(made, stack_named(site, "astro"))
    assert seen.details["read_at"] == seen.reported_at.isoformat()


def test_a_deleted_stack_is_gone_when_heat_says(made, site):
    root = stack_named(site, "astro")
    made.clock.advance(minutes=5)
    site.delete_stack(root)
    at = made.clock.now().replace(microsecond=0)
    made.clock.advance(minutes=5)
    gone = looked(made, root)
    assert (gone.says, gone.at) == ("gone", at)
    assert root["id"] not in by_id(listed(made.cloud, "stack"))


def test_a_stack_whose_parent_is_gone_is_looked_at_alone(made, site):
    root, group = (
        stack_named(site, "astro"),
        stack_named(site, "astro-computes"),
    )
    del site.stacks[root["id"]]
    found = by_id(made.cloud.look("stack", group["id"]))
    assert found.keys() == {group["id"]}
    assert group["id"] in by_id(listed(made.cloud, "stack"))


def test_parents_in_a_circle_end(made, site):
    one = site.add_stack(site.admin, "one")
    two = site.add_stack(site.admin, "two", one)
    one["parent"] = two["id"]
    assert {one["id"], two["id"]} <= by_id(listed(made.cloud, "stack")).keys()
    assert one["id"] in by_id(made.cloud.look("stack", one["id"]))
