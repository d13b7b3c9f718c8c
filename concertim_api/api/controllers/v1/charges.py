"""/v1/charges"""

from __future__ import annotations

from datetime import datetime

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import charges as policies
from concertim_api.services.billing.charges import Charges
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.ledger.ports import Window

#: The conditions for charges, and for costs.
FILTERS = types.texts(
    *("project_id", "kind", "resource_id", "region", "state", "type"),
    "rack_id",
)


class Charge(types.Representation):
    """What a period costs in [start, end): quantity times price, less the
    discount. Without a rule it is unpriced, and quantity are hours."""

    region = types.text
    kind = types.text
    resource_id = types.text
    name = types.text
    project_id = types.text
    rack_id = types.text
    rack_name = types.text
    type = types.text
    state = types.text
    start = types.time
    end = types.time
    tariff = types.text
    rule = types.text
    unit = types.text
    count = types.text
    quantity = types.quantity
    price = types.quantity
    discount_percent = types.quantity
    amount = types.quantity


class ChargeList(types.List):
    charges = [Charge]


class ChargesController(Controller):
    def __init__(self, charges: Charges) -> None:
        self._charges = charges

    @expose(
        ChargeList,
        policy=policies.LIST,
        since="1.4",
        filters=FILTERS,
        sort=("resource_id", "start", "amount"),
        query={"start": types.time, "end": types.time},
    )
    def get_all(
        self,
        context: Context,
        listing: Listing,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Page:
        """List what each period costs within a window, and why.

        start is mandatory. end is now by default, and never later.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._charges.list(scope, listing, Window(start, end))
