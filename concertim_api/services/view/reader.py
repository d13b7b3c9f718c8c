"""The parts of racks, read for many racks at once."""

from __future__ import annotations

import collections
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import Fact, Rules
from concertim_api.domain.view.project import is_ours
from concertim_api.services.view.parts import (
    RackBatch,
    RackParts,
    listed,
    project_of,
)
from concertim_api.services.view.ports import Member, Resource, ViewWork

Affected = Mapping[Ref, Collection[Ref]]

#: Resources around devices, by the attribute of RackParts that has them.
_Around = Mapping[str, Sequence[Resource]]
_Elsewhere = Mapping[Ref, Collection[tuple[Member, Ref]]]


class Reader:
    """Reads the parts of racks; stale resources have been read already."""

    def __init__(
        self, work: ViewWork, stale: Iterable[Resource], rules: Rules
    ) -> None:
        self._work = work
        self._rules = rules
        self._stale = {resource.fact.ref: resource for resource in stale}

    def read(self, affected: Affected, limit: int) -> RackBatch:
        """Return the batch of the racks that stale resources affect: as many
        racks as have ``limit`` parts together, and one at least.

        13 statements at most.
        """
        refs = list(
            dict.fromkeys(
                r for racks in affected.values() for r in sorted(racks)
            )
        )
        stacks = _within(self._resources(refs[:limit]).values(), limit)
        facts = [*(stack.fact for stack in stacks), *self._loose(affected)]
        projects = self._resources({project_of(fact) for fact in facts})
        ours = self._ours(facts, projects)
        racks = [RackParts.of(s, ours[project_of(s.fact)]) for s in stacks]
        return RackBatch(
            racks,
            deferred=set(refs).difference(rack.ref for rack in racks),
            elsewhere=self._gather(racks),
            projects=projects.keys(),
            ours=ours,
            siblings=self._work.siblings({ref.id for ref in ours if ref.id}),
            networks=self._names("network", _networks(racks)),
            volume_types=self._names("volume_type", _volume_types(racks)),
        )

    def _ours(
        self, facts: Iterable[Fact], projects: Mapping[Ref, Resource]
    ) -> dict[Ref, bool]:
        """Return whether each project of these facts is to be shown."""
        refs = {project_of(fact) for fact in facts}
        details = {
            ref: projects[ref].fact if ref in projects else Fact(ref=ref)
            for ref in refs
        }
        return {ref: is_ours(details[ref], self._rules) for ref in refs}

    def _resources(self, refs: Collection[Ref]) -> dict[Ref, Resource]:
        stale = {ref: self._stale[ref] for ref in refs if ref in self._stale}
        others = [ref for ref in refs if ref not in stale]
        return stale | self._work.resources(others)

    def _loose(self, affected: Affected) -> list[Fact]:
        """Return the facts of stale stacks and devices in no rack."""
        return [
            resource.fact
            for ref, resource in self._stale.items()
            if ref.kind in TYPES or ref.kind == "stack"
            if not affected.get(ref)
        ]

    def _gather(self, racks: Sequence[RackParts]) -> _Elsewhere:
        """Fill racks with their parts. Return the other racks that these
        parts are in."""
        by_pk = {rack.pk: rack for rack in racks}
        for member in self._work.members_of(by_pk):
            by_pk[member.rack_pk].joined.add(member)
        listed_refs = {ref for rack in racks for ref in rack.listed}
        resources = self._resources(listed_refs)
        around = self._around(resources)
        refs = listed_refs.union(m.ref for rack in racks for m in rack.joined)
        for parts in around.values():
            refs.update(part.fact.ref for part in parts)
        elsewhere = collections.defaultdict(list)
        for member, rack_ref in self._work.racks_of(refs):
            if member.rack_pk not in by_pk:
                elsewhere[member.ref].append((member, rack_ref))
        owners = _owners(racks, elsewhere)
        _give_devices(owners, resources)
        _give_around(owners, around)
        self._remember(by_pk)
        return dict(elsewhere)

    def _around(self, resources: Mapping[Ref, Resource]) -> _Around:
        servers = [
            ref
            for ref, resource in resources.items()
            if ref.kind == "instance" and resource.runs
        ]
        ports = self._work.belonging("port", servers)
        return {
            "ports": ports,
            "volumes": self._work.belonging("volume", servers),
            "floating_ips": self._work.belonging(
                "floating_ip", [port.fact.ref for port in ports]
            ),
        }

    def _remember(self, by_pk: Mapping[int, RackParts]) -> None:
        """Fill racks with their stored rows and slots."""
        for row in self._work.rows_of_racks(by_pk):
            by_pk[row.rack_pk or row.pk].rows.append(row)
        devices = {d.pk for rack in by_pk.values() for d in rack.devices}
        for slot in self._work.slots(devices | by_pk.keys()):
            if slot.rack_pk in by_pk:
                by_pk[slot.rack_pk].slots.append(slot)

    def _names(
        self, kind: str, ids: Collection[str]
    ) -> dict[str, dict[str, str]]:
        names: dict[str, dict[str, str]] = collections.defaultdict(dict)
        for ref, name in self._work.names(kind, ids).items():
            names[ref.region][ref.id] = name
        return dict(names)


def _within(stacks: Iterable[Resource], limit: int) -> list[Resource]:
    """Return the oldest stacks, until they list ``limit`` parts."""
    chosen: list[Resource] = []
    parts = 0
    for stack in sorted(stacks, key=operator.attrgetter("pk")):
        parts += len(listed(stack.fact))
        if chosen and parts > limit:
            break
        chosen.append(stack)
    return chosen


def _owners(
    racks: Iterable[RackParts], elsewhere: _Elsewhere
) -> dict[Ref, RackParts]:
    """Return the rack of each listed resource: the youngest that lists it.
    If another rack is younger, the resource is left out."""
    owners: dict[Ref, RackParts] = {}
    for rack in sorted(racks, key=operator.attrgetter("pk")):
        for ref in rack.listed:
            others = elsewhere.get(ref, ())
            if all(m.rack_pk < rack.pk for m, _ in others if m.is_device):
                owners[ref] = rack
    return owners


def _give_devices(
    owners: Mapping[Ref, RackParts], resources: Mapping[Ref, Resource]
) -> None:
    for ref, rack in owners.items():
        if ref in resources and ref.kind == "stack":
            rack.nested.append(resources[ref])
        elif ref in resources and resources[ref].runs:
            rack.devices.append(resources[ref])


def _give_around(owners: Mapping[Ref, RackParts], around: _Around) -> None:
    """Give ports, volumes and floating IPs to the racks of their servers."""
    racks = dict(owners)  # and of ports, for their floating IPs
    for name, parts in around.items():
        kind = "port" if name == "floating_ips" else "instance"
        for part in parts:
            ref = part.fact.ref
            rack = racks.get(Ref(ref.region, kind, part.belongs_to or ""))
            if rack is not None and owners.get(ref) is not rack:
                getattr(rack, name).append(part)
                racks.setdefault(ref, rack)


def _networks(racks: Iterable[RackParts]) -> set[str]:
    """Return the networks that servers are in."""
    return _texts(
        port.fact.shape.get("network_id")
        for rack in racks
        for port in rack.ports
    )


def _volume_types(racks: Iterable[RackParts]) -> set[str]:
    return _texts(
        device.fact.shape.get("type")
        for rack in racks
        for device in rack.devices
        if device.fact.ref.kind == "volume"
    )


def _texts(values: Iterable[object]) -> set[str]:
    return {value for value in values if isinstance(value, str)}
