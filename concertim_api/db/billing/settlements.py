"""How far accounts are settled, and the records of their days."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.billing import orders, tables
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.transactions import Adapter
from concertim_api.db.types import Seconds
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.orders import Order
from concertim_api.domain.billing.settlement import (
    DailyRecord,
    Settlement,
    begun,
)
from concertim_api.domain.billing.tariff import Tariff
from concertim_api.services.billing.ports import (
    Claim,
    SettlementCounter,
    Settlements,
)
from concertim_api.services.common.listing import Filter

_s = tables.settlements.c
_d = tables.daily_records.c
_a = tables.accounts.c
_n = ledger.counters.c

#: The counters of the last entry of the feed and the last tariff of which
#: news is taken.
_FEED, _TARIFFS = "settlement.feed", "settlement.tariffs"

#: How long an agent may take for the accounts that it claims together.
_LEASE = timedelta(minutes=10)

SETTLEMENT = tuple(_s[name] for name in Settlement._fields)

RECORD = (
    _d.order_id,
    _d.day,
    _d.revision,
    _d.month,
    _d.amounts,
)


class SqlSettlements(Adapter, Settlements, SettlementCounter):
    """``Settlements`` and ``SettlementCounter`` of
    ``services.billing.ports``."""

    def begin(self) -> int:
        query = (
            sa.select(_a.id, _a.project_id, _a.created_at)
            .outerjoin(tables.settlements, _s.account_id == _a.id)
            .where(_s.account_id.is_(None))
        )

        def work(c: Connection) -> int:
            rows = [_beginning(row) for row in c.execute(query)]
            if rows:
                c.execute(sa.insert(tables.settlements), rows)
            return len(rows)

        return self._change(work)

    def mark(self, tariffs: Sequence[Tariff]) -> int:
        return self._change(lambda c: _mark(c, tariffs))

    def claim(self, until: date, now: datetime, limit: int) -> list[Claim]:
        is_due = (_is_due(until), _s.not_before <= now, _is_free(now))
        due = (
            sa.select(_s.account_id)
            .where(*is_due)
            .order_by(_s.settled_until, _s.account_id)
            .limit(limit)
        )
        accounts = [row.account_id for row in self._rows(due)]
        if not accounts:
            return []
        claim = str(uuid.uuid4())
        # Of two agents, the second finds them claimed.
        update = (
            sa.update(tables.settlements)
            .where(_s.account_id.in_(accounts), *is_due)
            .values(claim=claim, claimed_until=now + _LEASE)
        )
        self._run(update)
        query = sa.select(tables.settlements).where(_s.claim == claim)
        return [
            Claim(claim, settlement(row), row.news, row.attempts)
            for row in self._rows(query.order_by(_s.account_id))
        ]

    def get(self, account_id: str) -> Settlement | None:
        query = sa.select(*SETTLEMENT).where(_s.account_id == account_id)
        row = self._row(query)
        return row and settlement(row)

    def first_days(self, filters: Collection[Filter]) -> Mapping[str, date]:
        fields = lists.fields([_s.project_id])
        query = sa.select(*SETTLEMENT).where(
            *lists.conditions(filters, fields)
        )
        settlements = map(settlement, self._rows(query))
        return {each.project_id: each.first for each in settlements}

    def orders(self, account_id: str) -> list[Order]:
        return self._read(lambda c: orders.of_stacks(c, account_id))

    def unsettled(self, until: date, month: date) -> Mapping[str, int]:
        is_due = _is_due(until)
        states = {
            "waiting": is_due,
            "failing": sa.and_(is_due, _s.attempts > 0),
            "overdue": _s.open_month < month,
        }
        counts = [
            sa.func.sum(sa.case((condition, 1), else_=0)).label(state)
            for state, condition in states.items()
        ]
        row = self._row(sa.select(*counts))
        return {state: int(getattr(row, state) or 0) for state in states}

    def settled(self) -> set[str]:
        return {
            row.id
            for row in self._rows(_ENDED)
            if row.settled_until > (row.end_at or row.created_at).date()
        }

    def records(
        self, account_id: str, first: date, last: date
    ) -> list[DailyRecord]:
        query = sa.select(*RECORD).where(
            _d.account_id == account_id, _d.day >= first, _d.day < last
        )
        return [record(row) for row in self._rows(query)]

    def unbilled(self, settlement: Settlement) -> list[DailyRecord]:
        is_open = _d.month >= settlement.open_month
        query = sa.select(*RECORD).where(
            _d.account_id == settlement.account_id,
            sa.or_(is_open, _d.day >= settlement.first),
        )
        return [record(row) for row in self._rows(query)]

    def settle(
        self,
        claim: Claim,
        until: date,
        records: Sequence[DailyRecord],
        now: datetime,
    ) -> bool:
        is_all = _s.news == claim.news
        update = (
            sa.update(tables.settlements)
            .where(*_is(claim), _s.open_month == claim.settlement.open_month)
            .values(
                settled_until=until,
                stale_from=sa.case((is_all, None), else_=_s.stale_from),
                claim=None,
                claimed_until=None,
                attempts=0,
                error=None,
            )
        )
        rows = [_row(claim, each, now) for each in records]

        def work(c: Connection) -> bool:
            if c.execute(update).rowcount != 1:
                return False
            if rows:
                c.execute(sa.insert(tables.daily_records), rows)
            return True

        return self._change(work)

    def release(self, claims: Sequence[Claim]) -> None:
        accounts = [claim.settlement.account_id for claim in claims]
        update = sa.update(tables.settlements).where(
            _s.account_id.in_(accounts), _s.claim.in_({c.id for c in claims})
        )
        self._run(update.values(claim=None, claimed_until=None))

    def fail(self, claim: Claim, error: str, not_before: datetime) -> None:
        update = (
            sa.update(tables.settlements)
            .where(*_is(claim))
            .values(
                claim=None,
                claimed_until=None,
                attempts=_s.attempts + 1,
                error=error,
                not_before=not_before,
            )
        )
        self._run(update)


_o, _r = tables.orders.c, ledger.resources.c

#: The live orders whose stack has ended, or was never seen, and the day up
#: to which their account is settled.
_ENDED = (
    sa.select(_o.id, _o.created_at, _r.end_at, _s.settled_until)
    .join(tables.settlements, _s.account_id == _o.account_id)
    .outerjoin(
        ledger.resources,
        sa.and_(
            _r.resource_id == _o.stack_id,
            _r.region == _o.region,
            _r.kind == "stack",
        ),
    )
    .where(
        _o.closed_at.is_(None),
        _o.stack_id.is_not(None),
        sa.or_(_r.pk.is_(None), _r.end_at.is_not(None)),
        _s.stale_from.is_(None),
    )
)


def _is(claim: Claim) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions that an account is claimed so."""
    yield _s.account_id == claim.settlement.account_id
    yield _s.claim == claim.id


def _beginning(row: Any) -> dict[str, Any]:
    return {
        **begun(Account(*row))._asdict(),
        "news": 0,
        "not_before": row.created_at,
        "attempts": 0,
    }


def _is_due(until: date) -> sa.ColumnElement[bool]:
    return sa.or_(_s.settled_until < until, _s.stale_from.is_not(None))


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(_s.claimed_until.is_(None), _s.claimed_until < now)


def _mark(connection: Connection, tariffs: Sequence[Tariff]) -> int:
    counters = _counters(connection)
    last = connection.execute(_LAST).scalar_one()
    marked = 0
    for day, *conditions in _news(connection, counters.get(_FEED, last), last):
        marked += _stale(connection, day, *conditions)
    for tariff in tariffs[counters.get(_TARIFFS, len(tariffs)) :]:
        marked += _stale(connection, tariff.start)
    _count(connection, counters, _FEED, last)
    _count(connection, counters, _TARIFFS, len(tariffs))
    return marked


#: Not locked: who records would wait.
_LAST = sa.select(_n.value).where(_n.name == "changes")


def _counters(connection: Connection) -> dict[str, int]:
    """Return our counters, locked: two agents take no news twice."""
    query = (
        sa.select(_n.name, _n.value)
        .where(_n.name.in_((_FEED, _TARIFFS)))
        .with_for_update()
    )
    return {name: value for name, value in connection.execute(query)}


def _news(
    connection: Connection, seen: int, last: int
) -> Iterator[tuple[Any, ...]]:
    """Yield from which day on there is news, and of which accounts."""
    if seen == last:
        return
    c = ledger.changes.c
    first = connection.execute(sa.select(sa.func.min(c.cursor))).scalar()
    if first is None or not first - 1 <= seen < last:
        yield (date.min,)
        return
    since = sa.type_coerce(sa.func.min(c.since_at), Seconds)
    query = (
        sa.select(c.project_id, since)
        .where(c.cursor > seen, c.cursor <= last, c.project_id.is_not(None))
        .group_by(c.project_id)
    )
    for project_id, moment in connection.execute(query).all():
        yield moment.date(), _s.project_id == project_id


def _stale(
    connection: Connection, day: date, *conditions: sa.ColumnElement[bool]
) -> int:
    """Mark accounts as stale from a day on, if they are settled beyond it, or
    an agent settles them just now."""
    before = sa.or_(_s.stale_from.is_(None), _s.stale_from > day)
    update = (
        sa.update(tables.settlements)
        .where(
            sa.or_(_s.settled_until > day, _s.claim.is_not(None)), *conditions
        )
        .values(
            stale_from=sa.case((before, day), else_=_s.stale_from),
            news=_s.news + 1,
        )
    )
    return connection.execute(update).rowcount


def _count(
    connection: Connection, counters: dict[str, int], name: str, value: int
) -> None:
    if name not in counters:
        row = {"name": name, "value": value}
        connection.execute(sa.insert(ledger.counters), row)
    elif counters[name] != value:
        update = sa.update(ledger.counters).where(_n.name == name)
        connection.execute(update.values(value=value))


def settlement(row: Any) -> Settlement:
    """Return the settlement of a row, which may have more."""
    return Settlement(*(getattr(row, column.name) for column in SETTLEMENT))


def record(row: Any) -> DailyRecord:
    """Return the record of a row."""
    amounts = orjson.loads(row.amounts)
    return DailyRecord(
        row.order_id,
        row.day,
        row.revision,
        row.month,
        {unit: Decimal(amount) for unit, amount in amounts.items()},
    )


def _row(claim: Claim, each: DailyRecord, now: datetime) -> dict[str, Any]:
    amounts = {unit: f"{amount:f}" for unit, amount in each.amounts.items()}
    return {
        **each._asdict(),
        "account_id": claim.settlement.account_id,
        "project_id": claim.settlement.project_id,
        "amounts": orjson.dumps(amounts).decode(),
        "created_at": now,
    }
