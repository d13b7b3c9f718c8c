"""Actions on what somebody knows by the cloud's id, shown or not.

Who has just made something knows its id before we have heard of it.
"""

from __future__ import annotations

from typing import Any, cast

from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.operations import Operation
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.ledger.ports import ResourceReader
from concertim_api.services.operations.devices import DeviceActions
from concertim_api.services.operations.operations import Operations, Target
from concertim_api.services.operations.racks import RackActions


class ActionsById:
    """Authorisation is the cloud's: the caller's credentials are used."""

    def __init__(
        self,
        resources: ResourceReader,
        operations: Operations,
        racks: RackActions,
        devices: DeviceActions,
    ) -> None:
        self._resources = resources
        self._operations = operations
        self._racks = racks
        self._devices = devices

    def act(self, caller: Caller, ref: Ref, action: str) -> Operation:
        """Have the cloud do something with a stack, a server, a volume or a
        network.

        1 request; another before it, for what the ledger does not know. 3
        statements. Raises NotFound if it is not there, Invalid for what
        can't be done, and what an operator does.
        """
        target = self._recorded(ref) or self._looked_up(caller, ref)
        if ref.kind != "stack":
            return self._devices.act_on(caller, target, action, {})
        name = target.name or ""
        return self._racks.act_on(caller, target, name, cast(Any, action))

    def _recorded(self, ref: Ref) -> Target | None:
        for row in self._resources.find(ref.id):
            if (row.region, row.kind) == (ref.region, ref.kind):
                return Target.of(row)
        return None

    def _looked_up(self, caller: Caller, ref: Ref) -> Target:
        """Return what the cloud says; also of what it says that it went.

        Of a stack no more than its name, which is what Heat has to be told:
        all that is in it would be three requests.
        """
        if ref.kind == "stack":
            operator = self._operations.operator(caller, ref.region)
            stack_name = operator.stacks.name(ref.id)
            return Target(*ref, stack_name, caller.project_id)
        _, sightings = self._operations.look(ref)
        for seen in (sighting.observation for sighting in sightings):
            if seen.ref == ref and seen.says != "absent":
                name = seen.details.get("name")
                return Target(*ref, name, seen.project_id)
        raise NotFound(f"There is no {ref.kind} {ref.id} in the cloud.")
