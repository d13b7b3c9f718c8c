"""Actions on a resource by the cloud's id, whether the view shows it or not.

A caller who has just created a resource has its id before we have heard of it.
"""

from __future__ import annotations

import dataclasses as dc
from typing import Any, cast

from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.operations import Operation
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.ledger.ports import ResourceReader
from concertim_api.services.operations.devices import DeviceActions
from concertim_api.services.operations.operations import Operations, Target
from concertim_api.services.operations.racks import RackActions


@dc.dataclass(frozen=True, slots=True)
class ResourceActions:
    """Authorisation is the cloud's: the caller's credentials are used."""

    resources: ResourceReader
    operations: Operations
    racks: RackActions
    devices: DeviceActions

    def act(self, caller: Caller, ref: Ref, action: str) -> Operation:
        """Have the cloud do something with a stack, a server, a volume or a
        network.

        1 request, and another before it for a resource that the ledger does
        not have. 3 statements. Raises NotFound, Invalid for what can't be
        done, and what the cloud raises.
        """
        target = self._recorded(ref) or self._shown(caller, ref)
        if ref.kind != "stack":
            return self.devices.act_on(caller, target, action, {})
        # Heat finds a stack by its name and id; the ledger may lack the name.
        name = target.name or self._stack_name(caller, ref)
        return self.racks.act_on(caller, target, name, cast(Any, action))

    def _recorded(self, ref: Ref) -> Target | None:
        for row in self.resources.find(ref.id):
            if (row.region, row.kind) == (ref.region, ref.kind):
                return Target.of(row)
        return None

    def _shown(self, caller: Caller, ref: Ref) -> Target:
        """Return what the cloud shows, also of a resource that is gone.

        Of a stack it is asked for the name only: a look at all that is in
        the stack would be three requests.
        """
        if ref.kind == "stack":
            stack_name = self._stack_name(caller, ref)
            return Target(*ref, stack_name, caller.project_id)
        _, sightings = self.operations.look(ref)
        for observation in (sighting.observation for sighting in sightings):
            if observation.ref == ref and observation.says != "absent":
                name = observation.details.get("name")
                return Target(*ref, name, observation.project_id)
        raise NotFound(f"There is no {ref.kind} {ref.id} in the cloud.")

    def _stack_name(self, caller: Caller, ref: Ref) -> str:
        stacks = self.operations.actions(caller, ref.region).stacks
        return stacks.name(ref.id)
