"""What the view should be, worked out from what the cloud's APIs list.

Not by our own code: it is what that is compared with.
"""

from __future__ import annotations

import collections
import datetime
import ipaddress
import urllib.parse

#: The words of the cloud for what lasts, in the front end's.
STATUS = {
    "active": "ACTIVE",
    "stopped": "STOPPED",
    "suspended": "SUSPENDED",
    "resized": "ACTIVE",
    "error": "FAILED",
    "in-use": "ACTIVE",
    "available": "AVAILABLE",
    "ACTIVE": "ACTIVE",
    "CREATE_COMPLETE": "ACTIVE",
    "CREATE_FAILED": "FAILED",
    "UPDATE_COMPLETE": "ACTIVE",
    "RESUME_COMPLETE": "ACTIVE",
    "SUSPEND_COMPLETE": "STOPPED",
}

SERVERS = "/servers/detail?all_tenants=1"
VOLUMES = "/volumes/detail?all_tenants=1"
ROLES = "/role_assignments?effective&include_names"
STACKS = "/stacks?global_tenant=true&show_nested=false"


class Listed:
    """What one cloud lists at one moment, asked for as it is needed."""

    def __init__(self, cloud):
        self._cloud = cloud
        get = cloud.get
        self.projects = {
            project["id"]: project
            for project in get("identity", "/projects")["projects"]
            if project["name"].startswith("CM_")
        }
        self._stacks = [
            stack
            for stack in get("orchestration", STACKS)["stacks"]
            if stack["project"] in self.projects
        ]
        self.flavors = {
            flavor["name"]: flavor
            for flavor in get(
                "compute", "/flavors/detail?is_public=None", "2.79"
            )["flavors"]
        }
        self._things = {
            "Instance": by_id(get("compute", SERVERS, "2.79")["servers"]),
            "Volume": by_id(get("block_storage", VOLUMES, "3.70")["volumes"]),
            "Network": by_id(get("network", "/networks")["networks"]),
        }
        # Nova tells addresses, too, but of its cache, which may be old.
        self._ports = get("network", "/ports")["ports"]
        self._floating = get("network", "/floatingips")["floatingips"]

    def is_settled(self):
        """Whether nothing is going on: then a listing is the truth."""
        servers = [*self._ours("Instance", "tenant_id")]
        volumes = self._ours("Volume", "os-vol-tenant-attr:tenant_id")
        words = {
            *(stack["stack_status"] for stack in self._stacks),
            *(server["OS-EXT-STS:vm_state"] for server in servers),
            *(volume["status"] for volume in volumes),
        }
        return words <= STATUS.keys() and not any(
            server["OS-EXT-STS:task_state"] for server in servers
        )

    def _ours(self, kind, field):
        for thing in self._things[kind].values():
            if thing[field] in self.projects:
                yield thing

    def view(self):
        """Return all that is to be shown, by noun and id."""
        return {
            "racks": self.racks(),
            "templates": self._templates(),
            "teams": self._teams(),
            "users": self._users(),
        }

    def _templates(self):
        return {
            flavor["id"]: {
                "label": flavor["name"],
                "vcpus": flavor["vcpus"],
                "ram_mb": flavor["ram"],
                "disk_gb": flavor["disk"],
                "height_u": height_u(flavor),
                "public": flavor["os-flavor-access:is_public"],
            }
            for flavor in self.flavors.values()
        }

    def _teams(self):
        roles = self._roles()
        return {
            project["id"]: {
                "label": project["name"],
                "description": project["description"],
                "enabled": project["enabled"],
                "roles": {
                    user: sorted(names)
                    for user, names in roles[project["id"]].items()
                },
            }
            for project in self.projects.values()
        }

    def _roles(self):
        """Return who has which roles, by project and user."""
        found = collections.defaultdict(lambda: collections.defaultdict(set))
        for given in self._cloud.get("identity", ROLES)["role_assignments"]:
            project = given["scope"].get("project", {}).get("id")
            found[project][given["user"]["id"]].add(given["role"]["name"])
        return found

    def _users(self):
        return {
            user["id"]: {
                "label": user["name"],
                "email": user.get("email"),
                "enabled": user["enabled"],
            }
            for user in self._cloud.get("identity", "/users")["users"]
        }

    def racks(self):
        """Return the racks that there should be, with their devices."""
        return {stack["id"]: self._rack(stack) for stack in self._stacks}

    def _rack(self, stack):
        place = f"/stacks/{stack['stack_name']}/{stack['id']}"
        shown = self._cloud.get("orchestration", place)["stack"]
        devices = self._devices(place)
        return {
            "region": self._cloud.region,
            "project_id": stack["project"],
            "team": self.projects[stack["project"]]["name"],
            "stack_name": stack["stack_name"],
            "status": STATUS[stack["stack_status"]],
            "state": stack["stack_status"],
            "status_reason": stack["stack_status_reason"],
            "owner": stack["stack_owner"],
            "outputs": {
                output["output_key"]: output["output_value"]
                for output in shown["outputs"]
            },
            "created_at": moment(stack["creation_time"]),
            "device_count": len(devices),
            "devices": devices,
        }

    def _devices(self, place):
        resources = self._cloud.get(
            "orchestration", f"{place}/resources?nested_depth=9"
        )["resources"]
        described = {
            "OS::Nova::Server": ("Instance", self._server),
            "OS::Cinder::Volume": ("Volume", self._volume),
            "OS::Neutron::Net": ("Network", self._network),
        }
        found = {}
        for resource in resources:
            if resource["resource_type"] not in described:
                continue
            kind, describe = described[resource["resource_type"]]
            thing = self._things[kind].get(resource["physical_resource_id"])
            if thing:
                found[thing["id"]] = {
                    "type": kind,
                    "label": thing["name"],
                    **describe(thing),
                }
        return found

    def _server(self, server):
        flavor = self.flavors[server["flavor"]["original_name"]]
        ports = [p for p in self._ports if p["device_id"] == server["id"]]
        networks = {port["network_id"] for port in ports}
        return {
            **state(server["OS-EXT-STS:vm_state"]),
            "project_id": server["tenant_id"],
            "template": flavor["name"],
            "template_id": flavor["id"],
            "height_u": height_u(flavor),
            "public_ips": ips(
                floating["floating_ip_address"]
                for floating in self._floating
                if floating["port_id"] in {port["id"] for port in ports}
            ),
            "private_ips": ips(
                ip["ip_address"] for port in ports for ip in port["fixed_ips"]
            ),
            "networks": sorted(
                self._things["Network"][network]["name"]
                for network in networks
            ),
            "created_at": moment(server["created"]),
            "details": {
                "ssh_key": server["key_name"],
                "login_user": None,
                "vcpus": flavor["vcpus"],
                "ram_mb": flavor["ram"],
                "disk_gb": flavor["disk"],
                "volume_details": sorted(
                    volume["id"]
                    for volume in server[
                        "os-extended-volumes:volumes_attached"
                    ]
                ),
            },
        }

    def _volume(self, volume):
        return {
            **state(volume["status"]),
            "project_id": volume["os-vol-tenant-attr:tenant_id"],
            "template": "volume",
            "height_u": 2,
            "created_at": moment(volume["created_at"]),
            "details": {
                "availability_zone": volume["availability_zone"],
                "bootable": volume["bootable"] == "true",
                "encrypted": volume["encrypted"],
                "size": volume["size"],
                "volume_type": volume["volume_type"],
                "attached_to": [a["server_id"] for a in volume["attachments"]],
            },
        }

    def _network(self, network):
        return {
            **state(network["status"]),
            "project_id": network["project_id"],
            "template": "network",
            "height_u": 1,
            "created_at": moment(network["created_at"]),
            "details": {
                "admin_state_up": network["admin_state_up"],
                "l2_adjacency": network.get("l2_adjacency"),
                "mtu": network["mtu"],
                "shared": network["shared"],
                "external": network["router:external"],
                "port_security_enabled": network["port_security_enabled"],
            },
        }


def deleted_servers(cloud, since):
    """Return the servers that were deleted since a moment, by id."""
    asked = urllib.parse.urlencode(
        {"all_tenants": 1, "deleted": "true", "changes-since": since}
    )
    return by_id(
        cloud.get("compute", f"/servers/detail?{asked}", "2.79")["servers"]
    )


def height_u(flavor):
    return min(flavor["vcpus"] // 2 + 1, 4)


def by_id(things):
    return {thing["id"]: thing for thing in things}


def state(word):
    return {"state": word, "status": STATUS[word]}


def ips(addresses):
    found = {ipaddress.ip_address(address) for address in addresses}
    return [str(address) for address in sorted(found)]


def moment(text):
    """Return a time of the cloud in our words."""
    return instant(text).isoformat()


def instant(text):
    """Return a time of the cloud: without a zone it is in UTC."""
    found = datetime.datetime.fromisoformat(text)
    return found.replace(tzinfo=found.tzinfo or datetime.UTC)
