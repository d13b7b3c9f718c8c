"""Devices: what each kind of them can be made to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from concertim_api.domain.errors import Invalid
from concertim_api.domain.operations import Operation
from concertim_api.services.operating.instances import Instances
from concertim_api.services.operating.networks import Networks
from concertim_api.services.operating.operations import Operations
from concertim_api.services.operating.volumes import Volumes
from concertim_api.services.operator import Caller
from concertim_api.services.ports import Store
from concertim_api.services.rows import ViewRow
from concertim_api.services.scope import Scope
from concertim_api.services.shown import Shown

#: All actions that some kind of device has.
ACTIONS = tuple(
    dict.fromkeys(
        action
        for kind in (Instances, Volumes, Networks)
        for action in kind.takes
    )
)


class Acting(Protocol):
    """A kind of device. ``takes``: action -> the arguments that it has."""

    noun: str
    takes: Mapping[str, frozenset[str]]

    def act(
        self,
        caller: Caller,
        device: ViewRow,
        action: str,
        arguments: Mapping[str, Any],
    ) -> Operation:
        """Have the cloud do it. Raises Invalid, and what an operator does."""


class DeviceActions:
    def __init__(self, store: Store, operations: Operations) -> None:
        self._devices = Shown(store, "device")
        self._kinds: Mapping[str, Acting] = {
            "instance": Instances(operations),
            "volume": Volumes(operations),
            "network": Networks(operations),
        }

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

        Requests: see each kind. 3 statements. Safe to repeat. Raises
        NotFound, Ambiguous, Invalid for what a device of its kind can't do,
        and what an operator does.
        """
        device = self._devices.one(device_id, region, scope.filters())
        return self.act_on(caller, device, action, arguments)

    def act_on(
        self,
        caller: Caller,
        device: ViewRow,
        action: str,
        arguments: Mapping[str, Any],
    ) -> Operation:
        """As ``act``, for a row that is at hand."""
        kind = self._kinds[device.kind]
        _check(kind, action, arguments)
        return kind.act(caller, device, action, arguments)


def _check(kind: Acting, action: str, arguments: Mapping[str, Any]) -> None:
    if action not in kind.takes:
        known = ", ".join(sorted(kind.takes))
        raise Invalid("action", f"a {kind.noun} has {known}")
    for name in arguments:
        if name not in kind.takes[action]:
            raise Invalid(name, f"not for {action} of a {kind.noun}")
