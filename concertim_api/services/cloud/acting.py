"""What the services need of a cloud to change something in it.

CloudActions are what can be done in one region of a cloud with one caller's
credentials. Each method is one request, unless it says another number (and
the first one of a process asks for the microversions of its service). While
the cloud is away, a request is repeated within bounded time, unless that
could do something twice.

All methods raise, in the words of ``domain.errors``:

- NotFound: these credentials do not show it;
- CloudRefused: they may not do it, or a quota is used up, and the like;
- Unauthenticated: they are no credentials, or no longer;
- Conflict: the state does not allow it (a server that runs already);
- Invalid: the cloud finds a value wrong; it says which;
- Unavailable: there is no answer. The cloud may have done it, or not.

No error holds a secret. What a method returns of a resource is a sighting:
our own request is a source, like a notification.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from concertim_api.domain.ledger.sightings import Sighting

ServerAction = Literal[
    "start", "stop", "reboot", "suspend", "resume", "shelve", "unshelve"
]
StackAction = Literal["suspend", "resume", "check"]


@dc.dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for an operation, and whose credentials are used for it.

    ``credentials`` belong to the driver of the cloud: an auth plugin of
    keystoneauth. None: the service's own. They never leave the process but
    to the cloud, and are in no text of the caller.
    """

    user_id: str | None
    user_name: str | None = None
    project_id: str | None = None
    request_id: str | None = None
    credentials: object = dc.field(default=None, repr=False)


@dc.dataclass(frozen=True, slots=True)
class Keypair:
    """A keypair of Nova. ``private_key``: only in the answer to a creation
    in which Nova made it."""

    name: str
    type: str
    fingerprint: str
    public_key: str | None = None
    private_key: str | None = dc.field(default=None, repr=False)


@dc.dataclass(frozen=True, slots=True)
class Quota:
    """How much of something a project may have. ``limit`` None: no limit;
    ``used`` and ``reserved`` None: the service does not tell."""

    service: str
    name: str
    limit: int | None
    used: int | None = None
    reserved: int | None = None


@dc.dataclass(frozen=True, slots=True)
class CloudStatistics:
    """What the hypervisors of a region have, and what of it is used.

    Only ``hypervisors`` that are up and enabled count; all others are
    ``hypervisors_down``.
    """

    hypervisors: int
    hypervisors_down: int
    vcpus: int
    vcpus_used: int
    ram_mb: int
    ram_used_mb: int
    disk_gb: int
    disk_used_gb: int
    running_vms: int


@dc.dataclass(frozen=True, slots=True)
class Remainder:
    """A resource that is left in a project: the first of its kind that the
    cloud lists."""

    region: str
    kind: str
    id: str
    name: str | None = None


class IdentityActions(Protocol):
    """Keystone. Names are unique in a domain.

    No error repeats a password, whatever Keystone says.
    """

    def create_user(
        self,
        name: str,
        *,
        domain_id: str,
        password: str | None,
        email: str | None,
        description: str,
    ) -> Sighting:
        """Create a user. Raises Conflict if the name is taken."""

    def user(self, user_id: str) -> Sighting: ...

    def find_user(self, name: str, domain_id: str) -> Sighting | None: ...

    def change_user(
        self, user_id: str, changes: Mapping[str, Any]
    ) -> Sighting:
        """Change ``email``, ``password``, ``enabled`` or ``description``."""

    def delete_user(self, user_id: str) -> Sighting:
        """Delete a user; return that there is none, as it is if it was gone
        already."""

    def create_project(
        self,
        name: str,
        *,
        domain_id: str,
        description: str,
        tags: Sequence[str] = (),
    ) -> Sighting:
        """Create a project. Raises Conflict if the name is taken."""

    def project(self, project_id: str) -> Sighting: ...

    def find_project(self, name: str, domain_id: str) -> Sighting | None: ...

    def delete_project(self, project_id: str) -> Sighting:
        """Delete a project; return that there is none, as it is if it was
        gone already. What is in it is not deleted."""

    def role_ids(self) -> Mapping[str, str]:
        """Return the ids of all roles by name. Remembered for minutes."""

    def user_ids(
        self, names: Sequence[str], domain_id: str
    ) -> Mapping[str, str]:
        """Return the ids of users by name; who does not exist, is missing.

        One request a name, remembered for minutes.
        """

    def projects_of(self, user_id: str) -> Sequence[str]:
        """Return the ids of the projects in which a user has a role, be it
        by a group or inherited; none for who is not there. 1 request."""

    def effective_roles_in(
        self, project_id: str
    ) -> Mapping[str, Sequence[str]]:
        """Return the names of the roles that each user has in a project, by
        the user's id: by groups, inherited and implied ones, too. 1 request.
        """

    def roles_in(self, project_id: str) -> Sighting:
        """Return what a project's ``roles`` are, in the details: the names
        of each user's, by id; nothing else of it. Those that were granted to
        the user in this project, no others."""

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        """Grant a role; that it was granted already is no error. Raises
        NotFound if there is no such project, user or role."""

    def revoke(self, project_id: str, user_id: str, role_id: str) -> None:
        """Revoke a role. Raises NotFound if it was not granted."""


class ComputeActions(Protocol):
    """Nova."""

    def act(
        self, server_id: str, action: ServerAction, *, hard: bool = False
    ) -> None:
        """Have a server do something. ``hard`` is of a reboot.

        Raises Conflict if its state does not allow that.
        """

    def delete_server(self, server_id: str, *, force: bool = False) -> None:
        """Delete a server; that it is being deleted is no conflict.

        ``force``: at once, though Nova keeps deleted servers for a while
        (``reclaim_instance_interval``), and one that it keeps.
        """

    def detach_volume(self, server_id: str, volume_id: str) -> None:
        """Detach a volume from a server.

        Raises NotFound if it is not attached there, Conflict if its state
        or the server's does not allow it.
        """


class StorageActions(Protocol):
    """Cinder."""

    def delete_volume(self, volume_id: str, *, force: bool = False) -> None:
        """Delete a volume; with ``force``, whatever its state is (Cinder
        lets administrators do that only).

        Raises Conflict if its state does not allow it: it is attached, or
        has snapshots, or (without force) is busy.
        """

    def extend_volume(self, volume_id: str, size_gb: int) -> None:
        """Make a volume larger. Raises Conflict if its state does not allow
        that, Invalid if it is as large already."""


class NetworkActions(Protocol):
    """Neutron."""

    def delete_network(
        self, network_id: str, project_id: str | None = None
    ) -> Sequence[str]:
        """Delete a network, with what belongs to it: the ports on it that
        nobody holds, and the interfaces by which routers reach it. (Ports
        of Neutron's own go with it.)

        Nothing foreign is touched: a floating IP is neither deleted nor
        taken from its port. If one leads there, if a server or another
        service is on it, or a port of another project than ``project_id``,
        Conflict says so, and nothing is deleted. What the credentials don't
        show, Neutron itself refuses to let go.

        Returns the ids of what was deleted. Requests: 1 for its ports, 1
        for the floating IPs of those that nobody holds if there are any, 1
        for each port, 1 for itself.
        """


class RemainsActions(Protocol):
    """What a project leaves behind."""

    def of(self, project_id: str) -> Sequence[Remainder]:
        """Return what is left of a project here, the first of each kind.

        Stacks, servers (those that Nova only keeps, too), backups,
        snapshots, volumes, floating IPs, routers, networks, ports, images
        that it owns, and load balancers and shares where the catalog has
        these services. Neither key pairs nor security groups.

        13 requests, and 1 each for load balancers and shares; 1 more where
        Heat's policy refuses the first, and 1 for Nova's microversions, the
        first time; each for one thing at most (but for Nova's services), and
        each once again if there is no answer. Raises Unasked and nothing
        else, naming the service: if it is away, not in the catalog, refuses,
        or answers with anything but a list, if a cell of Nova is down, and if
        these credentials do not show what all projects have.
        """

    def other_regions(self) -> set[str]:
        """Return the other regions where the catalog of our token has
        services that ``of`` asks: projects are of all regions. No request
        but to log in. Raises Unasked."""

    def delete_snapshot(self, snapshot_id: str) -> None: ...

    def delete_backup(self, backup_id: str) -> None: ...

    def delete_floating_ip(self, floating_ip_id: str) -> None: ...

    def delete_router(self, router_id: str) -> None:
        """Delete a router with its interfaces, whosever networks it is on.

        1 request for these, 1 for each, and 1 for itself. Raises Conflict
        if a floating IP leads through it.
        """

    def delete_port(self, port_id: str) -> None: ...


class StackActions(Protocol):
    """Heat. A stack is known by its name and its id."""

    def name(self, stack_id: str) -> str:
        """Return the name of a stack. Raises NotFound."""

    def act(self, name: str, stack_id: str, action: StackAction) -> None: ...

    def delete_stack(self, name: str, stack_id: str) -> None: ...


class KeypairActions(Protocol):
    """Nova's keypairs of the user whose credentials are used."""

    def all(self) -> Sequence[Keypair]:
        """Return the keypairs of the caller. One request a page."""

    def one(self, name: str) -> Keypair: ...

    def create(
        self, name: str, *, type: str = "ssh", public_key: str | None = None
    ) -> Keypair:
        """Create a keypair. Without ``public_key`` Nova makes it, and the
        answer alone has the private one. Raises Conflict if the name is
        taken."""

    def delete(self, name: str) -> None: ...


class QuotaActions(Protocol):
    """Quotas, limits and statistics.

    A service that is not in the catalog is left out. If one that is there
    does not answer, all is Unavailable: half of the limits would look like
    all of them.
    """

    def limits(self) -> Mapping[str, Mapping[str, int]]:
        """Return service -> the absolute limits of the caller's project, as
        the service names them (compute: maxTotalCores, totalCoresUsed ...;
        volume: maxTotalVolumes ...); -1: unlimited, and of what is used,
        not counted. 2 requests."""

    def quotas(self, project_id: str) -> Sequence[Quota]:
        """Return the quotas of a project, and what of them is used.

        3 requests: Nova, Cinder, Neutron. 4 where Neutron can't tell what is
        used. Raises NotFound if there is no such project.
        """

    def statistics(self) -> CloudStatistics:
        """Return what all hypervisors have. One request a page.

        Raises Unavailable if Nova does not speak microversion 2.87 any more,
        the last that tells.
        """


@dc.dataclass(frozen=True, slots=True)
class CloudActions:
    """One region of a cloud, with one caller's credentials."""

    identity: IdentityActions
    compute: ComputeActions
    storage: StorageActions
    network: NetworkActions
    stacks: StackActions
    remains: RemainsActions
    keypairs: KeypairActions
    quotas: QuotaActions


class ActingCloud(Protocol):
    """A region of a cloud in which something can be done."""

    region: str

    def actions(self, credentials: object = None) -> CloudActions:
        """Return the actions with these credentials; None: the service's
        own. No request."""
