"""The ledger: observed state within one transaction, in batches."""

from __future__ import annotations

import itertools
import operator
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk import Bulk, columns_of
from concertim_api.db.ledger import rows as records
from concertim_api.db.ledger.tables import changes as changes_table
from concertim_api.db.ledger.tables import observations as observations_table
from concertim_api.db.ledger.tables import periods as periods_table
from concertim_api.db.ledger.tables import resources as resources_table
from concertim_api.db.transactions import Adapter, Transactions
from concertim_api.db.types import from_micros, to_seconds
from concertim_api.domain.ledger.observations import (
    Life,
    Observation,
    ObservationKey,
    Period,
    Ref,
)
from concertim_api.services.ledger.ports import Change, Ledger

T = TypeVar("T")

_o = observations_table.c

_REF = ("pk", "region", "kind", "resource_id")

_CREATE = (
    "region",
    "kind",
    "resource_id",
    "name",
    "shape",
    "details",
    "corrected",
    "generation",
    "updated_at",
)


class Statements:
    """The ledger's statements, made once for a database."""

    def __init__(self, bulk: Bulk) -> None:
        self._of_resources(bulk)
        self._of_observations(bulk)
        self._of_periods(bulk)
        self.cursors = bulk.take("changes")
        self.feed = bulk.insert(list(changes_table.c))

    def _of_resources(self, bulk: Bulk) -> None:
        columns = columns_of(resources_table, (*_REF, *records.LIFE))
        self.lives = bulk.select(
            bulk.names(columns),
            bulk.by_id("resources", "ix_resources_resource_id"),
            "resource_id",
            bulk.lock,
        )
        self.create = bulk.insert_missing(
            columns_of(resources_table, _CREATE),
            key=("region", "kind", "resource_id"),
        )
        # An upsert of stored rows: every database has one for many rows, and
        # none has an UPDATE for them.
        self.save = bulk.insert(columns, key=("pk",), replacing=records.LIFE)

    def _of_observations(self, bulk: Bulk) -> None:
        columns = columns_of(observations_table, records.OBSERVATION)
        key = bulk.name(observations_table.c.key)
        self.receipts = bulk.select(
            f"resource_pk, {key}, received_at", "observations", key
        )
        self.observations = bulk.select(
            bulk.names(columns),
            "observations",
            "resource_pk",
            " ORDER BY resource_pk",
        )
        self.add = bulk.insert(columns)
        self.replace = bulk.insert(
            columns,
            key=records.OBSERVATION[:2],
            replacing=records.OBSERVATION[2:],
        )

    def _of_periods(self, bulk: Bulk) -> None:
        columns = columns_of(periods_table, records.PERIOD)
        key = ("resource_pk", "start_at")
        self.periods = bulk.select(
            bulk.names(columns),
            "periods",
            "resource_pk",
            " ORDER BY resource_pk, start_at",
        )
        self.drop = bulk.delete(columns_of(periods_table, key))
        self.put = bulk.insert(
            columns, key=key, replacing=records.PERIOD_VALUES
        )


class _LockedResource(NamedTuple):
    """A resource as it was stored when it was locked."""

    pk: int
    generation: int
    updated_at: int
    stale: int
    life: Life


class SqlLedgerTransactions(Adapter):
    """``services.ledger.ports.LedgerTransactions`` of a database."""

    def __init__(self, transactions: Transactions, do: Statements) -> None:
        super().__init__(transactions)
        self._do = do

    def write(self, work: Callable[[Ledger], T]) -> T:
        return self._change(lambda c: work(SqlLedger(c, self._do)))


class SqlLedger:
    """``services.ledger.ports.Ledger`` on one connection, for one
    transaction."""

    def __init__(self, connection: Connection, do: Statements) -> None:
        self._connection = connection
        self._do = do
        self._now = time.time_ns() // 1000
        self._locked: dict[Ref, _LockedResource] = {}

    def lives(self, refs: Collection[Ref]) -> dict[Ref, Life]:
        distinct = set(refs)
        records.check_refs(distinct)
        missing = distinct - self._lock(distinct)
        if missing:
            # Every batch locks and creates in the order of ids.
            self._do.create(
                self._connection,
                [
                    (*ref, "", "{}", "{}", 0, 0, self._now)
                    for ref in sorted(missing, key=lambda r: (r.id, r))
                ],
            )
            self._lock(missing)
        return {ref: self._locked[ref].life for ref in distinct}

    def _lock(self, refs: set[Ref]) -> set[Ref]:
        """Lock those of the resources that are stored; return them."""
        locked = {}
        ids = {ref.id for ref in refs}
        for row in self._do.lives(self._connection, ids):
            ref, life = Ref(*row[1:4]), row[4:]
            if ref in refs:
                generation, updated_at, stale = life[-5:-2]
                locked[ref] = _LockedResource(
                    row[0], generation, updated_at, stale, records.life(life)
                )
        self._locked |= locked
        return set(locked)

    def receipts(
        self, ids: Collection[ObservationKey]
    ) -> dict[ObservationKey, datetime]:
        by_pk = {row.pk: ref for ref, row in self._locked.items()}
        keys = {key for _, key in ids}
        return {
            (by_pk[pk], key): from_micros(received_at)
            for pk, key, received_at in self._do.receipts(
                self._connection, keys
            )
            if pk in by_pk
        }

    def add(self, observations: Sequence[Observation]) -> None:
        self._do.add(self._connection, self._rows(observations))

    def replace(self, observations: Sequence[Observation]) -> None:
        self._do.replace(self._connection, self._rows(observations))
        for ref in {o.ref for o in observations}:
            locked = self._locked[ref]
            self._locked[ref] = locked._replace(
                generation=locked.generation + 1
            )

    def _rows(
        self, observations: Sequence[Observation]
    ) -> list[tuple[Any, ...]]:
        return [
            records.observation_row(self._locked[o.ref].pk, o)
            for o in observations
        ]

    def observations(
        self, refs: Collection[Ref], limit: int
    ) -> dict[Ref, list[Observation]]:
        by_pk = {self._locked[ref].pk: ref for ref in refs}
        selected = self._do.observations(self._connection, by_pk, limit + 1)
        rows = [*itertools.islice(selected, limit + 1)]
        last = rows[limit][0] if len(rows) > limit else None
        observations: dict[Ref, list[Observation]] = {}
        for pk, group in itertools.groupby(rows, operator.itemgetter(0)):
            if pk == last:  # of this one and those after it, some lack
                break
            ref = by_pk[pk]
            observations[ref] = [
                records.observation(ref, row) for row in group
            ]
        return observations

    def observed(self, refs: Collection[Ref]) -> dict[Ref, int]:
        by_pk = {self._locked[ref].pk: ref for ref in refs}
        query = (
            sa.select(_o.resource_pk, sa.func.count())
            .where(_o.resource_pk.in_(sorted(by_pk)))
            .group_by(_o.resource_pk)
        )
        counts = dict.fromkeys(refs, 0)
        for pk, count in self._connection.execute(query):
            counts[by_pk[pk]] = count
        return counts

    def archive(self, refs: Collection[Ref], before: datetime) -> None:
        pks = sorted(self._locked[ref].pk for ref in refs)
        for table in (observations_table, periods_table):
            self._connection.execute(
                sa.delete(table).where(table.c.resource_pk.in_(pks))
            )
        self._connection.execute(
            sa.update(resources_table)
            .where(resources_table.c.pk.in_(pks))
            .values(archived_to=before)
        )

    def generation(self, ref: Ref) -> int:
        return self._locked[ref].generation

    def periods(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        periods: dict[Ref, list[Period]] = {ref: [] for ref in refs}
        by_pk = {self._locked[ref].pk: ref for ref in refs}
        for row in self._do.periods(self._connection, by_pk):
            periods[by_pk[row.resource_pk]].append(records.period(row))
        return periods

    def save(self, changes: Sequence[Change]) -> None:
        dump = records.Dump()
        self._do.save(self._connection, self._lives(changes, dump))
        # Dropped rows go first, and periods come in the order of their
        # starts: no row ever has the end of another, not even between two
        # rows of one statement.
        self._do.drop(self._connection, self._drops(changes))
        self._do.put(self._connection, self._puts(changes, dump))
        # Last: the cursors' row stays locked from here to the commit.
        self._publish(changes)

    def _lives(
        self, changes: Sequence[Change], dump: records.Dump
    ) -> list[tuple[Any, ...]]:
        rows = []
        for change in changes:
            ref = change.ref
            pk, generation, updated_at, stale, before = self._locked[ref]
            if change.put or change.drop or records.news(before, change.life):
                generation, updated_at, stale = generation + 1, self._now, 1
            rows.append(
                (
                    pk,
                    *ref,
                    *records.life_row(ref.kind, change.life, dump),
                    generation,
                    updated_at,
                    stale,
                    self._now if change.life.unfinished else None,
                    None,
                )
            )
        return rows

    def _drops(self, changes: Sequence[Change]) -> list[tuple[int, int]]:
        return [
            (self._locked[change.ref].pk, to_seconds(start))
            for change in changes
            for start in change.drop
        ]

    def _puts(
        self, changes: Sequence[Change], dump: records.Dump
    ) -> list[tuple[Any, ...]]:
        return [
            records.period_row(
                self._locked[change.ref].pk, change.ref, period, dump
            )
            for change in changes
            for period in sorted(change.put, key=lambda p: p.start)
        ]

    def _publish(self, changes: Sequence[Change]) -> None:
        entries = [
            (self._locked[change.ref].pk, project_id, to_seconds(change.since))
            for change in changes
            if change.since is not None
            for project_id in sorted(change.projects, key=lambda p: p or "")
        ]
        if not entries:
            return
        last = self._do.cursors(self._connection, len(entries))
        first = last - len(entries) + 1
        self._do.feed(
            self._connection,
            [(n, *entry, self._now) for n, entry in enumerate(entries, first)],
        )
