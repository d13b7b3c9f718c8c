"""Nova's hypervisors: what they have, and what their servers use of it."""

from __future__ import annotations

import uuid

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import fault, not_allowed

_SIZE = {"vcpus": 64, "memory_mb": 262144, "local_gb": 2000}


def _all(simulator):
    """Return name -> what it has: those that a test added, or, if there are
    none, one of a usual size for each host that has a server."""
    if simulator.hypervisors:
        return simulator.hypervisors
    servers = simulator.site.servers.values()
    hosts = {s.get("OS-EXT-SRV-ATTR:host") for s in servers} - {None}
    return {host: dict(_SIZE) for host in sorted(hosts)}


def _used(site, host):
    found = [
        s
        for s in site.servers.values()
        if s.get("OS-EXT-SRV-ATTR:host") == host
    ]
    flavors = [s["flavor"] for s in found]
    return {
        "vcpus_used": sum(f["vcpus"] for f in flavors),
        "memory_mb_used": 512 + sum(f["ram"] for f in flavors),
        "local_gb_used": sum(f["disk"] + f["ephemeral"] for f in flavors),
        "running_vms": len(found),
    }


def _shown(simulator, number, host, has, version):
    with_uuid = version >= (2, 53)
    own_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, host))
    service = str(uuid.uuid5(uuid.NAMESPACE_URL, host))
    shown = {
        "id": own_id if with_uuid else number,
        "hypervisor_hostname": host,
        "state": has.get("state", "up"),
        "status": has.get("status", "enabled"),
        "hypervisor_type": "QEMU",
        "hypervisor_version": 8002002,
        "host_ip": "192.0.2.7",
        "service": {
            "id": service if with_uuid else number,
            "host": host,
            "disabled_reason": None,
        },
    }
    if version >= (2, 88):
        return {**shown, "uptime": None}
    used = {**_used(simulator.site, host), **has}
    return {
        **shown,
        **{name: has[name] for name in _SIZE},
        **{k: v for k, v in used.items() if k not in ("state", "status")},
        "free_ram_mb": has["memory_mb"] - used["memory_mb_used"],
        "free_disk_gb": has["local_gb"] - used["local_gb_used"],
        "disk_available_least": has["local_gb"] - used["local_gb_used"],
        "current_workload": 0,
        "cpu_info": {} if version >= (2, 28) else "",
    }


def details(call):
    version = call.nova_version()
    if not call.identity.is_admin:
        raise not_allowed("os_compute_api:os-hypervisors:list-detail")
    found = [
        _shown(call.simulator, number, host, has, version)
        for number, (host, has) in enumerate(_all(call.simulator).items(), 1)
    ]
    most = limit = call.simulator.max_limit
    if version < (2, 33):
        return Response(200, {"hypervisors": found})
    limit = min(int(call.query.get("limit") or most), most)
    found = _after(found, call.query.get("marker"))[:limit]
    body = {"hypervisors": found}
    if found and len(found) == limit:
        link = {"rel": "next", "href": call.next_url(found[-1]["id"])}
        body["hypervisors_links"] = [link]
    return Response(200, body)


def _after(found, marker):
    if marker is None:
        return found
    ids = [str(one["id"]) for one in found]
    if marker not in ids:
        raise Failed(fault(400, f"marker [{marker}] not found"))
    return found[ids.index(marker) + 1 :]


ROUTES = (("GET", "v2.1/os-hypervisors/detail", details),)
