"""/v1/devices"""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1.operations import Operation
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain import operations
from concertim_api.domain.view.devices import TYPES
from concertim_api.domain.view.model import DeviceType
from concertim_api.policies import devices as policies
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.operations import devices as operating
from concertim_api.services.view.devices import Devices

_TYPE = types.Choice(*get_args(DeviceType))


class Device(types.Item):
    """A server, volume or network, in its slot of a rack."""

    region = types.text
    id = types.text
    kind = types.text
    rack_id = types.text
    project_id = types.text
    name = types.text
    label = types.prose
    type = _TYPE
    status = types.text
    state = types.text
    template_id = types.text
    template = types.text
    start_u = types.count
    height_u = types.count
    facing = types.Choice("f")
    public_ips = [types.text]
    private_ips = [types.text]
    networks = [types.text]
    details = types.attributes
    created_at = types.time
    updated_at = types.time


class DeviceList(types.List):
    devices = [Device]


class DeviceAction(types.Representation):
    """hard is for reboot; the others are for volumes: server_id for detach,
    size_gb for extend, force for destroy."""

    action = types.required(types.Choice(*operating.ACTIONS))
    region = types.text
    hard = types.flag
    server_id = types.text
    size_gb = types.identifier
    force = types.flag


class DevicesController(Controller):
    def __init__(
        self, devices: Devices, actions: operating.DeviceActions
    ) -> None:
        self._devices = devices
        self._actions = actions

    @expose(
        DeviceList,
        policy=policies.LIST,
        filters={
            **types.texts("rack_id", "region", "project_id", "status"),
            **types.texts("name", "id"),
            "kind": types.Choice(*TYPES),
            "type": _TYPE,
        },
        sort=("id", "name", "updated_at", "start_u"),
        query={"at": types.earlier},
    )
    def get_all(
        self, context: Context, listing: Listing, at: datetime | None = None
    ) -> Page:
        """List devices, as they are or as they were at a moment.

        With at: the devices of the rack that rack_id names.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._devices.list(scope, listing, at)

    @expose(
        Device,
        policy=policies.LIST,
        query={"region": types.text, "at": types.earlier},
    )
    def get_one(
        self,
        context: Context,
        device_id: str,
        region: str | None = None,
        at: datetime | None = None,
    ) -> Page:
        """Show a device, as it is or as it was at a moment.

        region is needed only where several regions have the id.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._devices.get(scope, device_id, region, at)

    @expose(Operation, policy=policies.ACT, body=DeviceAction, status=202)
    def post_action(
        self, context: Context, device_id: str, body: dict[str, Any]
    ) -> operations.Operation:
        """Act on a device in the cloud.

        A server: start, stop, reboot (with hard: like a power switch),
        suspend, resume, shelve, unshelve, destroy. A volume: detach (from
        server_id; without it, from every server), extend (to size_gb),
        destroy (with force: in any state; that takes the rule
        devices:force). A network: destroy. The cloud does so later: the
        operation has the outcome. region is needed only where several
        regions have the id.
        """
        if body.get("force"):
            context.authorize(policies.FORCE)
        scope = context.scope(policies.ACT_ALL)
        return self._actions.act(context.caller(), scope, device_id, **body)
