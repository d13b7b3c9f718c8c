"""The members of a root stack, with those of its clusters."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from concertim_api.clouds.base import Asked, detailed
from concertim_api.clouds.openstack.clusters import Clusters
from concertim_api.clouds.openstack.stack_families import Row
from concertim_api.clouds.openstack.stacks import Contents, Stacks
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import heat
from concertim_api.payloads.facts import Facts

#: Returns a stack by its id, if it is there.
FindRow = Callable[[str], Row | None]


@dc.dataclass(slots=True)
class Reading:
    """A stack that was read. ``problems``: why some of it could not be."""

    id: str
    asked_at: datetime
    facts: Facts
    problems: list[str] = dc.field(default_factory=list)

    @classmethod
    def listed(cls, row: Row) -> Reading:
        """Return the reading of a row of the list. Raises MALFORMED."""
        return cls(row.id, row.asked_at, heat.stack(row.data))

    @property
    def failed(self) -> bool:
        """Whether nothing could be read but what the list says."""
        return bool(self.problems) and "resources" not in self.facts.details

    def add(self, details: Mapping[str, Any]) -> None:
        self.facts = detailed(self.facts, details)

    def sighting(self, region: str, source: str = "listing") -> Sighting:
        return Asked(region, self.asked_at, source).saw("stack", self.facts)


class StackReader:
    """Reads root stacks, with the stacks that Magnum made for them.

    ``adopted`` remembers these: stack -> the root that it is part of. A
    listing that does not read the root again needs this.
    """

    def __init__(self, stacks: Stacks, clusters: Clusters) -> None:
        self._stacks = stacks
        self._clusters = clusters
        self.adopted: dict[str, str] = {}

    def read(
        self,
        row: Row,
        moving: bool,
        clusters: Callable[[], Mapping[str, str]],
        find: FindRow,
        outputs: bool,
    ) -> Reading:
        """Return a root stack with its members, and with its outputs.

        ``moving``: the list says that something in it is at work. Such a
        stack gets no ``read_at``: Heat does not date the end of its work,
        so it must be read again.

        ``read_at`` is not before the moment of the sighting. So what is
        reported after ``read_at`` is not in this reading, and a new one
        is needed.

        One request, one for the outputs, and one for each cluster. Raises
        Unavailable.
        """
        reading = Reading.listed(row)
        if outputs:
            reading.asked_at, reading.facts = self._stacks.show(row)
        contents = self._stacks.contents(row)
        members = {_key(member): member for member in contents.members}
        lasting = contents.lasting and not moving
        for cluster_id in contents.clusters:
            stack = find(clusters().get(cluster_id, ""))
            if stack is not None:
                within = self._adopt(row, stack, members)
                lasting = lasting and within.lasting and not stack.moving
        self._add_sahara(contents, members, reading)
        reading.add({"resources": [members[key] for key in sorted(members)]})
        if lasting:
            read_at = reading.asked_at if outputs else contents.asked_at
            reading.add({"read_at": read_at.isoformat()})
        return reading

    def _adopt(
        self, root: Row, stack: Row, members: dict[Any, dict[str, Any]]
    ) -> Contents:
        within = self._stacks.contents(stack)
        self.adopted[stack.id] = root.id
        root_of_cluster = {
            "kind": "stack",
            "id": stack.id,
            "name": stack.name,
            "type": heat.MAGNUM,
        }
        members.update(
            (_key(member), member)
            for member in (root_of_cluster, *within.members)
        )
        return within

    def _add_sahara(
        self,
        contents: Contents,
        members: dict[Any, dict[str, Any]],
        reading: Reading,
    ) -> None:
        for cluster_id in contents.sahara:
            try:
                servers = self._clusters.servers(cluster_id)
            except Unavailable as exc:
                reading.problems.append(f"its cluster {cluster_id}: {exc}")
            else:
                members.update((_key(member), member) for member in servers)


def _key(member: Mapping[str, Any]) -> tuple[str, str]:
    return member["kind"], member["id"]
