"""What the billing system has acknowledged of each account."""

from __future__ import annotations

import dataclasses as dc
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db.billing import tables
from concertim_api.db.billing.credits import credit
from concertim_api.db.billing.invoices import invoice, records_posted
from concertim_api.db.billing.settlements import RECORD, record
from concertim_api.db.transactions import Adapter
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.credits import Credit
from concertim_api.domain.billing.invoices import Invoice, InvoiceItem
from concertim_api.domain.billing.settlement import DailyRecord, totals
from concertim_api.services.billing.ports import (
    AccountPostings,
    PostingClaim,
    PostingCounter,
    PostingStore,
)
from concertim_api.services.billing.system import MonthBill, Posting

_p = tables.postings.c
_a = tables.accounts.c
_s = tables.settlements.c
_d = tables.daily_records.c
_i = tables.invoices.c
_c = tables.credits.c
_o = tables.orders.c

#: How long an agent may take for an account that it claims.
_LEASE = timedelta(minutes=10)

#: Accounts whose past is noted by one statement.
_CHUNK = 500

#: What is posted.
_TABLES = (tables.daily_records, tables.invoices, tables.credits)


class SqlPostings(Adapter, PostingStore, PostingCounter):
    """``PostingStore`` and ``PostingCounter`` of
    ``services.billing.ports``."""

    def begin(self, now: datetime) -> int:
        query = (
            sa.select(_s.account_id, _s.started_on, _s.open_month)
            .outerjoin(tables.postings, _p.account_id == _s.account_id)
            .where(_p.account_id.is_(None))
        )

        def work(c: Connection) -> int:
            rows = c.execute(query).all()
            if not rows:
                return 0
            past = [
                row.account_id
                for row in rows
                if row.started_on < row.open_month
            ]
            for first in range(0, len(past), _CHUNK):
                _skip(c, past[first : first + _CHUNK], now)
            values = [
                {"account_id": r.account_id, "not_before": now, "attempts": 0}
                for r in rows
            ]
            c.execute(sa.insert(tables.postings), values)
            return len(rows)

        return self._change(work)

    def claim(self, now: datetime) -> PostingClaim | None:
        is_free = (
            _p.not_before <= now,
            sa.or_(_p.claimed_until.is_(None), _p.claimed_until < now),
        )
        query = (
            sa.select(_a.id, _a.project_id, _a.created_at, _p.attempts)
            .join(tables.postings, _p.account_id == _a.id)
            .join(_WAITING, _WAITING.c.account_id == _a.id)
            .where(*is_free)
            .order_by(_p.not_before, _a.id)
            .limit(1)
        )
        row = self._row(query)
        if row is None:
            return None
        *account, attempts = row
        claim = PostingClaim(
            str(uuid.uuid4()), Account(*account), now + _LEASE, attempts
        )
        # Of two agents, the second finds it claimed.
        update = (
            sa.update(tables.postings)
            .where(_p.account_id == claim.account.id, *is_free)
            .values(claim=claim.id, claimed_until=claim.until, not_before=now)
        )
        return claim if self._run(update) else None

    def unposted(self, account_id: str, limit: int) -> AccountPostings:
        records = (
            sa.select(*RECORD)
            .where(
                _d.account_id == account_id, *_is_waiting(tables.daily_records)
            )
            .order_by(_d.day, _d.order_id, _d.revision)
            .limit(limit + 1)
        )
        invoices = _unposted(tables.invoices, account_id)
        credits = _unposted(tables.credits, account_id)

        def read(c: Connection) -> AccountPostings:
            rows = [record(row) for row in c.execute(records)]
            return AccountPostings(
                [credit(row) for row in c.execute(credits)],
                [*_postings(c, account_id, rows[:limit])],
                [invoice(row) for row in c.execute(invoices)],
                len(rows) <= limit,
            )

        return self._read(read)

    def bill(self, invoice: Invoice) -> MonthBill:
        items = sa.select(*_ITEM).where(_ITEMS.invoice_id == invoice.id)
        records = sa.select(*RECORD).where(
            _d.account_id == invoice.account_id, _d.month == invoice.month
        )

        def read(c: Connection) -> MonthBill:
            billed = [record(row) for row in c.execute(records)]
            return MonthBill(
                dc.replace(
                    invoice, items=[InvoiceItem(*i) for i in c.execute(items)]
                ),
                billed,
                totals(each for each in billed if not each.is_late),
            )

        return self._read(read)

    def ending(self, account_id: str, month: date) -> list[str]:
        is_billed_later = sa.exists().where(
            _d.order_id == _o.id, _d.month > month
        )
        query = sa.select(_o.id).where(
            _o.account_id == account_id,
            _o.closed_at.is_not(None),
            _o.ended_at.is_(None),
            sa.not_(is_billed_later),
        )
        return [row.id for row in self._rows(query)]

    def ended(self, order_id: str, now: datetime) -> None:
        update = sa.update(tables.orders).where(_o.id == order_id)
        self._run(update.values(ended_at=now))

    def acknowledge(
        self, postings: Sequence[DailyRecord | Credit | Invoice], now: datetime
    ) -> None:
        table, keys = _keys(postings)
        update = _update_of(table).values(posted_at=now, refusal=None)

        def work(c: Connection) -> None:
            c.execute(update, keys)
            for posting in postings:
                if isinstance(posting, Invoice):
                    c.execute(
                        records_posted(posting.account_id, posting.month, now)
                    )

        self._change(work)

    def refuse(
        self, refused: DailyRecord | Credit | Invoice, reason: str
    ) -> None:
        table, keys = _keys([refused])
        update = _update_of(table).values(refusal=reason)
        self._change(lambda c: c.execute(update, keys))

    def fail(
        self, claim: PostingClaim, error: str, not_before: datetime
    ) -> None:
        self._release(
            claim,
            attempts=_p.attempts + 1,
            error=error,
            not_before=not_before,
        )

    def release(self, claim: PostingClaim) -> None:
        self._release(claim, attempts=0, error=None)

    def unposted_count(self) -> Mapping[str, int]:
        parts = [
            sa.select(
                sa.func.count().label("waiting"),
                sa.func.count(table.c.refusal).label("refused"),
            ).where(*_is_waiting(table))
            for table in _TABLES
        ]
        rows = self._rows(sa.union_all(*parts))
        return {
            "waiting": sum(row.waiting for row in rows),
            "refused": sum(row.refused for row in rows),
        }

    def _release(self, claim: PostingClaim, **values: Any) -> None:
        update = (
            sa.update(tables.postings)
            .where(_p.account_id == claim.account.id, _p.claim == claim.id)
            .values(claim=None, claimed_until=None, **values)
        )
        self._run(update)


_ITEMS = tables.invoice_items.c
_ITEM = tuple(_ITEMS[name] for name in InvoiceItem._fields)


def _is_waiting(table: sa.Table) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions that a row is to be posted. What corrects an
    invoice waits for the next one."""
    yield table.c.posted_at.is_(None)
    if table is tables.daily_records:
        yield _d.day >= _d.month


#: The accounts that have something to post.
_WAITING = sa.union(
    *(
        sa.select(table.c.account_id).where(*_is_waiting(table))
        for table in _TABLES
    )
).subquery()

#: What finds the row of what is posted: the columns of its key.
_KEYS: Mapping[type, tuple[sa.Table, tuple[str, ...]]] = {
    DailyRecord: (tables.daily_records, ("order_id", "day", "revision")),
    Invoice: (tables.invoices, ("id",)),
    Credit: (tables.credits, ("id",)),
}


def _keys(
    postings: Sequence[DailyRecord | Credit | Invoice],
) -> tuple[sa.Table, list[dict[str, Any]]]:
    """Return the table of what is posted, and the keys of its rows."""
    table, columns = _KEYS[type(postings[0])]
    keys = [
        {f"key_{name}": getattr(posting, name) for name in columns}
        for posting in postings
    ]
    return table, keys


def _update_of(table: sa.Table) -> sa.Update:
    """Return an update of the row with a key."""
    return sa.update(table).where(
        *(
            column == sa.bindparam(f"key_{column.name}")
            for column in table.primary_key
        )
    )


def _unposted(table: sa.Table, account_id: str) -> sa.Select[Any]:
    return sa.select(table).where(
        table.c.account_id == account_id, table.c.posted_at.is_(None)
    )


def _postings(
    connection: Connection, account_id: str, records: Sequence[DailyRecord]
) -> Iterator[Posting]:
    """Yield records with what their days are charged by then."""
    if not records:
        return
    days = [each.day for each in records]
    query = (
        sa.select(*RECORD)
        .where(
            _d.account_id == account_id,
            _d.day >= min(days),
            _d.day <= max(days),
        )
        .order_by(_d.revision)
    )
    history: dict[Any, list[DailyRecord]] = {}
    for row in connection.execute(query):
        each = record(row)
        history.setdefault(each.place, []).append(each)
    for each in records:
        until = [r for r in history[each.place] if r.revision <= each.revision]
        yield Posting(each, totals(until)[each.place])


def _skip(
    connection: Connection, account_ids: Sequence[str], now: datetime
) -> None:
    """Note that what was billed by us alone is not posted."""
    is_past = sa.exists().where(
        _s.account_id == _d.account_id, _d.month < _s.open_month
    )
    for table in _TABLES:
        update = sa.update(table).where(
            table.c.account_id.in_(account_ids), table.c.posted_at.is_(None)
        )
        if table is tables.daily_records:
            update = update.where(is_past)
        connection.execute(update.values(posted_at=now))
