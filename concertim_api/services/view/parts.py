"""What racks are made of."""

from __future__ import annotations

import dataclasses as dc
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from concertim_api.domain import attributes
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import Fact
from concertim_api.domain.view.slots import Placed, Slot
from concertim_api.services.view.ports import (
    Held,
    Member,
    Sibling,
    StoredRow,
    StoredSlot,
)

#: What a stack may list, and what of it is looked after.
_LISTED = frozenset((*TYPES, "stack"))


@dc.dataclass(slots=True)
class RackFacts:
    """A stack, and what its rack is made of.

    ``live``: it is to be shown. ``listed``: all that the stack says is its
    own; ``devices``: what of that runs, and is in no younger rack;
    ``nested``: the stacks in it.
    ``joined``: what the rack was made of before.
    """

    stack: Held
    ours: bool
    live: bool
    listed: Sequence[Ref] = ()
    devices: list[Held] = dc.field(default_factory=list)
    nested: list[Held] = dc.field(default_factory=list)
    ports: list[Held] = dc.field(default_factory=list)
    volumes: list[Held] = dc.field(default_factory=list)
    floating_ips: list[Held] = dc.field(default_factory=list)
    joined: set[Member] = dc.field(default_factory=set)
    shown: list[StoredRow] = dc.field(default_factory=list)
    slots: list[StoredSlot] = dc.field(default_factory=list)

    @classmethod
    def of(cls, stack: Held, ours: bool) -> RackFacts:
        """Return the facts as far as the stack itself tells them."""
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

    def parts(self) -> Iterator[Held]:
        """Yield what it is made of now, but for the stack."""
        return itertools.chain(
            self.devices,
            self.nested,
            self.ports,
            self.volumes,
            self.floating_ips,
        )

    def members(self) -> set[Member]:
        """Return all that it is made of now."""
        pk = self.pk
        around = (*self.ports, *self.volumes, *self.floating_ips)
        used = {held.fact.ref for held in around}.difference(self.listed)
        found = {Member(pk, ref, ref.kind in TYPES) for ref in self.listed}
        found.update(Member(pk, ref, False) for ref in used)
        return found

    def remembered(self) -> Placed | None:
        """Return where its devices were, as far as it is remembered."""
        by_pk = {held.pk: held.fact.ref for held in self.devices}
        height_u, slots = 0, {}
        for slot in self.slots:  # the latest one counts
            if slot.device_pk == self.pk:
                height_u = slot.height_u
            elif slot.device_pk in by_pk:
                slots[by_pk[slot.device_pk]] = Slot(
                    slot.start_u, slot.height_u
                )
        return Placed(height_u, slots) if height_u else None


#: Names by region and id.
Names = Mapping[str, Mapping[str, str]]


@dc.dataclass(frozen=True, slots=True)
class Scene:
    """Racks, and what they have in common.

    ``deferred``: those for which there was no room any more.
    ``elsewhere``: the other racks that parts of these are in, too.
    ``projects``: those that are known of theirs, and of what is in no rack;
    ``ours``: which of all of them are to be shown. ``siblings``: the racks
    of these projects.
    """

    racks: Sequence[RackFacts]
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
    """Return what a root stack says is its own, each once."""
    found = stack.details.get("resources")
    refs = {
        Ref(stack.ref.region, row["kind"], row["id"]): None
        for row in (found if isinstance(found, list) else ())
        if isinstance(row, Mapping)
        and attributes.text(row.get("kind")) in _LISTED
        and _is_id(row.get("id"))
    }
    return list(refs)


def _is_id(value: object) -> bool:
    """Whether a resource that we know can have this id."""
    return (
        isinstance(value, str) and 0 < len(value) < 256 and "\0" not in value
    )
