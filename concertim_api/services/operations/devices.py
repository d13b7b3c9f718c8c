"""Devices: the actions of Nova, Cinder and Neutron on servers, volumes and
networks."""

from __future__ import annotations

import contextlib
import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.operations import Operation
from concertim_api.services.cloud.acting import Caller, CloudActions
from concertim_api.services.common.listing import Scope
from concertim_api.services.operations.operations import (
    Answer,
    Intent,
    Operations,
    Target,
    gone_already,
)
from concertim_api.services.view.lists import NounRows
from concertim_api.services.view.ports import ViewReader

Arguments = Mapping[str, Any]

#: The arguments of an action that are stored, and the function that does it.
Plan = tuple[Arguments, Callable[[CloudActions], Answer[None]]]


@dc.dataclass(frozen=True, slots=True)
class DeviceKind:
    """``actions``: action -> the names of its arguments. ``plan`` may take a
    look at the cloud; it raises what that raises, and Invalid."""

    noun: str
    actions: Mapping[str, frozenset[str]]
    plan: Callable[[Operations, Target, str, Arguments], Plan]


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

        Requests: those of its plan. 3 statements. Safe to repeat. Raises
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
        arguments: Arguments,
    ) -> Operation:
        """As ``act``, for a device that need not be shown. A statement
        less."""
        kind = KINDS[device.kind]
        _check(kind, action, arguments)
        stored, work = kind.plan(self._operations, device, action, arguments)
        intent = Intent(device, device.kind, action, stored)
        return self._operations.run(caller, intent, work)[0]


def _check(kind: DeviceKind, action: str, arguments: Arguments) -> None:
    if action not in kind.actions:
        names = ", ".join(sorted(kind.actions))
        raise Invalid("action", f"a {kind.noun} has {names}")
    for name in arguments:
        if name not in kind.actions[action]:
            raise Invalid(name, f"not for {action} of a {kind.noun}")


def _server(
    operations: Operations, device: Target, action: Any, arguments: Arguments
) -> Plan:
    """1 request each. *destroy*: that it is gone is no error."""

    def act(actions: CloudActions) -> Answer[None]:
        compute = actions.compute
        if action == "destroy":
            gone_already(lambda: compute.delete_server(device.id))
        else:
            hard = bool(arguments.get("hard"))
            compute.act(device.id, action, hard=hard)
        return Answer(None)

    return arguments, act


def _volume(
    operations: Operations, device: Target, action: str, arguments: Arguments
) -> Plan:
    """*detach*: 1 request for each server, and a look before them if no
    server is named. *extend*, *destroy*: 1 request."""
    if action == "detach":
        return _detach(operations, device, arguments.get("server_id"))
    if action == "extend":
        return _extend(device, arguments.get("size_gb"))
    force = bool(arguments.get("force"))

    def destroy(actions: CloudActions) -> Answer[None]:
        storage = actions.storage
        gone_already(lambda: storage.delete_volume(device.id, force=force))
        return Answer(None)

    return {"force": True} if force else {}, destroy


def _detach(
    operations: Operations, volume: Target, server_id: str | None
) -> Plan:
    servers, sightings = _servers(operations, volume, server_id)

    def detach(actions: CloudActions) -> Answer[None]:
        compute = actions.compute
        for server in servers:
            with contextlib.suppress(NotFound):
                compute.detach_volume(server, volume.id)
        return Answer(None, sightings, state=None if servers else "done")

    return {"server_ids": servers}, detach


def _servers(
    operations: Operations, volume: Target, server_id: str | None
) -> tuple[Sequence[str], Sequence[Sighting]]:
    """Return the servers from which to detach a volume: the named one, or
    all that the cloud shows."""
    if server_id is not None:
        return [server_id], ()
    evidence, sightings = operations.look(volume.ref)
    if evidence is None or evidence.is_ended:
        raise NotFound(f"Volume {volume.id} is not in the cloud.")
    return [*(evidence.shape.get("attached_to") or ())], sightings


def _extend(volume: Target, size_gb: int | None) -> Plan:
    if size_gb is None:
        raise Invalid("size_gb", "missing: how large is it to be?")

    def extend(actions: CloudActions) -> Answer[None]:
        actions.storage.extend_volume(volume.id, size_gb)
        return Answer(None)

    return {"size_gb": size_gb}, extend


def _network(
    operations: Operations, device: Target, action: str, arguments: Arguments
) -> Plan:
    """``NetworkActions.delete_network`` says what goes with a network, what
    keeps it, and the requests."""

    def destroy(actions: CloudActions) -> Answer[None]:
        network, project_id = actions.network, device.project_id
        gone_already(lambda: network.delete_network(device.id, project_id))
        return Answer(None)

    return arguments, destroy


def _actions(*plain: str, **others: str) -> Mapping[str, frozenset[str]]:
    """Return actions without an argument, and others with their argument."""
    return {
        **dict.fromkeys(plain, frozenset()),
        **{action: frozenset({name}) for action, name in others.items()},
    }


KINDS: Mapping[str, DeviceKind] = {
    "instance": DeviceKind(
        "server",
        _actions(
            "start",
            "stop",
            "suspend",
            "resume",
            "shelve",
            "unshelve",
            "destroy",
            reboot="hard",
        ),
        _server,
    ),
    "volume": DeviceKind(
        "volume",
        _actions(detach="server_id", extend="size_gb", destroy="force"),
        _volume,
    ),
    "network": DeviceKind("network", _actions("destroy"), _network),
}

#: All actions that some kind of device has.
ACTIONS = tuple(
    dict.fromkeys(action for kind in KINDS.values() for action in kind.actions)
)
