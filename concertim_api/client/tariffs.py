"""Tariffs: what usage costs."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client import errors
from concertim_api.client.collection import ById, ShortList


class TariffSummary(TypedDict):
    """A tariff without its prices. ``author`` None: you may not see all."""

    id: int
    name: str
    currency: str
    valid_from: str
    valid_until: str | None
    author: str | None
    loaded_at: str


#: What is counted of which resources: ``for`` has the conditions, ``tiers``
#: the prices, each with its ``price`` and ``up_to``.
PriceRule = TypedDict(
    "PriceRule",
    {
        "name": str,
        "unit": str,
        "for": dict[str, Any],
        "count": str,
        "tiers": list[dict[str, str | None]],
        "started_hour": str | None,
    },
)


class Tariff(TariffSummary):
    """A tariff. Of the ``rules`` of one unit, the first that fits counts."""

    rules: list[PriceRule]
    discounts: list[dict[str, str]]
    tax: dict[str, str] | None


class Tariffs(ShortList[TariffSummary], ById[Tariff]):
    """Tariffs, in the order of their loading: of those that are valid on a
    day, the last one counts. They need microversion 1.4."""

    nouns, since = "tariffs", "1.4"

    def find(self, id_or_name: str) -> Tariff:
        """Return the tariff with this id or, if there is none, this name.

        One request; for a name, three. Raises NotFound.
        """
        try:
            return self.get(id_or_name)
        except errors.NotFound:
            ids = {tariff["name"]: tariff["id"] for tariff in self.list()}
            if id_or_name not in ids:
                raise
        return self.get(ids[id_or_name])
