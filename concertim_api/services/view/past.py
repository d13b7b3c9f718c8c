"""The view of a past moment: the same projection, of the facts of then.

As is known of it today: what was heard of late is in its place.
"""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from concertim_api.domain.attributes import text
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import model
from concertim_api.domain.view import project as view
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import Around, Fact, Rules
from concertim_api.domain.view.moments import Told
from concertim_api.domain.view.slots import Placed, Slot
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger.ports import HistoryReader, PastReader
from concertim_api.services.view.parts import listed
from concertim_api.services.view.ports import ViewReader

#: Members of the racks of a page, at most, unless one rack has more.
_MEMBERS = 5000

#: Ports of a project that are looked at, at most; floating IPs and volumes.
_LOOSE = 2000

#: Stacks that are looked through at once for a device.
_STACKS = 50


@dc.dataclass(frozen=True, slots=True)
class Then:
    """A rack as it was.

    ``heard``: when the newest word of that time was said, of the rack and
    of each device.
    """

    shown: model.Shown
    team: str | None
    heard: Mapping[Ref, datetime | None]

    @property
    def region(self) -> str:
        return self.shown.rack.ref.region


@dc.dataclass(frozen=True, slots=True)
class _Stack:
    """A root stack as it was; ``team``: of the project, by its name."""

    fact: Fact
    team: str | None
    members: Collection[Ref]


class Past:
    """Tells from the ledger what was shown, or would have been."""

    def __init__(
        self,
        ledger: PastReader,
        histories: HistoryReader,
        slots: ViewReader,
        rules: Rules,
    ) -> None:
        self._ledger = ledger
        self._histories = histories
        self._slots = slots
        self._rules = rules

    def racks(self, listing: Listing, at: datetime) -> Page:
        """Return a page of the racks (``Then``) of a moment, without what
        is around their devices: no field of a rack shows that.

        A page is shorter than its limit where stacks are of projects that
        are not ours, and where they have more than 5000 members together.
        At most 7 statements. Rows: the observations of the stacks and their
        projects, and the periods of their members.
        """
        page = self._ledger.racks_at(listing, at)
        stacks = self._stacks(page, at)
        fitting = _fitting(stacks)
        if fitting < len(stacks):
            listing = dc.replace(listing, limit=fitting)
            page, stacks = self._ledger.racks_at(listing, at), stacks[:fitting]
        ours = [stack for stack in stacks if stack.team is not None]
        refs = {ref for stack in ours for ref in stack.members}
        told = {
            ref: Told(ref, periods)
            for ref, periods in self._histories.periods_of(refs).items()
        }
        members = _then(told, at) if ours else {}
        return Page(self._made(ours, members, at), page.marker)

    def rack(self, filters: Sequence[Filter], at: datetime) -> list[Then]:
        """Return the racks of a moment that meet some conditions, with all
        that is shown of their devices. One, or one in each region.

        At most 16 statements. Rows: the observations and periods of the
        stack, its members and what is around them, and of the project's
        ports, floating IPs and volumes: their owners change, and the past
        ones are found in no other way.
        """
        page = self._ledger.racks_at(Listing(tuple(filters)), at)
        ours = [s for s in self._stacks(page, at) if s.team is not None]
        refs = {ref for stack in ours for ref in stack.members}
        members = _then(self._told(refs), at)
        return self._made(ours, members, at, around=True)

    def home(
        self, ref: Ref, project_id: str | None, at: datetime
    ) -> list[Then]:
        """Return the rack of a moment that a device was in; none: it was in
        none.

        Statements: 3 for each 50 stacks that the project had, and those of
        ``rack``.
        """
        where = (
            Filter("region", "eq", ref.region),
            Filter("project_id", "eq", project_id),
        )
        listing = Listing(where, limit=_STACKS)
        while True:
            page = self._ledger.racks_at(listing, at)
            for stack in self._stacks(page, at):
                if ref in stack.members:
                    its = Filter("id", "eq", stack.fact.ref.id)
                    return self.rack((*where, its), at)
            if page.marker is None:
                return []
            listing = dc.replace(listing, marker=page.marker)

    def _told(self, refs: Collection[Ref]) -> dict[Ref, Told]:
        """Return all that is known of resources. 2 statements."""
        if not refs:
            return {}
        periods = self._histories.periods_of(refs)
        words = self._histories.histories(refs)
        return {ref: Told(ref, periods[ref], words[ref]) for ref in refs}

    def _stacks(self, page: Page, at: datetime) -> list[_Stack]:
        """Return the stacks of a page of periods, in its order."""
        refs = [
            Ref(row.region, row.kind, row.resource_id) for row in page.rows
        ]
        projects = [
            Ref(row.region, "project", row.project_id or "")
            for row in page.rows
        ]
        told = self._told({*refs, *projects})
        return [
            self._stack(told[ref], told[project], at)
            for ref, project in zip(refs, projects, strict=True)
        ]

    def _stack(self, stack: Told, project: Told, at: datetime) -> _Stack:
        fact = stack.at(at) or Fact(ref=stack.ref)
        details = project.details_at(at)
        owner = Fact(ref=project.ref, details=details)
        if not view.is_ours(owner, self._rules):
            return _Stack(fact, None, ())
        return _Stack(fact, view.team(owner).name, members_at(stack, fact, at))

    def _made(
        self,
        stacks: Sequence[_Stack],
        members: Mapping[Ref, Fact],
        at: datetime,
        *,
        around: bool = False,
    ) -> list[Then]:
        """Project each stack."""
        if not stacks:
            return []
        refs = [stack.fact.ref for stack in stacks]
        names, placed = self._names(refs), self._placed(refs, at)
        made = []
        for stack in stacks:
            ref = stack.fact.ref
            own = [members[m] for m in stack.members if m in members]
            beside = self._around(stack, own, at) if around else Around()
            beside = dc.replace(beside, previous_name=names.get(ref))
            shown = view.project_rack(
                stack.fact, own, beside, placed.get(ref), self._rules
            )
            heard = {f.ref: f.updated_at for f in (stack.fact, *own)}
            made.append(Then(shown, stack.team, heard))
        return made

    def _names(self, racks: Sequence[Ref]) -> dict[Ref, str]:
        """Return the names that racks have today, if they still are."""
        ids = tuple(ref.id for ref in racks)
        page = self._slots.page(
            "rack", Listing((Filter("id", "in", ids),), limit=10 * len(ids))
        )
        return {Ref(r.region, r.kind, r.id): r.name for r in page.rows}

    def _placed(self, racks: Sequence[Ref], at: datetime) -> dict[Ref, Placed]:
        """Return the slots that were taken, or were to be the first."""
        slots: dict[Ref, dict[Ref, Slot]] = collections.defaultdict(dict)
        for row in self._slots.slots(racks):
            rack = Ref(row.region, "stack", row.rack_id)
            ref = Ref(row.region, row.kind, row.resource_id)
            if row.since <= at or ref not in slots[rack]:
                slots[rack][ref] = Slot(row.start_u, row.height_u)
        return {
            rack: Placed(found.pop(rack).height_u, found)
            for rack, found in slots.items()
            if rack in found
        }

    def _around(
        self, stack: _Stack, members: Sequence[Fact], at: datetime
    ) -> Around:
        servers = [m.ref for m in members if m.ref.kind == "instance"]
        types = {text(m.shape.get("type")) for m in members}
        found = self._beside(stack, servers, at) if servers else []
        ports = [fact for fact in found if fact.ref.kind == "port"]
        networks = {text(port.shape.get("network_id")) for port in ports}
        region = stack.fact.ref.region
        named = self._told(
            {Ref(region, "network", id_) for id_ in networks if id_}
            | {Ref(region, "volume_type", id_) for id_ in types if id_}
        )
        return Around(
            ports=ports,
            floating_ips=[f for f in found if f.ref.kind == "floating_ip"],
            volumes=[f for f in found if f.ref.kind == "volume"],
            networks=_called(named, "network", at),
            volume_types=_called(named, "volume_type", at),
        )

    def _beside(
        self, stack: _Stack, servers: Sequence[Ref], at: datetime
    ) -> list[Fact]:
        """Return ports, floating IPs and volumes that may be of servers."""
        ports = self._ledger.belonging("port", servers)
        refs = {
            *ports,
            *self._ledger.belonging("volume", servers),
            *(self._ledger.belonging("floating_ip", ports) if ports else ()),
        }
        refs |= self._loose(stack.fact, ("port",), at)
        refs |= self._loose(stack.fact, ("floating_ip", "volume"), at)
        return list(_then(self._told(refs), at).values())

    def _loose(
        self, stack: Fact, kinds: Sequence[str], at: datetime
    ) -> set[Ref]:
        """Return what its project had, whoever it may have belonged to."""
        where = (
            Filter("region", "eq", stack.ref.region),
            Filter("project_id", "eq", stack.project_id),
            Filter("kind", "in", tuple(kinds)),
        )
        page = self._ledger.resources_at(Listing(where, limit=_LOOSE), at)
        return {Ref(r.region, r.kind, r.resource_id) for r in page.rows}


def members_at(stack: Told, fact: Fact, at: datetime) -> list[Ref]:
    """Return the devices of a stack, those that it had at a moment or was
    found to have when its resources were read next."""
    later = [
        word
        for word in stack.observations
        if word.at > at and "resources" in word.details
    ]
    found = listed(fact)
    if later:
        word = min(later, key=lambda word: word.order)
        found += listed(dc.replace(fact, details=word.details))
    return list(dict.fromkeys(ref for ref in found if ref.kind in TYPES))


def _then(told: Mapping[Ref, Told], at: datetime) -> dict[Ref, Fact]:
    facts = {ref: one.at(at) for ref, one in told.items()}
    return {ref: fact for ref, fact in facts.items() if fact is not None}


def _called(
    told: Mapping[Ref, Told], kind: str, at: datetime
) -> dict[str, str]:
    names = {
        ref.id: text(one.details_at(at).get("name"))
        for ref, one in told.items()
        if ref.kind == kind
    }
    return {id_: name for id_, name in names.items() if name}


def _fitting(stacks: Sequence[_Stack]) -> int:
    """Return how many stacks have no more members than a page may."""
    members = 0
    for n, stack in enumerate(stacks):
        members += len(stack.members)
        if n and members > _MEMBERS:
            return n
    return len(stacks)
