"""Actions on what somebody knows by the cloud's id, shown or not.

Who has just made something knows its id before we have heard of it.
"""

from __future__ import annotations

import dataclasses as dc
from typing import Any, cast

import orjson

from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.operations import Operation
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.ledger.ports import ResourceFinder
from concertim_api.services.operations.devices import DeviceActions
from concertim_api.services.operations.operations import Operations
from concertim_api.services.operations.racks import RackActions
from concertim_api.services.view.ports import ViewRow


@dc.dataclass(frozen=True, slots=True)
class _Known:
    """What is needed of a ``ViewRow`` to act on it."""

    region: str
    kind: str
    id: str
    name: str | None
    project_id: str | None

    @property
    def body(self) -> str:
        return orjson.dumps({"stack_name": self.name}).decode()


class ActionsById:
    """Authorisation is the cloud's: the caller's credentials are used."""

    def __init__(
        self,
        resources: ResourceFinder,
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
        known = self._recorded(ref) or self._looked_up(caller, ref)
        row = cast(ViewRow, known)
        if ref.kind == "stack":
            return self._racks.act_on(caller, row, cast(Any, action))
        return self._devices.act_on(caller, row, action, {})

    def _recorded(self, ref: Ref) -> _Known | None:
        for row in self._resources.find(ref.id):
            if (row.region, row.kind) == (ref.region, ref.kind):
                return _known(ref, row.name, row.project_id)
        return None

    def _looked_up(self, caller: Caller, ref: Ref) -> _Known:
        """Return what the cloud says; also of what it says that it went.

        Of a stack no more than its name, which is what Heat has to be told:
        all that is in it would be three requests.
        """
        if ref.kind == "stack":
            operator = self._operations.operator(caller, ref.region)
            name = operator.stacks.name(ref.id)
            return _known(ref, name, caller.project_id)
        _, sightings = self._operations.look(ref)
        for told in (sighting.observation for sighting in sightings):
            if told.ref == ref and told.says != "absent":
                return _known(ref, told.details.get("name"), told.project_id)
        raise NotFound(f"There is no {ref.kind} {ref.id} in the cloud.")


def _known(ref: Ref, name: str | None, project_id: str | None) -> _Known:
    return _Known(ref.region, ref.kind, ref.id, name, project_id)
