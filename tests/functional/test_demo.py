"""The ledger of the recorded site, against what its cloud's APIs said.

Notifications in, periods out; the listings were taken from Nova, Cinder and
Neutron at the end of the recording, and know nothing of notifications.
"""

from __future__ import annotations

import gzip
import json
import pathlib
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.attributes import is_usage
from concertim_api.domain.ledger.observations import Ref
from concertim_api.listener.replay import replay
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.ports import Window

DEMO = pathlib.Path(__file__).parents[2] / "demo"

#: Ports that Neutron makes for itself, without a word and for no project.
UNTOLD = ("network:router_gateway", "network:floatingip", "network:dhcp")

#: Nova calls the same states by other names in its API and in its events.
_SAME = {"soft-delete": "soft_delete"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("connection", f"sqlite:///{folder}/c.sqlite", "database")
    schema.sync(conf)
    services = bootstrap.services(conf)
    counts = replay(str(DEMO / "site.jsonl.gz"), services.intake, "demo")
    assert counts.dead == 0
    assert counts.known == 0
    yield services.store
    services.store.close()


@pytest.fixture(scope="module")
def listings():
    with gzip.open(DEMO / "listings.json.gz") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def end(listings):
    return listings["end"]


def moment(text):
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).replace(
        microsecond=0
    )


def periods(store, kind, resource_id):
    return store.histories.history(Ref("demo", kind, resource_id))[1]


def ran(period):
    """Whether a server had come up: what it is before is not usage."""
    return is_usage(period.shape)


def test_every_server_is_as_the_cloud_lists_it(store, end):
    assert len(end["servers"]) > 25
    for server in end["servers"]:
        *_, last = periods(store, "instance", server["id"])
        assert last.end is None
        assert last.project_id == server["tenant_id"]
        state = server["OS-EXT-STS:vm_state"]
        assert last.shape["state"] == _SAME.get(state, state)
        flavor = last.shape["flavor"]
        assert (
            flavor["name"],
            flavor["vcpus"],
            flavor["ram_mb"],
            flavor["disk_gb"],
            flavor["ephemeral_gb"],
            flavor["extra_specs"],
        ) == (
            server["flavor"]["original_name"],
            server["flavor"]["vcpus"],
            server["flavor"]["ram"],
            server["flavor"]["disk"],
            server["flavor"]["ephemeral"],
            server["flavor"]["extra_specs"],
        )
        assert last.shape["metadata"] == server["metadata"]
        assert (last.shape["image"]["id"] or "") == (
            server["image"]["id"] if server["image"] else ""
        )


def test_every_server_has_its_name_and_place(store, end):
    for server in end["servers"]:
        resource, *_ = store.histories.history(
            Ref("demo", "instance", server["id"])
        )
        details = json.loads(resource.details)
        assert resource.name == server["name"]
        assert details["task_state"] == server["OS-EXT-STS:task_state"]
        if server["OS-EXT-SRV-ATTR:host"]:
            assert details["host"] == server["OS-EXT-SRV-ATTR:host"]


def test_every_deleted_server_ended_when_the_cloud_says(store, end):
    assert len(end["deleted_servers"]) > 10
    for server in end["deleted_servers"]:
        found = periods(store, "instance", server["id"])
        assert found[-1].end == moment(server["OS-SRV-USG:terminated_at"])
        assert found[0].start == moment(server["created"])


def test_servers_start_when_they_were_launched(store, end):
    """Where nothing was rebuilt or resized since, Nova still knows when."""
    checked = 0
    for server in end["servers"] + end["deleted_servers"]:
        actions = {a["action"] for a in end["instance_actions"][server["id"]]}
        launched = server["OS-SRV-USG:launched_at"]
        if not launched or actions - {"create", "stop", "start", "delete"}:
            continue
        first = next(
            p for p in periods(store, "instance", server["id"]) if ran(p)
        )
        assert first.start == moment(launched)
        checked += 1
    assert checked > 25


def test_hours_are_those_of_novas_own_report(store, end):
    """os-simple-tenant-usage, which counts from the last launch, floats."""
    asked = moment(end["ended_at"])  # running servers are counted up to it
    checked = 0
    for report in end["usage"].values():
        for usage in report.get("server_usages", ()):
            actions = {
                a["action"]
                for a in end["instance_actions"][usage["instance_id"]]
            }
            if actions - {"create", "stop", "start", "delete"}:
                continue
            held = sum(
                (
                    (p.end or asked) - p.start
                    for p in periods(store, "instance", usage["instance_id"])
                    if ran(p)
                ),
                timedelta(),
            )
            assert abs(usage["hours"] * 3600 - held.total_seconds()) < 1
            checked += 1
    assert checked > 25


def test_every_volume_is_as_the_cloud_lists_it(store, end):
    assert end["volumes"]
    for volume in end["volumes"]:
        found = periods(store, "volume", volume["id"])
        last = found[-1]
        assert found[0].start == moment(volume["created_at"])
        assert last.end is None
        assert last.project_id == volume["os-vol-tenant-attr:tenant_id"]
        assert last.shape == {
            "type": volume["volume_type_id"],
            "size_gb": volume["size"],
            "attached_to": sorted(
                a["server_id"] for a in volume["attachments"]
            ),
        }
        resource, *_ = store.histories.history(
            Ref("demo", "volume", volume["id"])
        )
        assert resource.name == volume["name"]


def test_a_volume_that_was_handed_over_was_used_by_both(store, end):
    (volume,) = (v for v in end["volumes"] if v["name"] == "spectra")
    owners = [
        period.project_id for period in periods(store, "volume", volume["id"])
    ]
    assert len(set(owners)) == 2
    assert owners[-1] == volume["os-vol-tenant-attr:tenant_id"]


def test_types_have_their_names(store, end):
    names = {t["id"]: t["name"] for t in end["volume_types"]}
    assert store.ledger.names("volume_type", names) == {
        k: v for k, v in names.items() if v != "__DEFAULT__"
    }


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("network", "networks"),
        ("port", "ports"),
        ("router", "routers"),
        ("floating_ip", "floatingips"),
        ("snapshot", "snapshots"),
        ("image", "images"),
        ("stack", "stacks"),
        ("server_group", "server_groups"),
    ],
)
def test_what_is_listed_is_what_runs(store, end, kind, listed):
    running = {
        row.resource_id
        for row in store.ledger.all_periods()
        if row.kind == kind and row.end is None
    }
    assert running == {
        thing["id"]
        for thing in end[listed]
        if thing.get("device_owner") not in UNTOLD
    }


def test_the_middle_is_as_it_was(store, listings):
    """As of any moment: the listing that was taken in the middle."""
    middle = listings["middle"]
    at = moment(middle["taken_at"])
    for server in middle["servers"]:
        (then,) = (
            p
            for p in periods(store, "instance", server["id"])
            if p.start <= at and (p.end is None or at < p.end)
        )
        assert (
            then.shape["flavor"]["name"] == (server["flavor"]["original_name"])
        )
        assert then.shape["state"] == server["OS-EXT-STS:vm_state"]


def test_what_never_ran_is_not_counted(store, end):
    """A server that no host could take asked for terabytes of memory."""
    (broken,) = (s for s in end["servers"] if s["name"] == "too-large")
    assert broken["OS-SRV-USG:launched_at"] is None
    found = periods(store, "instance", broken["id"])
    assert found
    assert not any(map(ran, found))
    window = Window(moment(broken["created"]), moment(end["ended_at"]))
    of_it = (Filter("resource_id", "eq", broken["id"]),)
    assert store.usage.sums(("kind",), of_it, window, 10) == []
    assert store.usage.resource_counts(("kind",), of_it, window) == {}
