"""What the APIs of the cloud list: the truth that a ledger must match.

listings.py prints it as JSON.
"""

import datetime
import json
import sys

import openstack

#: what -> (service, path, key of the answer, microversion)
#: Deleted servers come in a listing of their own: one call gives either.
LISTS = {
    "servers": ("compute", "/servers/detail?all_tenants=1", "servers", "2.96"),
    "deleted_servers": (
        "compute",
        "/servers/detail?all_tenants=1&deleted=true",
        "servers",
        "2.96",
    ),
    "flavors": (
        "compute",
        "/flavors/detail?is_public=None",
        "flavors",
        "2.61",
    ),
    "server_groups": (
        "compute",
        "/os-server-groups?all_projects=true",
        "server_groups",
        "2.64",
    ),
    "hypervisors": (
        "compute",
        "/os-hypervisors/detail",
        "hypervisors",
        "2.53",
    ),
    "volumes": (
        "block_storage",
        "/volumes/detail?all_tenants=1",
        "volumes",
        "3.70",
    ),
    "snapshots": (
        "block_storage",
        "/snapshots/detail?all_tenants=1",
        "snapshots",
        "3.70",
    ),
    "volume_types": (
        "block_storage",
        "/types?is_public=None",
        "volume_types",
        "3.70",
    ),
    "networks": ("network", "/networks", "networks", None),
    "subnets": ("network", "/subnets", "subnets", None),
    "ports": ("network", "/ports", "ports", None),
    "routers": ("network", "/routers", "routers", None),
    "floatingips": ("network", "/floatingips", "floatingips", None),
    "stacks": (
        "orchestration",
        "/stacks?global_tenant=true&show_nested=true",
        "stacks",
        None,
    ),
    "images": ("image", "/images", "images", None),
    "projects": ("identity", "/projects", "projects", None),
    "users": ("identity", "/users", "users", None),
}


def take(cloud):
    """Return everything that the cloud lists now, and when it was asked."""
    begun = now()
    listing = {what: pages(cloud, *where) for what, where in LISTS.items()}
    listing["keypairs"] = keypairs(cloud, listing["users"])
    listing["instance_actions"] = {
        server["id"]: actions(cloud, server["id"])
        for what in ("servers", "deleted_servers")
        for server in listing[what]
    }
    ended = now()
    listing["usage"] = {
        project["id"]: usage(cloud, project["id"], ended)
        for project in listing["projects"]
    }
    return {"taken_at": begun, "ended_at": ended, **listing}


def now():
    return datetime.datetime.now(datetime.UTC).isoformat()


def get(cloud, service, path, microversion=None):
    proxy = getattr(cloud, service)
    answer = proxy.get(path, microversion=microversion)
    answer.raise_for_status()
    return answer.json()


def pages(cloud, service, path, key, microversion):
    """Return all items of a list; the services page by marker."""
    found = []
    marker = ""
    while True:
        body = get(cloud, service, path + marker, microversion)
        found += body[key]
        more = body.get(f"{key}_links") or body.get("next")
        if not more or not body[key]:
            return found
        joint = "&" if "?" in path else "?"
        marker = f"{joint}marker={body[key][-1]['id']}"


def keypairs(cloud, users):
    """Return the keypairs of every user, each with its user."""
    return [
        {**item["keypair"], "user_id": user["id"]}
        for user in users
        for item in get(
            cloud, "compute", f"/os-keypairs?user_id={user['id']}", "2.35"
        )["keypairs"]
    ]


def actions(cloud, server_id):
    return get(
        cloud, "compute", f"/servers/{server_id}/os-instance-actions", "2.58"
    )["instanceActions"]


def usage(cloud, project_id, end):
    """Return Nova's own account of a project's last day."""
    last = datetime.datetime.fromisoformat(end).replace(tzinfo=None)
    first = last - datetime.timedelta(days=1)
    window = f"start={first.isoformat()}&end={last.isoformat()}"
    return get(
        cloud,
        "compute",
        f"/os-simple-tenant-usage/{project_id}?{window}",
        "2.1",
    )["tenant_usage"]


def main():
    json.dump(take(openstack.connect(load_envvars=True)), sys.stdout)


if __name__ == "__main__":
    main()
