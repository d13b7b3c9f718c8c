"""Refreshes: the resources that the cloud is to be asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.bulk import Bulk
from concertim_api.db.ledger import rows as records
from concertim_api.db.ledger.tables import refreshes as table
from concertim_api.db.transactions import Adapter, Transactions
from concertim_api.db.types import to_micros
from concertim_api.domain import storable
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.ledger.ports import Refresh, RefreshQueue

_KEY = ("resource_id", "kind", "region")

_c = table.c


class RefreshStatements:
    """The statements that ask, made once for a database."""

    def __init__(self, bulk: Bulk) -> None:
        key = [_c[name] for name in _KEY]
        self._waiting = bulk.select(
            bulk.names(key), "refreshes", "resource_id"
        )
        # A refresh that waits after a failure goes on waiting.
        self._ask = bulk.insert(
            [*key, _c.asked_at, _c.not_before, _c.attempts],
            key=_KEY,
            replacing=("asked_at",),
        )

    def ask(
        self,
        connection: Connection,
        moments: Mapping[Ref, datetime],
        now: datetime,
    ) -> int:
        """Ask for refreshes, each not before its moment."""
        if not moments:
            return 0
        records.check_refs(moments)
        ids = {ref.id for ref in moments}
        waiting = {
            Ref(region, kind, resource_id)
            for resource_id, kind, region in self._waiting(connection, ids)
        }
        asked_at = to_micros(now)
        # Everybody locks rows in the same order.
        rows = [
            (ref.id, ref.kind, ref.region, asked_at, to_micros(moment), 0)
            for ref, moment in moments.items()
        ]
        self._ask(connection, sorted(rows))
        return len(moments.keys() - waiting)


class SqlRefreshes(Adapter, RefreshQueue):
    """``RefreshRequests`` and ``RefreshQueue`` of the ledger's ports."""

    def __init__(
        self, transactions: Transactions, do: RefreshStatements
    ) -> None:
        super().__init__(transactions)
        self._do = do

    def ask(self, refs: Collection[Ref], now: datetime) -> int:
        moments = dict.fromkeys(refs, now)
        return self._change(lambda c: self._do.ask(c, moments, now))

    def due(self, now: datetime, limit: int) -> list[Refresh]:
        # By ``not_before``: asking again does not move it, so that nobody
        # can put a refresh off by asking again and again.
        query = (
            sa.select(
                _c.region, _c.kind, _c.resource_id, _c.asked_at, _c.attempts
            )
            .where(_c.not_before <= now)
            .order_by(_c.not_before, _c.resource_id)
            .limit(limit)
        )
        return [Refresh(Ref(*row[:3]), *row[3:]) for row in self._rows(query)]

    def answered(self, refresh: Refresh) -> None:
        self._change(lambda c: _answered(c, refresh))

    def postponed(
        self, refresh: Refresh, not_before: datetime, error: str
    ) -> None:
        update = (
            sa.update(table)
            .where(*_is(refresh.ref))
            .values(
                attempts=_c.attempts + 1,
                not_before=not_before,
                error=storable.text(error)[:10000],
            )
        )
        self._run(update)

    def counts(self) -> Mapping[str, int]:
        failing = sa.func.sum(sa.case((_c.attempts > 0, 1), else_=0))
        query = sa.select(
            sa.func.count(), sa.func.coalesce(failing, 0)
        ).select_from(table)
        waiting, failed = self._row(query)
        return {"waiting": waiting, "failing": int(failed)}


def _answered(connection: Connection, refresh: Refresh) -> None:
    deletion = connection.execute(
        sa.delete(table).where(
            *_is(refresh.ref), _c.asked_at == refresh.asked_at
        )
    )
    if not deletion.rowcount:  # asked for again meanwhile
        connection.execute(
            sa.update(table)
            .where(*_is(refresh.ref))
            .values(attempts=0, error=None)
        )


def _is(ref: Ref) -> Any:
    return (
        _c.region == ref.region,
        _c.kind == ref.kind,
        _c.resource_id == ref.id,
    )
