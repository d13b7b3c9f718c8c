"""Servers: what Nova can be made to do with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.domain.operations import Operation
from concertim_api.services.operating.operations import (
    Done,
    Intent,
    Operations,
    gone_already,
)
from concertim_api.services.operator import Caller, Operator
from concertim_api.services.rows import ViewRow


class Instances:
    """One request each. *destroy* wants no more than that it is gone."""

    noun = "server"
    takes: Mapping[str, frozenset[str]] = {
        **dict.fromkeys(
            (
                "start",
                "stop",
                "suspend",
                "resume",
                "shelve",
                "unshelve",
                "destroy",
            ),
            frozenset(),
        ),
        "reboot": frozenset({"hard"}),
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
        def work(operator: Operator) -> Done[None]:
            compute = operator.compute
            if action == "destroy":
                gone_already(lambda: compute.delete_server(device.id))
            else:
                hard = bool(arguments.get("hard"))
                compute.act(device.id, action, hard=hard)
            return Done(None)

        intent = Intent.on(device, "instance", action, arguments)
        return self._operations.run(caller, intent, work)[0]
