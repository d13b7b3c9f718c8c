"""Bindings: what the front end holds of the view."""

from __future__ import annotations

import operator
import time
from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from typing import Any, Literal

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.bulk import Bulk, chunks, columns_of
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.listing import Condition
from concertim_api.db.push import marks, tables
from concertim_api.db.push.tables import KEY, PLACE
from concertim_api.db.transactions import Adapter, Transactions
from concertim_api.db.types import Micros, from_micros, to_micros
from concertim_api.db.view import tables as view
from concertim_api.db.view.queries import ROW
from concertim_api.domain import storable
from concertim_api.domain.errors import NotFound
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.push.ports import (
    Binding,
    BindingKey,
    Bindings,
    BoundResource,
    DueBinding,
    PushState,
)

_b = tables.bindings.c
_v = view.view_objects.c
_r = ledger.resources.c

#: What ``save`` replaces; the last three unless they changed meanwhile.
_SAVED = (
    "template_id",
    "foreign_id",
    "held",
    "pushed_generation",
    "attempts",
    "error",
    "pushed_at",
    "generation",
    "state",
    "due_at",
)

_ALL = (*KEY, *PLACE, *_SAVED)

#: What ``save_survey`` replaces.
_SURVEYED = ("template_id", "foreign_id", "held", "state", "due_at")

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z

#: All columns as ``_binding`` expects them, first in a row.
_LABELLED = tuple(
    sa.type_coerce(_b[name], sa.types.NullType()).label(f"b_{name}")
    for name in _ALL
)

#: The labels are those of PushRow.
_PUSH_ROW = (
    _b.pk.label("id"),
    _b.noun,
    _b.region,
    _b.resource_id,
    _b.name,
    _b.foreign_id,
    _b.state,
    _b.attempts,
    _b.error,
    _b.due_at,
    _b.pushed_at,
)

_FIELDS = lists.fields(_PUSH_ROW, but=("error",))

_rack = ledger.resources.alias("rack")

_WITH_VIEW = (
    tables.bindings.join(
        view.view_objects,
        sa.and_(_v.resource_pk == _b.resource_pk, _v.noun == _b.noun),
        isouter=True,
    )
    .join(ledger.resources, _r.pk == _b.resource_pk, isouter=True)
    .join(
        _rack,
        sa.and_(
            _rack.c.region == _b.region,
            _rack.c.kind == "stack",
            _rack.c.resource_id == _b.rack_id,
        ),
        isouter=True,
    )
)

#: Whether the ledger knows that a resource is gone, or its rack.
_ENDED = sa.or_(_r.ended.is_not(None), _rack.c.ended.is_not(None))

#: The key of the order in which every writer locks rows.
_in_order = operator.itemgetter(slice(len(KEY)))

#: Rows that are read at once, where all of them are.
_MANY = 1000

#: noun -> kinds of resources that are shown as it.
_KINDS = {
    "template": ("flavor",),
    "rack": ("stack",),
    "device": ("instance", "volume", "network"),
}

#: States that a person, or the passing of time, can change.
_WAITING = ("failing", "refused", "kept")

_UNPUSHED: tuple[PushState, ...] = ("waiting", "failing", "refused", "kept")


class BindingStatements:
    """The statements of bindings, made once for a database."""

    def __init__(self, bulk: Bulk) -> None:
        columns = columns_of(tables.bindings, _ALL)
        key = columns_of(tables.bindings, KEY)
        names = bulk.names(columns)
        table = bulk.by_id("bindings", "uq_bindings_resource_id_noun_region")
        self.by_id = bulk.select(names, "bindings", "resource_id")
        self.latest = bulk.select(
            bulk.names([*key, _b.generation, _b.state, _b.due_at]),
            table,
            "resource_id",
            bulk.lock,
        )
        self.save = bulk.insert(columns, key=KEY, replacing=_SAVED)
        self.survey = bulk.insert(columns, key=KEY, replacing=_SURVEYED)
        self.drop = bulk.delete(key)
        self.resources = bulk.select(
            "r.resource_id, r.kind, r.pk, v.resource_pk, r.ended",
            "resources r LEFT JOIN view_objects v ON v.resource_pk = r.pk",
            "r.resource_id",
        )


class SqlBindings(Adapter, Bindings):
    """``Bindings``, ``PushList`` and ``PushBacklog`` of
    ``services.push.ports``."""

    def __init__(self, transactions: Transactions, bulk: Bulk) -> None:
        super().__init__(transactions)
        self._statements = BindingStatements(bulk)

    def is_due(self, now: datetime) -> bool:
        query = sa.select(_b.pk).where(_b.due_at <= now).limit(1)
        return self._row(query) is not None

    def due_since(self, now: datetime) -> datetime | None:
        oldest = sa.select(_b.due_at).where(_b.due_at <= now)
        row = self._row(oldest.order_by(_b.due_at).limit(1))
        return None if row is None else row[0]

    def due(self, now: datetime, limit: int) -> list[DueBinding]:
        # Of one moment, templates come before racks, and racks before
        # devices. So what an object needs is never in a later batch.
        query = (
            sa.select(
                *_LABELLED,
                _ENDED.label("_ended"),
                _v.resource_pk.is_not(None).label("_shown"),
                *ROW,
            )
            .select_from(_WITH_VIEW)
            .where(_b.due_at <= now)
            .order_by(_b.due_at, _b.noun.desc(), _b.pk)
            .limit(limit)
        )
        return [
            DueBinding(
                _binding(row),
                row if row._mapping["_shown"] else None,
                bool(row._mapping["_ended"]),
            )
            for row in self._rows(query)
        ]

    def resolve(
        self, keys: Collection[BindingKey]
    ) -> dict[BindingKey, BoundResource]:
        keys_by_kind = {
            (kind, key.id): key for key in keys for kind in _KINDS[key.noun]
        }
        ids = {key.id for key in keys}
        resources = self._read(lambda c: [*self._statements.resources(c, ids)])
        return {
            keys_by_kind[kind, resource_id]: BoundResource(
                pk, view_pk is not None, ended is not None
            )
            for resource_id, kind, pk, view_pk, ended in resources
            if (kind, resource_id) in keys_by_kind
        }

    def by_key(
        self, keys: Collection[BindingKey]
    ) -> dict[BindingKey, Binding]:
        ids = {key.id for key in keys}
        page = self._read(lambda c: [*self._statements.by_id(c, ids)])
        bindings = {binding.key: binding for binding in map(_binding, page)}
        return {key: bindings[key] for key in keys if key in bindings}

    def unconfirmed(self) -> list[Binding]:
        query = (
            sa.select(*_LABELLED)
            .select_from(_WITH_VIEW)
            .where(
                _b.due_at.is_not(None),
                _b.foreign_id.is_not(None),
                _v.resource_pk.is_(None),
                sa.not_(_ENDED),
            )
        )
        return [_binding(row) for row in self._rows(query)]

    def counts(self) -> Mapping[str, int]:
        query = (
            sa.select(_b.noun, sa.func.count())
            .where(_b.foreign_id.is_not(None))
            .group_by(_b.noun)
        )
        return {noun: count for noun, count in self._rows(query)}

    def troubled(self) -> int:
        query = sa.select(sa.func.count()).where(
            _b.state.in_(("failing", "refused"))
        )
        return int(self._row(query)[0])

    def unpushed(self) -> Mapping[PushState, int]:
        query = (
            sa.select(_b.state, sa.func.count())
            .where(_b.state.in_(_UNPUSHED))
            .group_by(_b.state)
        )
        return dict.fromkeys(_UNPUSHED, 0) | {
            state: number for state, number in self._rows(query)
        }

    def in_use(
        self, column: Literal["rack_id", "template_id"], ids: Collection[str]
    ) -> set[tuple[str, str]]:
        used: set[tuple[str, str]] = set()
        for chunk in chunks(ids):
            query = (
                sa.select(_b.region, _b[column])
                .distinct()
                .where(_b[column].in_(chunk), _b.foreign_id.is_not(None))
            )
            used.update((region, name) for region, name in self._rows(query))
        return used

    def templates(self) -> list[Binding]:
        query = sa.select(*_LABELLED).where(_b.noun == "template")
        return [_binding(row) for row in self._rows(query)]

    def present(self) -> Iterator[Binding]:
        last = 0
        while True:
            query = (
                sa.select(*_LABELLED, _b.pk.label("_pk"))
                .where(_b.pk > last, _b.foreign_id.is_not(None))
                .order_by(_b.pk)
                .limit(_MANY)
            )
            page = self._rows(query)
            yield from map(_binding, page)
            if len(page) < _MANY:
                return
            last = page[-1]._mapping["_pk"]

    def save(
        self, kept: Iterable[Binding], dropped: Iterable[Binding] = ()
    ) -> None:
        keep, drop = list(kept), list(dropped)
        if keep or drop:
            self._change(lambda c: self._save(c, keep, drop))

    def _save(
        self, c: Connection, keep: Sequence[Binding], drop: Sequence[Binding]
    ) -> None:
        ids = {binding.key.id for binding in (*keep, *drop)}
        latest = {
            BindingKey(noun, region, resource_id): values
            for resource_id, noun, region, *values in self._statements.latest(
                c, ids
            )
        }

        def is_changed(binding: Binding) -> bool:
            generation, *_ = latest.get(binding.key, (binding.generation,))
            return bool(generation != binding.generation)

        changed = [binding for binding in drop if is_changed(binding)]
        kept = [_row_of(b, latest.get(b.key)) for b in (*keep, *changed)]
        self._statements.save(c, sorted(kept, key=_in_order))
        self._drop(c, [b for b in drop if b not in changed])

    def save_survey(
        self, kept: Sequence[Binding], dropped: Sequence[Binding]
    ) -> None:
        self._change(lambda c: self._save_survey(c, kept, dropped))

    def _save_survey(
        self,
        c: Connection,
        kept: Sequence[Binding],
        dropped: Sequence[Binding],
    ) -> None:
        self._drop(c, dropped)
        values = sorted(map(_row_of, kept), key=_in_order)
        self._statements.survey(c, values)
        now = time.time_ns() // 1000
        c.execute(marks.missing(now))
        c.execute(
            sa.update(tables.bindings)
            .where(_b.state.in_(("pushed", "kept")))
            .values(due_at=from_micros(now), state="waiting")
        )

    def _drop(self, c: Connection, dropped: Iterable[Binding]) -> None:
        for keys in chunks(_key_of(binding.key) for binding in dropped):
            self._statements.drop(c, keys)

    def wake(self, racks: Collection[str], now: datetime) -> int:
        if not racks:
            return 0
        update = (
            sa.update(tables.bindings)
            .where(
                _b.rack_id.in_(sorted(racks)),
                _b.noun == "device",
                _b.foreign_id.is_(None),
                _b.due_at > now,
            )
            .values(due_at=now)
        )
        return self._run(update)

    def retry(self, now: datetime, push_id: int | None = None) -> int:
        condition: Condition = _b.state.in_(_WAITING)
        if push_id is not None:
            self.push(push_id)
            condition = _b.pk == push_id
        is_quiet = _b.state.in_(("pushed", "kept"))
        update = (
            sa.update(tables.bindings)
            .where(condition)
            .values(
                due_at=now,
                state=sa.case((is_quiet, "waiting"), else_=_b.state),
            )
        )
        return self._run(update)

    def pushes(self, listing: Listing) -> Page:
        query = sa.select(*_PUSH_ROW).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        order = lists.order(listing.sort, {"id": _b.pk}, ("id", False), _b.pk)
        return self._read(lambda c: lists.page(c, query, listing, order))

    def push(self, push_id: int) -> Any:
        row = self._row(sa.select(*_PUSH_ROW).where(_b.pk == push_id))
        if row is None:
            raise NotFound(f"Push {push_id} not found.")
        return row


def _binding(row: Any) -> Binding:
    """Return the binding of a row that begins with all columns."""
    resource_id, noun, region, *rest = row[: len(_ALL)]
    values = dict(zip(_ALL[len(KEY) :], rest, strict=True))
    values["actual"] = orjson.loads(values.pop("held"))
    for moment in ("due_at", "pushed_at"):
        values[moment] = Micros.moments[values[moment]]
    return Binding(key=BindingKey(noun, region, resource_id), **values)


def _row_of(
    binding: Binding, latest: Sequence[Any] | None = None
) -> tuple[Any, ...]:
    """Return a row of all columns.

    ``latest``: the generation, state and moment when it is due, as stored
    now. If the view changed since the binding was read, these stay.
    """
    if latest is None or latest[0] == binding.generation:
        due_at = None if binding.due_at is None else to_micros(binding.due_at)
        latest = (binding.generation, binding.state, due_at)
    pushed_at = binding.pushed_at and to_micros(binding.pushed_at)
    error = binding.error and storable.text(binding.error)[:2000]
    return (
        *_key_of(binding.key),
        binding.name[:255],
        binding.resource_pk,
        binding.rack_id,
        binding.template_id,
        binding.foreign_id,
        orjson.dumps(binding.actual, option=_OPTIONS).decode(),
        binding.pushed_generation,
        binding.attempts,
        error,
        pushed_at,
        *latest,
    )


def _key_of(key: BindingKey) -> tuple[str, str, str]:
    return key.id, key.noun, key.region
