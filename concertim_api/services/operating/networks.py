"""Networks: deleted with what belongs to them, and with nothing else."""

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


class Networks:
    """See ``NetworkOperator.delete_network`` for what goes with a network,
    what keeps it, and the requests."""

    noun = "network"
    takes: Mapping[str, frozenset[str]] = {"destroy": frozenset()}

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
            network, project_id = operator.network, device.project_id
            gone_already(lambda: network.delete_network(device.id, project_id))
            return Done(None)

        intent = Intent.on(device, "network", action, arguments)
        return self._operations.run(caller, intent, work)[0]
