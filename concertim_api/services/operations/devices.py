"""Devices: having the cloud do something with one."""

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
    dict.fromkeys(action for kind in KINDS.values() for action in kind.takes)
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
        and what an operator does.
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
        noted, work = kind.plan(self._operations, device, action, arguments)
        intent = Intent.on(device, device.kind, action, noted)
        return self._operations.run(caller, intent, work)[0]


def _check(
    kind: DeviceKind, action: str, arguments: Mapping[str, Any]
) -> None:
    if action not in kind.takes:
        known = ", ".join(sorted(kind.takes))
        raise Invalid("action", f"a {kind.noun} has {known}")
    for name in arguments:
        if name not in kind.takes[action]:
            raise Invalid(name, f"not for {action} of a {kind.noun}")
