"""Limits and quotas of Nova, Cinder and Neutron, and what of them is used.

What a test sets is in ``Simulator.quotas``; the rest is as in a new cloud.
What is used is counted in the site.
"""

from __future__ import annotations

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import (
    fault,
    neutron_error,
    not_allowed,
)

_NOVA = {
    "cores": 20,
    "fixed_ips": -1,
    "floating_ips": -1,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
    "injected_files": 5,
    "instances": 10,
    "key_pairs": 100,
    "metadata_items": 128,
    "ram": 51200,
    "security_group_rules": -1,
    "security_groups": -1,
    "server_group_members": 10,
    "server_groups": 10,
}
_OF_NETWORKS = (
    "fixed_ips",
    "floating_ips",
    "security_group_rules",
    "security_groups",
)
_OF_FILES = (
    "injected_files",
    "injected_file_content_bytes",
    "injected_file_path_bytes",
)
_CINDER = {
    "volumes": 10,
    "per_volume_gigabytes": -1,
    "snapshots": 10,
    "gigabytes": 1000,
    "backups": 10,
    "backup_gigabytes": 1000,
    "groups": 10,
}
_NEUTRON = {
    "network": 100,
    "subnet": 100,
    "subnetpool": -1,
    "port": 500,
    "router": 10,
    "floatingip": 50,
    "security_group": 10,
    "security_group_rule": 100,
    "rbac_policy": 10,
}


def _limits(call, service, project_id, defaults):
    return {**defaults, **call.simulator.quotas.get((service, project_id), {})}


def _of(things, field, project_id):
    return [t for t in things.values() if t.get(field) == project_id]


# Nova


def _nova_used(call, project_id):
    servers = _of(call.simulator.site.servers, "tenant_id", project_id)
    flavors = [s["flavor"] for s in servers]
    return {
        "instances": len(servers),
        "cores": sum(f["vcpus"] for f in flavors),
        "ram": sum(f["ram"] for f in flavors),
    }


def _hidden(version):
    hidden = _OF_NETWORKS if version >= (2, 36) else ()
    return (*hidden, *(_OF_FILES if version >= (2, 57) else ()))


_MAXIMUM = {
    "ram": ("maxTotalRAMSize",),
    "instances": ("maxTotalInstances",),
    "cores": ("maxTotalCores",),
    "key_pairs": ("maxTotalKeypairs",),
    "floating_ips": ("maxTotalFloatingIps",),
    "metadata_items": ("maxServerMeta", "maxImageMeta"),
    "injected_files": ("maxPersonality",),
    "injected_file_content_bytes": ("maxPersonalitySize",),
    "security_groups": ("maxSecurityGroups",),
    "security_group_rules": ("maxSecurityGroupRules",),
    "server_groups": ("maxServerGroups",),
    "server_group_members": ("maxServerGroupMembers",),
}
_USED = {
    "ram": "totalRAMUsed",
    "cores": "totalCoresUsed",
    "instances": "totalInstancesUsed",
    "floating_ips": "totalFloatingIpsUsed",
    "security_groups": "totalSecurityGroupsUsed",
    "server_groups": "totalServerGroupsUsed",
}


def nova_limits(call):
    version = call.nova_version()
    project_id = call.query.get("tenant_id")
    if project_id is not None and not call.identity.is_admin:
        raise not_allowed("os_compute_api:limits:other_project")
    project_id = project_id or call.identity.project_id
    limits = _limits(call, "compute", project_id, _NOVA)
    used = _nova_used(call, project_id)
    absolute = {}
    for name, limit in limits.items():
        if name in _hidden(version):
            continue
        for shown in _MAXIMUM.get(name, ()):
            if shown != "maxImageMeta" or version < (2, 39):
                absolute[shown] = limit
        if name in _USED:
            absolute[_USED[name]] = used.get(name, 0)
    return Response(200, {"limits": {"rate": [], "absolute": absolute}})


def _nova_quotas(call, project_id, policy):
    """Return (version, limits) if it may see them. Raises Failed."""
    version = call.nova_version()
    if not call.identity.is_admin and project_id != call.identity.project_id:
        raise not_allowed(f"os_compute_api:os-quota-sets:{policy}")
    if project_id not in call.simulator.site.projects:
        message = f"Project ID {project_id} is not a valid project."
        raise Failed(fault(400, message))
    limits = _limits(call, "compute", project_id, _NOVA)
    hidden = _hidden(version)
    return {k: v for k, v in limits.items() if k not in hidden}


def nova_quotas(call, project_id):
    limits = _nova_quotas(call, project_id, "show")
    return Response(200, {"quota_set": {"id": project_id, **limits}})


def nova_quota_details(call, project_id):
    limits = _nova_quotas(call, project_id, "detail")
    used = _nova_used(call, project_id)
    found = {
        name: {"in_use": used.get(name, 0), "limit": limit, "reserved": 0}
        for name, limit in limits.items()
    }
    return Response(200, {"quota_set": {"id": project_id, **found}})


# Cinder


def cinder_used(site, project_id):
    volumes = _of(site.volumes, "os-vol-tenant-attr:tenant_id", project_id)
    field = "os-extended-snapshot-attributes:project_id"
    snapshots = _of(site.snapshots, field, project_id)
    used = {
        "volumes": len(volumes),
        "snapshots": len(snapshots),
        "gigabytes": sum(t["size"] for t in (*volumes, *snapshots)),
    }
    for kind in site.volume_types.values():
        own = [v for v in volumes if v["volume_type"] == kind["name"]]
        ids = {v["id"] for v in own}
        taken = [s for s in snapshots if s["volume_id"] in ids]
        used[f"volumes_{kind['name']}"] = len(own)
        used[f"snapshots_{kind['name']}"] = len(taken)
        sizes = sum(t["size"] for t in (*own, *taken))
        used[f"gigabytes_{kind['name']}"] = sizes
    return used


def cinder_limits_of(call, project_id):
    by_type = {
        f"{what}_{kind['name']}": -1
        for kind in call.simulator.site.volume_types.values()
        for what in ("volumes", "gigabytes", "snapshots")
    }
    return _limits(call, "volume", project_id, {**_CINDER, **by_type})


def cinder_limits(call, _):
    version = call.cinder_version()
    project_id = call.identity.project_id
    if call.identity.is_admin and version >= (3, 39):
        project_id = call.query.get("project_id", project_id)
    limits = cinder_limits_of(call, project_id)
    used = cinder_used(call.simulator.site, project_id)
    absolute = {
        "maxTotalVolumes": limits["volumes"],
        "maxTotalVolumeGigabytes": limits["gigabytes"],
        "maxTotalSnapshots": limits["snapshots"],
        "maxTotalBackups": limits["backups"],
        "maxTotalBackupGigabytes": limits["backup_gigabytes"],
        "totalVolumesUsed": used["volumes"],
        "totalGigabytesUsed": used["gigabytes"],
        "totalSnapshotsUsed": used["snapshots"],
        "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    }
    return Response(200, {"limits": {"rate": [], "absolute": absolute}})


def cinder_quotas(call, _, project_id):
    call.cinder_version()
    if not call.identity.is_admin and project_id != call.identity.project_id:
        raise not_allowed("volume_extension:quotas:show")
    found = limits = cinder_limits_of(call, project_id)
    if call.query.get("usage", "").lower() in ("true", "1", "yes", "t"):
        used = cinder_used(call.simulator.site, project_id)
        found = {
            name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
            for name, limit in limits.items()
        }
    return Response(200, {"quota_set": {**found, "id": project_id}})


# Neutron


def _denied(kind, message):
    return Failed(neutron_error(403, kind, message))


def _neutron_limits(call, project_id):
    return _limits(call, "network", project_id, _NEUTRON)


def neutron_quotas(call, project_id):
    if not call.identity.is_admin and project_id != call.identity.project_id:
        message = "rule:get_quota is disallowed by policy"
        raise _denied("PolicyNotAuthorized", message)
    return Response(200, {"quota": _neutron_limits(call, project_id)})


def neutron_quota_details(call, project_id):
    if not call.identity.is_admin and project_id != call.identity.project_id:
        raise _denied(
            "AdminRequired",
            "User does not have admin privileges: Only admin is authorized "
            "to access quotas for another project.",
        )
    site = call.simulator.site
    networks = _of(site.networks, "project_id", project_id)
    used = {
        f"{noun}": len(
            _of(getattr(site, f"{noun}s"), "project_id", project_id)
        )
        for noun in ("network", "port", "router", "floatingip")
    }
    used["subnet"] = sum(len(n["subnets"]) for n in networks)
    found = {
        name: {"limit": limit, "used": used.get(name, 0), "reserved": 0}
        for name, limit in _neutron_limits(call, project_id).items()
    }
    return Response(200, {"quota": found})


COMPUTE_ROUTES = (
    ("GET", "v2.1/limits", nova_limits),
    ("GET", "v2.1/os-quota-sets/{project}", nova_quotas),
    ("GET", "v2.1/os-quota-sets/{project}/detail", nova_quota_details),
)
VOLUME_ROUTES = (
    ("GET", "v3/{own}/limits", cinder_limits),
    ("GET", "v3/{own}/os-quota-sets/{project}", cinder_quotas),
)
NETWORK_ROUTES = (
    ("GET", "v2.0/quotas/{project}", neutron_quotas),
    ("GET", "v2.0/quotas/{project}/details", neutron_quota_details),
    ("GET", "v2.0/quotas/{project}/details.json", neutron_quota_details),
)
