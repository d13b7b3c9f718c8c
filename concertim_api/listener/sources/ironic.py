"""Ironic: nodes and their ports, as enrolled.

Their fields are details, for the inventory. A server on a node is counted as
a server of Nova.
"""

from __future__ import annotations

from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    optional_text,
    present,
    second,
    section,
    text,
)

#: The fields of a node that are no details: they are in the shape, change
#: all the time, or are secret.
_NODE_FIELDS = frozenset(
    {"uuid", "provision_state", "resource_class", "properties"}
    | {"clean_step", "deploy_step", "driver_info", "driver_internal_info"}
    | {"instance_info", "event", "to_power", "updated_at"}
    | {"previous_provision_state", "previous_target_provision_state"}
)
_PORT_FIELDS = frozenset({"uuid", "node_uuid", "updated_at"})


def _node(payload: Payload) -> Facts:
    data = section(payload, "ironic_object.data")
    return Facts(
        id=text(data, "uuid"),
        project_id=optional_text(data, "lessee")
        or optional_text(data, "owner"),
        shape=present(
            state=optional_text(data, "provision_state"),
            resource_class=data.get("resource_class"),
            properties=data.get("properties"),
        ),
        details={k: v for k, v in data.items() if k not in _NODE_FIELDS},
        since=second(data, "created_at"),
    )


def _port(payload: Payload) -> Facts:
    data = section(payload, "ironic_object.data")
    return Facts(
        id=text(data, "uuid"),
        shape=present(node_id=optional_text(data, "node_uuid")),
        details={k: v for k, v in data.items() if k not in _PORT_FIELDS},
        since=second(data, "created_at"),
    )


_CREATED = ("created_at",)

#: What is done to a node, and may succeed or fail.
_ACTIONS = (
    "console_restore",
    "console_set",
    "console_stop",
    "maintenance_set",
    "power_set",
    "power_state_corrected",
    "provision_set",
    "update",
)

_NODE, _PORT = "baremetal_node", "baremetal_port"

ROWS: dict[str, Row] = {
    "baremetal.node.create.end": Row(_NODE, "alive", _node, at=_CREATED),
    "baremetal.node.delete.end": Row(_NODE, "gone", _node),
    "baremetal.port.create.end": Row(_PORT, "alive", _port, at=_CREATED),
    "baremetal.port.update.end": Row(_PORT, "alive", _port),
    "baremetal.port.delete.end": Row(_PORT, "gone", _port),
    **{
        f"baremetal.node.{action}.{phase}": Row(_NODE, "alive", _node)
        for action in _ACTIONS
        for phase in ("end", "success", "error")
    },
}

IGNORED = {
    "baremetal.*.error": "the node or port stays as it was",
    "baremetal.portgroup.*": "the inventory reads ports",
    "baremetal.allocation.*": "the node says whose it is",
    "baremetal.chassis.*": "the inventory reads nodes",
    "baremetal.volume*": "the inventory reads nodes",
    "baremetal.deploy_template.*": "templates are the operator's",
}
