"""Rows of the table of bindings, made from bindings, and read back."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk import Bulk, chunks, columns_of
from concertim_api.db.push.tables import bindings
from concertim_api.db.types import Micros, from_micros, to_micros
from concertim_api.db.view.tables import view_objects
from concertim_api.domain import storable
from concertim_api.services.push.frontend import NOUNS
from concertim_api.services.push.ports import Binding, BindingKey
from concertim_api.services.view.ports import StoredRow

#: The columns of a BindingKey.
KEY = ("resource_id", "noun", "region")

_PLACE = ("name", "resource_pk", "rack_id")

#: What ``save`` replaces; the last three unless they changed meanwhile.
SAVED = (
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

ALL = (*KEY, *_PLACE, *SAVED)

#: What ``save_survey`` replaces.
SURVEYED = ("template_id", "foreign_id", "held", "state", "due_at")

#: What the projector fills, and what it replaces.
MARKED = (*_PLACE, "generation", "state", "due_at")
MARK = (*KEY, *MARKED, "held", "pushed_generation", "attempts")

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


#: All columns as ``binding`` expects them, first in a row.
LABELLED = tuple(
    sa.type_coerce(bindings.c[name], sa.types.NullType()).label(f"b_{name}")
    for name in ALL
)


def binding(row: Any) -> Binding:
    """Return the binding of a row that begins with all columns."""
    resource_id, noun, region, *rest = row[: len(ALL)]
    values = dict(zip(ALL[len(KEY) :], rest, strict=True))
    values["actual"] = orjson.loads(values.pop("held"))
    for moment in ("due_at", "pushed_at"):
        values[moment] = Micros.moments[values[moment]]
    return Binding(key=BindingKey(noun, region, resource_id), **values)


def row(
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
        *key_of(binding.key),
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


def key_of(key: BindingKey) -> tuple[str, str, str]:
    return key.id, key.noun, key.region


def now() -> int:
    """Return the moment in microseconds."""
    return time.time_ns() // 1000


def marks(stored: Iterable[StoredRow], now: int) -> list[tuple[Any, ...]]:
    """Return rows of ``MARK`` for what the projector wrote.

    They are in the order in which every writer locks them.
    """
    fixed = (now, "waiting", now, "{}", 0, 0)
    return sorted(
        (row.id, row.noun, row.region, row.name, pk, row.rack_id, *fixed)
        for pk, _, _, row in stored
        if row.noun in NOUNS
    )


def missing(now: int) -> Any:
    """Return the statement that makes the bindings that the view lacks: an
    older release made none."""
    moment = sa.literal(now, sa.BigInteger)
    view = view_objects
    values = {
        **{name: view.c[name] for name in (*KEY, *_PLACE)},
        "rack_id": sa.case((view.c.noun == "device", view.c.rack_id)),
        "generation": moment,
        "state": sa.literal("waiting"),
        "due_at": moment,
        "held": sa.literal("{}"),
        "pushed_generation": sa.literal_column("0"),
        "attempts": sa.literal_column("0"),
    }
    is_same = sa.and_(*(bindings.c[name] == view.c[name] for name in KEY))
    unbound = (
        sa.select(*(values[name].label(name) for name in MARK))
        .where(view.c.noun.in_(NOUNS))
        .where(~sa.exists().where(is_same))
    )
    return sa.insert(bindings).from_select(MARK, unbound)


def mark(bulk: Bulk) -> Any:
    """Return the statement by which the projector makes bindings due."""
    return bulk.insert(
        columns_of(bindings, MARK),
        key=KEY,
        replacing=MARKED,
    )


def unmark(connection: Connection, pks: Collection[int], now: int) -> None:
    """Make due what the view dropped, a chunk of keys at a time."""
    for chunk in chunks(pks):
        connection.execute(
            sa.update(bindings)
            .where(bindings.c.resource_pk.in_(chunk))
            .values(
                generation=now,
                state="waiting",
                due_at=from_micros(now),
            )
        )
