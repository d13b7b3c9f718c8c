"""Racks: what their stacks can be made to do."""

from __future__ import annotations

from typing import Literal

import orjson

from concertim_api.domain.operations import Operation
from concertim_api.services.cloud.acting import Caller, Operator
from concertim_api.services.common.listing import Scope
from concertim_api.services.operations.operations import (
    Done,
    Intent,
    Operations,
    gone_already,
)
from concertim_api.services.view.lists import NounRows
from concertim_api.services.view.ports import ViewReader, ViewRow

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

        1 request. 3 statements. That a stack is gone is what *destroy*
        wants. Raises NotFound, Ambiguous, and what an operator does.
        """
        rack = self._racks.one(rack_id, region, scope.filters())
        return self.act_on(caller, rack, action)

    def act_on(
        self, caller: Caller, rack: ViewRow, action: Action
    ) -> Operation:
        """As ``act``, for a row that is at hand."""
        name = orjson.loads(rack.body)["stack_name"]

        def work(operator: Operator) -> Done[None]:
            stacks = operator.stacks
            if action == "destroy":
                gone_already(lambda: stacks.delete_stack(name, rack.id))
            else:
                stacks.act(name, rack.id, action)
            return Done(None)

        intent = Intent.on(rack, "rack", action)
        return self._operations.run(caller, intent, work)[0]
