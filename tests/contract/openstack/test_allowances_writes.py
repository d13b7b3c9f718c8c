"""Limits, quotas and hypervisors: what the simulated OpenStack does."""

from __future__ import annotations

import pytest

from tests.contract.openstack.said import COMPUTE, neutron_says, nova_says


@pytest.fixture
def busy(site, project):
    """A project of two servers, and a volume of 20 GB with a snapshot."""
    flavor = site.add_flavor("small", vcpus=2, ram=2048, disk=20)
    network = site.add_network(project, "net")
    for name in ("one", "two"):
        site.add_server(
            project,
            name,
            flavor,
            network,
            **{"OS-EXT-SRV-ATTR:host": "node1"},
        )
    site.add_volume_type("ssd")
    volume = site.add_volume(project, "scratch", 20)
    site.add_snapshot(volume, "before")
    return project


def absolute(client, service, version=None, query=""):
    response = client("GET", service, f"/limits{query}", version)
    assert response.status_code == 200
    return response.json()["limits"]["absolute"]


def test_nova_tells_limits_and_what_is_used(simulator, member, busy, admin):
    simulator.quotas["compute", busy["id"]] = {"cores": 8, "ram": -1}
    found = absolute(member, "compute", COMPUTE)
    assert (found["maxTotalCores"], found["totalCoresUsed"]) == (8, 4)
    assert (found["maxTotalRAMSize"], found["totalRAMUsed"]) == (-1, 4096)
    assert found["totalInstancesUsed"] == 2
    assert found["maxTotalKeypairs"] == 100
    assert "maxTotalFloatingIps" not in found
    assert "maxTotalFloatingIps" in absolute(member, "compute", "2.1")
    query = f"?tenant_id={busy['id']}"
    assert absolute(admin, "compute", COMPUTE, query) == found
    assert absolute(admin, "compute", COMPUTE)["totalCoresUsed"] == 0
    response = member("GET", "compute", f"/limits{query}", COMPUTE)
    nova_says(response, 403, "forbidden", "limits:other_project")


def test_nova_tells_quotas(member, busy, admin, somebody, site):
    path = f"/os-quota-sets/{busy['id']}"
    for client in (member, admin):
        response = client("GET", "compute", path, COMPUTE)
        quotas = response.json()["quota_set"]
        assert quotas["id"] == busy["id"]
        assert quotas["instances"] == 10
        assert "floating_ips" not in quotas
        response = client("GET", "compute", f"{path}/detail", COMPUTE)
        details = response.json()["quota_set"]
        assert details["cores"] == {"limit": 20, "in_use": 4, "reserved": 0}
        assert details.keys() == quotas.keys()
    response = admin("GET", "compute", "/os-quota-sets/x", COMPUTE)
    nova_says(response, 400, "badRequest", "x is not a valid project")
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    response = stranger("GET", "compute", path, COMPUTE)
    nova_says(response, 403, "forbidden", "os-quota-sets:show")
    response = stranger("GET", "compute", f"{path}/detail", COMPUTE)
    nova_says(response, 403, "forbidden", "os-quota-sets:detail")


def test_cinder_tells_limits_and_quotas(
    simulator, member, busy, somebody, site
):
    simulator.quotas["volume", busy["id"]] = {"gigabytes": 100}
    found = absolute(member, "block-storage")
    assert found["maxTotalVolumeGigabytes"] == 100
    assert found["totalGigabytesUsed"] == 40
    assert (found["totalVolumesUsed"], found["totalSnapshotsUsed"]) == (1, 1)
    path = f"/os-quota-sets/{busy['id']}"
    plain = member("GET", "block-storage", path).json()["quota_set"]
    assert (plain["gigabytes"], plain["id"]) == (100, busy["id"])
    used = member("GET", "block-storage", f"{path}?usage=true")
    used = used.json()["quota_set"]
    assert used["gigabytes"] == {"limit": 100, "in_use": 40, "reserved": 0}
    assert used["volumes_ssd"] == {"limit": -1, "in_use": 1, "reserved": 0}
    assert used.keys() == plain.keys()
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    response = stranger("GET", "block-storage", path)
    nova_says(response, 403, "forbidden", "volume_extension:quotas:show")


def test_neutron_tells_quotas(member, busy, admin, somebody, site):
    path = f"/quotas/{busy['id']}"
    stranger = somebody("member", "eve", site.add_project("elsewhere"))
    for client in (member, admin):
        quota = client("GET", "network", path).json()["quota"]
        assert (quota["network"], quota["port"]) == (100, 500)
        response = client("GET", "network", f"{path}/details.json")
        details = response.json()["quota"]
        assert details["port"] == {"limit": 500, "used": 2, "reserved": 0}
        assert details.keys() == quota.keys()
    response = stranger("GET", "network", path)
    neutron_says(response, 403, "PolicyNotAuthorized", "get_quota")
    response = stranger("GET", "network", f"{path}/details.json")
    neutron_says(response, 403, "AdminRequired", "Only admin is authorized")


def test_hypervisors_are_for_administrators(simulator, admin, member, busy):
    path = "/os-hypervisors/detail"
    response = member("GET", "compute", path, COMPUTE)
    nova_says(response, 403, "forbidden", "os-hypervisors:list-detail")
    (found,) = admin("GET", "compute", path, COMPUTE).json()["hypervisors"]
    assert found["hypervisor_hostname"] == "node1"
    assert (found["vcpus"], found["vcpus_used"]) == (64, 4)
    assert (found["local_gb_used"], found["running_vms"]) == (40, 2)
    assert found["memory_mb_used"] == 512 + 4096
    assert len(found["id"]) == 36
    (found,) = admin("GET", "compute", path, "2.88").json()["hypervisors"]
    assert "uptime" in found
    assert found.keys().isdisjoint({"vcpus", "running_vms", "memory_mb"})
    (found,) = admin("GET", "compute", path, "2.52").json()["hypervisors"]
    assert found["id"] == 1


def test_hypervisors_come_in_pages(simulator, admin):
    for name in ("node1", "node2", "node3"):
        simulator.hypervisors[name] = {
            "vcpus": 8,
            "memory_mb": 16384,
            "local_gb": 100,
        }
    found, query = [], "?limit=2"
    while query:
        path = f"/os-hypervisors/detail{query}"
        page = admin("GET", "compute", path, COMPUTE).json()
        found += [h["hypervisor_hostname"] for h in page["hypervisors"]]
        (link,) = page.get("hypervisors_links") or [None]
        query = link and "?" + link["href"].partition("?")[2]
    assert found == ["node1", "node2", "node3"]
    path = "/os-hypervisors/detail?marker=nonsense"
    response = admin("GET", "compute", path, COMPUTE)
    nova_says(response, 400, "badRequest", "marker [nonsense] not found")
