"""What each kind of device can be made to do by Nova, Cinder and Neutron."""

from __future__ import annotations

import contextlib
import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.cloud.acting import Operator
from concertim_api.services.operations.operations import (
    Done,
    Operations,
    Target,
    gone_already,
)

Arguments = Mapping[str, Any]

#: The arguments to note of an action, and what does it.
Plan = tuple[Arguments, Callable[[Operator], Done[None]]]


@dc.dataclass(frozen=True, slots=True)
class DeviceKind:
    """``takes``: action -> the arguments that it has. ``plan`` may look at
    the cloud before, and raises what that does, and Invalid."""

    noun: str
    takes: Mapping[str, frozenset[str]]
    plan: Callable[[Operations, Target, str, Arguments], Plan]


def _server(
    operations: Operations, device: Target, action: Any, arguments: Arguments
) -> Plan:
    """One request each. *destroy* wants no more than that it is gone."""

    def act(operator: Operator) -> Done[None]:
        compute = operator.compute
        if action == "destroy":
            gone_already(lambda: compute.delete_server(device.id))
        else:
            hard = bool(arguments.get("hard"))
            compute.act(device.id, action, hard=hard)
        return Done(None)

    return arguments, act


def _volume(
    operations: Operations, device: Target, action: str, arguments: Arguments
) -> Plan:
    """*detach*: 1 request for each server; the cloud is asked for the servers
    before, if none is named. *extend*, *destroy*: 1 request."""
    if action == "detach":
        return _detach(operations, device, arguments.get("server_id"))
    if action == "extend":
        return _extend(device, arguments.get("size_gb"))
    force = bool(arguments.get("force"))

    def destroy(operator: Operator) -> Done[None]:
        storage = operator.storage
        gone_already(lambda: storage.delete_volume(device.id, force=force))
        return Done(None)

    return {"force": True} if force else {}, destroy


def _detach(
    operations: Operations, volume: Target, server_id: str | None
) -> Plan:
    servers, sightings = _servers(operations, volume, server_id)

    def detach(operator: Operator) -> Done[None]:
        compute = operator.compute
        for server in servers:
            with contextlib.suppress(NotFound):
                compute.detach_volume(server, volume.id)
        return Done(None, sightings, state=None if servers else "done")

    return {"server_ids": servers}, detach


def _servers(
    operations: Operations, volume: Target, server_id: str | None
) -> tuple[Sequence[str], Sequence[Sighting]]:
    """Return the servers of which to detach a volume: this one, or those
    that the cloud says it is attached to."""
    if server_id is not None:
        return [server_id], ()
    seen, sightings = operations.look(volume.ref)
    if seen is None or seen.ended:
        raise NotFound(f"Volume {volume.id} is not in the cloud.")
    return [*(seen.shape.get("attached_to") or ())], sightings


def _extend(volume: Target, size_gb: int | None) -> Plan:
    if size_gb is None:
        raise Invalid("size_gb", "missing: how large is it to be?")

    def extend(operator: Operator) -> Done[None]:
        operator.storage.extend_volume(volume.id, size_gb)
        return Done(None)

    return {"size_gb": size_gb}, extend


def _network(
    operations: Operations, device: Target, action: str, arguments: Arguments
) -> Plan:
    """See ``NetworkOperator.delete_network`` for what goes with a network,
    what keeps it, and the requests."""

    def destroy(operator: Operator) -> Done[None]:
        network, project_id = operator.network, device.project_id
        gone_already(lambda: network.delete_network(device.id, project_id))
        return Done(None)

    return arguments, destroy


def _takes(*actions: str, **others: str) -> Mapping[str, frozenset[str]]:
    """Return actions without an argument, and others with theirs."""
    return {
        **dict.fromkeys(actions, frozenset()),
        **{action: frozenset({name}) for action, name in others.items()},
    }


KINDS: Mapping[str, DeviceKind] = {
    "instance": DeviceKind(
        "server",
        _takes(
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
        _takes(detach="server_id", extend="size_gb", destroy="force"),
        _volume,
    ),
    "network": DeviceKind("network", _takes("destroy"), _network),
}
