"""Racks: the actions on their stacks."""

from __future__ import annotations

from typing import Literal

from concertim_api.domain.operations import Operation
from concertim_api.domain.view.model import Rack
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
from concertim_api.services.view.rows import from_row

Action = Literal["suspend", "resume", "check", "destroy"]


class RackActions:
    def __init__(self, view: ViewReader, operations: Operations) -> None:
        self._racks = NounRows(view, "rack")
        self._operations = operations

    def act(
        self,
        caller: Caller,
        scope: Scope,
        rack_id: str,
        action: Action,
        region: str | None = None,
    ) -> Operation:
        """Have Heat do something with the stack of a rack.

        1 request. 3 statements. *destroy*: that a stack is gone is no error.
        Raises NotFound, Ambiguous, and what the cloud raises.
        """
        row = self._racks.row(rack_id, region, scope.filters())
        name = from_row(Rack, row).stack_name
        return self.act_on(caller, Target.of(row), name, action)

    def act_on(
        self, caller: Caller, stack: Target, name: str, action: Action
    ) -> Operation:
        """As ``act``, for a stack that need not be shown, and its name.

        1 statement less.
        """

        def work(actions: CloudActions) -> Answer[None]:
            stacks = actions.stacks
            if action == "destroy":
                gone_already(lambda: stacks.delete_stack(name, stack.id))
            else:
                stacks.act(name, stack.id, action)
            return Answer(None)

        intent = Intent(stack, "rack", action)
        return self._operations.run(caller, intent, work)[0]
