"""Today's front end, before a whole cloud: key pairs, limits, actions.

Nobody has told of anything here: the dialect acts by the ids alone.
"""

from __future__ import annotations

import uuid

import pytest

from tests.functional.dialects.concertim.callers import Failed
from tests.integration import compat_site
from tests.integration.conftest import ON_THE_CLOUD
from tests.waiting import wait_until_same

pytestmark = ON_THE_CLOUD


@pytest.fixture(scope="module")
def dialect(cloud):
    """At the end, its log is searched for all secrets."""
    with compat_site.spoken(cloud) as made:
        made.apache.installation.run("concertim-manage", "db", "sync")
        yield made
        log = made.apache.log("concertim-dialect.log")
    assert "POST /update_status/{type}/{id} answered 201" in log
    assert not [one for one in made.secrets if one in log]


@pytest.fixture(scope="module")
def project(cloud, dialect):
    made = cloud.project(f"CM_old_{uuid.uuid4().hex[:8]}")
    dialect.secrets.add(made.login["password"])
    yield made
    made.leave()


@pytest.fixture(scope="module")
def env(dialect, project):
    """What the front end sends of the user of a project."""
    return {
        "auth_url": dialect.front_end.env["auth_url"],
        "user_id": project.user_id,
        "password": project.login["password"],
        "project_id": project.id,
    }


@pytest.fixture(scope="module")
def rack(project):
    found = project.create_stack("cluster", compute_count=1)
    project.await_stack(found, "CREATE_COMPLETE")
    return found


@pytest.fixture(scope="module")
def login(project, rack):
    return next(
        server.id
        for server in project.compute.servers()
        if server.name == "cluster-login"
    )


def volume(project, name):
    return next(
        one.id for one in project.volumes.volumes() if one.name == name
    )


def test_key_pairs(dialect, project, env):
    front_end, compute = dialect.front_end, project.compute
    private = front_end.create_key_pair(env, "laptop")
    dialect.secrets.add(private)
    assert private.startswith("-----BEGIN")
    public = compute.get_keypair("laptop").public_key
    assert front_end.create_key_pair(env, "copy", public) is None
    wait_until_same(
        "key pairs",
        dialect=lambda: {
            (name, fingerprint)
            for name, fingerprint, _ in front_end.keypairs(env)
        },
        nova=lambda: {
            (pair.name, pair.fingerprint) for pair in compute.keypairs()
        },
    )
    with pytest.raises(Failed, match="409"):
        front_end.create_key_pair(env, "laptop")
    for name in ("laptop", "copy", "copy"):
        front_end.delete_key_pair(env, name)
    assert [one.name for one in compute.keypairs()] == ["key"]


def test_what_a_project_may_have(dialect, cloud, project, env, rack):
    """As Nova and Cinder tell it themselves."""
    front_end = dialect.front_end
    limits = wait_until_same(
        "limits",
        dialect=lambda: front_end.limits(env),
        cloud=lambda: limits_of(project),
    )
    assert limits["Volumes"][0] == 3
    _, told = front_end.call("GET", f"/team/{project.id}/quotas")
    nova = cloud.admin.compute.get(f"/os-quota-sets/{project.id}").json()
    assert told["quotas"]["cores"] == nova["quota_set"]["cores"]
    cinder = cloud.admin.block_storage.get(
        f"/os-quota-sets/{project.id}"
    ).json()
    for name in ("gigabytes", "volumes"):
        assert told["quotas"][name] == cinder["quota_set"][name]
    assert isinstance(told["quotas"]["network"], int)


def limits_of(project):
    """Return (used, limit) by name, as Nova and Cinder tell."""
    values = {**absolute(project.compute), **absolute(project.volumes)}
    return {
        "Cores": (values["totalCoresUsed"], values["maxTotalCores"]),
        "RAM": (values["totalRAMUsed"], values["maxTotalRAMSize"]),
        "Instances": (
            values["totalInstancesUsed"],
            values["maxTotalInstances"],
        ),
        "Volumes": (values["totalVolumesUsed"], values["maxTotalVolumes"]),
        "Gigabytes": (
            values["totalGigabytesUsed"],
            values["maxTotalVolumeGigabytes"],
        ),
    }


def absolute(service):
    return service.get("/limits").json()["limits"]["absolute"]


def test_what_the_cloud_has(dialect, cloud, rack):
    def by_nova():
        rows = cloud.get("compute", "/os-hypervisors/detail", "2.87")
        rows = rows["hypervisors"]
        return {
            "total_vcpus": sum(row["vcpus"] for row in rows),
            "used_vcpus": sum(row["vcpus_used"] for row in rows),
            "running_vms": sum(row["running_vms"] for row in rows),
            "total_ram": pytest.approx(
                sum(row["memory_mb"] for row in rows) / 1024
            ),
        }

    def by_the_dialect():
        numbers = dialect.front_end.statistics()
        return {name: numbers[name] for name in by_nova()}

    numbers = wait_until_same(
        "statistics", dialect=by_the_dialect, nova=by_nova
    )
    assert numbers["running_vms"] > 0


@pytest.mark.timeout(300)
def test_a_server(dialect, project, env, login):
    for action, status in (
        ("off", "SHUTOFF"),
        ("on", "ACTIVE"),
        ("suspend", "SUSPENDED"),
        ("resume", "ACTIVE"),
    ):
        for _ in range(2):  # the answer to the first was lost
            dialect.front_end.change_status(env, "instances", login, action)
        project.await_server(login, status)


@pytest.mark.timeout(300)
def test_volumes(dialect, project, env, login):
    scratch = volume(project, "cluster-scratch")
    spare = volume(project, "archive-0")
    act = dialect.front_end.change_status
    with pytest.raises(Failed, match="409"):
        act(env, "volumes", scratch, "destroy")
    act(env, "volumes", scratch, "detach")
    project.await_volume(scratch, "available")
    act(env, "volumes", spare, "destroy")
    project.await_no_volume(spare)
    # Of one that is gone, and of which nobody told, there is no trace.
    with pytest.raises(Failed, match="404"):
        act(env, "volumes", spare, "destroy")


def test_a_network_in_use(dialect, cloud, project, env, rack):
    network = cloud.connect(**project.login).network
    own = network.find_network("cluster-network")
    before = {port.id for port in network.ports(network_id=own.id)}
    with pytest.raises(Failed, match="409") as failed:
        dialect.front_end.change_status(env, "networks", own.id, "destroy")
    assert failed.value.message
    assert {port.id for port in network.ports(network_id=own.id)} == before


def test_others_find_nothing(dialect, cloud, rack, login):
    with cloud.person("member") as bob:
        env = {
            "auth_url": dialect.front_end.env["auth_url"],
            "user_id": bob.id,
            "password": bob.password,
            "project_id": bob.project.id,
        }
        for kind, thing, action in (
            ("racks", rack, "suspend"),
            ("instances", login, "off"),
        ):
            with pytest.raises(Failed, match="404"):
                dialect.front_end.change_status(env, kind, thing, action)


def test_a_team_in_which_a_cluster_runs(dialect, cloud, project, rack):
    """No agent has run, and nobody listens: the cloud itself is asked."""
    front_end, env = dialect.front_end, dialect.front_end.env
    team = {"project_id": project.id, "billing_acct_id": "acc-1"}
    with pytest.raises(Failed, match="409") as failed:
        front_end.call("DELETE", "/team", {"team_info": team}, env)
    assert "racks (cluster)" in failed.value.message
    assert "instances (" in failed.value.message
    assert cloud.identity.get_project(project.id).is_enabled
    project.await_stack(rack, "CREATE_COMPLETE")


def test_the_last_user_of_a_team_in_which_a_cluster_runs(
    dialect, cloud, project, rack
):
    front_end, env = dialect.front_end, dialect.front_end.env
    managed = "Concertim Managed User"
    cloud.identity.update_user(project.user_id, description=managed)
    user = {"cloud_user_id": project.user_id}
    with pytest.raises(Failed, match="409") as failed:
        front_end.call("DELETE", "/user", {"user_info": user}, env)
    assert "racks (cluster)" in failed.value.message
    assert cloud.identity.get_user(project.user_id).is_enabled


@pytest.mark.timeout(600)
def test_a_rack(dialect, project, env, rack):
    act = dialect.front_end.change_status
    for action in ("suspend", "resume"):
        act(env, "racks", rack, action)
        project.await_stack(rack, f"{action.upper()}_COMPLETE")
    act(env, "racks", rack, "destroy")
    project.await_stack(rack, "DELETE_COMPLETE")
    act(env, "racks", rack, "destroy")
