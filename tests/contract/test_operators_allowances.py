"""What every operator promises of quotas: see ``services.cloud.acting``."""

from __future__ import annotations

import pytest

from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import CloudStatistics, Quota

GIB = 1024


@pytest.fixture
def allowances(made):
    return made.cloud.actions().quotas


@pytest.fixture
def filled(made):
    """Two servers and a volume of our own project, and one of another's."""
    site = made.site
    small = site.add_flavor("c2", vcpus=2, ram=4 * GIB, disk=20)
    for name, host in (("a", "one"), ("b", "two")):
        site.add_server(
            site.admin, name, small, **{"OS-EXT-SRV-ATTR:host": host}
        )
    site.add_volume(site.admin, "data", size=50)
    return site


def described(made, **hypervisors):
    """Give the cloud these hypervisors."""
    made.simulator.hypervisors.update(hypervisors)


def limit(made, service, project_id, **limits):
    made.simulator.quotas[service, project_id] = limits


def test_limits_of_the_callers_project(allowances, filled):
    told = allowances.limits()
    assert list(told) == ["compute", "volume"]
    expected = {
        "maxTotalCores": 20,
        "totalCoresUsed": 4,
        "maxTotalInstances": 10,
        "totalInstancesUsed": 2,
        "maxTotalRAMSize": 50 * GIB,
        "totalRAMUsed": 8 * GIB,
    }
    assert told["compute"].items() >= expected.items()
    expected = {
        "maxTotalVolumes": 10,
        "totalVolumesUsed": 1,
        "maxTotalVolumeGigabytes": 1000,
        "totalGigabytesUsed": 50,
    }
    assert told["volume"].items() >= expected.items()


def test_quotas_of_a_project(made, allowances, filled):
    project = filled.add_project("CM_astro")
    filled.add_volume(project, "theirs", size=7)
    limit(made, "compute", project["id"], cores=-1, instances=3)
    told = {
        (one.service, one.name): one
        for one in allowances.quotas(project["id"])
    }
    compute, volume, network = "compute", "volume", "network"
    assert told[compute, "cores"] == Quota(compute, "cores", None, 0, 0)
    assert told[compute, "instances"].limit == 3
    assert told[compute, "ram"].limit == 50 * GIB
    gigabytes = told[volume, "gigabytes"]
    assert gigabytes == Quota(volume, "gigabytes", 1000, 7, 0)
    assert told[network, "port"] == Quota(network, "port", 500, 0, 0)
    assert (compute, "id") not in told


def test_quotas_come_by_service_and_name(allowances, filled):
    told = allowances.quotas(filled.admin["id"])
    services = ["compute", "volume", "network"]
    order = [(services.index(one.service), one.name) for one in told]
    assert order == sorted(order)
    used = {one.name: one.used for one in told if one.used}
    assert used["cores"] == 4
    assert used["gigabytes"] == 50


def test_quotas_of_nobody(allowances):
    with pytest.raises(NotFound):
        allowances.quotas("nobody")


SIZE = {"vcpus": 64, "memory_mb": 256 * GIB, "local_gb": 2000}


def test_capacity_is_what_takes_servers(made, allowances, filled):
    described(
        made,
        one=SIZE,
        two={**SIZE, "local_gb": 500},
        down={**SIZE, "state": "down"},
        off={**SIZE, "status": "disabled"},
    )
    assert allowances.statistics() == CloudStatistics(
        hypervisors=2,
        hypervisors_down=2,
        vcpus=128,
        vcpus_used=4,
        ram_mb=512 * GIB,
        ram_used_mb=2 * 512 + 8 * GIB,
        disk_gb=2500,
        disk_used_gb=40,
        running_vms=2,
    )


def test_capacity_of_nothing(allowances):
    none = allowances.statistics()
    assert none == CloudStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0)
