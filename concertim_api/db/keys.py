"""Named keys of the ``key`` auth strategy."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import tables
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import Id, Micros, json_text
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.services.access.ports import Key

table = tables.table(
    "keys",
    sa.Column("name", Id(255), primary_key=True),
    sa.Column("digest", Id(255), nullable=False),
    sa.Column("roles", json_text(), nullable=False),
    sa.Column("project_id", Id(255)),
    sa.Column("created_at", Micros, nullable=False),
    sa.Column("expires_at", Micros),
    sa.Column("previous_digest", Id(255)),
    sa.Column("previous_until", Micros),
    # key()
    sa.UniqueConstraint("digest"),
    # key()
    sa.Index(None, "previous_digest", unique=True),
)


class SqlKeys(Adapter):
    """``services.access.ports.KeyRing`` of a database."""

    def key(self, digest: str) -> Key | None:
        # Not by OR: MariaDB would read all keys for it.
        columns = table.c.digest, table.c.previous_digest
        row = self._row(
            sa.union_all(
                *(sa.select(table).where(c == digest) for c in columns)
            )
        )
        return None if row is None else _key(row)

    def keys(self) -> list[Key]:
        query = sa.select(table).order_by(table.c.name)
        return [_key(row) for row in self._rows(query)]

    def add(self, key: Key) -> None:
        self._change(lambda c: _add(c, key))

    def rotate(
        self, name: str, digest: str, now: datetime, until: datetime | None
    ) -> Key:
        return self._change(lambda c: _rotate(c, name, digest, now, until))

    def revoke(self, name: str) -> None:
        delete = sa.delete(table).where(table.c.name == name)
        if not self._run(delete):
            raise NotFound(f"Key {name} not found.")


def _key(row: Any) -> Key:
    values = dict(row._mapping)
    values["roles"] = tuple(orjson.loads(row.roles))
    return Key(**values)


def _add(connection: Connection, new: Key) -> None:
    row = connection.execute(
        sa.select(table.c.name).where(
            (table.c.name == new.name) | (table.c.digest == new.digest)
        )
    ).first()
    if row:
        raise Conflict(f"A key named {new.name} exists.")
    roles = orjson.dumps(new.roles).decode()
    values = {**dc.asdict(new), "roles": roles}
    connection.execute(sa.insert(table).values(values))


def _rotate(
    connection: Connection,
    name: str,
    digest: str,
    now: datetime,
    until: datetime | None,
) -> Key:
    named = table.c.name == name
    row = connection.execute(
        sa.select(table).where(named).with_for_update()
    ).first()
    if row is None:
        raise NotFound(f"Key {name} not found.")
    key = _key(row)
    if key.expires_at is not None and key.expires_at <= now:
        raise Conflict(f"Key {name} has expired: revoke it, make a new one.")
    rotated = dc.replace(
        key,
        digest=digest,
        previous_digest=None if until is None else key.digest,
        previous_until=until,
    )
    values = {
        column: getattr(rotated, column)
        for column in ("digest", "previous_digest", "previous_until")
    }
    connection.execute(sa.update(table).where(named).values(values))
    return rotated
