"""The parts that racks are made of."""

from __future__ import annotations

import dataclasses as dc
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from concertim_api.domain import attributes
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import Fact
from concertim_api.domain.view.slots import RackSlots, Slot
from concertim_api.services.view.ports import (
    Member,
    Resource,
    Sibling,
    StoredRow,
    StoredSlot,
)

#: The kinds of parts that a stack may list.
_LISTED = frozenset((*TYPES, "stack"))


@dc.dataclass(slots=True)
class RackParts:
    """A stack, and the parts of its rack.

    ``live``: it is to be shown. ``listed``: the resources that the stack
    lists. ``devices``: those of them that run and are in no younger rack.
    ``nested``: the stacks in it. ``joined``: the parts of the rack before.
    ``rows``, ``slots``: those that are stored.
    """

    stack: Resource
    ours: bool
    live: bool
    listed: Sequence[Ref] = ()
    devices: list[Resource] = dc.field(default_factory=list)
    nested: list[Resource] = dc.field(default_factory=list)
    ports: list[Resource] = dc.field(default_factory=list)
    volumes: list[Resource] = dc.field(default_factory=list)
    floating_ips: list[Resource] = dc.field(default_factory=list)
    joined: set[Member] = dc.field(default_factory=set)
    rows: list[StoredRow] = dc.field(default_factory=list)
    slots: list[StoredSlot] = dc.field(default_factory=list)

    @classmethod
    def of(cls, stack: Resource, ours: bool) -> RackParts:
        """Return the parts that the stack itself has."""
        live = stack.runs and ours and stack.belongs_to == ""
        return cls(stack, ours, live, listed(stack.fact) if live else ())

    @property
    def is_root(self) -> bool:
        return self.stack.belongs_to == ""

    @property
    def pk(self) -> int:
        return self.stack.pk

    @property
    def ref(self) -> Ref:
        return self.stack.fact.ref

    def parts(self) -> Iterator[Resource]:
        """Yield all parts but the stack."""
        return itertools.chain(
            self.devices,
            self.nested,
            self.ports,
            self.volumes,
            self.floating_ips,
        )

    def members(self) -> set[Member]:
        """Return the members that it has now."""
        pk = self.pk
        around = (*self.ports, *self.volumes, *self.floating_ips)
        refs = {part.fact.ref for part in around}.difference(self.listed)
        members = {Member(pk, ref, ref.kind in TYPES) for ref in self.listed}
        members.update(Member(pk, ref, False) for ref in refs)
        return members

    def remembered(self) -> RackSlots | None:
        """Return the last slots of its devices; None: there are none."""
        by_pk = {device.pk: device.fact.ref for device in self.devices}
        height_u, slots = 0, {}
        for slot in self.slots:  # the latest counts
            if slot.device_pk == self.pk:
                height_u = slot.height_u
            elif slot.device_pk in by_pk:
                slots[by_pk[slot.device_pk]] = Slot(
                    slot.start_u, slot.height_u
                )
        return RackSlots(height_u, slots) if height_u else None


#: Names by region and id.
Names = Mapping[str, Mapping[str, str]]


@dc.dataclass(frozen=True, slots=True)
class RackBatch:
    """Racks that are projected together, and what they have in common.

    ``deferred``: the racks that are left for the next batch.
    ``elsewhere``: the other racks that their parts are in, too.
    ``projects``: their known projects, and those of resources in no rack.
    ``ours``: which of all their projects are to be shown. ``siblings``: the
    racks of these projects.
    """

    racks: Sequence[RackParts]
    deferred: Set[Ref]
    elsewhere: Mapping[Ref, Collection[tuple[Member, Ref]]]
    projects: Set[Ref]
    ours: Mapping[Ref, bool]
    siblings: Sequence[Sibling]
    networks: Names
    volume_types: Names


def project_of(fact: Fact) -> Ref:
    """Return the project of a resource, in its region."""
    return Ref(fact.ref.region, "project", fact.project_id or "")


def listed(stack: Fact) -> list[Ref]:
    """Return the resources that a root stack lists, each once."""
    resources = stack.details.get("resources")
    refs = {
        Ref(stack.ref.region, row["kind"], row["id"]): None
        for row in (resources if isinstance(resources, list) else ())
        if isinstance(row, Mapping)
        and attributes.text(row.get("kind")) in _LISTED
        and _is_id(row.get("id"))
    }
    return list(refs)


def _is_id(value: object) -> bool:
    """Whether a resource can have this id."""
    return (
        isinstance(value, str) and 0 < len(value) < 256 and "\0" not in value
    )
