"""What a simulated OpenStack has: plain JSON, as its newest APIs say it.

Tests may change anything in it while it is served.
"""

from __future__ import annotations

import itertools
import random
import uuid
from datetime import UTC, datetime

#: Kind of resource -> the collection of a site that has those.
COLLECTIONS = {
    "project": "projects",
    "user": "users",
    "flavor": "flavors",
    "volume_type": "volume_types",
    "image": "images",
    "network": "networks",
    "router": "routers",
    "floating_ip": "floatingips",
    "port": "ports",
    "volume": "volumes",
    "snapshot": "snapshots",
    "backup": "backups",
    "share": "shares",
    "load_balancer": "loadbalancers",
    "instance": "servers",
    "stack": "stacks",
}


def _now():
    return datetime.now(UTC)


class Site:
    """Each collection is a dictionary by id, in the order of creation."""

    def __init__(self, seed=1, now=_now):
        self._random = random.Random(seed)
        self.now = now
        self._addresses = itertools.count(20)
        self.projects, self.users = {}, {}
        self.flavors, self.servers, self.deleted_servers = {}, {}, {}
        self.volume_types, self.volumes, self.snapshots = {}, {}, {}
        self.backups, self.shares, self.loadbalancers = {}, {}, {}
        self.images = {}
        self.networks, self.ports = {}, {}
        self.routers, self.floatingips = {}, {}
        #: Each with its ``outputs``, which lists do not show.
        self.stacks = {}
        #: Stack id -> the resources that it has itself.
        self.resources = {}
        self.role_assignments = []
        #: Group id -> ids of its users.
        self.groups = {}
        #: Clusters of Magnum and Sahara.
        self.clusters, self.sahara_clusters = {}, {}
        self.admin = self.add_project("admin", "0" * 31 + "a")

    def new_id(self):
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def stamp(self, zone="Z"):
        return self.now().strftime("%Y-%m-%dT%H:%M:%S") + zone

    def exact(self):
        """Nova's and Cinder's other way to write a date."""
        return self.stamp(".000000")

    def _add(self, collection, thing, over):
        thing.update(over)
        collection[thing["id"]] = thing
        return thing

    # Keystone

    def add_project(self, name, project_id=None, **over):
        return self._add(
            self.projects,
            {
                "id": project_id or self.new_id().replace("-", ""),
                "name": name,
                "domain_id": "default",
                "description": "",
                "enabled": True,
                "parent_id": "default",
                "is_domain": False,
                "tags": [],
                "options": {},
            },
            over,
        )

    def add_user(self, name, **over):
        return self._add(
            self.users,
            {
                "id": self.new_id().replace("-", ""),
                "name": name,
                "domain_id": "default",
                "enabled": True,
                "options": {},
                "password_expires_at": None,
            },
            over,
        )

    def assign(self, user, project, role):
        self.role_assignments.append(
            {
                "role": {"id": f"role-{role}", "name": role},
                "user": {"id": user["id"], "name": user["name"]},
                "scope": {
                    "project": {"id": project["id"], "name": project["name"]}
                },
            }
        )

    # Nova

    def add_flavor(self, name, vcpus=1, ram=1024, disk=10, **over):
        return self._add(
            self.flavors,
            {
                "id": self.new_id(),
                "name": name,
                "vcpus": vcpus,
                "ram": ram,
                "disk": disk,
                "OS-FLV-EXT-DATA:ephemeral": 0,
                "swap": 0,
                "os-flavor-access:is_public": True,
                "description": None,
                "extra_specs": {},
                "rxtx_factor": 1.0,
                "links": [],
            },
            over,
        )

    def add_server(self, project, name, flavor=None, network=None, **over):
        """Add a running server, with a port if it is in a network."""
        flavor = flavor or self._some(self.flavors, self.add_flavor, "small")
        created, host = self.stamp(), f"node{self._random.randint(1, 40)}"
        server = {
            "id": self.new_id(),
            "name": name,
            "status": "ACTIVE",
            "tenant_id": project["id"],
            "user_id": self._some(self.users, self.add_user, "ada")["id"],
            "created": created,
            "updated": created,
            "flavor": embedded(flavor),
            "image": {"id": "8f50d0bf-410e-4529-94b5-c9f6f478605d"},
            "metadata": {},
            "key_name": None,
            "locked": False,
            "description": None,
            "addresses": {},
            "OS-EXT-AZ:availability_zone": "nova",
            "OS-EXT-SRV-ATTR:host": host,
            "OS-EXT-SRV-ATTR:hypervisor_hostname": host,
            "OS-EXT-SRV-ATTR:hostname": name,
            "OS-EXT-STS:vm_state": "active",
            "OS-EXT-STS:task_state": None,
            "OS-EXT-STS:power_state": 1,
            "OS-SRV-USG:launched_at": self.exact(),
            "OS-SRV-USG:terminated_at": None,
            "os-extended-volumes:volumes_attached": [],
            "links": [],
        }
        self._add(self.servers, server, over)
        if network:
            self.add_port(network, server)
        return server

    def resize(self, server, flavor):
        server["flavor"] = embedded(flavor)
        self.touch(server)

    def touch(self, server):
        server["updated"] = self.stamp()

    def delete_server(self, server):
        """Nova keeps it, and tells of it when it is asked for changes."""
        del self.servers[server["id"]]
        server.update(
            {
                "status": "DELETED",
                "addresses": {},
                "updated": self.stamp(),
                "OS-EXT-STS:vm_state": "deleted",
                "OS-EXT-STS:power_state": 0,
                "OS-SRV-USG:terminated_at": self.exact(),
            }
        )
        self.deleted_servers[server["id"]] = server
        for port in [*self.ports.values()]:
            if port["device_id"] == server["id"]:
                del self.ports[port["id"]]
        for volume in self.volumes.values():
            volume["attachments"] = [
                a
                for a in volume["attachments"]
                if a["server_id"] != server["id"]
            ]

    # Cinder

    def add_volume_type(self, name, **over):
        return self._add(
            self.volume_types,
            {
                "id": self.new_id(),
                "name": name,
                "description": None,
                "is_public": True,
                "extra_specs": {},
            },
            over,
        )

    def add_volume(self, project, name, size=10, server=None, **over):
        kind = self._some(self.volume_types, self.add_volume_type, "ssd")
        volume = {
            "id": self.new_id(),
            "name": name,
            "size": size,
            "status": "in-use" if server else "available",
            "volume_type": kind["name"],
            "volume_type_id": kind["id"],
            "os-vol-tenant-attr:tenant_id": project["id"],
            "os-vol-host-attr:host": "storage@ceph#ssd",
            "availability_zone": "nova",
            "user_id": self._some(self.users, self.add_user, "ada")["id"],
            "snapshot_id": None,
            "metadata": {},
            "bootable": "false",
            "encrypted": False,
            "created_at": self.exact(),
            "updated_at": self.exact(),
            "attachments": [{"server_id": server["id"]}] if server else [],
            "links": [],
        }
        return self._add(self.volumes, volume, over)

    def add_snapshot(self, volume, name, **over):
        project_id = volume["os-vol-tenant-attr:tenant_id"]
        return self._add(
            self.snapshots,
            {
                "id": self.new_id(),
                "name": name,
                "volume_id": volume["id"],
                "size": volume["size"],
                "status": "available",
                "os-extended-snapshot-attributes:project_id": project_id,
                "user_id": volume["user_id"],
                "created_at": self.exact(),
                "updated_at": self.exact(),
            },
            over,
        )

    def add_backup(self, volume, name, **over):
        return self._add(
            self.backups,
            {
                "id": self.new_id(),
                "name": name,
                "volume_id": volume["id"],
                "size": volume["size"],
                "status": "available",
                "os-backup-project-attr:project_id": volume[
                    "os-vol-tenant-attr:tenant_id"
                ],
                "created_at": self.exact(),
                "updated_at": self.exact(),
            },
            over,
        )

    # Manila and Octavia

    def add_share(self, project, name, **over):
        fields = {"name": name, "project_id": project["id"], "size": 1}
        return self._add(
            self.shares,
            {"id": self.new_id(), **fields, "status": "available"},
            over,
        )

    def add_load_balancer(self, project, name, **over):
        fields = {"name": name, "project_id": project["id"]}
        return self._add(
            self.loadbalancers,
            {"id": self.new_id(), **fields, "provisioning_status": "ACTIVE"},
            over,
        )

    # Glance

    def add_image(self, name, **over):
        return self._add(
            self.images,
            {
                "id": self.new_id(),
                "name": name,
                "owner": self.admin["id"],
                "status": "active",
                "visibility": "public",
                "os_hidden": False,
                "size": 4096,
                "disk_format": "raw",
                "created_at": self.stamp(),
                "updated_at": self.stamp(),
            },
            over,
        )

    # Neutron

    def _neutron(self, project, name, **fields):
        return {
            "id": self.new_id(),
            "name": name,
            "project_id": project["id"],
            "tenant_id": project["id"],
            "status": "ACTIVE",
            "description": "",
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
            **fields,
        }

    def add_network(self, project, name, **over):
        network = self._neutron(
            project,
            name,
            **{
                "admin_state_up": True,
                "mtu": 1450,
                "shared": False,
                "subnets": [self.new_id()],
                "port_security_enabled": True,
                "l2_adjacency": True,
                "router:external": False,
                "provider:network_type": "vxlan",
                "provider:segmentation_id": 7,
            },
        )
        return self._add(self.networks, network, over)

    def add_port(self, network, server=None, **over):
        number = next(self._addresses)
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        port = self._neutron(
            {"id": server["tenant_id"] if server else network["project_id"]},
            "",
            **{
                "network_id": network["id"],
                "device_id": server["id"] if server else "",
                "device_owner": "compute:nova" if server else "",
                "mac_address": "fa:16:3e:00:00:01",
                "fixed_ips": [{"ip_address": address, "subnet_id": "s"}],
                "binding:host_id": "node1",
                "binding:vnic_type": "normal",
            },
        )
        if server:
            server["addresses"].setdefault(network["name"], []).append(
                {"version": 4, "addr": address, "OS-EXT-IPS:type": "fixed"}
            )
        return self._add(self.ports, port, over)

    def add_router(self, project, name, network=None, **over):
        gateway = network and {
            "network_id": network["id"],
            "external_fixed_ips": [{"ip_address": "198.51.100.9"}],
        }
        router = self._neutron(
            project,
            name,
            admin_state_up=True,
            external_gateway_info=gateway,
        )
        return self._add(self.routers, router, over)

    def add_floating_ip(self, network, port=None, **over):
        address = self._neutron(
            {"id": port["project_id"] if port else network["project_id"]},
            "",
            floating_network_id=network["id"],
            floating_ip_address=f"198.51.100.{next(self._addresses) % 250}",
            fixed_ip_address=(
                port["fixed_ips"][0]["ip_address"] if port else None
            ),
            port_id=port["id"] if port else None,
            router_id=None,
        )
        del address["name"]
        return self._add(self.floatingips, address, over)

    # Heat

    def add_stack(self, project, name, parent=None, **over):
        stack = {
            "id": self.new_id(),
            "stack_name": name,
            "project": project["id"],
            "description": "",
            "stack_status": "CREATE_COMPLETE",
            "stack_status_reason": "Stack CREATE completed successfully",
            "creation_time": self.stamp(),
            "updated_time": None,
            "deletion_time": None,
            "stack_owner": "ada",
            "parent": parent["id"] if parent else None,
            "tags": None,
            "outputs": [],
        }
        self.resources[stack["id"]] = []
        return self._add(self.stacks, stack, over)

    def add_resource(self, stack, name, type_name, physical_id, **over):
        resource = {
            "resource_name": name,
            "logical_resource_id": name,
            "physical_resource_id": physical_id,
            "resource_type": type_name,
            "resource_status": "CREATE_COMPLETE",
            "resource_status_reason": "state changed",
            "creation_time": self.stamp(),
            "updated_time": self.stamp(),
            "required_by": [],
            **over,
        }
        self.resources[stack["id"]].append(resource)
        return resource

    def nest(self, stack, name, type_name="OS::Heat::ResourceGroup"):
        """Add a stack within a stack, as a resource of it."""
        project = {"id": stack["project"]}
        nested = self.add_stack(
            project, f"{stack['stack_name']}-{name}", stack
        )
        self.add_resource(stack, name, type_name, nested["id"])
        return nested

    def delete_stack(self, stack):
        """Heat keeps it for a while, and shows it to who asks for it."""
        stack.update(
            stack_status="DELETE_COMPLETE",
            updated_time=self.stamp(),
            deletion_time=self.stamp(),
        )
        self.resources[stack["id"]] = []

    def add_cluster(self, project, name, computes=10, network=None):
        """Add a stack as a template of a cluster makes it: a network, a
        login server with a volume, and a group of compute servers."""
        stack = self.add_stack(project, name)
        network = network or self.add_network(project, f"{name}-network")
        login = self.add_server(project, f"{name}-login", network=network)
        volume = self.add_volume(project, f"{name}-scratch", server=login)
        for kind, physical in (
            ("OS::Neutron::Net", network),
            ("OS::Nova::Server", login),
            ("OS::Cinder::Volume", volume),
            ("OS::Cinder::VolumeAttachment", volume),
        ):
            self.add_resource(
                stack, kind.rpartition("::")[2].lower(), kind, physical["id"]
            )
        group = self.nest(stack, "computes")
        for number in range(computes):
            server = self.add_server(
                project, f"{name}-compute-{number}", network=network
            )
            self.add_resource(
                group, str(number), "OS::Nova::Server", server["id"]
            )
        stack["outputs"] = [
            {
                "output_key": "login_address",
                "description": "Where users log in",
                "output_value": "198.51.100.20",
            }
        ]
        return stack

    def _some(self, collection, add, name):
        return next(iter(collection.values()), None) or add(name)

    @classmethod
    def of_size(cls, projects=50, stacks=100, servers=1100, **options):
        """Return a site with clusters of equal size, and a few more."""
        site = cls(**options)
        made = [site.add_project(f"CM_{n}") for n in range(projects)]
        for name, vcpus in (("hpc.c2", 2), ("hpc.c8", 8)):
            site.add_flavor(name, vcpus=vcpus, ram=vcpus * 4096, disk=40)
        each = servers // stacks if stacks else 0
        for number in range(stacks):
            project = made[number % len(made)]
            site.add_cluster(project, f"cluster-{number}", each - 1)
        network = site.add_network(made[0], "common")
        for number in range(servers - each * stacks):
            site.add_server(made[0], f"alone-{number}", network=network)
        return site

    @classmethod
    def recorded(cls, listing, **options):
        """Return a site from a recorded listing (demo/listings.json.gz)."""
        site = cls(**options)
        site.projects.clear()
        for name in _RECORDED:
            for thing in listing[name]:
                getattr(site, name)[thing["id"]] = thing
        for stack in site.stacks.values():
            stack.setdefault("outputs", [])
            site.resources[stack["id"]] = []
        named = (p for p in site.projects.values() if p["name"] == "admin")
        site.admin = next(named, None) or site.add_project("admin")
        return site


_RECORDED = (
    "projects",
    "users",
    "flavors",
    "servers",
    "deleted_servers",
    "volume_types",
    "volumes",
    "snapshots",
    "images",
    "networks",
    "ports",
    "routers",
    "floatingips",
    "stacks",
)


def embedded(flavor):
    """Return a flavor as servers show it, from microversion 2.47 on."""
    return {
        "original_name": flavor["name"],
        "vcpus": flavor["vcpus"],
        "ram": flavor["ram"],
        "disk": flavor["disk"],
        "ephemeral": flavor["OS-FLV-EXT-DATA:ephemeral"],
        "swap": flavor["swap"] or 0,
        "extra_specs": flavor["extra_specs"],
    }
