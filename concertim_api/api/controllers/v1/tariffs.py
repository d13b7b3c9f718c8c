"""/v1/tariffs"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain.billing.tariff import UNITS
from concertim_api.policies import tariffs as policies
from concertim_api.services.billing import tariffs as service
from concertim_api.services.common.listing import Page


class TariffSummary(types.Representation):
    """A tariff without its prices.

    author is null for callers who may not see every project.
    """

    id = types.identifier
    name = types.text
    currency = types.text
    valid_from = types.day
    valid_until = types.day
    author = types.text
    loaded_at = types.time


class TariffList(types.List):
    tariffs = [TariffSummary]


class Tier(types.Representation):
    """A price up to a quantity in a month; null: without an end."""

    price = types.quantity
    up_to = types.quantity


class PriceRule(types.Representation):
    """What is counted of which resources, and what one costs."""

    name = types.text
    unit = types.Choice(*UNITS)
    for_ = types.named("for", types.attributes)
    count = types.text
    tiers = [Tier]
    started_hour = types.quantity


class Discount(types.Representation):
    """What a project is spared of each amount."""

    project_id = types.text
    percent = types.quantity


class Tax(types.Representation):
    """What is added to each invoice."""

    name = types.text
    percent = types.quantity


class Tariff(types.Item, TariffSummary):
    """A tariff with its prices, by unit.

    Of the rules of one unit, the first that fits a resource counts.
    """

    rules = [PriceRule]
    discounts = [Discount]
    tax = Tax


class TariffsController(Controller):
    def __init__(self, tariffs: service.Tariffs) -> None:
        self._tariffs = tariffs

    @expose(TariffList, policy=policies.LIST, since="1.4")
    def get_all(self, context: Context) -> Page:
        """List the tariffs, in the order of their loading.

        Of those that are valid on a day, the last one counts.
        """
        return self._tariffs.list(context.scope(policies.LIST_ALL))

    @expose(
        Tariff, policy=policies.LIST, since="1.4", item_id=types.identifier
    )
    def get_one(
        self, context: Context, tariff_id: int
    ) -> service.DetailedTariff:
        """Show a tariff with its prices."""
        scope = context.scope(policies.LIST_ALL)
        return self._tariffs.get(scope, tariff_id)
