"""What the simulated OpenStack answers beyond what our driver asks for:
filters, pages, and microversions before and after the driver's own."""

from __future__ import annotations

import pytest

from tests.contract.openstack.said import COMPUTE

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1PcvGAfM8ZmB4O5Wqr ada"


@pytest.fixture
def busy(site, project):
    """A project of two servers, and a volume of 20 GB with a snapshot."""
    flavor = site.add_flavor("small", vcpus=2, ram=2048, disk=20)
    network = site.add_network(project, "net")
    for name in ("one", "two"):
        host = {"OS-EXT-SRV-ATTR:host": "node1"}
        site.add_server(project, name, flavor, network, **host)
    site.add_volume_type("ssd")
    site.add_snapshot(site.add_volume(project, "scratch", 20), "before")
    return project


def answer(client, *request, status=200, **how):
    response = client(*request, **how)
    assert response.status_code == status
    (document,) = response.json().values()
    return document


# Limits and quotas


def limits(client, service, version=None, query=""):
    return answer(client, "GET", service, f"/limits{query}", version)[
        "absolute"
    ]


def test_limits_and_what_is_used(simulator, member, busy, admin):
    simulator.quotas["compute", busy["id"]] = {"cores": 8, "ram": -1}
    nova = limits(member, "compute", COMPUTE)
    assert (nova["maxTotalCores"], nova["totalCoresUsed"]) == (8, 4)
    assert (nova["maxTotalRAMSize"], nova["totalRAMUsed"]) == (-1, 4096)
    assert nova["maxTotalKeypairs"] == 100
    assert "maxTotalFloatingIps" not in nova
    assert "maxTotalFloatingIps" in limits(member, "compute", "2.1")
    query = f"?tenant_id={busy['id']}"
    assert limits(admin, "compute", COMPUTE, query) == nova
    assert limits(admin, "compute", COMPUTE)["totalCoresUsed"] == 0
    cinder = limits(member, "block-storage")
    assert cinder["totalGigabytesUsed"] == 40
    assert (cinder["totalVolumesUsed"], cinder["totalSnapshotsUsed"]) == (1, 1)


@pytest.mark.parametrize(
    ("service", "path", "detailed", "quota", "detail"),
    [
        (
            "compute",
            "/os-quota-sets/{}",
            "/detail",
            {"instances": 10},
            {"cores": {"limit": 20, "in_use": 4, "reserved": 0}},
        ),
        (
            "block-storage",
            "/os-quota-sets/{}",
            "?usage=true",
            {"gigabytes": 1000},
            {
                "gigabytes": {"limit": 1000, "in_use": 40, "reserved": 0},
                "volumes_ssd": {"limit": -1, "in_use": 1, "reserved": 0},
            },
        ),
        (
            "network",
            "/quotas/{}",
            "/details.json",
            {"network": 100, "port": 500},
            {"port": {"limit": 500, "used": 2, "reserved": 0}},
        ),
    ],
)
def test_quotas_and_what_is_used(
    member, busy, service, path, detailed, quota, detail
):
    version = COMPUTE if service == "compute" else None
    path = path.format(busy["id"])
    quotas = answer(member, "GET", service, path, version)
    details = answer(member, "GET", service, f"{path}{detailed}", version)
    assert quotas.items() >= quota.items()
    assert details.items() >= detail.items()
    assert details.keys() == quotas.keys()
    assert "floating_ips" not in quotas


@pytest.mark.usefixtures("busy")
def test_hypervisors_by_microversion(admin):
    def shown(version):
        path = "/os-hypervisors/detail"
        (hypervisor,) = answer(admin, "GET", "compute", path, version)
        return hypervisor

    used = {"vcpus": 64, "vcpus_used": 4, "local_gb_used": 40}
    used |= {"running_vms": 2, "memory_mb_used": 512 + 4096}
    assert shown(COMPUTE).items() >= used.items()
    assert shown(COMPUTE)["hypervisor_hostname"] == "node1"
    assert len(shown(COMPUTE)["id"]) == 36
    assert shown("2.52")["id"] == 1
    assert "uptime" in shown("2.88")
    assert shown("2.88").keys().isdisjoint({"vcpus", "running_vms"})


# Key pairs


def make_key(client, version=COMPUTE, status=201, **fields):
    how = {"json": {"keypair": fields}, "status": status}
    return answer(client, "POST", "compute", "/os-keypairs", version, **how)


def keys(client, version=COMPUTE, query=""):
    path = f"/os-keypairs{query}"
    response = client("GET", "compute", path, version)
    return [pair["keypair"] for pair in response.json()["keypairs"]]


def test_types_of_keys_came_with_a_microversion(member):
    assert "type" not in make_key(member, "2.1", 200, name="old")
    (listed,) = keys(member, "2.1")
    assert "type" not in listed
    for version, status in (("2.1", 202), ("2.2", 204)):
        make_key(member, name="gone")
        path = "/os-keypairs/gone"
        response = member("DELETE", "compute", path, version)
        assert response.status_code == status


def test_a_user_has_his_own_keys(member, somebody, site, admin):
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    for client in (member, stranger):
        make_key(client, "2.92", name="same", public_key=PUBLIC_KEY)
    path = "/os-keypairs/same"
    assert stranger("DELETE", "compute", path, COMPUTE).status_code == 204
    assert len(keys(member)) == 1
    query = f"?user_id={member.user['id']}"
    assert len(keys(admin, query=query)) == 1
    assert keys(admin) == []


# Servers, volumes and networks


def test_nova_shows_the_volumes_of_a_server(site, member, server, project):
    volume = site.add_volume(project, "scratch", server=server)
    path = f"/servers/{server['id']}/os-volume_attachments"
    (seen,) = answer(member, "GET", "compute", path, COMPUTE)
    assert seen["id"] == seen["volumeId"] == volume["id"]
    assert seen["serverId"] == server["id"]
    (seen,) = answer(member, "GET", "compute", path, "2.89")
    assert "id" not in seen
    assert seen["bdm_uuid"]


def test_a_project_has_its_own_servers(site, somebody, member, server):
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    for client, expected in ((stranger, []), (member, [server["id"]])):
        seen = answer(client, "GET", "compute", "/servers/detail", COMPUTE)
        assert [s["id"] for s in seen] == expected
