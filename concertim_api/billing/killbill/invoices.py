"""Invoices of an account of Kill Bill, and what is put on them by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from concertim_api.billing.killbill.accounts import PARKED, Books, tags_of
from concertim_api.billing.killbill.client import Client, KillBillRefused
from concertim_api.domain.billing.invoices import InvoiceItem
from concertim_api.domain.billing.settlement import Amounts, DailyRecord
from concertim_api.services.billing.system import BillingRefused, MonthBill

#: Differences, and ids, that a refusal names.
_MOST_NAMED = 5

#: Characters of a text of an item, none of more than 16 bits: a MariaDB of
#: Kill Bill takes no others.
_MAX_TEXT = 255

_ZERO = Decimal(0)


class KillBillItem(NamedTuple):
    """An item of an invoice as Kill Bill has it. ``exact``: the amount before
    it was rounded; ``text``: what was given with it; ``linked_id``: of the
    item that it adjusts."""

    id: str
    invoice_id: str
    type: str
    amount: Decimal
    exact: Decimal
    order_id: str | None
    unit: str | None
    month: date | None
    text: str
    linked_id: str | None


class Invoices:
    """The invoices of an account. ``read`` reads them all; the others do it
    if nobody did."""

    def __init__(self, client: Client, books: Books) -> None:
        self._client = client
        self._books = books
        self._items: list[KillBillItem] | None = None
        self._tracking_ids: set[str] = set()

    def make(self, target: date) -> None:
        """Have Kill Bill invoice all that is recorded of the days before one;
        it may be nothing. 1 request."""
        try:
            self._client.call(
                "POST",
                "/invoices",
                accountId=self._books.account_id,
                targetDate=str(target),
            )
        except KillBillRefused as exc:
            if exc.status != 404:  # nothing to bill
                raise

    def read(self) -> None:
        """Read all invoices that are not void. 1 request."""
        invoices = self._client.get(
            f"/accounts/{self._books.account_id}/invoices",
            includeInvoiceComponents="true",
        )
        keys = {order.id: key for key, order in self._books.orders.items()}
        valid = [each for each in invoices if each["status"] != "VOID"]
        self._items = [
            _item(item, keys) for invoice in valid for item in invoice["items"]
        ]
        self._tracking_ids = {
            each for invoice in valid for each in invoice["trackingIds"] or ()
        }

    def check_lowered(
        self, order_id: str, month: date, amounts: Amounts
    ) -> None:
        """Raise BillingRefused if more was billed of a month of an order than
        it is to be: if its usage were lowered then, no invoice would be made
        of the account any more."""
        billed: dict[str, Decimal] = {}
        for item in self._all():
            place = item.type, item.order_id, item.month
            if place == ("USAGE", order_id, month) and item.unit:
                sum_ = billed.get(item.unit, _ZERO) + item.exact
                billed[item.unit] = sum_
        for unit, amount in billed.items():
            if amount > amounts.get(unit, _ZERO):
                raise BillingRefused(
                    f"order {order_id}, {month:%Y-%m}, {unit}: Kill Bill has "
                    f"billed {amount:f}, not {amounts.get(unit, _ZERO):f}. "
                    "Void its invoice there; then it is made anew"
                )

    def charge(self, item: InvoiceItem, month: date, currency: str) -> None:
        """Bill an item of our invoice of a month once. 1 request."""
        reference = _reference(item, month)
        if self._with_text("EXTERNAL_CHARGE", reference):
            return
        self._client.call(
            "POST",
            f"/invoices/charges/{self._books.account_id}",
            [self._money(item.amount, currency, reference)],
            autoCommit="true",
        )

    def complete(self, item: InvoiceItem, currency: str) -> None:
        """Charge what usage lacks in an item of a month, whose order had
        ended. 1 request."""
        rest = item.amount - sum(
            each.amount for each in self._billed(item) if each.type == "USAGE"
        )
        if rest > 0:
            self.charge(item._replace(amount=rest), item.month, currency)
            self._items = None

    def lower(self, item: InvoiceItem, month: date, currency: str) -> None:
        """Take off, once, what an item of our invoice of a month is below 0.

        A request for each item that was billed of its order, month and unit,
        until enough is off. What they do not have is a credit.
        """
        reference = _reference(item, month)
        rest = -item.amount + sum(
            each.amount for each in self._with_text("ITEM_ADJ", reference)
        )
        for billed in self._billed(item):
            amount = min(rest, billed.amount + self._adjusted(billed))
            if amount > 0:
                self._client.call(
                    "POST",
                    f"/invoices/{billed.invoice_id}",
                    {
                        **self._money(amount, currency, reference),
                        "invoiceItemId": billed.id,
                    },
                )
                rest -= amount
        if rest > 0:
            self.credit(reference, rest, currency, reference)

    def credit(
        self, reference: str, amount: Decimal, currency: str, reason: str
    ) -> None:
        """Grant a credit once. 1 request."""
        if self._with_text("CREDIT_ADJ", reference):
            return
        # The reference is in one text: only that comes back with all items.
        text = reason
        if reason != reference:
            most = _MAX_TEXT - len(reference) - len(" []")
            text = f"{_plain(reason)[:most]} [{reference}]"
        self._client.call(
            "POST",
            "/credits",
            [self._money(amount, currency, text)],
            autoCommit="true",
        )

    def check(self, bill: MonthBill) -> None:
        """Raise BillingRefused unless the items of a month are ours. 1
        request, and 1 if something was charged just now."""
        tags = tags_of(self._client, self._books.account_id)
        if PARKED in tags:
            raise BillingRefused(
                "Kill Bill has parked the account (__PARK__): it makes no "
                "invoice of it until what it complains of is mended"
            )
        month = bill.invoice.month
        ours = {
            (item.order_id, item.unit): item.amount
            for item in bill.invoice.items
            if item.month == month
        }
        theirs: dict[tuple[str | None, str | None], Decimal] = {}
        references = {
            _reference(item, month): (item.order_id, item.unit)
            for item in bill.invoice.items
            if item.month == month
        }
        for item in self._all():
            place: tuple[str | None, str | None] | None = None
            if item.type == "USAGE" and item.month == month and item.amount:
                place = item.order_id, item.unit
            elif item.type == "EXTERNAL_CHARGE":
                place = references.get(item.text)
            if place is not None:
                theirs[place] = theirs.get(place, _ZERO) + item.amount
        if ours != theirs:
            raise BillingRefused(self._difference(bill, ours, theirs))

    def _difference(
        self, bill: MonthBill, ours: dict[Any, Any], theirs: dict[Any, Any]
    ) -> str:
        """Say what Kill Bill bills otherwise than we, and what it does not
        know."""
        differing = [
            f"order {place[0]}, {place[1]}: {ours.get(place, 0)} by us, "
            f"{theirs.get(place, 0)} by Kill Bill"
            for place in sorted({*ours, *theirs}, key=str)
            if ours.get(place) != theirs.get(place)
        ]
        posted = [_tracking_id(r) for r in bill.records if not r.is_late]
        unbilled = [each for each in posted if each not in self._tracking_ids]
        text = "; ".join(differing[:_MOST_NAMED])
        if unbilled:
            text += f". On no invoice: {', '.join(unbilled[:_MOST_NAMED])}"
        return f"{bill.invoice.month:%Y-%m} differs: {text}"

    def _all(self) -> list[KillBillItem]:
        if self._items is None:
            self.read()
        assert self._items is not None
        return self._items

    def _with_text(self, type_: str, reference: str) -> list[KillBillItem]:
        # At its end only: a reason may name another credit.
        return [
            item
            for item in self._all()
            if item.type == type_
            and (
                item.text == reference or item.text.endswith(f"[{reference}]")
            )
        ]

    def _billed(self, item: InvoiceItem) -> Iterator[KillBillItem]:
        """Yield what was billed of an order, month and unit."""
        for each in self._all():
            place = each.order_id, each.month, each.unit
            is_usage = each.type == "USAGE" and place == item[:3]
            is_charge = each.type == "EXTERNAL_CHARGE" and (
                each.text.startswith(_prefix(item))
            )
            if is_usage or is_charge:
                yield each

    def _adjusted(self, billed: KillBillItem) -> Decimal:
        """Return what adjustments add to an item: nothing, or less."""
        return sum(
            (
                each.amount
                for each in self._all()
                if each.type == "ITEM_ADJ" and each.linked_id == billed.id
            ),
            _ZERO,
        )

    def _money(
        self, amount: Decimal, currency: str, text: str
    ) -> dict[str, str]:
        return {
            "accountId": self._books.account_id,
            "amount": str(amount),
            "currency": currency,
            "description": text,
        }


def _tracking_id(record: DailyRecord) -> str:
    """Return what Kill Bill takes a record by once."""
    return f"{record.order_id}:{record.day}:{record.revision}"


def _prefix(item: InvoiceItem) -> str:
    return f"{item.order_id}:{item.month:%Y-%m}:{item.unit}:"


def _reference(item: InvoiceItem, month: date) -> str:
    """Return what an item for an earlier month of our invoice is called."""
    return f"{_prefix(item)}{month:%Y-%m}"


def _plain(text: str) -> str:
    """Return a text without what takes more than 16 bits."""
    return "".join(c if c <= "\uffff" else "\ufffd" for c in text)


def _usage(details: str | None) -> tuple[str | None, Decimal]:
    """Return the unit that the details of an item are of, as JSON in a text,
    and the amount before it was rounded."""
    try:
        usage = json.loads(details or "{}", parse_float=Decimal)
        unit = str(usage["tierDetails"][0]["tierUnit"])
        return unit, Decimal(usage["amount"])
    except (ValueError, KeyError, IndexError, TypeError):
        return None, _ZERO


def _item(item: Any, keys: dict[str, str]) -> KillBillItem:
    start = item.get("startDate")
    unit, exact = _usage(item.get("itemDetails"))
    return KillBillItem(
        item["invoiceItemId"],
        item["invoiceId"],
        item["itemType"],
        Decimal(item["amount"]),
        exact,
        keys.get(item.get("subscriptionId") or ""),
        unit,
        date.fromisoformat(start).replace(day=1) if start else None,
        item.get("description") or "",
        item.get("linkedInvoiceItemId"),
    )
