"""Named keys of the ``key`` auth strategy."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.models import keys as table
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.services.access.ports import Key


def _key(row: Any) -> Key:
    values = dict(row._mapping)
    values["roles"] = tuple(orjson.loads(row.roles))
    return Key(**values)


def key(connection: Connection, digest: str) -> Key | None:
    row = connection.execute(
        sa.select(table).where(table.c.digest == digest)
    ).one_or_none()
    return None if row is None else _key(row)


def keys(connection: Connection) -> list[Key]:
    rows = connection.execute(sa.select(table).order_by(table.c.name))
    return [_key(row) for row in rows]


def add(connection: Connection, new: Key) -> None:
    taken = connection.execute(
        sa.select(table.c.name).where(
            (table.c.name == new.name) | (table.c.digest == new.digest)
        )
    ).first()
    if taken:
        raise Conflict(f"key {new.name} exists already")
    connection.execute(
        sa.insert(table).values(
            name=new.name,
            digest=new.digest,
            roles=orjson.dumps(list(new.roles)).decode(),
            project_id=new.project_id,
            created_at=new.created_at,
            expires_at=new.expires_at,
        )
    )


def revoke(connection: Connection, name: str) -> None:
    done = connection.execute(sa.delete(table).where(table.c.name == name))
    if not done.rowcount:
        raise NotFound(f"key {name}")
