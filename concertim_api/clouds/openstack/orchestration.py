"""Stacks as they are listed, and as they are looked at."""

from __future__ import annotations

import dataclasses as dc
import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from concertim_api.clouds.base import Asked, id_of, why
from concertim_api.clouds.openstack.clusters import Clusters
from concertim_api.clouds.openstack.meanings import Missing
from concertim_api.clouds.openstack.paging import Page
from concertim_api.clouds.openstack.reading import Reader, Reading
from concertim_api.clouds.openstack.stacks import Stacks
from concertim_api.clouds.stack_families import Families, Family, Row
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.payloads.facts import (
    MALFORMED,
    Facts,
    Untranslatable,
    text,
)
from concertim_api.services.cloud.reading import LeftOut, ListedPage

#: Stacks that were read, on one page.
_BATCH = 50

#: No stack is nested deeper; whose parents go in a circle, ends here.
_DEEPEST = 50


@dc.dataclass(frozen=True, slots=True)
class _Listing:
    """What a listing has found before it reads what stacks are made of."""

    families: Families
    clusters: Mapping[str, str]
    read: Mapping[str, datetime]

    def find(self, stack_id: str) -> Row | None:
        found = stack_id in self.families
        return self.families.row(stack_id) if found else None

    @property
    def foreign(self) -> set[str]:
        """The stacks that Magnum made: it decides whether they are roots."""
        return {s for s in self.clusters.values() if s in self.families}


class Orchestration:
    kinds = ("stack",)

    def __init__(
        self, stacks: Stacks, clusters: Clusters, concurrency: int
    ) -> None:
        self._stacks = stacks
        self._clusters = clusters
        self._concurrency = concurrency
        self._reader = Reader(stacks, clusters)

    def listing(self, read: Mapping[str, datetime]) -> Iterator[ListedPage]:
        """Yield all stacks; of roots that changed what they are made of.

        One request a page; one for each root that is new, two for each that
        changed (its outputs, too); where there is Magnum, one for its
        clusters. Stacks within others come first: which roots changed is
        known when all were seen. Memory: the rows of all stacks.
        """
        rows: list[Row] = []
        for page in self._stacks.pages():
            yield self._told(page, rows)
        try:
            clusters = self._clusters.stacks()
        except Unavailable as exc:
            clusters = {}
            yield ListedPage([], [LeftOut(None, f"clusters: {exc}")])
        families = Families(rows, self._reader.adopted)
        yield from self._roots(_Listing(families, clusters, read))

    def _told(self, page: Page, rows: list[Row]) -> ListedPage:
        """Return the stacks of a page that are no roots, or are gone."""
        asked = Asked(self._stacks.region, page.asked_at)
        told, left_out = [], []
        for item in page.items:
            try:
                reading = Reading.listed(_row(page.asked_at, item))
                gone = reading.facts.says == "gone"
                if gone or reading.facts.details["parent"]:
                    told.append(asked.saw("stack", reading.facts))
                if not gone:
                    rows.append(_row(page.asked_at, item))
            except MALFORMED as exc:
                left_out.append(LeftOut(id_of(item), why(exc)))
        return ListedPage(told, left_out)

    def _roots(self, found: _Listing) -> Iterator[ListedPage]:
        """Yield the roots: those that may have clusters first, so that it
        is known then which of Magnum's stacks are part of them."""
        adopted = self._reader.adopted
        orphans = found.foreign - adopted.keys() - found.read.keys()
        searched = {found.families.row(one).project_id for one in orphans}
        foreign = found.foreign
        yield from self._group(
            [f for f in found.families if f.root.id not in foreign],
            found,
            searched,
        )
        own = foreign - adopted.keys()
        yield from self._group(
            [f for f in found.families if f.root.id in own], found, set()
        )
        yield from self._pages(
            self._adopted(found.families.row(stack_id), adopted[stack_id])
            for stack_id in sorted(foreign & adopted.keys())
        )

    def _group(
        self,
        families: Iterable[Family],
        found: _Listing,
        searched: set[str | None],
    ) -> Iterator[ListedPage]:
        """Yield roots; those that changed, or that may be the one that is
        searched for in a project, with what they are made of."""
        changed, same = [], []
        for family in families:
            root = family.root
            if root.project_id in searched or family.outdates(
                found.read.get(root.id)
            ):
                changed.append(family)
            else:
                same.append(root)
        yield from self._pages(Reading.listed(root) for root in same)
        yield from self._pages(self._read_all(changed, found))

    def _read_all(
        self, families: Sequence[Family], found: _Listing
    ) -> Iterator[Reading]:
        """Read stacks, some at a time. Raises Unavailable if none of some
        can be read: then Heat is away, and waiting for each takes hours."""
        with ThreadPoolExecutor(self._concurrency) as pool:
            for batch in _batches(families):
                readings = list(
                    pool.map(lambda family: self._read(family, found), batch)
                )
                if len(batch) > 1 and all(r.failed for r in readings):
                    raise Unavailable(readings[0].problems[0])
                yield from readings

    def _read(self, family: Family, found: _Listing) -> Reading:
        root = family.root
        try:
            return self._reader.read(
                root,
                family.moving,
                clusters=lambda: found.clusters,
                find=found.find,
                outputs=root.id in found.read,
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

    def _pages(self, readings: Iterable[Reading]) -> Iterator[ListedPage]:
        for batch in _batches(readings):
            sightings = []
            for reading in batch:
                try:
                    sightings.append(reading.sighting(self._stacks.region))
                except Untranslatable as exc:
                    reading.problems.append(str(exc))
            yield ListedPage(
                sightings,
                [
                    LeftOut(reading.id, "; ".join(reading.problems))
                    for reading in batch
                    if reading.problems
                ],
            )

    def look(self, kind: str, resource_id: str) -> Sequence[Sighting]:
        """Return a stack, and its root with all that it is made of.

        Three requests for a root, and one for each stack above another;
        where there is Magnum, one more for its clusters. Raises
        Unavailable.
        """
        region, began = self._stacks.region, self._stacks.now()
        row = self._stacks.row(resource_id)
        if row is None:
            return [Asked(region, began, "look").absent(kind, resource_id)]
        looked_at = self._listed(row)
        if looked_at.facts.says == "gone":
            return [looked_at.sighting(region, "look")]
        clusters = functools.cache(self._clusters.stacks)
        root = self._root(row)
        if root is None:
            return [looked_at.sighting(region, "look")]
        if root.id in clusters().values():
            # Whose it is, if anybody's, is found by the next listing.
            root_reading = self._listed(root)
            root_reading.facts = _without_parent(root_reading.facts)
        else:
            root_reading = self._reader.read(
                root, root.moving, clusters, self._stacks.row, outputs=True
            )
        seen = [root_reading] if root is row else [root_reading, looked_at]
        return [one.sighting(region, "look") for one in seen]

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
        try:
            return Reading.listed(row)
        except MALFORMED as exc:
            raise Unavailable(f"stack {row.id}: {why(exc)}") from None


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
