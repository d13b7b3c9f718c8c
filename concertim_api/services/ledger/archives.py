"""Archives: resources that ended long ago leave the ledger for a file.

A resource goes whole: its periods are a function of all its observations, so
a part of them would mean something else. Its row stays, and says that it is
archived. What would need more of it is refused, and never answered wrongly.
"""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from concertim_api.domain import errors
from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.ledger.ports import (
    ArchiveQueue,
    ArchiveReader,
    EndedResource,
    Ledger,
    LedgerTransactions,
    ResourceRow,
)

#: Resources that are looked at together, at most.
RESOURCES = 500

#: Observations that are read together, at most, unless one resource has more.
OBSERVATIONS = 10_000

#: Entries of the feed that a transaction removes, at most.
ENTRIES = 10_000


class Archived(errors.Gone):
    """What is asked for is in a file, and no more in the ledger."""


def check_archive(
    reader: ArchiveReader, moment: datetime | None
) -> datetime | None:
    """Return the moment from which on the ledger is complete; None: always.

    1 statement. Raises Archived if that is later than a moment. None: no
    moment is asked for, and nothing is raised.
    """
    before = reader.archived_before()
    check_moment(before, moment)
    return before


def check_moment(before: datetime | None, moment: datetime | None) -> None:
    """Raise Archived if the ledger is complete from a later moment on."""
    if before is not None and moment is not None and moment < before:
        raise Archived(
            f"What ended before {before:%Y-%m-%dT%H:%M:%SZ} is archived. Ask "
            "from that moment on, or have an operator replay the archive."
        )


def check_row(row: ResourceRow) -> None:
    """Raise Archived if a resource is."""
    if row.archived_to is not None:
        raise archived(Ref(row.region, row.kind, row.id))


def archived(ref: Ref) -> Archived:
    """Return the error of a resource that is archived."""
    return Archived(
        f"{ref.kind} {ref.id} of {ref.region} is archived. Have an operator "
        "replay the archive first."
    )


@dc.dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody who still needs resources that have ended.

    A use case that does offers it by a function ``keepers(built)`` in its
    module, which yields keepers. ``built`` is what ``bootstrap.Services`` is.
    ``reason``: why they must stay, for the report. ``needed`` returns those
    of some resources that must, by 1 statement; all ended before a moment,
    and the ledger is complete only from then on if one of them goes.
    """

    reason: str
    needed: Callable[[Collection[Ref], datetime], Collection[Ref]]


@dc.dataclass(slots=True)
class ArchiveCounts:
    """What an archive took out of the ledger; ``kept`` counts resources by
    the reason why they had to stay."""

    resources: int = 0
    observations: int = 0
    entries: int = 0
    kept: collections.Counter[str] = dc.field(
        default_factory=collections.Counter
    )


#: Writes records to a place from which they can't be lost any more.
Write = Callable[[Sequence[ArchiveRecord]], None]


@dc.dataclass(frozen=True, slots=True)
class Archiver:
    """Moves resources that ended before a moment into a file.

    Wherever it is killed, each resource is in the file, in the ledger, or in
    both; the next run goes on.
    """

    queue: ArchiveQueue
    transactions: LedgerTransactions
    keepers: Sequence[Keeper] = ()

    def run(
        self,
        before: datetime,
        write: Write | None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> ArchiveCounts:
        """Archive what ended before a moment, and was not heard of since;
        remove the entries of the feed that are older. Without ``write`` all
        stays as it is: the counts are those of a run now.

        Statements: for each 500 resources 1, and 1 for each keeper; for each
        10,000 observations 6; for each 10,000 entries 1. Rows: all rows of
        resources once, and what is archived. ``progress`` is called with the
        number of resources looked at.
        """
        counts = ArchiveCounts()
        for ended in self._pages(before):
            for batch in _batches(self._free(ended, before, counts)):
                if write is not None:
                    batch = self._move(batch, before, write)
                counts.resources += len(batch)
                counts.observations += sum(r.observed for r in batch)
            progress(len(ended))
        counts.entries = self._clear_feed(before, is_real=write is not None)
        return counts

    def _pages(self, before: datetime) -> Iterator[list[EndedResource]]:
        pk = 0
        while page := self.queue.ended(before, pk, RESOURCES):
            yield page
            pk = page[-1].pk

    def _free(
        self,
        ended: Sequence[EndedResource],
        before: datetime,
        counts: ArchiveCounts,
    ) -> list[EndedResource]:
        """Return the resources that nobody needs; count the others."""
        refs = {resource.ref for resource in ended}
        for keeper in self.keepers:
            needed = refs and refs.intersection(keeper.needed(refs, before))
            refs = refs.difference(needed)
            counts.kept[keeper.reason] += len(needed)
        return [resource for resource in ended if resource.ref in refs]

    def _move(
        self,
        batch: Sequence[EndedResource],
        before: datetime,
        write: Write,
    ) -> list[EndedResource]:
        """Write the resources, then remove them; return those that nothing
        changed meanwhile."""
        generations = {r.ref: r.generation for r in batch}
        records = [
            ArchiveRecord(ref, generations[ref], observations)
            for ref, observations in self.queue.histories(generations).items()
        ]
        write(records)

        def work(ledger: Ledger) -> set[Ref]:
            ledger.lives(generations)
            observed = ledger.observed(generations)
            unchanged = {
                record.ref
                for record in records
                if ledger.generation(record.ref) == record.generation
                and observed[record.ref] == len(record.observations)
            }
            ledger.archive(unchanged, before)
            return unchanged

        archived = self.transactions.write(work)
        return [resource for resource in batch if resource.ref in archived]

    def _clear_feed(self, before: datetime, *, is_real: bool) -> int:
        first, last = self.queue.old_entries(before)
        if is_real:
            for cursor in range(first, last, ENTRIES):
                self.queue.drop_entries(min(cursor + ENTRIES, last))
        return last - first


def _batches(
    resources: Sequence[EndedResource],
) -> Iterator[list[EndedResource]]:
    """Yield resources, together as many as have 10,000 observations."""
    batch: list[EndedResource] = []
    total = 0
    for resource in resources:
        if batch and total + resource.observed > OBSERVATIONS:
            yield batch
            batch, total = [], 0
        batch.append(resource)
        total += resource.observed
    if batch:
        yield batch
