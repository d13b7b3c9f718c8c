"""A cloud in memory: what its APIs would say, as plain JSON.

For the quick start, where it repeats a recording, and for tests, which
change what it has while it is listed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from oslo_config import cfg

from concertim_api.clouds import base, recordings
from concertim_api.clouds.base import Asked, Reader
from concertim_api.clouds.fake_operating.deferred import Deferred
from concertim_api.clouds.fake_operating.logins import FakeLogins
from concertim_api.clouds.fake_operating.operator import FakeOperator
from concertim_api.clouds.stack_families import Families, Row
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import (
    cinder,
    glance,
    heat,
    keystone,
    neutron,
    nova,
)
from concertim_api.payloads.facts import Facts, Payload, moment
from concertim_api.services.cloud.acting import KeyPair, Operator
from concertim_api.services.cloud.logins import Logins
from concertim_api.services.cloud.reading import ListedPage, NotListed
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.ports import Clock

#: Kind -> what a recording of listings calls it.
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

Things = dict[str, dict[str, Any]]


def clouds(conf: cfg.ConfigOpts, clock: Clock) -> list[Region]:
    """Return a cloud that repeats a recording, or that has nothing.

    It is in the first of the configured regions. Raises Invalid.
    """
    path = conf.cloud.recording
    recording = recordings.latest(path) if path else {}
    return [
        FakeCloud(
            conf.cloud.regions[0],
            clock,
            {
                kind: {thing["id"]: thing for thing in recording.get(name, ())}
                for kind, name in COLLECTIONS.items()
            },
            deleted_servers={
                server["id"]: server
                for server in recording.get("deleted_servers", ())
            },
        )
    ]


class FakeCloud:
    """Keeps the promises of ``clouds.base``.

    ``things``: kind -> id -> what the API says of it. ``resources``: stack
    -> the resources that it has itself, as Heat lists them. ``broken``:
    kind -> what its listing raises after the first page. ``deferred``: what
    it has been made to do, and has not finished.
    """

    kinds: Sequence[str] = base.KINDS

    def __init__(
        self,
        region: str,
        clock: Clock,
        things: Mapping[str, Things],
        *,
        deleted_servers: Things | None = None,
        resources: Mapping[str, Sequence[Any]] | None = None,
        role_assignments: Sequence[Any] | None = None,
        page_size: int = 100,
    ) -> None:
        self.region = region
        self.things = things
        self.deleted_servers = (
            {} if deleted_servers is None else deleted_servers
        )
        self.resources = {} if resources is None else resources
        self.role_assignments = role_assignments
        self.broken: dict[str, Exception] = {}
        #: Name -> key pair; (service, project id) -> name -> limit;
        #: name -> what a hypervisor has.
        self.key_pairs: dict[str, KeyPair] = {}
        self.quotas: dict[tuple[str, str], Mapping[str, int]] = {}
        self.hypervisors: dict[str, Payload] = {}
        self._clock = clock
        self._page_size = page_size
        self.deferred = Deferred(self.now)

    def listing(
        self, kind: str, read: Mapping[str, datetime]
    ) -> Iterator[ListedPage]:
        """See ``services.cloud.reading.Cloud``."""
        if isinstance(self.broken.get(kind), NotListed):
            raise self.broken[kind]
        if kind == "stack":
            yield from self._stacks(read)
        else:
            yield from self._listed(
                kind, self._of(kind).values(), self._reader(kind)
            )

    def now(self) -> datetime:
        """Return what time it is in this cloud."""
        return self._clock.now()

    def operator(self, credentials: object = None) -> Operator:
        """See ``services.cloud.acting.Operable``. Everybody may do all."""
        return FakeOperator(self)

    @property
    def auth_urls(self) -> Sequence[str]:
        """See ``services.cloud.logins.Enterable``."""
        return ["http://fake/identity/v3"]

    def logins(self, remembered_for: float) -> Logins:
        """See ``services.cloud.logins.Enterable``. Everybody is let in."""
        return FakeLogins(self)

    def changes(self, since: datetime) -> Iterator[ListedPage]:
        """See ``services.cloud.reading.Cloud``."""
        servers = {**self._of("instance"), **self.deleted_servers}
        changed = [
            server
            for server in servers.values()
            if _at(server, "updated") >= since.replace(microsecond=0)
        ]
        yield from self._listed("instance", changed, self._reader("instance"))

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """See ``services.cloud.reading.Cloud``."""
        things = self._of(kind)
        if kind in self.broken:
            raise self.broken[kind]
        asked = Asked(self.region, self._clock.now(), "look")
        thing = things.get(resource_id)
        if thing is None:
            return [asked.absent(kind, resource_id)]
        root = self._root(resource_id) if kind == "stack" else None
        if root is not None and not _is_gone(thing):
            contents = self._with_contents(root, asked.at, outputs=True)
            seen = [asked.saw(kind, contents)]
            if root is not thing:
                seen.append(asked.sighting(kind, thing, _row))
            return seen
        return [asked.sighting(kind, thing, self._reader(kind))]

    def _of(self, kind: str) -> Things:
        if kind not in self.kinds:
            raise NotListed(f"we ask no service for a {kind}")
        self.deferred.run()
        return self.things.get(kind, {})

    def _listed(
        self, kind: str, things: Iterable[Any], read: Reader
    ) -> Iterator[ListedPage]:
        rest = iter([*things])
        for number in itertools.count():
            page = list(itertools.islice(rest, self._page_size))
            if number and kind in self.broken:
                raise self.broken[kind]
            if number and not page:
                return
            asked = Asked(self.region, self._clock.now())
            yield asked.page(kind, page, read)

    def _stacks(self, read: Mapping[str, datetime]) -> Iterator[ListedPage]:
        stacks = [s for s in self._of("stack").values() if not _is_gone(s)]
        now = self._clock.now()
        families = Families(
            (Row(now, stack) for stack in stacks if _has_id(stack)), {}
        )
        changed = {
            family.root.id: family.moving
            for family in families
            if family.outdates(read.get(family.root.id))
        }

        def facts(stack: Payload) -> Facts:
            if stack.get("id") not in changed:
                return _row(stack)
            outputs = stack["id"] in read
            return self._with_contents(
                stack, now, outputs, changed[stack["id"]]
            )

        yield from self._listed("stack", stacks, facts)

    def _root(self, stack_id: str) -> Payload | None:
        """Return the root above a stack, if all between them are there."""
        met: set[str] = set()
        while stack_id not in met:
            met.add(stack_id)
            stack: Payload | None = self._of("stack").get(stack_id)
            if stack is None or not stack["parent"]:
                return stack
            stack_id = stack["parent"]
        return None

    def _with_contents(
        self,
        stack: Payload,
        read_at: datetime,
        outputs: bool,
        moving: bool = False,
    ) -> Facts:
        facts = heat.stack(stack) if outputs else _row(stack)
        if stack["id"] not in self.resources:
            return facts  # not recorded, which is not to say none
        found = [*self._deep(stack["id"])]
        members = heat.members(found, self._kind_of)
        facts = base.detailed(facts, {"resources": members})
        if moving or any(map(heat.is_moving, (stack, *found))):
            return facts
        return base.detailed(facts, {"read_at": read_at.isoformat()})

    def _deep(self, stack_id: str) -> Iterator[Payload]:
        for resource in self.resources.get(stack_id, ()):
            physical_id = resource.get("physical_resource_id")
            nested = self._of("stack").get(physical_id)
            if nested is None:
                yield resource
            else:
                yield {**resource, "links": [{"rel": "nested"}]}
                yield from self._deep(nested["id"])

    def _kind_of(self, resource_id: str) -> str | None:
        for kind in ("instance", "volume", "network"):
            if resource_id in self._of(kind):
                return kind
        return None

    def _reader(self, kind: str) -> Reader:
        if kind == "project":
            return self._projects()
        return {**_READERS, "instance": self._server, "volume": self._volume}[
            kind
        ]

    def _projects(self) -> Reader:
        roles = None
        if self.role_assignments is not None:
            roles = keystone.roles(self.role_assignments)
        return lambda data: keystone.project(data, roles)

    def _server(self, data: Payload) -> Facts:
        return nova.server(
            data, lambda looks: self._named("flavor", looks.get("name"))
        )

    def _volume(self, data: Payload) -> Facts:
        return cinder.volume(
            data, lambda name: self._named("volume_type", name)
        )

    def _named(self, kind: str, name: str | None) -> str | None:
        for thing in self._of(kind).values():
            if thing["name"] == name:
                return str(thing["id"])
        return None


def _row(stack: Payload) -> Facts:
    """Return what a list says of a stack: neither what it puts out, nor
    what it is for."""
    hidden = ("outputs", "description")
    return heat.stack({k: v for k, v in stack.items() if k not in hidden})


def _is_gone(stack: object) -> bool:
    return (
        isinstance(stack, Mapping)
        and stack.get("stack_status") == "DELETE_COMPLETE"
    )


def _has_id(stack: object) -> bool:
    return isinstance(stack, Mapping) and "id" in stack


def _at(thing: Payload, field: str) -> datetime:
    found = moment(thing.get(field), field)
    assert found is not None
    return found


_READERS: Mapping[str, Callable[[Payload], Facts]] = {
    "user": keystone.user,
    "flavor": nova.flavor,
    "volume_type": cinder.volume_type,
    "image": glance.image,
    "network": neutron.network,
    "router": neutron.router,
    "floating_ip": neutron.floating_ip,
    "port": neutron.port,
    "snapshot": cinder.snapshot,
    "stack": heat.stack,
}
