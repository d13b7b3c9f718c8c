"""What racks and devices can be made to do, in a real cloud.

By a member of a project, with the member's own token, through Apache; what
comes of it is seen by the listener and the agent.
"""

from __future__ import annotations

import sys
import time
import uuid

import pytest

from concertim_api import bootstrap
from concertim_api.domain.errors import NotFound
from tests.databases import new_database
from tests.integration.conftest import ON_THE_CLOUD, needed
from tests.integration.keystone import guarded
from tests.integration.site import Whole
from tests.waiting import wait_for

FINAL = ("done", "failed", "unsure")

pytestmark = ON_THE_CLOUD

#: A network with a router, which is a rack of its own.
LAN = {
    "heat_template_version": "2018-08-31",
    "resources": {
        "lan": {
            "type": "OS::Neutron::Net",
            "properties": {"name": "lan"},
        },
        "subnet": {
            "type": "OS::Neutron::Subnet",
            "properties": {
                "network": {"get_resource": "lan"},
                "cidr": "10.9.0.0/24",
            },
        },
        "router": {
            "type": "OS::Neutron::Router",
            "properties": {"external_gateway_info": {"network": "public"}},
        },
        "interface": {
            "type": "OS::Neutron::RouterInterface",
            "properties": {
                "router": {"get_resource": "router"},
                "subnet": {"get_resource": "subnet"},
            },
        },
    },
}


class Operated(Whole):
    """An installation whose callers act: listener, agent, and the API behind
    Apache, in the catalog."""

    def __init__(self, apache, user, keystone, database):
        super().__init__(apache, user, keystone, database, app=None)

    def _configure(self):
        configure = self._installation.configure
        configure("DEFAULT", transport_url=self.keystone.bus)
        configure("api", auth_strategy="keystone")
        configure("database", connection=self._database)
        configure("listener", pool=self._pool)
        configure(
            "cloud",
            driver="openstack",
            auth_type="v3password",
            regions=self.keystone.region,
            **self.keystone.login["auth"],
        )
        # What is known is known by events and by looks at operations.
        configure("agent", sync_interval=3600, changes_interval=3600)

    def read(self):
        """Return the configuration."""
        file = str(self._installation.conf)
        return bootstrap.configure(["--config-file", file])


class Actor:
    """Somebody who acts, with a token of Keystone."""

    def __init__(self, site, session):
        self._url = f"{site.url}/v1"
        self._session = session

    def ask(self, method, path, **more):
        more = {"raise_exc": False, "authenticated": True, **more}
        return self._session.request(f"{self._url}/{path}", method, **more)

    def get(self, path):
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, noun, thing_id, action, **more):
        asked = {"action": action, **more}
        return self.ask("POST", f"{noun}/{thing_id}/action", json=asked)

    def act(self, noun, thing_id, action, state="done", **more):
        """Have something done; return what came of it."""
        began = time.monotonic()
        answer = self.post(noun, thing_id, action, **more)
        assert answer.status_code == 202, answer.text
        place = f"operations/{answer.json()['id']}"
        assert answer.headers["Location"].endswith(f"/v1/{place}")
        operation = wait_for(
            f"operation {action} of {noun}/{thing_id} to end",
            lambda: self.get(place),
            lambda operation: operation["state"] in FINAL,
        )
        took = time.monotonic() - began
        sys.stdout.write(
            f"{noun} {action}: {operation['state']} after {took:.2f} s\n"
        )
        assert operation["state"] == state, operation
        return operation

    def refused(self, status, noun, thing_id, action, **more):
        """Return why something is refused."""
        answer = self.post(noun, thing_id, action, **more)
        assert answer.status_code == status, answer.text
        (error,) = answer.json()["errors"]
        return error["detail"]

    def await_status(self, place, status):
        """Wait until a rack or device is shown with a status."""
        wait_for(
            f"the API to show {place} {status}",
            lambda: self.get(place)["status"],
            status.__eq__,
        )

    def await_no_rack(self, rack_id):
        wait_for(
            f"the API not to show rack {rack_id}",
            lambda: self.ask("GET", f"racks/{rack_id}").status_code,
            lambda status: status == 404,
        )

    def await_devices(self, rack_id, count):
        """Wait until a rack is shown with so many devices."""
        wait_for(
            f"the API to show rack {rack_id} with {count} devices",
            lambda: self.ask("GET", f"racks/{rack_id}").json(),
            lambda rack: rack.get("device_count") == count,
        )

    def devices(self, rack_id):
        """Return the devices of a rack by what the cloud calls them."""
        rack = self.get(f"racks/{rack_id}?devices=true")
        return {one["label"]: one for one in rack["devices"]}


@pytest.fixture(scope="module")
def site(cloud, memcached):
    needed("CONCERTIM_TEST_MYSQL")
    cloud.forget()
    with (
        new_database("mariadb", None) as url,
        guarded(
            cloud, memcached, lambda _: None, public="http://api.example"
        ) as (apache, user),
    ):
        made = Operated(apache, user, cloud, url)
        yield made
        apache.installation.stop_all()


@pytest.fixture(scope="module")
def project(cloud):
    made = cloud.project(f"CM_act_{uuid.uuid4().hex[:8]}")
    yield made
    made.leave()


@pytest.fixture(scope="module")
def ann(site, project):
    """The member of the project."""
    return Actor(site, project.session)


@pytest.fixture(scope="module")
def rack(project, ann):
    """A cluster that is shown, with all that is in it."""
    found = project.create_stack("cluster", compute_count=1)
    project.await_stack(found, "CREATE_COMPLETE")
    ann.await_devices(found, 6)
    return found


@pytest.fixture(scope="module")
def login(ann, rack):
    return ann.devices(rack)["cluster-login"]["id"]


@pytest.mark.timeout(600)
def test_a_server(ann, login, project):
    for action, state in (
        ("stop", "STOPPED"),
        ("start", "ACTIVE"),
        ("reboot", "ACTIVE"),
        ("suspend", "SUSPENDED"),
        ("resume", "ACTIVE"),
        ("shelve", "STOPPED"),
        ("unshelve", "ACTIVE"),
    ):
        operation = ann.act("devices", login, action)
        assert operation["user_id"] == project.user_id
        assert operation["project_id"] == project.id
        ann.await_status(f"devices/{login}", state)
    ann.act("devices", login, "reboot", hard=True)
    project.await_server(login, "ACTIVE")


@pytest.mark.timeout(120)
def test_what_is_so_already_is_done_at_once(ann, login):
    answer = ann.post("devices", login, "start")
    assert answer.status_code == 202
    assert answer.json()["state"] == "done"


@pytest.mark.timeout(300)
def test_what_nova_does_not_allow_is_told_in_its_words(ann, login, project):
    ann.act("devices", login, "stop")
    told = ann.refused(409, "devices", login, "suspend")
    assert "Cannot 'suspend' instance" in told
    assert "vm_state stopped" in told
    ann.act("devices", login, "start")
    project.compute.lock_server(login)
    told = ann.refused(409, "devices", login, "stop")
    assert "is locked" in told
    project.compute.unlock_server(login)
    failed = ann.get("operations?state=failed&sort=asked_at:asc")
    assert [one["action"] for one in failed["operations"]] == [
        *("suspend", "stop"),
    ]


@pytest.mark.timeout(300)
def test_volumes(ann, rack, login, project, cloud):
    devices = ann.devices(rack)
    scratch = devices["cluster-scratch"]["id"]
    spare = devices["archive-0"]["id"]
    ann.act("devices", spare, "extend", size_gb=3)
    wait_for(
        f"Cinder to say 3 GiB of volume {spare}",
        lambda: project.volumes.get_volume(spare).size,
        lambda size: size == 3,
    )
    again = ann.post("devices", spare, "extend", size_gb=3)
    assert again.json()["state"] == "done"
    cloud.admin.set_volume_quotas(project.id, gigabytes=50)
    told = ann.refused(403, "devices", spare, "extend", size_gb=100)
    assert "quota" in told
    told = ann.refused(409, "devices", scratch, "destroy")
    assert "Invalid volume" in told
    told = ann.refused(403, "devices", spare, "destroy", force=True)
    assert "concertim:devices:force" in told
    operation = ann.act("devices", scratch, "detach")
    assert operation["arguments"] == {"server_ids": [login]}
    project.await_volume(scratch, "available")
    assert project.volumes.get_volume(scratch).attachments == []
    ann.act("devices", spare, "destroy")
    project.await_no_volume(spare)


@pytest.mark.timeout(300)
def test_a_network(ann, cloud, project):
    network = cloud.connect(**project.login).network
    rack = project.stacks.create_stack(name="lan", template=LAN).id
    project.await_stack(rack, "CREATE_COMPLETE")
    ann.await_devices(rack, 1)
    lan = ann.devices(rack)["lan"]["id"]
    spare = network.create_port(network_id=lan, name="spare")
    public = network.find_network("public")
    address = network.create_ip(
        floating_network_id=public.id, port_id=spare.id
    )
    before = {port.id for port in network.ports(network_id=lan)}
    told = ann.refused(409, "devices", lan, "destroy")
    assert f"floating IP {address.floating_ip_address}" in told
    assert {port.id for port in network.ports(network_id=lan)} == before
    assert network.get_ip(address.id).port_id == spare.id
    network.delete_ip(address.id)
    routers = {router.id for router in network.routers()}
    ann.act("devices", lan, "destroy")
    wait_for(
        f"Neutron not to list network {lan}",
        lambda: {row.id for row in network.networks()},
        lambda ids: lan not in ids,
    )
    assert {router.id for router in network.routers()} == routers
    ann.act("racks", rack, "destroy")
    ann.await_no_rack(rack)


@pytest.mark.timeout(300)
def test_a_network_in_use_keeps_all_that_it_has(ann, rack, cloud, project):
    network = cloud.connect(**project.login).network
    lan = ann.devices(rack)["cluster-network"]["id"]
    before = {port.id for port in network.ports(network_id=lan)}
    told = ann.refused(409, "devices", lan, "destroy")
    assert "is in use: server" in told
    assert {port.id for port in network.ports(network_id=lan)} == before


@pytest.mark.timeout(300)
def test_others(site, cloud, rack, login):
    """Members of another project see nothing; an administrator acts on all,
    with a token of another project."""
    with cloud.person("member") as bob, cloud.person("reader") as eve:
        for other in (bob, eve):
            actor = Actor(site, other.connection.session)
            status = 404 if other is bob else 403
            actor.refused(status, "racks", rack, "suspend")
            actor.refused(status, "devices", login, "stop")
    admin = Actor(site, cloud.admin.session)
    for action in ("suspend", "resume"):
        operation = admin.act("racks", rack, action)
        assert operation["user_id"] != operation["project_id"]
    admin.act("devices", login, "reboot")


def test_a_stack_that_nobody_told_of_has_a_name(site, cloud, rack, project):
    """The legacy dialect's callers know no more than its id."""
    (region,) = bootstrap.clouds(site.read()).values()
    with cloud.person("member") as bob:
        stranger = region.actions(bob.connection.session.auth).stacks
        with pytest.raises(NotFound):
            stranger.name(rack)
    assert region.actions(project.session.auth).stacks.name(rack) == "cluster"
    assert region.actions().stacks.name(rack) == "cluster"


@pytest.mark.timeout(600)
def test_a_rack(site, ann, rack, project):
    ann.act("racks", rack, "suspend")
    ann.await_status(f"racks/{rack}", "STOPPED")
    ann.act("racks", rack, "resume")
    # A volume of it was destroyed, which Heat finds out.
    failed = ann.act("racks", rack, "check", state="failed")
    assert failed["error"]
    member = site.command(**project.login)
    told = member("rack", "destroy", "cluster", "--wait")
    assert told.status == 0, told.err
    assert "rack destroy: done, in " in told.err
    wait_for(
        "Nova to list no server of the project",
        lambda: [server.id for server in project.compute.servers()],
        lambda ids: not ids,
    )
    ann.await_no_rack(rack)
    rows = member.json("operation", "list", "--noun", "rack")
    assert rows[0]["state"] == "done"


def test_nothing_went_wrong_unforeseen(site):
    assert site.complaints() == []
