"""All that racks are made of, read for many of them at once."""

from __future__ import annotations

import collections
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import Fact, Rules
from concertim_api.domain.view.project import is_ours
from concertim_api.services.view.parts import (
    RackFacts,
    Scene,
    listed,
    project_of,
)
from concertim_api.services.view.ports import Held, Member, ViewWork

Touches = Mapping[Ref, Collection[Ref]]

#: Parts of one rack, by the name that they have there.
_Around = Mapping[str, Sequence[Held]]
_Elsewhere = Mapping[Ref, Collection[tuple[Member, Ref]]]


class Reader:
    """Reads what racks are made of; what is stale has been read already."""

    def __init__(
        self, work: ViewWork, stale: Iterable[Held], rules: Rules
    ) -> None:
        self._work = work
        self._rules = rules
        self._known = {held.fact.ref: held for held in stale}

    def read(self, touches: Touches, limit: int) -> Scene:
        """Return the scene of the racks that stale resources touch: of as
        many as have no more than ``limit`` parts together, but of one.

        13 statements at most.
        """
        refs = list(
            dict.fromkeys(ref for t in touches.values() for ref in sorted(t))
        )
        stacks = _within(self._held(refs[:limit]).values(), limit)
        facts = [*(stack.fact for stack in stacks), *self._loose(touches)]
        projects = {project_of(fact) for fact in facts}
        known = self._held(projects)
        ours = {
            ref: is_ours(
                known[ref].fact if ref in known else Fact(ref=ref),
                self._rules,
            )
            for ref in projects
        }
        racks = [RackFacts.of(s, ours[project_of(s.fact)]) for s in stacks]
        return Scene(
            racks,
            deferred=set(refs).difference(rack.ref for rack in racks),
            elsewhere=self._gather(racks),
            projects=known.keys(),
            ours=ours,
            siblings=self._work.siblings(
                {ref.id for ref in projects if ref.id}
            ),
            networks=self._names("network", _networks(racks)),
            volume_types=self._names("volume_type", _volume_types(racks)),
        )

    def _held(self, refs: Collection[Ref]) -> dict[Ref, Held]:
        found = {ref: self._known[ref] for ref in refs if ref in self._known}
        missing = [ref for ref in refs if ref not in found]
        found.update(self._work.held(missing))
        return found

    def _loose(self, touches: Touches) -> list[Fact]:
        """Return what could be in a rack, and is in none."""
        return [
            held.fact
            for ref, held in self._known.items()
            if ref.kind in TYPES or ref.kind == "stack"
            if not touches.get(ref)
        ]

    def _gather(self, racks: Sequence[RackFacts]) -> _Elsewhere:
        """Fill racks with what they are made of; return the other racks
        that parts of them are in."""
        by_pk = {rack.pk: rack for rack in racks}
        for member in self._work.members_of(by_pk):
            by_pk[member.rack_pk].joined.add(member)
        listed = {ref for rack in racks for ref in rack.listed}
        held = self._held(listed)
        around = self._around(held)
        refs = listed.union(m.ref for rack in racks for m in rack.joined)
        for found in around.values():
            refs.update(one.fact.ref for one in found)
        elsewhere = collections.defaultdict(list)
        for member, rack_ref in self._work.racks_of(refs):
            if member.rack_pk not in by_pk:
                elsewhere[member.ref].append((member, rack_ref))
        _share_out(racks, held, around, elsewhere)
        self._remember(by_pk)
        return dict(elsewhere)

    def _around(self, held: Mapping[Ref, Held]) -> _Around:
        servers = [
            ref
            for ref, one in held.items()
            if ref.kind == "instance" and one.runs
        ]
        ports = self._work.belonging("port", servers)
        return {
            "ports": ports,
            "volumes": self._work.belonging("volume", servers),
            "floating_ips": self._work.belonging(
                "floating_ip", [port.fact.ref for port in ports]
            ),
        }

    def _remember(self, by_pk: Mapping[int, RackFacts]) -> None:
        """Fill racks with what is shown of them, and where."""
        for row in self._work.shown_in(by_pk):
            by_pk[row.rack_pk or row.pk].shown.append(row)
        devices = {d.pk for rack in by_pk.values() for d in rack.devices}
        for slot in self._work.slots(devices | by_pk.keys()):
            if slot.rack_pk in by_pk:
                by_pk[slot.rack_pk].slots.append(slot)

    def _names(
        self, kind: str, ids: Collection[str]
    ) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = collections.defaultdict(dict)
        for ref, name in self._work.names(kind, ids).items():
            found[ref.region][ref.id] = name
        return dict(found)


def _within(stacks: Iterable[Held], limit: int) -> list[Held]:
    found: list[Held] = []
    parts = 0
    for stack in sorted(stacks, key=operator.attrgetter("pk")):
        parts += len(listed(stack.fact))
        if found and parts > limit:
            break
        found.append(stack)
    return found


def _share_out(
    racks: Iterable[RackFacts],
    held: Mapping[Ref, Held],
    around: _Around,
    elsewhere: _Elsewhere,
) -> None:
    """Give each device, and what is around it, to one rack: the youngest of
    those that list it."""
    owner: dict[Ref, RackFacts] = {}
    for rack in sorted(racks, key=operator.attrgetter("pk")):
        for ref in rack.listed:
            others = elsewhere.get(ref, ())
            if all(m.rack_pk < rack.pk for m, _ in others if m.is_device):
                owner[ref] = rack
    for ref, rack in owner.items():
        if ref in held and ref.kind == "stack":
            rack.nested.append(held[ref])
        elif ref in held and held[ref].runs:
            rack.devices.append(held[ref])
    leads_to = dict(owner)  # a floating IP by its port
    for name, found in around.items():
        kind = "port" if name == "floating_ips" else "instance"
        for one in found:
            ref = one.fact.ref
            its = leads_to.get(Ref(ref.region, kind, one.belongs_to or ""))
            if its is not None and owner.get(ref) is not its:
                getattr(its, name).append(one)
                leads_to.setdefault(ref, its)


def _networks(racks: Iterable[RackFacts]) -> set[str]:
    """Return the networks that servers are in."""
    return _texts(
        port.fact.shape.get("network_id")
        for rack in racks
        for port in rack.ports
    )


def _volume_types(racks: Iterable[RackFacts]) -> set[str]:
    return _texts(
        held.fact.shape.get("type")
        for rack in racks
        for held in rack.devices
        if held.fact.ref.kind == "volume"
    )


def _texts(values: Iterable[object]) -> set[str]:
    return {value for value in values if isinstance(value, str)}
