"""The view of a past moment: the same projection, of the facts of that time.

They are as they are known today: a late observation counts from its moment.
"""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.domain.attributes import text
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import model
from concertim_api.domain.view import project as view
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import Fact, RackContext, Rules
from concertim_api.domain.view.moments import ResourceRecord
from concertim_api.domain.view.slots import RackSlots, Slot
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger.archives import Keeper, check_archive
from concertim_api.services.ledger.ports import HistoryReader, PastReader
from concertim_api.services.view.parts import listed
from concertim_api.services.view.ports import ViewReader

#: Members of the racks of a page, at most, unless one rack has more.
_MEMBERS = 5000

#: Ports of a project that are read, at most; floating IPs and volumes alike.
_LOOSE = 2000

#: Stacks that are searched at once for a device.
_STACKS = 50


def keepers(built: Any) -> Iterator[Keeper]:
    yield Keeper("racks that outlive them have their names", projects_of)


def projects_of(refs: Collection[Ref], _before: datetime) -> set[Ref]:
    """Return those of the resources that are projects."""
    return {ref for ref in refs if ref.kind == "project"}


@dc.dataclass(frozen=True, slots=True)
class PastRack:
    """A rack as it was.

    ``updated_at``: the moment of the newest observation of that time, of the
    rack and of each device.
    """

    shown: model.ProjectedRack
    team: str | None
    updated_at: Mapping[Ref, datetime | None]

    @property
    def region(self) -> str:
        return self.shown.rack.ref.region


@dc.dataclass(frozen=True, slots=True)
class _Stack:
    """A root stack as it was; ``team`` is the name of its project."""

    fact: Fact
    team: str | None
    members: Collection[Ref]


@dc.dataclass(frozen=True, slots=True)
class Past:
    """Projects the racks of a past moment from the ledger."""

    ledger: PastReader
    histories: HistoryReader
    view: ViewReader
    rules: Rules

    def racks(self, listing: Listing, at: datetime) -> Page:
        """Return a page of the racks (``PastRack``) of a moment, without the
        resources around their devices: no field of a rack shows those.

        A page is shorter than its limit where stacks are of projects that
        are not ours, and where they have more than 5000 members together.
        At most 8 statements. Rows: the observations of the stacks and their
        projects, and the periods of their members. Raises Archived.
        """
        page = self.ledger.racks_at(listing, at)
        stacks = self._stacks(page, at)
        fitting = _fitting(stacks)
        if fitting < len(stacks):
            listing = dc.replace(listing, limit=fitting)
            page, stacks = self.ledger.racks_at(listing, at), stacks[:fitting]
        ours = [stack for stack in stacks if stack.team is not None]
        refs = {ref for stack in ours for ref in stack.members}
        records = {
            ref: ResourceRecord(ref, periods)
            for ref, periods in self.histories.periods_of(refs).items()
        }
        members = _facts_at(records, at) if ours else {}
        racks = self._projected(ours, members, at)
        check_archive(self.ledger, at)  # one may be made meanwhile
        return Page(racks, page.marker)

    def rack(self, filters: Sequence[Filter], at: datetime) -> list[PastRack]:
        """Return the racks of a moment that meet some conditions, with all
        that is shown of their devices. One, or one in each region.

        At most 17 statements. Rows: the observations and periods of the
        stack, its members and the resources around them, and of the
        project's ports, floating IPs and volumes: their owners change, and
        past owners are found in no other way. Raises Archived.
        """
        page = self.ledger.racks_at(Listing(tuple(filters)), at)
        ours = [s for s in self._stacks(page, at) if s.team is not None]
        refs = {ref for stack in ours for ref in stack.members}
        members = _facts_at(records_of(self.histories, refs), at)
        racks = self._projected(ours, members, at, around=True)
        check_archive(self.ledger, at)  # one may be made meanwhile
        return racks

    def home(
        self, ref: Ref, project_id: str | None, at: datetime
    ) -> list[PastRack]:
        """Return the rack of a moment that a device was in, if any.

        Statements: 3 for each 50 stacks that the project had, and those of
        ``rack``.
        """
        filters = (
            Filter("region", "eq", ref.region),
            Filter("project_id", "eq", project_id),
        )
        listing = Listing(filters, limit=_STACKS)
        while True:
            page = self.ledger.racks_at(listing, at)
            for stack in self._stacks(page, at):
                if ref in stack.members:
                    rack = Filter("id", "eq", stack.fact.ref.id)
                    return self.rack((*filters, rack), at)
            if page.marker is None:
                return []
            listing = dc.replace(listing, marker=page.marker)

    def _stacks(self, page: Page, at: datetime) -> list[_Stack]:
        """Return the stacks of a page of periods, in its order."""
        refs = [
            Ref(row.region, row.kind, row.resource_id) for row in page.rows
        ]
        projects = [
            Ref(row.region, "project", row.project_id or "")
            for row in page.rows
        ]
        records = records_of(self.histories, {*refs, *projects})
        return [
            self._stack(records[ref], records[project], at)
            for ref, project in zip(refs, projects, strict=True)
        ]

    def _stack(
        self, stack: ResourceRecord, project: ResourceRecord, at: datetime
    ) -> _Stack:
        fact = stack.at(at) or Fact(ref=stack.ref)
        details = project.details_at(at)
        team = Fact(ref=project.ref, details=details)
        if not view.is_ours(team, self.rules):
            return _Stack(fact, None, ())
        return _Stack(fact, view.team(team).name, members_at(stack, fact, at))

    def _projected(
        self,
        stacks: Sequence[_Stack],
        members: Mapping[Ref, Fact],
        at: datetime,
        *,
        around: bool = False,
    ) -> list[PastRack]:
        """Return each stack as a rack."""
        if not stacks:
            return []
        refs = [stack.fact.ref for stack in stacks]
        names, placed = self._names(refs), self._placed(refs, at)
        racks = []
        for stack in stacks:
            ref = stack.fact.ref
            facts = [members[m] for m in stack.members if m in members]
            beside = (
                self._around(stack, facts, at) if around else RackContext()
            )
            beside = dc.replace(beside, previous_name=names.get(ref))
            shown = view.project_rack(
                stack.fact, facts, beside, placed.get(ref), self.rules
            )
            updated_at = {f.ref: f.updated_at for f in (stack.fact, *facts)}
            racks.append(PastRack(shown, stack.team, updated_at))
        return racks

    def _names(self, racks: Sequence[Ref]) -> dict[Ref, str]:
        """Return the names that racks have today, if they still exist."""
        ids = tuple(ref.id for ref in racks)
        page = self.view.page(
            "rack", Listing((Filter("id", "in", ids),), limit=10 * len(ids))
        )
        return {Ref(r.region, r.kind, r.id): r.name for r in page.rows}

    def _placed(
        self, racks: Sequence[Ref], at: datetime
    ) -> dict[Ref, RackSlots]:
        """Return the slots of a moment; of a device that had none yet, its
        first slot."""
        slots: dict[Ref, dict[Ref, Slot]] = collections.defaultdict(dict)
        for row in self.view.slots(racks):
            rack = Ref(row.region, "stack", row.rack_id)
            ref = Ref(row.region, row.kind, row.resource_id)
            if row.since <= at or ref not in slots[rack]:
                slots[rack][ref] = Slot(row.start_u, row.height_u)
        return {
            rack: RackSlots(devices.pop(rack).height_u, devices)
            for rack, devices in slots.items()
            if rack in devices
        }

    def _around(
        self, stack: _Stack, members: Sequence[Fact], at: datetime
    ) -> RackContext:
        servers = [m.ref for m in members if m.ref.kind == "instance"]
        types = {text(m.shape.get("type")) for m in members}
        facts = self._beside(stack, servers, at) if servers else []
        ports = [fact for fact in facts if fact.ref.kind == "port"]
        networks = {text(port.shape.get("network_id")) for port in ports}
        region = stack.fact.ref.region
        named = records_of(
            self.histories,
            {Ref(region, "network", id_) for id_ in networks if id_}
            | {Ref(region, "volume_type", id_) for id_ in types if id_},
        )
        return RackContext(
            ports=ports,
            floating_ips=[f for f in facts if f.ref.kind == "floating_ip"],
            volumes=[f for f in facts if f.ref.kind == "volume"],
            networks=_names(named, "network", at),
            volume_types=_names(named, "volume_type", at),
        )

    def _beside(
        self, stack: _Stack, servers: Sequence[Ref], at: datetime
    ) -> list[Fact]:
        """Return ports, floating IPs and volumes that may be of servers."""
        ports = self.ledger.belonging("port", servers)
        refs = {
            *ports,
            *self.ledger.belonging("volume", servers),
            *(self.ledger.belonging("floating_ip", ports) if ports else ()),
        }
        refs |= self._loose(stack.fact, ("port",), at)
        refs |= self._loose(stack.fact, ("floating_ip", "volume"), at)
        return list(_facts_at(records_of(self.histories, refs), at).values())

    def _loose(
        self, stack: Fact, kinds: Sequence[str], at: datetime
    ) -> set[Ref]:
        """Return the resources of these kinds that its project had."""
        filters = (
            Filter("region", "eq", stack.ref.region),
            Filter("project_id", "eq", stack.project_id),
            Filter("kind", "in", tuple(kinds)),
        )
        page = self.ledger.resources_at(Listing(filters, limit=_LOOSE), at)
        return {Ref(r.region, r.kind, r.resource_id) for r in page.rows}


def records_of(
    histories: HistoryReader, refs: Collection[Ref]
) -> dict[Ref, ResourceRecord]:
    """Return the records of resources. 2 statements, if there are any."""
    if not refs:
        return {}
    periods = histories.periods_of(refs)
    words = histories.histories(refs)
    return {r: ResourceRecord(r, periods[r], words[r]) for r in refs}


def members_at(stack: ResourceRecord, fact: Fact, at: datetime) -> list[Ref]:
    """Return the devices that a stack had at a moment, or that it listed
    when its resources were read next."""
    later = [
        word
        for word in stack.observations
        if word.at > at and "resources" in word.details
    ]
    refs = listed(fact)
    if later:
        word = min(later, key=lambda word: word.order)
        refs += listed(dc.replace(fact, details=word.details))
    return list(dict.fromkeys(ref for ref in refs if ref.kind in TYPES))


def _facts_at(
    records: Mapping[Ref, ResourceRecord], at: datetime
) -> dict[Ref, Fact]:
    facts = {ref: record.at(at) for ref, record in records.items()}
    return {ref: fact for ref, fact in facts.items() if fact is not None}


def _names(
    records: Mapping[Ref, ResourceRecord], kind: str, at: datetime
) -> dict[str, str]:
    names = {
        ref.id: text(record.details_at(at).get("name"))
        for ref, record in records.items()
        if ref.kind == kind
    }
    return {id_: name for id_, name in names.items() if name}


def _fitting(stacks: Sequence[_Stack]) -> int:
    """Return how many stacks fit a page by their members."""
    members = 0
    for n, stack in enumerate(stacks):
        members += len(stack.members)
        if n and members > _MEMBERS:
            return n
    return len(stacks)
