"""Invoices, and the months of accounts that have none yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from concertim_api.db import listing as lists
from concertim_api.db.billing import tables
from concertim_api.db.billing.settlements import (
    RECORD,
    SETTLEMENT,
    record,
    settlement,
)
from concertim_api.db.transactions import Adapter
from concertim_api.domain.billing.invoices import (
    Invoice,
    InvoiceItem,
    MadeState,
    next_month,
)
from concertim_api.domain.billing.settlement import DailyRecord, Settlement
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.services.billing.ports import InvoiceStore, MonthStore
from concertim_api.services.common.listing import Filter, Listing, Page

_c = tables.invoices.c
_i = tables.invoice_items.c
_s = tables.settlements.c
_d = tables.daily_records.c

_FIELDS = lists.fields(
    (_c.account_id, _c.project_id, _c.month, _c.state, _c.number)
)

_MICROSECOND = timedelta(microseconds=1)
_ITEM = tuple(_i[name] for name in InvoiceItem._fields)


class SqlInvoices(Adapter, InvoiceStore, MonthStore):
    """``InvoiceStore`` and ``MonthStore`` of ``services.billing.ports``."""

    def page(self, listing: Listing) -> Page:
        query = sa.select(tables.invoices).where(
            *lists.conditions(listing.filters, _FIELDS)
        )
        order = lists.order(
            listing.sort, {"number": _c.number}, ("number", True), _c.number
        )
        page = self._read(lambda c: lists.page(c, query, listing, order))
        return Page([invoice(row) for row in page.rows], page.marker)

    def get(
        self, invoice_id: str, filters: Collection[Filter] = ()
    ) -> Invoice:
        query = sa.select(tables.invoices).where(*_is(invoice_id, filters))
        items = (
            sa.select(*_ITEM)
            .where(_i.invoice_id == invoice_id)
            .order_by(*_ITEM[:-1])
        )

        def read(c: Connection) -> Invoice:
            row = c.execute(query).first()
            if row is None:
                raise _missing(invoice_id)
            return invoice(row, [InvoiceItem(*i) for i in c.execute(items)])

        return self._read(read)

    def mark(
        self,
        invoice_id: str,
        filters: Collection[Filter],
        state: MadeState,
        reason: str,
        author: str,
    ) -> None:
        update = sa.update(tables.invoices).where(*_is(invoice_id, filters))
        values = {"state": state, "reason": reason, "author": author}
        if not self._run(update.values(values)):
            raise _missing(invoice_id)

    def accept(
        self,
        invoice_id: str,
        filters: Collection[Filter],
        reason: str,
        author: str,
        now: datetime,
    ) -> None:
        query = sa.select(_c.account_id, _c.month, _c.posted_at, _c.refusal)
        query = query.where(*_is(invoice_id, filters)).with_for_update()
        values = {"reason": reason, "author": author, "posted_at": now}
        update = sa.update(tables.invoices).where(_c.id == invoice_id)

        def work(c: Connection) -> None:
            row = c.execute(query).first()
            if row is None:
                raise _missing(invoice_id)
            if row.posted_at is not None or row.refusal is None:
                raise Conflict("The billing system does not refuse it.")
            c.execute(update.values(**values, refusal=None))
            c.execute(records_posted(row.account_id, row.month, now))

        self._change(work)

    def open(self, before: date) -> list[Settlement]:
        query = (
            sa.select(*SETTLEMENT)
            .where(_s.open_month < before)
            .order_by(_s.open_month, _s.account_id)
        )
        return [settlement(row) for row in self._rows(query)]

    def close(
        self,
        settlement: Settlement,
        is_due: Callable[[Settlement], bool],
        bill: Callable[[Sequence[DailyRecord]], Invoice],
    ) -> bool:
        def work(c: Connection) -> bool:
            current = _locked(c, settlement.account_id)
            if current.open_month != settlement.open_month:
                return False
            if not is_due(current):
                return False
            if records := _records(c, current):
                _add(c, bill(records))
            c.execute(_closed(current))
            return True

        return self._change(work)

    def is_needed(self, before: datetime) -> bool:
        last = (before - _MICROSECOND).date()
        is_disputed = sa.and_(_c.state == "disputed", _c.month <= last)
        exists = sa.or_(
            sa.exists().where(_s.open_month <= last),
            sa.exists().where(is_disputed),
        )
        return bool(self._row(sa.select(exists))[0])


def _is(
    invoice_id: str, filters: Collection[Filter]
) -> Sequence[lists.Condition]:
    return _c.id == invoice_id, *lists.conditions(filters, _FIELDS)


def _missing(invoice_id: str) -> NotFound:
    return NotFound(f"Invoice {invoice_id} not found.")


def invoice(row: Any, items: Sequence[InvoiceItem] = ()) -> Invoice:
    """Return the invoice of a row."""
    values = {column.name: getattr(row, column.name) for column in _c}
    return Invoice(**values, items=items)


def records_posted(account_id: str, month: date, now: datetime) -> sa.Update:
    """Return the statement that the billing system took what it did not take
    yet of the records of an invoice."""
    return (
        sa.update(tables.daily_records)
        .where(
            _d.account_id == account_id,
            _d.month == month,
            _d.posted_at.is_(None),
        )
        .values(posted_at=now, refusal=None)
    )


def _locked(connection: Connection, account_id: str) -> Settlement:
    """Return how far an account is settled; who settles it waits."""
    query = sa.select(*SETTLEMENT).where(_s.account_id == account_id)
    return settlement(connection.execute(query.with_for_update()).one())


def _records(
    connection: Connection, current: Settlement
) -> Sequence[DailyRecord]:
    """Return the records of the open month."""
    query = sa.select(*RECORD).where(
        _d.account_id == current.account_id, _d.month == current.open_month
    )
    return [record(row) for row in connection.execute(query)]


def _add(connection: Connection, invoice: Invoice) -> None:
    """Add an invoice. Another writer who takes its number makes it be done
    again."""
    last = connection.execute(sa.select(sa.func.max(_c.number))).scalar()
    row = {column.name: getattr(invoice, column.name) for column in _c}
    row["number"] = (last or 0) + 1
    connection.execute(sa.insert(tables.invoices), row)
    if invoice.items:
        items = [
            {"invoice_id": invoice.id, **item._asdict()}
            for item in invoice.items
        ]
        connection.execute(sa.insert(tables.invoice_items), items)


def _closed(current: Settlement) -> sa.Update:
    """Return the statement that opens the month after the open one."""
    return (
        sa.update(tables.settlements)
        .where(_s.account_id == current.account_id)
        .values(open_month=next_month(current.open_month))
    )
