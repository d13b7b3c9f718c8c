"""Stacks with their members, as they are listed and as they are looked at."""

from __future__ import annotations

import dataclasses as dc
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from concertim_api.clouds.base import Asked, detailed, id_of, readable, why
from concertim_api.clouds.openstack.clusters import Clusters
from concertim_api.clouds.openstack.meanings import Missing
from concertim_api.clouds.openstack.paging import Page
from concertim_api.clouds.openstack.stack_families import Families, Family, Row
from concertim_api.clouds.openstack.stacks import Contents, Stacks
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads import heat
from concertim_api.payloads.facts import (
    MALFORMED,
    Facts,
    Untranslatable,
    text,
)
from concertim_api.services.cloud.reading import ListingPage, Omission

#: Stacks that were read, on one page.
_BATCH = 50

#: No stack is nested deeper. Parents that go in a circle end here.
_DEEPEST = 50


@dc.dataclass(frozen=True, slots=True)
class _Listing:
    """A listing of stacks, before it reads their resources."""

    families: Families
    clusters: Mapping[str, str]
    read: Mapping[str, datetime]

    @property
    def foreign(self) -> set[str]:
        """The stacks that Magnum made. They may be part of another root."""
        return {s for s in self.clusters.values() if s in self.families.rows}


class Orchestration:
    def __init__(
        self, stacks: Stacks, clusters: Clusters, concurrency: int
    ) -> None:
        self._stacks = stacks
        self._region = stacks.service.region
        self._clusters = clusters
        self._concurrency = concurrency
        self._reader = StackReader(stacks, clusters)

    def listing(self, read: Mapping[str, datetime]) -> Iterator[ListingPage]:
        """Yield all stacks. Roots that changed come with their resources.

        One request a page, one for each new root, two for each that changed
        (one for its outputs), and one for the clusters of Magnum. Nested
        stacks come first: only when all are seen it is clear which roots
        changed. Memory: the rows of all stacks.
        """
        rows: list[Row] = []
        for page in self._stacks.pages():
            yield self._nested(page, rows)
        try:
            clusters = self._clusters.stacks()
        except Unavailable as exc:
            clusters = {}
            yield ListingPage([], [Omission(None, f"clusters: {exc}")])
        families = Families(rows, self._reader.adopted)
        yield from self._roots(_Listing(families, clusters, read))

    def _nested(self, page: Page, rows: list[Row]) -> ListingPage:
        """Return the nested and the deleted stacks of a page; add its rows."""
        origin = Asked(self._region, page.asked_at)
        sightings, left_out = [], []
        for item in page.items:
            try:
                reading = Reading.listed(_row(page.asked_at, item))
                gone = reading.facts.says == "gone"
                if gone or reading.facts.details["parent"]:
                    sightings.append(origin.saw("stack", reading.facts))
                if not gone:
                    rows.append(_row(page.asked_at, item))
            except MALFORMED as exc:
                left_out.append(Omission(id_of(item), why(exc)))
        return ListingPage(sightings, left_out)

    def _roots(self, listing: _Listing) -> Iterator[ListingPage]:
        """Yield the roots. Those that may have clusters come first: they
        tell which of Magnum's stacks are part of them."""
        adopted = self._reader.adopted
        orphans = listing.foreign - adopted.keys() - listing.read.keys()
        searched = {
            listing.families.rows[stack_id].project_id for stack_id in orphans
        }
        foreign = listing.foreign
        yield from self._group(
            [f for f in listing.families if f.root.id not in foreign],
            listing,
            searched,
        )
        new = foreign - adopted.keys()
        yield from self._group(
            [f for f in listing.families if f.root.id in new], listing, set()
        )
        yield from self._pages(
            self._adopted(listing.families.rows[stack_id], adopted[stack_id])
            for stack_id in sorted(foreign & adopted.keys())
        )

    def _group(
        self,
        families: Iterable[Family],
        listing: _Listing,
        searched: set[str | None],
    ) -> Iterator[ListingPage]:
        """Yield roots. Those that changed come with their resources, and so
        do all of the ``searched`` projects."""
        changed, same = [], []
        for family in families:
            root = family.root
            if root.project_id in searched or family.outdates(
                listing.read.get(root.id)
            ):
                changed.append(family)
            else:
                same.append(root)
        yield from self._pages(Reading.listed(root) for root in same)
        yield from self._pages(self._read_all(changed, listing))

    def _read_all(
        self, families: Sequence[Family], listing: _Listing
    ) -> Iterator[Reading]:
        """Read stacks, one batch after the other. Raises Unavailable if none
        of a batch can be read: Heat is away, and to wait for each stack
        would take hours."""
        with ThreadPoolExecutor(self._concurrency) as pool:
            for batch in _batches(families):
                readings = list(
                    pool.map(lambda family: self._read(family, listing), batch)
                )
                if len(batch) > 1 and all(r.failed for r in readings):
                    raise Unavailable(readings[0].problems[0])
                yield from readings

    def _read(self, family: Family, listing: _Listing) -> Reading:
        root = family.root
        try:
            return self._reader.read(
                root,
                family.moving,
                clusters=lambda: listing.clusters,
                find=listing.families.rows.get,
                outputs=root.id in listing.read,
            )
        except Missing:  # deleted since it was listed
            return Reading.listed(root)
        except Unavailable as exc:
            reading = Reading.listed(root)
            reading.problems.append(str(exc))
            return reading

    def _adopted(self, row: Row, root_id: str) -> Reading:
        reading = Reading.listed(row)
        reading.add({"parent": root_id})
        return reading

    def _pages(self, readings: Iterable[Reading]) -> Iterator[ListingPage]:
        for batch in _batches(readings):
            sightings = []
            for reading in batch:
                try:
                    sightings.append(reading.sighting(self._region))
                except Untranslatable as exc:
                    reading.problems.append(str(exc))
            yield ListingPage(
                sightings,
                [
                    Omission(reading.id, "; ".join(reading.problems))
                    for reading in batch
                    if reading.problems
                ],
            )

    def look(self, stack_id: str) -> Sequence[Sighting]:
        """Return a stack, and its root with all its resources.

        Three requests for a root, and one for each stack above another;
        where there is Magnum, one more for its clusters. Raises
        Unavailable.
        """
        region, began = self._region, self._stacks.service.now()
        row = self._stacks.row(stack_id)
        if row is None:
            return [Asked(region, began, "look").absent("stack", stack_id)]
        reading = self._listed(row)
        if reading.facts.says == "gone":
            return [reading.sighting(region, "look")]
        clusters = functools.cache(self._clusters.stacks)
        root = self._root(row)
        if root is None:
            return [reading.sighting(region, "look")]
        if root.id in clusters().values():
            # The next listing finds the root that it is part of.
            root_reading = self._listed(root)
            root_reading.facts = _without_parent(root_reading.facts)
        else:
            root_reading = self._reader.read(
                root, root.moving, clusters, self._stacks.row, outputs=True
            )
        readings = [root_reading] if root is row else [root_reading, reading]
        return [reading.sighting(region, "look") for reading in readings]

    def _root(self, row: Row) -> Row | None:
        """Return the root above a stack, if all between them are there."""
        above: Row | None = row
        for _ in range(_DEEPEST):
            if above is None:
                return None
            parent = above.parent or self._reader.adopted.get(above.id, "")
            if not parent:
                return above
            above = self._stacks.row(parent)
        return None

    def _listed(self, row: Row) -> Reading:
        with readable(f"stack {row.id}"):
            return Reading.listed(row)


def _row(asked_at: datetime, item: Any) -> Row:
    """Return a stack of a list. Raises Untranslatable."""
    if not isinstance(item, Mapping):
        raise Untranslatable("it is not an object")
    for field in ("id", "stack_name"):
        text(item, field)
    return Row(asked_at, item)


def _without_parent(facts: Facts) -> Facts:
    details = {k: v for k, v in facts.details.items() if k != "parent"}
    return dc.replace(facts, details=details)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch


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
