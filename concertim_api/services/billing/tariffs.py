"""The tariffs of a site: how they are loaded, and what is shown to whom.

A tariff is never changed: what a day cost can always be told. New prices are
a new tariff.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from concertim_api.domain import errors, storable
from concertim_api.domain.billing.tariff import (
    UNITS,
    PriceList,
    PriceRule,
    Tariff,
    matches,
)
from concertim_api.payloads.tariff_file import TariffText
from concertim_api.services.billing.ports import StoredTariff, TariffStore
from concertim_api.services.common.listing import Page, Scope
from concertim_api.services.common.ports import Clock


class ShownTier(NamedTuple):
    """A price, as it is written, up to a quantity in a month."""

    price: str
    up_to: str | None


@dc.dataclass(frozen=True, slots=True)
class ShownPriceRule:
    """A price rule with the fields of the document."""

    name: str
    unit: str
    for_: Mapping[str, Any]
    count: str
    tiers: tuple[ShownTier, ...]
    started_hour: str | None


class Discount(NamedTuple):
    """What a project is spared of each amount."""

    project_id: str
    percent: str


class ShownTax(NamedTuple):
    """What is added to each invoice."""

    name: str
    percent: str


@dc.dataclass(frozen=True, slots=True)
class ShownTariff:
    """A tariff without its prices. ``author`` is None for who may not see
    every project."""

    id: int
    name: str
    currency: str
    valid_from: date
    valid_until: date | None
    author: str | None
    loaded_at: datetime


@dc.dataclass(frozen=True, slots=True)
class DetailedTariff(ShownTariff):
    """A tariff with its prices.

    Of the rules of one unit, the first that fits counts. Rules for certain
    projects, and discounts, are only those of the caller's project.
    """

    rules: tuple[ShownPriceRule, ...]
    discounts: tuple[Discount, ...]
    tax: ShownTax | None


class Tariffs:
    """Threads may share it. It remembers tariffs that it has read.

    If a backup was restored since, that lacks one of them, it reads all
    anew: 1 statement more.
    """

    def __init__(
        self, store: TariffStore, clock: Clock, kinds: Collection[str]
    ) -> None:
        self._store = store
        self._clock = clock
        self._kinds = kinds
        self._rows: tuple[StoredTariff, ...] = ()

    def load(self, text: TariffText, author: str) -> tuple[StoredTariff, bool]:
        """Return the tariff of a file as it is stored, and whether it is new.

        A document that is stored already stays as it is. 3 statements. Raises
        FaultyTariff, and Conflict: for a name that another document has, or
        another currency than that of the tariffs before.
        """
        tariff, rows = text.tariff(self._kinds), self._all()
        for row in rows:
            if row.tariff.name == tariff.name:
                if row.document != text.document:
                    raise errors.Conflict(_OTHER_DOCUMENT.format(row))
                return row, False
        _check_currency(tariff, rows)
        stored = StoredTariff(
            id=rows[-1].id + 1 if rows else 1,
            tariff=tariff,
            document=text.document,
            author=storable.text(author)[:255],
            loaded_at=self._clock.now(),
        )
        self._store.add(stored)
        return stored, True

    def prices(self) -> PriceList:
        """Return all tariffs in the order of their loading. 1 statement,
        which reads those that are new."""
        return PriceList([row.tariff for row in self._all()])

    def list(self, scope: Scope) -> Page:
        """Return ShownTariffs, in the order of their loading. 1
        statement."""
        return Page([ShownTariff(**_head(r, scope)) for r in self._all()])

    def get(self, scope: Scope, tariff_id: int) -> DetailedTariff:
        """Return a tariff with its prices. 1 statement. Raises NotFound."""
        for row in self._all():
            if row.id == tariff_id:
                return _details(row, scope)
        raise errors.NotFound(f"Tariff {tariff_id} not found.")

    def find(self, id_or_name: str) -> StoredTariff:
        """Return the tariff with an id or, if there is none, a name. 1
        statement. Raises NotFound."""
        rows = self._all()
        by_id = [row for row in rows if str(row.id) == id_or_name]
        by_name = [row for row in rows if row.tariff.name == id_or_name]
        for row in (*by_id, *by_name):
            return row
        raise errors.NotFound(f"Tariff {id_or_name} not found.")

    def _all(self) -> tuple[StoredTariff, ...]:
        rows = self._rows
        try:
            news = self._store.after(rows[-1] if rows else None)
        except errors.NotFound:  # a backup from before was restored
            rows, news = (), self._store.after(None)
        rows = self._rows = (*rows, *news)
        return rows


_OTHER_DOCUMENT = (
    "Tariff {0.tariff.name} is loaded already, as {0.id}, and differs: give "
    "the new prices another name."
)


def _check_currency(tariff: Tariff, rows: Collection[StoredTariff]) -> None:
    """Raise Conflict for another currency than that of a site."""
    for row in rows:
        if row.tariff.currency != tariff.currency:
            raise errors.Conflict(
                f"Tariff {tariff.name} is in {tariff.currency}, and the "
                f"tariffs before it are in {row.tariff.currency}: a site has "
                "one currency."
            )


def _head(row: StoredTariff, scope: Scope) -> dict[str, Any]:
    """Return the values of a ShownTariff."""
    return {
        "id": row.id,
        "name": row.tariff.name,
        "currency": row.tariff.currency,
        "valid_from": row.tariff.start,
        "valid_until": row.tariff.end,
        "author": row.author if scope.project_id is None else None,
        "loaded_at": row.loaded_at,
    }


def _details(row: StoredTariff, scope: Scope) -> DetailedTariff:
    tax = row.document.get("tax")
    return DetailedTariff(
        **_head(row, scope),
        rules=tuple(_rules(row, scope)),
        discounts=tuple(
            Discount(entry["project"], entry["percent"])
            for entry in row.document.get("discounts", ())
            if scope.holds(entry["project"])
        ),
        tax=ShownTax(**tax) if tax else None,
    )


def _rules(row: StoredTariff, scope: Scope) -> Iterator[ShownPriceRule]:
    """Yield the rules that may be seen: by unit, and of each unit in the
    order in which they count."""
    for unit in UNITS:
        rules = [rule for rule in row.tariff.rules if rule.unit == unit]
        for rule in sorted(rules, key=lambda rule: rule.rank, reverse=True):
            if _is_for(rule, scope):
                yield _rule(row.document["rules"][rule.place], scope)


def _is_for(rule: PriceRule, scope: Scope) -> bool:
    """Whether a rule may be for a project within the scope."""
    project_id = scope.project_id
    return project_id is None or all(
        any(matches(value, project_id) for value in condition.values)
        for condition in rule.conditions
        if condition.field == "project"
    )


def _rule(entry: Mapping[str, Any], scope: Scope) -> ShownPriceRule:
    """Return a rule of a document; it names no project out of the scope."""
    price, conditions = entry["price"], entry["for"]
    if scope.project_id is not None and "project" in conditions:
        conditions = {**conditions, "project": scope.project_id}
    tiers = price if isinstance(price, list) else [{"price": price}]
    return ShownPriceRule(
        entry["name"],
        entry["unit"],
        conditions,
        entry["count"],
        tuple(ShownTier(t["price"], t.get("up_to")) for t in tiers),
        entry.get("started_hour"),
    )
