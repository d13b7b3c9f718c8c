"""Marks: what the projector writes of bindings, so that they are due."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk import Bulk, chunks, columns_of
from concertim_api.db.push.tables import KEY, PLACE, bindings
from concertim_api.db.types import from_micros
from concertim_api.db.view.tables import view_objects
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.push.frontend import NOUNS
from concertim_api.services.view.ports import StoredRow

#: What the projector fills, and what it replaces.
MARKED = (*PLACE, "generation", "state", "due_at")
MARK = (*KEY, *MARKED, "held", "pushed_generation", "attempts")


def rows(stored: Iterable[StoredRow], now: int) -> list[tuple[Any, ...]]:
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
        **{name: view.c[name] for name in (*KEY, *PLACE)},
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


def due(noun: str, refs: Collection[Ref]) -> sa.Update:
    """Return the statement that makes things due that the view shows as
    before: what the front end shows beside it has changed."""
    now = time.time_ns() // 1000
    key = sa.tuple_(bindings.c.resource_id, bindings.c.region)
    return (
        sa.update(bindings)
        .where(
            bindings.c.noun == noun,
            key.in_([(ref.id, ref.region) for ref in refs]),
        )
        .values(
            generation=now,
            state="waiting",
            due_at=from_micros(now),
            attempts=0,
        )
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
