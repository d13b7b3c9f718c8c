"""Devices: the actions on servers, volumes and networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.domain.errors import Invalid
from concertim_api.domain.operations import Operation
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import Scope
from concertim_api.services.operations.device_kinds import KINDS, DeviceKind
from concertim_api.services.operations.operations import (
    Intent,
    Operations,
    Target,
)
from concertim_api.services.view.lists import NounRows
from concertim_api.services.view.ports import ViewReader

#: All actions that some kind of device has.
ACTIONS = tuple(
    dict.fromkeys(action for kind in KINDS.values() for action in kind.actions)
)


class DeviceActions:
    def __init__(self, view: ViewReader, operations: Operations) -> None:
        self._devices = NounRows(view, "device")
        self._operations = operations

    def act(
        self,
        caller: Caller,
        scope: Scope,
        device_id: str,
        action: str,
        region: str | None = None,
        **arguments: Any,
    ) -> Operation:
        """Have the cloud do something with a device.

        Requests: see ``device_kinds``. 3 statements. Safe to repeat. Raises
        NotFound, Ambiguous, Invalid for what a device of its kind can't do,
        and what the cloud raises.
        """
        row = self._devices.row(device_id, region, scope.filters())
        return self.act_on(caller, Target.of(row), action, arguments)

    def act_on(
        self,
        caller: Caller,
        device: Target,
        action: str,
        arguments: Mapping[str, Any],
    ) -> Operation:
        """As ``act``, for a device that need not be shown. A statement
        less."""
        kind = KINDS[device.kind]
        _check(kind, action, arguments)
        stored, work = kind.plan(self._operations, device, action, arguments)
        intent = Intent(device, device.kind, action, stored)
        return self._operations.run(caller, intent, work)[0]


def _check(
    kind: DeviceKind, action: str, arguments: Mapping[str, Any]
) -> None:
    if action not in kind.actions:
        names = ", ".join(sorted(kind.actions))
        raise Invalid("action", f"a {kind.noun} has {names}")
    for name in arguments:
        if name not in kind.actions[action]:
            raise Invalid(name, f"not for {action} of a {kind.noun}")
