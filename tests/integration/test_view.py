"""The view of a real cloud: what is shown is what its services list.

Object by object, at every step of the life of a cluster, also after steps
that the listener did not see.
"""

from __future__ import annotations

import datetime
import sys
import uuid

import pytest

from tests.databases import at_hand, new_database
from tests.integration.conftest import ON_THE_CLOUD
from tests.integration.watched import Site, differences
from tests.waiting import wait_for

#: What may become of a resource in a sync, but nothing.
NEWS = ("new", "changed", "gone", "absent")

#: Of these all is notified. Not so of a network that gets a subnet, of the
#: ports that Neutron makes for itself, and of what a stack is made of.
NOTIFIED = ("flavor", "floating_ip", "instance", "project", "user", "volume")


pytestmark = ON_THE_CLOUD


@pytest.fixture
def project(cloud):
    made = cloud.project(f"CM_view_{uuid.uuid4().hex[:8]}")
    yield made
    made.leave()


@pytest.fixture
def site(installation, cloud, tmp_path):
    backend = "mariadb" if "mariadb" in at_hand() else "sqlite"
    with new_database(backend, tmp_path) as url:
        installation.configure("database", connection=url)
        yield Site(installation, cloud)
        installation.stop_all()


class Cluster:
    """A stack of the test, with its members by their names at first."""

    def __init__(self, site, project):
        self.site = site
        self.project = project
        self.name = f"cluster-{uuid.uuid4().hex[:8]}"
        self.id = project.create_stack(self.name, compute_count=2)
        wait_for(f"the API to show stack {self.id}", self.shown)
        shown_at = datetime.datetime.now(datetime.UTC)
        told_at = site.told_at("stack", self.id)
        self.seconds = (shown_at - told_at).total_seconds()

    def shown(self):
        return self.site.racks().get(self.id)

    def member(self, name):
        """Return the id of a member: login, compute-0, archive-1 ..."""
        (found,) = (
            device["id"]
            for device in self.shown()["devices"].values()
            if device["label"] in (name, f"{self.name}-{name}")
        )
        return found


@pytest.mark.timeout(1200)
def test_what_is_shown_is_what_the_cloud_lists(site, cloud, project):
    site.same("before the cluster")
    begun = site.steps[0][1]
    site.run_job(f"changes:{cloud.region}")
    cluster = created(site, project)
    suspended_and_resumed(cluster)
    lived_on(cluster, cloud)
    nothing_new(site)
    missed(cluster, cloud, begun)
    caught_up(cluster)
    gone(cluster, begun)
    past(site)
    assert site.logs() == []


def created(site, project):
    cluster = Cluster(site, project)
    sys.stdout.write(f"the rack appeared after {cluster.seconds:.2f} s\n")
    project.await_stack(cluster.id, "CREATE_COMPLETE")
    racks = site.same("created")
    rack = racks[cluster.id]
    assert (rack["device_count"], rack["height_u"]) == (7, 42)
    assert rack["outputs"]["login_address"] in str(rack["devices"])
    return cluster


def suspended_and_resumed(cluster):
    cluster.project.act_on_stack(cluster.id, "suspend")
    racks = cluster.site.same("suspended")
    assert racks[cluster.id]["status"] == "STOPPED"
    cluster.project.act_on_stack(cluster.id, "resume")
    cluster.site.same("resumed")


def lived_on(cluster, cloud):
    """What a person may do to a cluster, while we listen."""
    project, site = cluster.project, cluster.site
    project.resize(cluster.member("compute-0"), "m1.large")
    site.same("resized")
    cloud.live_migrate(cluster.member("compute-1"))
    site.same("live-migrated")
    project.act(cluster.member("compute-1"), "stop_server", "SHUTOFF")
    site.same("stopped")
    login = cluster.member("login")
    project.rename(login, "head_node of Ünïts")
    racks = site.same("renamed")
    shown = racks[cluster.id]["devices"][login]
    assert shown["name"] == f"head-node-of-Units-{login[:8]}"
    project.change_stack(cluster.id, compute_count=3)
    site.same("grown")
    project.delete_server(cluster.member("compute-2"))
    site.same("one deleted")


def nothing_new(site):
    """A sync finds what was notified as it was notified; and where all is
    known, nothing more is asked for."""
    kinds, _ = site.openstack("sync", "run", "--wait")
    news = {
        kind["kind"]: sum(kind[count] or 0 for count in NEWS) for kind in kinds
    }
    assert {kind: news[kind] for kind in NOTIFIED} == dict.fromkeys(
        NOTIFIED, 0
    )
    first, second = (site.run_job("refresh")["summary"] for _ in range(2))
    assert first == second
    sys.stdout.write(f"refreshes: {second}\n")


def missed(cluster, cloud, begun):
    """What happens while nobody listens; the sync finds it."""
    project, site = cluster.project, cluster.site
    site.kill_listener()
    site.lose_messages()
    before = site.racks()
    deleted = cluster.member("compute-1")
    project.delete_server(deleted)
    project.resize(cluster.member("head_node of Ünïts"), "m1.medium")
    project.rename(cluster.member("compute-0"), "worker")
    archive = [cluster.member(f"archive-{n}") for n in (0, 1)]
    project.delete_volumes(*archive)
    assert site.racks() == before, "somebody told us"

    refused = synced(site)
    assert refused == {"volume": 2}, "max_delete_ratio is 0"
    wait_for(
        f"the API not to show server {deleted}",
        lambda: cluster.shown()["devices"].keys(),
        lambda ids: deleted not in ids,
    )
    assert {*archive} < cluster.shown()["devices"].keys()
    assert synced(site, "--accept-deletes", "--kind", "volume") == {}
    site.same("repaired")
    site.run_job(f"changes:{cloud.region}")
    site.check_ends(begun, deleted)
    site.start_listener()


def synced(site, *options):
    """Sync, by the command; return what was refused, by kind."""
    kinds, status = site.openstack("sync", "run", "--wait", *options)
    assert [kind for kind in kinds if kind["error"]] == []
    refused = {k["kind"]: k["refused"] for k in kinds if k["refused"]}
    assert status == (1 if refused else 0)
    return refused


def caught_up(cluster):
    """What the broker kept while we were down is heard afterwards."""
    project, site = cluster.project, cluster.site
    site.kill_listener()
    worker = cluster.member("worker")
    project.act(worker, "stop_server", "SHUTOFF")
    project.rename(worker, f"{cluster.name}-compute-0")
    site.start_listener()
    site.same("caught up")


def gone(cluster, begun):
    project, site = cluster.project, cluster.site
    last = cluster.shown()
    servers = [
        device["id"]
        for device in last["devices"].values()
        if device["type"] == "Instance"
    ]
    project.delete_stack(cluster.id)
    racks = site.same("gone")
    assert cluster.id not in racks
    assert site.get(f"racks/{cluster.id}") == 404
    site.check_ends(begun, *servers)
    events = site.get(f"racks/{cluster.id}/history")["events"]
    assert {event["kind"] for event in events} >= {"instance", "volume"}


def past(site):
    """Each past moment is shown as it was shown then."""
    for step, at, racks in site.steps:
        then = undated(site.racks_at(at))
        found = [*differences(undated(racks), then, "/racks")]
        assert not found, "\n".join([f"{step}, as it was:", *found])


def undated(racks):
    """Leave out when we heard of things: that is not of the past."""

    def without(thing):
        return {k: v for k, v in thing.items() if k != "updated_at"}

    return {
        rack_id: {
            **without(rack),
            "devices": {
                device_id: without(device)
                for device_id, device in rack["devices"].items()
            },
        }
        for rack_id, rack in racks.items()
    }
