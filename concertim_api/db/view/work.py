"""The projector's transaction: reads and writes in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk import Bulk, chunks, columns_of
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.ledger.refreshes import RefreshStatements
from concertim_api.db.push import marks
from concertim_api.db.transactions import Adapter, Transactions
from concertim_api.db.view import rows as view_rows
from concertim_api.db.view import tables
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.view.ports import (
    Member,
    Projection,
    Resource,
    RootStack,
    Sibling,
    StoredRow,
    StoredSlot,
    ViewWork,
)

T = TypeVar("T")

_r = ledger.resources.c
_v = tables.view_objects.c
_m = tables.members.c
_counters = ledger.counters.c

#: Kinds that are read by the resources that they belong to.
_OWNED = ("port", "volume", "floating_ip")

_NAMED = ("network", "volume_type")


class ViewStatements:
    """The projector's statements, made once for a database."""

    def __init__(self, bulk: Bulk, refreshes: RefreshStatements) -> None:
        self.lock = bulk.lock
        self.refreshes = refreshes
        self._of_resources(bulk)
        self._of_the_view(bulk)
        self._of_members(bulk)
        columns = columns_of(tables.slots, view_rows.SLOT)
        self.slots = bulk.select(
            bulk.names(columns),
            "slots",
            "device_pk",
            " ORDER BY device_pk, since_at",
        )
        self.put_slots = bulk.insert(
            columns, key=view_rows.SLOT[:3], replacing=view_rows.SLOT[3:]
        )

    def _of_resources(self, bulk: Bulk) -> None:
        columns = bulk.names(columns_of(ledger.resources, view_rows.RESOURCE))
        self.resources = bulk.select(columns, "resources", "resource_id")
        self.belonging = {
            kind: bulk.select(
                columns, "resources", f"kind = '{kind}' AND belongs_to"
            )
            for kind in _OWNED
        }
        self.names = {
            kind: bulk.select(
                bulk.names([_r.region, _r.resource_id, _r.name]),
                "resources",
                f"kind = '{kind}' AND resource_id",
            )
            for kind in _NAMED
        }
        self.owners = bulk.select(
            bulk.names([_r.region, _r.kind, _r.resource_id, _r.belongs_to]),
            "resources",
            "resource_id",
        )
        # As the recorder locks: in one order, nobody waits for the other.
        self.generations = bulk.select(
            bulk.names([_r.pk, _r.generation, *_ref(_r)]),
            bulk.by_id("resources", "ix_resources_resource_id"),
            "resource_id",
            bulk.lock,
        )

    def _of_the_view(self, bulk: Bulk) -> None:
        columns = columns_of(tables.view_objects, view_rows.STORED)
        names = bulk.names(columns)
        self.rows = bulk.select(names, "view_objects", "resource_pk")
        self.rows_of_racks = bulk.select(names, "view_objects", "rack_pk")
        self.siblings = bulk.select(
            "v.resource_pk, v.region, v.kind, v.resource_id, v.project_id, "
            "v.name, r.state",
            "view_objects v JOIN resources r ON r.pk = v.resource_pk",
            "v.noun = 'rack' AND v.project_id",
        )
        self.put = bulk.insert(
            [*columns, _v.updated_at],
            key=("resource_pk",),
            replacing=(*view_rows.STORED[1:], "updated_at"),
        )
        self.drop = bulk.delete([_v.resource_pk])
        self.mark = marks.mark(bulk)

    def _of_members(self, bulk: Bulk) -> None:
        key = columns_of(tables.members, view_rows.MEMBER)
        columns = [*key, _m.is_device]
        self.members_of = bulk.select(
            bulk.names(columns), "members", "rack_pk"
        )
        self.racks_of = bulk.select(
            "m.resource_id, m.kind, m.region, m.rack_pk, m.is_device, "
            "r.region, r.kind, r.resource_id",
            "members m JOIN resources r ON r.pk = m.rack_pk",
            "m.resource_id",
        )
        self.join = bulk.insert(
            columns, key=view_rows.MEMBER, replacing=("is_device",)
        )
        self.leave = bulk.delete(key)


def _ref(columns: Any) -> list[Any]:
    return [columns.region, columns.kind, columns.resource_id]


class SqlProjection(Adapter, Projection):
    """``services.view.ports.Projection`` of a database."""

    def __init__(self, transactions: Transactions, do: ViewStatements) -> None:
        super().__init__(transactions)
        self._do = do

    def is_stale(self) -> bool:
        query = sa.select(_r.pk).where(_r.stale == 1).limit(1)
        return self._row(query) is not None

    def stale(self, refs: Collection[Ref]) -> set[Ref]:
        query = sa.select(_r.region, _r.kind, _r.resource_id).where(
            _r.stale == 1, _r.resource_id.in_(sorted({r.id for r in refs}))
        )
        return {Ref(*row) for row in self._rows(query)}.intersection(refs)

    def project(self, work: Callable[[ViewWork], T]) -> T:
        return self._change(lambda c: work(SqlViewWork(c, self._do)))


class SqlViewWork:
    """``services.view.ports.ViewWork`` on one connection, for one
    transaction."""

    def __init__(self, connection: Connection, do: ViewStatements) -> None:
        self._connection = connection
        self._do = do
        self._now = time.time_ns() // 1000
        self._rules: int = connection.execute(
            sa.select(_counters.value)
            .where(_counters.name == "view")
            .with_for_update()
        ).scalar_one()

    def rules_before(self, rules: int) -> int:
        before, self._rules = self._rules, rules
        if before == rules:
            return before
        self._connection.execute(
            sa.update(ledger.counters)
            .where(_counters.name == "view")
            .values(value=rules)
        )
        self._connection.execute(
            sa.update(ledger.resources).where(_r.stale == 0).values(stale=1)
        )
        return before

    def stale(self, limit: int) -> list[Resource]:
        columns = [_r[name].label(name) for name in view_rows.RESOURCE]
        rows = self._connection.execute(
            sa.select(
                *(sa.type_coerce(c, sa.types.NullType()) for c in columns)
            )
            .where(_r.stale == 1)
            .order_by(_r.updated_at)
            .limit(limit)
        ).all()
        return [view_rows.resource(row) for row in rows]

    def resources(self, refs: Collection[Ref]) -> dict[Ref, Resource]:
        distinct = set(refs)
        rows = self._do.resources(self._connection, {r.id for r in distinct})
        resources = map(view_rows.resource, rows)
        return {r.fact.ref: r for r in resources if r.fact.ref in distinct}

    def belonging(self, kind: str, owners: Collection[Ref]) -> list[Resource]:
        keys = {(ref.region, ref.id) for ref in owners}
        rows = self._do.belonging[kind](
            self._connection, {owner_id for _, owner_id in keys}
        )
        return [
            resource
            for resource in map(view_rows.resource, rows)
            if resource.runs
            and (resource.fact.ref.region, resource.belongs_to) in keys
        ]

    def owners(self, refs: Collection[Ref]) -> dict[Ref, str | None]:
        rows = self._do.owners(self._connection, {ref.id for ref in refs})
        owners = {Ref(*row[:3]): row[3] for row in rows}
        return {ref: owners[ref] for ref in {*refs} & owners.keys()}

    def names(self, kind: str, ids: Collection[str]) -> dict[Ref, str]:
        rows = self._do.names[kind](self._connection, set(ids))
        return {
            Ref(region, kind, resource_id): name
            for region, resource_id, name in rows
            if name
        }

    def racks_of(self, refs: Collection[Ref]) -> list[tuple[Member, Ref]]:
        distinct = set(refs)
        rows = self._do.racks_of(self._connection, {r.id for r in distinct})
        pairs = [(view_rows.member(row), Ref(*row[5:])) for row in rows]
        return [pair for pair in pairs if pair[0].ref in distinct]

    def members_of(self, racks: Collection[int]) -> list[Member]:
        rows = self._do.members_of(self._connection, set(racks))
        return [view_rows.member(row) for row in rows]

    def roots(self, projects: Collection[str]) -> list[RootStack]:
        rows = self._connection.execute(
            sa.select(
                *_ref(_r),
                _r.project_id,
                _r.start_at.is_not(None) & _r.ended.is_(None),
                _v.resource_pk.is_not(None),
            )
            .join_from(
                ledger.resources,
                tables.view_objects,
                _v.resource_pk == _r.pk,
                isouter=True,
            )
            .where(
                _r.kind == "stack",
                _r.project_id.in_(sorted(projects)),
                sa.func.coalesce(_r.belongs_to, "") == "",
            )
            .order_by(_r.pk)
        )
        return [
            RootStack(Ref(*row[:3]), row[3], bool(row[4]), bool(row[5]))
            for row in rows
        ]

    def rows(self, pks: Collection[int]) -> list[StoredRow]:
        rows = self._do.rows(self._connection, set(pks))
        return [view_rows.stored(row) for row in rows]

    def rows_of_racks(self, racks: Collection[int]) -> list[StoredRow]:
        rows = self._do.rows_of_racks(self._connection, set(racks))
        return [view_rows.stored(row) for row in rows]

    def siblings(self, projects: Collection[str]) -> list[Sibling]:
        rows = self._do.siblings(self._connection, set(projects))
        return [Sibling(row[0], Ref(*row[1:4]), *row[4:]) for row in rows]

    def slots(self, pks: Collection[int]) -> list[StoredSlot]:
        rows = self._do.slots(self._connection, set(pks))
        return [view_rows.slot(row) for row in rows]

    def put(self, rows: Sequence[StoredRow]) -> None:
        self._do.put(
            self._connection,
            [view_rows.stored_row(row, self._now) for row in rows],
        )
        self._do.mark(self._connection, marks.rows(rows, self._now))

    def drop(self, pks: Collection[int]) -> None:
        self._do.drop(self._connection, [(pk,) for pk in sorted(pks)])
        marks.unmark(self._connection, pks, self._now)

    def put_slots(self, slots: Sequence[StoredSlot]) -> None:
        self._do.put_slots(
            self._connection, [view_rows.slot_row(slot) for slot in slots]
        )

    def join(self, members: Collection[Member]) -> None:
        self._do.join(
            self._connection,
            [(*view_rows.member_key(m), int(m[2])) for m in members],
        )

    def leave(self, members: Collection[Member]) -> None:
        self._do.leave(
            self._connection, [view_rows.member_key(m) for m in members]
        )

    def ask(self, moments: Mapping[Ref, datetime], now: datetime) -> int:
        return self._do.refreshes.ask(self._connection, moments, now)

    def settle(
        self, projected: Collection[Resource], outdated: Collection[Ref]
    ) -> None:
        generations = {
            resource.pk: resource.generation for resource in projected
        }
        ids = {resource.fact.ref.id for resource in projected}
        ids.update(ref.id for ref in outdated)
        if not ids:
            return
        rows = list(self._do.generations(self._connection, ids))
        stale = {pk for pk, _, *ref in rows if Ref(*ref) in outdated}
        unchanged = {pk for pk, n, *_ in rows if generations.get(pk) == n}
        self._mark(stale, 1)
        self._mark(unchanged - stale, 0)

    def _mark(self, pks: Collection[int], stale: int) -> None:
        for chunk in chunks(pks):
            self._connection.execute(
                sa.update(ledger.resources)
                .where(_r.pk.in_(chunk))
                .values(stale=stale)
            )
