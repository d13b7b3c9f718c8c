"""/v1/racks"""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1.devices import Device
from concertim_api.api.controllers.v1.operations import Operation
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain import operations
from concertim_api.policies import costs as costing
from concertim_api.policies import racks as policies
from concertim_api.services.billing.costs import Costs
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.operations import racks as operating
from concertim_api.services.view.history import (
    CHANGES,
    RackHistories,
    RackHistory,
)
from concertim_api.services.view.racks import Racks

_REGION_AND_TIME = {"region": types.text, "at": types.earlier}


class Rack(types.Item):
    """A cluster, as a rack: a stack of Heat."""

    region = types.text
    id = types.text
    project_id = types.text
    team = types.text
    name = types.text
    stack_name = types.prose
    description = types.prose
    status = types.text
    status_reason = types.prose
    state = types.text
    owner = types.prose
    outputs = types.attributes
    height_u = types.count
    used_u = types.count
    device_count = types.count
    messages = [types.prose]
    order_id = types.text
    cost = types.quantity
    created_at = types.time
    updated_at = types.time


class RackWithDevices(Rack):
    """A cluster, as a rack, with its devices."""

    devices = [Device]


class RackList(types.List):
    racks = [Rack]


class Event(types.Representation):
    """A change of a rack or a device: from one value, to another."""

    at = types.time
    kind = types.text
    id = types.text
    name = types.prose
    change = types.Choice(*CHANGES)
    from_ = types.named("from", types.prose)
    to = types.prose


class RackEvents(types.List):
    rack = Rack
    events = [Event]


class RackAction(types.Representation):
    action = types.required(types.Choice(*get_args(operating.Action)))
    region = types.text


class RacksController(Controller):
    def __init__(
        self,
        racks: Racks,
        histories: RackHistories,
        actions: operating.RackActions,
        costs: Costs,
    ) -> None:
        self._racks = racks
        self._histories = histories
        self._actions = actions
        self._costs = costs

    @expose(
        RackList,
        policy=policies.LIST,
        filters=types.texts("region", "project_id", "status", "name", "id"),
        sort=("id", "name", "updated_at"),
        query={"at": types.earlier},
    )
    def get_all(
        self, context: Context, listing: Listing, at: datetime | None = None
    ) -> Page:
        """List racks, as they are or as they were at a moment.

        With at: those that existed then, by what is known today, sorted by
        id. Then a page may have fewer rows than its limit, and still a link
        to a next one.
        """
        return self._racks.list(context.scope(policies.LIST_ALL), listing, at)

    @expose(
        RackWithDevices,
        policy=policies.LIST,
        query={**_REGION_AND_TIME, "devices": types.part},
    )
    def get_one(
        self,
        context: Context,
        rack_id: str,
        region: str | None = None,
        at: datetime | None = None,
        devices: bool = False,
    ) -> Page:
        """Show a rack, as it is or as it was at a moment.

        region is needed only where several regions have the id.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._racks.get(scope, rack_id, region, at, devices=devices)

    @expose(
        types.SVG,
        policy=policies.LIST,
        query={**_REGION_AND_TIME, "costs": types.flag},
        added={"costs": "1.4"},
    )
    def get_as_svg(
        self,
        context: Context,
        rack_id: str,
        region: str | None = None,
        at: datetime | None = None,
        costs: bool = False,
    ) -> str:
        """Draw a rack with its devices, as it is or as it was.

        With costs, it says what the rack and each device cost in the month
        so far: to who may see costs, and if there is a tariff.
        """
        scope, amounts = context.scope(policies.LIST_ALL), None
        if costs and context.passes(costing.SHOW):
            paid = context.scope(costing.SHOW_ALL)
            amounts = self._costs.of_rack(paid, rack_id, region, at)
        return self._racks.drawn(scope, rack_id, region, at, amounts)

    @expose(
        RackEvents,
        policy=policies.LIST,
        sort=("at",),
        whole=True,
        query={"region": types.text},
    )
    def get_history(
        self,
        context: Context,
        rack_id: str,
        listing: Listing,
        region: str | None = None,
    ) -> RackHistory:
        """Show the history of a rack and its devices.

        All events of all devices that it ever had, the oldest first. A rack
        that is gone has a history, too; it is shown as it was at the end.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._histories.get(scope, rack_id, listing, region)

    @expose(Operation, policy=policies.ACT, body=RackAction, status=202)
    def post_action(
        self, context: Context, rack_id: str, body: dict[str, Any]
    ) -> operations.Operation:
        """Suspend, resume, check or destroy a rack.

        The cloud does so later: the operation has the outcome. region is
        needed only where several regions have the id.
        """
        return self._actions.act(
            context.caller(), context.scope(policies.ACT_ALL), rack_id, **body
        )
