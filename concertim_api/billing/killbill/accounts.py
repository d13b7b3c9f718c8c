"""Accounts and orders of Kill Bill: found by our keys, made if they lack."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from datetime import date
from typing import Any

from concertim_api.billing.killbill.client import (
    MISSING,
    ORDER_IS_CANCELLED,
    Client,
    KillBillRefused,
)
from concertim_api.domain.billing.accounts import Account
from concertim_api.services.billing.system import BillingRefused

#: Tags: nothing is collected, and no invoice made before we ask for it.
_AUTO_PAY_OFF = "00000000-0000-0000-0000-000000000001"
_AUTO_INVOICING_OFF = "00000000-0000-0000-0000-000000000002"
_TAGS = (_AUTO_PAY_OFF, _AUTO_INVOICING_OFF)

#: The only sign that no invoice is made of an account any more.
PARKED = "00000000-0000-0001-0000-000000000001"


@dc.dataclass(frozen=True, slots=True)
class KillBillOrder:
    """An order as Kill Bill has it. ``start``, ``end``: its first and its
    last day; of one that was not cancelled, that of all time."""

    id: str
    start: date
    plan: str
    end: date = date.max

    def takes(self, day: date) -> bool:
        """Whether usage of a day is billed, not refused or dropped."""
        return self.start <= day <= self.end


@dc.dataclass(slots=True)
class Books:
    """An account of Kill Bill with its orders, by our ids, which are their
    keys: as it was when it was read, and what we did since."""

    client: Client
    account_id: str
    orders: dict[str, KillBillOrder]
    plan: str

    def order(self, order_id: str, day: date) -> KillBillOrder:
        """Return an order; if it lacks, one from the first day of the month
        of a day on. No request; 2 if it lacks.

        Raises BillingRefused if its plan is not ours.
        """
        if order_id not in self.orders:
            self._make(order_id, day.replace(day=1))
        order = self.orders[order_id]
        if order.plan != self.plan:
            raise BillingRefused(
                f"order {order_id} is of plan {order.plan}, not of "
                f"[killbill] plan, {self.plan}"
            )
        return order

    def end(self, order_id: str) -> None:
        """Cancel an order, if it is there. 2 requests."""
        order = self.orders.get(order_id)
        if order is None or order.end < date.max:
            return
        try:
            self.client.call("DELETE", f"/subscriptions/{order.id}")
        except KillBillRefused as exc:
            if exc.code != ORDER_IS_CANCELLED:
                raise
        # Its last day is by the clock there.
        self.orders = orders(self.client, self.account_id)

    def _make(self, order_id: str, start: date) -> None:
        # As a date-time: a date has the account's time of day, and what is
        # before that time on the first day is never billed.
        midnight = f"{start}T00:00:00.000Z"
        body = {
            "accountId": self.account_id,
            "planName": self.plan,
            "externalKey": order_id,
            "bundleExternalKey": order_id,
        }
        dates = {"entitlementDate": midnight, "billingDate": midnight}
        try:
            self.client.call("POST", "/subscriptions", body, **dates)
        except KillBillRefused as exc:
            if not exc.is_duplicate:
                raise
        self.orders = orders(self.client, self.account_id)
        if order_id not in self.orders:
            raise BillingRefused(
                f"order {order_id} is of another account of Kill Bill"
            )


def books(client: Client, account: Account, plan: str, currency: str) -> Books:
    """Return the books of an account, which is made if it lacks.

    3 requests; 2 more if it is made, 1 more if its tags lack. Raises
    BillingRefused if months of it do not begin at midnight of UTC on the
    first day.
    """
    document = _account(client, account, currency)
    account_id = document["accountId"]
    problems = [
        f"its {name} is {document.get(name)}, not {value}"
        for name, value in _settings(currency).items()
        if document.get(name) != value
    ]
    if problems:
        raise BillingRefused(
            f"account {account_id} of Kill Bill: {'; '.join(problems)}"
        )
    tags = tags_of(client, account_id)
    if missing := [tag for tag in _TAGS if tag not in tags]:
        client.call("POST", f"/accounts/{account_id}/tags", missing)
    return Books(client, account_id, orders(client, account_id), plan)


def tags_of(client: Client, account_id: str) -> set[str]:
    """Return the ids of the tags of an account. 1 request."""
    tags = client.get(f"/accounts/{account_id}/tags")
    return {tag["tagDefinitionId"] for tag in tags}


def orders(client: Client, account_id: str) -> dict[str, KillBillOrder]:
    """Return all orders of an account by their keys, ended ones too. 1
    request."""
    bundles = client.get(f"/accounts/{account_id}/bundles")
    return {
        order["externalKey"]: KillBillOrder(
            order["subscriptionId"],
            _day(order["billingStartDate"]) or date.min,
            order["planName"],
            _day(order["billingEndDate"]) or date.max,
        )
        for bundle in bundles
        for order in bundle["subscriptions"]
    }


def _day(moment: str | None) -> date | None:
    return date.fromisoformat(moment[:10]) if moment else None


def _settings(currency: str) -> Mapping[str, Any]:
    return {"currency": currency, "timeZone": "UTC", "billCycleDayLocal": 1}


def _account(client: Client, account: Account, currency: str) -> Any:
    """Return the account of a project."""
    key = account.project_id
    for _ in range(2):
        try:
            return client.get("/accounts", externalKey=key)
        except KillBillRefused as exc:
            if exc.code not in MISSING:
                raise
        body = {"name": key, "externalKey": key, **_settings(currency)}
        try:
            client.call("POST", "/accounts", body)
        except KillBillRefused as exc:
            if not exc.is_duplicate:
                raise
    return client.get("/accounts", externalKey=key)
