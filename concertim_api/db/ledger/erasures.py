"""Taking the names of persons out of what is stored."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.ledger import tables
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import as_json
from concertim_api.domain.ledger.observations import Attributes, Ref

_r = tables.resources.c
_o = tables.observations.c

#: Rows that are read together.
_PAGE = 200

#: The details of a stack that say whose it is.
_OWNER = ("user_name", "user_id")

#: For the projector: the row is to be shown anew.
_CHANGED = {"generation": _r.generation + 1, "stale": 1}


class SqlErasures(Adapter):
    """``services.ledger.ports.PersonErasure`` of a database."""

    def erase(self, user: Ref, name: str | None) -> int:
        return self._change(lambda c: _erase(c, user, name))


def _erase(connection: Connection, user: Ref, name: str | None) -> int:
    observed = connection.execute(
        sa.update(tables.observations)
        .where(_o.resource_pk.in_(sa.select(_r.pk).where(*_is(user))))
        .values(details="{}")
    ).rowcount
    connection.execute(
        sa.update(tables.resources)
        .where(*_is(user))
        .values(details="{}", name="", **_CHANGED)
    )
    # The generation of an archived one says which file is the newest.
    ended = sa.select(_r.pk).where(
        _r.region == user.region,
        _r.kind == "stack",
        _r.ended.is_not(None),
        _r.archived_to.is_(None),
    )
    facts = _o.resource_pk.in_(ended)
    observed += _disown(connection, tables.observations, facts, user, name)
    stacks = _r.pk.in_(ended)
    _disown(connection, tables.resources, stacks, user, name, **_CHANGED)
    return observed


def _is(ref: Ref) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _r.resource_id == ref.id,
        _r.kind == ref.kind,
        _r.region == ref.region,
    )


def _disown(
    connection: Connection,
    table: sa.Table,
    where: sa.ColumnElement[bool],
    user: Ref,
    name: str | None,
    **values: Any,
) -> int:
    """Take the owner out of the details of stacks; return of how many.

    Of details without an id, the name says whose they are.
    """
    pk, details = table.c.pk, table.c.details
    owner_id = as_json(details)["user_id"].as_string()
    owner = as_json(details)["user_name"].as_string()
    is_owned = owner_id == user.id
    if name is not None:
        is_named = sa.and_(owner_id.is_(None), owner == name)
        is_owned = sa.or_(is_owned, is_named)
    query = sa.select(pk, details).where(where, is_owned).order_by(pk)
    number, last = 0, 0
    while rows := connection.execute(
        query.where(pk > last).limit(_PAGE)
    ).all():
        for row in rows:
            connection.execute(
                sa.update(table)
                .where(pk == row.pk)
                .values(details=_without_owner(row.details), **values)
            )
        number, last = number + len(rows), rows[-1].pk
    return number


def _without_owner(text: str) -> str:
    details: Attributes = orjson.loads(text)
    rest = {k: v for k, v in details.items() if k not in _OWNER}
    return orjson.dumps(rest, option=orjson.OPT_SORT_KEYS).decode()
