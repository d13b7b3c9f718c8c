"""Ironic: nodes and their ports, as enrolled.

Kept whole, for the inventory; a server on a node is usage of Nova.
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

#: Changing fields that say nothing of the node itself, and secrets.
_NODE_NOISE = frozenset(
    {"clean_step", "deploy_step", "driver_info", "driver_internal_info"}
    | {"instance_info", "event", "to_power", "updated_at"}
    | {"previous_provision_state", "previous_target_provision_state"}
)
_NODE_SHAPE = ("resource_class", "properties")


def _node(payload: Payload) -> Facts:
    data = section(payload, "ironic_object.data")
    noise = _NODE_NOISE | {"uuid", "provision_state", *_NODE_SHAPE}
    return Facts(
        id=text(data, "uuid"),
        project_id=optional_text(data, "lessee")
        or optional_text(data, "owner"),
        shape=present(
            state=optional_text(data, "provision_state"),
            **{name: data.get(name) for name in _NODE_SHAPE},
        ),
        details={k: v for k, v in data.items() if k not in noise},
        since=second(data, "created_at"),
    )


def _port(payload: Payload) -> Facts:
    data = section(payload, "ironic_object.data")
    return Facts(
        id=text(data, "uuid"),
        shape=present(node_id=optional_text(data, "node_uuid")),
        details={
            k: v
            for k, v in data.items()
            if k not in ("uuid", "node_uuid", "updated_at")
        },
        since=second(data, "created_at"),
    )


def _rows() -> dict[str, Row]:
    created = ("created_at",)
    rows = {
        "baremetal.node.create.end": Row(
            "baremetal_node", "alive", _node, at=created
        ),
        "baremetal.node.delete.end": Row("baremetal_node", "gone", _node),
        "baremetal.port.create.end": Row(
            "baremetal_port", "alive", _port, at=created
        ),
        "baremetal.port.update.end": Row("baremetal_port", "alive", _port),
        "baremetal.port.delete.end": Row("baremetal_port", "gone", _port),
    }
    for action in (
        "console_restore",
        "console_set",
        "maintenance_set",
        "power_set",
        "power_state_corrected",
        "provision_set",
        "update",
    ):
        for phase in ("end", "success", "error"):
            rows[f"baremetal.node.{action}.{phase}"] = Row(
                "baremetal_node", "alive", _node
            )
    return rows


ROWS: dict[str, Row] = _rows()

IGNORED = {
    "baremetal.node.*.start": "the end says what came of it",
    "baremetal.port.*.start": "the end says what came of it",
    "baremetal.*.error": "the thing stays as it was",
    "baremetal.portgroup.*": "the inventory reads ports",
    "baremetal.allocation.*": "the node says whose it is",
    "baremetal.chassis.*": "the inventory reads nodes",
    "baremetal.volume_*": "the inventory reads nodes",
    "baremetal.deploy_template.*": "templates are the operator's",
}
