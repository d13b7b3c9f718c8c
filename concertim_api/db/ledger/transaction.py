"""The ledger: observed state inside one transaction, in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import transactions
from concertim_api.db.bulk.base import Bulk
from concertim_api.db.ledger import rows as records
from concertim_api.db.ledger.tables import changes as changes_table
from concertim_api.db.ledger.tables import observations as observations_table
from concertim_api.db.ledger.tables import periods as periods_table
from concertim_api.db.ledger.tables import resources as resources_table
from concertim_api.db.types import to_seconds
from concertim_api.domain.ledger.observations import (
    Life,
    Observation,
    Period,
    Ref,
)
from concertim_api.services.ledger.ports import Change, Ledger

T = TypeVar("T")

_WHICH = ("pk", "region", "kind", "resource_id")

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
        lives = _columns(resources_table, (*_WHICH, *records.LIFE))
        self.lives = bulk.select(
            bulk.names(lives),
            bulk.by_id("resources", "ix_resources_resource_id"),
            "resource_id",
            bulk.lock,
        )
        self.create = bulk.insert_missing(
            _columns(resources_table, _CREATE),
            key=("region", "kind", "resource_id"),
        )
        # An upsert of rows that are there: each database does it in one
        # statement, as none does an UPDATE of many rows.
        self.save = bulk.insert(lives, key=("pk",), replacing=records.LIFE)

    def _of_observations(self, bulk: Bulk) -> None:
        told = _columns(observations_table, records.OBSERVATION)
        key = bulk.name(observations_table.c.key)
        self.known = bulk.select(key, "observations", key)
        self.add = bulk.insert(told)
        self.observations = bulk.select(
            bulk.names(told), "observations", "resource_pk"
        )

    def _of_periods(self, bulk: Bulk) -> None:
        held = _columns(periods_table, records.PERIOD)
        key = ("resource_pk", "start_at")
        self.periods = bulk.select(
            bulk.names(held),
            "periods",
            "resource_pk",
            " ORDER BY resource_pk, start_at",
        )
        self.drop = bulk.delete(_columns(periods_table, key))
        self.put = bulk.insert(held, key=key, replacing=records.PERIOD_VALUES)


def _columns(table: sa.Table, names: Iterable[str]) -> list[Any]:
    return [table.c[name] for name in names]


class _Held(NamedTuple):
    """What was stored of a resource when it was locked."""

    pk: int
    generation: int
    updated_at: int
    stale: int
    life: Life


class SqlLedgerTransactions:
    """``services.ledger.ports.LedgerTransactions`` of a database."""

    def __init__(self, do: Statements, change: transactions.Change) -> None:
        self._do = do
        self._change = change

    def write(self, work: Callable[[Ledger], T]) -> T:
        return self._change(lambda c: work(SqlLedger(c, self._do)))


class SqlLedger:
    """``services.ledger.ports.Ledger`` on one connection, for one
    transaction."""

    def __init__(self, connection: Connection, do: Statements) -> None:
        self._connection = connection
        self._do = do
        self._now = time.time_ns() // 1000
        self._held: dict[Ref, _Held] = {}
        self._periods: dict[Ref, list[Period]] = {}

    def lives(self, refs: Collection[Ref]) -> dict[Ref, Life]:
        wanted = set(refs)
        records.check_refs(wanted)
        missing = wanted - self._lock(wanted)
        if missing:
            # All batches lock and create in the order of ids.
            self._do.create(
                self._connection,
                [
                    (*ref, "", "{}", "{}", 0, 0, self._now)
                    for ref in sorted(missing, key=lambda r: (r.id, r))
                ],
            )
            self._lock(missing)
        return {ref: self._held[ref].life for ref in wanted}

    def _lock(self, refs: set[Ref]) -> set[Ref]:
        found = set()
        ids = {ref.id for ref in refs}
        for pk, region, kind, name, *life in self._do.lives(
            self._connection, ids
        ):
            ref = Ref(region, kind, name)
            if ref in refs:
                found.add(ref)
                generation, updated_at, stale = life[-3:]
                self._held[ref] = _Held(
                    pk, generation, updated_at, stale, records.life(life)
                )
        return found

    def known(self, keys: Collection[str]) -> set[str]:
        return {key for (key,) in self._do.known(self._connection, keys)}

    def add(self, observations: Sequence[Observation]) -> None:
        self._do.add(
            self._connection,
            [
                records.observation_row(
                    self._held[observation.ref].pk, observation, self._now
                )
                for observation in observations
            ],
        )

    def observations(
        self, refs: Collection[Ref]
    ) -> dict[Ref, list[Observation]]:
        found: dict[Ref, list[Observation]] = {ref: [] for ref in refs}
        by_pk = {self._held[ref].pk: ref for ref in refs}
        for row in self._do.observations(self._connection, by_pk):
            ref = by_pk[row.resource_pk]
            found[ref].append(records.observation(ref, row))
        return found

    def periods(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        found: dict[Ref, list[Period]] = {ref: [] for ref in refs}
        by_pk = {self._held[ref].pk: ref for ref in refs}
        for row in self._do.periods(self._connection, by_pk):
            found[by_pk[row.resource_pk]].append(records.period(row))
        self._periods.update(found)
        return found

    def save(self, changes: Sequence[Change]) -> None:
        dump = records.Dump()
        if changes:
            self._run(self._do.save, self._lives(changes, dump))
        # What is dropped goes first, and periods come in the order of their
        # starts: then no row ever has the end of another, not even between
        # two rows of one statement.
        self._run(self._do.drop, self._drops(changes))
        self._run(self._do.put, self._puts(changes, dump))
        # Last: the cursors' row stays locked from here to the commit.
        self._publish(changes)

    def _run(
        self, statement: Callable[..., None], rows: Sequence[Any]
    ) -> None:
        if rows:
            statement(self._connection, rows)

    def _lives(
        self, changes: Sequence[Change], dump: records.Dump
    ) -> list[tuple[Any, ...]]:
        rows = []
        for change in changes:
            pk, generation, updated_at, stale, before = self._held[change.ref]
            if change.put or change.drop or records.news(before, change.life):
                generation, updated_at, stale = generation + 1, self._now, 1
            rows.append(
                (
                    pk,
                    *change.ref,
                    *records.life_row(change.ref.kind, change.life, dump),
                    generation,
                    updated_at,
                    stale,
                )
            )
        return rows

    def _drops(self, changes: Sequence[Change]) -> list[tuple[int, int]]:
        return [
            (self._held[change.ref].pk, to_seconds(start))
            for change in changes
            for start in change.drop
        ]

    def _puts(
        self, changes: Sequence[Change], dump: records.Dump
    ) -> list[tuple[Any, ...]]:
        return [
            records.period_row(
                self._held[change.ref].pk, change.ref, period, dump
            )
            for change in changes
            for period in sorted(change.put, key=lambda p: p.start)
        ]

    def _publish(self, changes: Sequence[Change]) -> None:
        entries = [
            (self._held[change.ref].pk, project_id, to_seconds(change.since))
            for change in changes
            if change.since is not None
            for project_id in self._concerned(change)
        ]
        if not entries:
            return
        last = self._do.cursors(self._connection, len(entries))
        first = last - len(entries) + 1
        self._do.feed(
            self._connection,
            [(n, *entry, self._now) for n, entry in enumerate(entries, first)],
        )

    def _concerned(self, change: Change) -> list[str | None]:
        """Return the projects of the periods that changed, those of before
        and those of now: a transfer concerns both."""
        latest = self._held[change.ref].life.latest
        stored = self._periods.get(change.ref) or ([latest] if latest else [])
        touched = {period.start for period in change.put}.union(change.drop)
        projects = {period.project_id for period in change.put}.union(
            period.project_id for period in stored if period.start in touched
        )
        return sorted(projects, key=lambda p: p or "")
