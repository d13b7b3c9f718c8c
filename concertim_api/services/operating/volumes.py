"""Volumes: what Cinder, and Nova, can be made to do with them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.domain.operations import Operation
from concertim_api.domain.sightings import Sighting
from concertim_api.domain.usage import Ref
from concertim_api.services.operating.operations import (
    Done,
    Intent,
    Operations,
    gone_already,
)
from concertim_api.services.operator import Caller, Operator
from concertim_api.services.rows import ViewRow


class Volumes:
    """*detach*: 1 request for each server; the cloud is asked for the servers
    before, if none is named. *extend*, *destroy*: 1 request."""

    noun = "volume"
    takes: Mapping[str, frozenset[str]] = {
        "detach": frozenset({"server_id"}),
        "extend": frozenset({"size_gb"}),
        "destroy": frozenset({"force"}),
    }

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def act(
        self,
        caller: Caller,
        device: ViewRow,
        action: Any,
        arguments: Mapping[str, Any],
    ) -> Operation:
        if action == "detach":
            return self._detach(caller, device, arguments.get("server_id"))
        if action == "extend":
            return self._extend(caller, device, arguments.get("size_gb"))
        force = bool(arguments.get("force"))

        def destroy(operator: Operator) -> Done[None]:
            storage = operator.storage
            gone_already(lambda: storage.delete_volume(device.id, force=force))
            return Done(None)

        asked = {"force": True} if force else {}
        return self._run(caller, device, action, asked, destroy)

    def _detach(
        self, caller: Caller, device: ViewRow, server_id: str | None
    ) -> Operation:
        servers, sightings = self._servers(device, server_id)

        def detach(operator: Operator) -> Done[None]:
            compute = operator.compute
            for one in servers:
                with contextlib.suppress(NotFound):
                    compute.detach_volume(one, device.id)
            return Done(None, sightings, state=None if servers else "done")

        asked = {"server_ids": servers}
        return self._run(caller, device, "detach", asked, detach)

    def _servers(
        self, device: ViewRow, server_id: str | None
    ) -> tuple[Sequence[str], Sequence[Sighting]]:
        """Return the servers of which to detach a volume: this one, or those
        that the cloud says it is attached to."""
        if server_id is not None:
            return [server_id], ()
        ref = Ref(device.region, device.kind, device.id)
        seen, sightings = self._operations.look(ref)
        if seen is None or seen.ended:
            raise NotFound(f"Volume {device.id} is not in the cloud.")
        return [*(seen.shape.get("attached_to") or ())], sightings

    def _extend(
        self, caller: Caller, device: ViewRow, size_gb: int | None
    ) -> Operation:
        if size_gb is None:
            raise Invalid("size_gb", "missing: how large is it to be?")

        def extend(operator: Operator) -> Done[None]:
            operator.storage.extend_volume(device.id, size_gb)
            return Done(None)

        asked = {"size_gb": size_gb}
        return self._run(caller, device, "extend", asked, extend)

    def _run(
        self,
        caller: Caller,
        device: ViewRow,
        action: str,
        asked: Mapping[str, Any],
        work: Callable[[Operator], Done[None]],
    ) -> Operation:
        intent = Intent.on(device, "volume", action, asked)
        return self._operations.run(caller, intent, work)[0]
