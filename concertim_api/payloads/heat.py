"""Heat's stacks, and the resources that they are made of."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Form,
    Payload,
    Untranslatable,
    optional_text,
    read_by,
    second,
    stamp,
    text,
)

#: Heat's description of a stack whose template has none.
_NO_DESCRIPTION = "No description"

#: The types of resources whose physical id is that of a resource in the view.
KINDS = {
    "OS::Nova::Server": "instance",
    "OS::Cinder::Volume": "volume",
    "OS::Neutron::Net": "network",
    "OS::Neutron::ProviderNet": "network",
}

#: A cluster of Magnum is a stack that Magnum made.
MAGNUM = "OS::Magnum::Cluster"

#: The servers of a cluster of Sahara are not in the list of any stack.
SAHARA = "OS::Sahara::Cluster"

#: Types with such an end have the physical id of another resource.
_TIES = ("Attachment", "Association")

#: Returns the kind of the resource with an id, or None.
KindOf = Callable[[str], str | None]


def _description(payload: Payload, field: str) -> str | None:
    description = optional_text(payload, field)
    return None if description == _NO_DESCRIPTION else description


def _tags(payload: Payload, field: str) -> list[Any]:
    tags = payload.get(field)
    return tags if isinstance(tags, list) else []


def _parent(payload: Payload, field: str) -> str:
    return optional_text(payload, field) or ""


def _outputs(payload: Payload, field: str) -> dict[str, Any] | None:
    outputs = payload.get(field)
    if not isinstance(outputs, list):
        return None
    return {
        str(output["output_key"]): output.get("output_value")
        for output in outputs
        if isinstance(output, Mapping) and "output_key" in output
    }


STACK = Form(
    details={
        "name": optional_text,
        "description": _description,
        "created_at": stamp,
        "state": text,
        "state_reason": optional_text,
        "tags": _tags,
        **read_by(optional_text, "user_id user_name"),
        "parent": _parent,
        "outputs": _outputs,
    }
)

_STACK = STACK.spelled(
    project_id="project",
    name="stack_name",
    created_at="creation_time",
    state="stack_status",
    state_reason="stack_status_reason",
    user_name="stack_owner",
)


def stack(payload: Payload) -> Facts:
    """Return the facts of a stack in an API's answer. Raises MALFORMED.

    A stack in a list has no outputs. A deleted stack is gone.
    """
    facts = _STACK(payload)
    parameters = payload.get("parameters")
    if facts.project_id is None and isinstance(parameters, Mapping):
        # Heat's answer about one stack has the project only there.
        project_id = optional_text(parameters, "OS::project_id")
        facts = dc.replace(facts, project_id=project_id)
    if facts.details["state"] != "DELETE_COMPLETE":
        return facts
    return dc.replace(facts, at=second(payload, "deletion_time"), says="gone")


def is_moving(payload: Payload) -> bool:
    """Whether Heat is at work on a stack, or on a resource of one."""
    status = payload.get("stack_status") or payload.get("resource_status")
    return isinstance(status, str) and status.endswith("_IN_PROGRESS")


def members(
    resources: Iterable[object], kind_of: KindOf
) -> list[dict[str, Any]]:
    """Return the resources of a stack that are in the view, or are stacks.

    Each has kind, id, name and type; they are sorted by kind and id.
    ``kind_of`` is called for types that a template defines. Resources
    without a physical id are left out, and those that can not be read.
    """
    entries = {}
    for resource in resources:
        if not isinstance(resource, Mapping):
            continue
        physical_id = resource.get("physical_resource_id")
        if not isinstance(physical_id, str) or not physical_id:
            continue
        type_name = str(resource.get("resource_type") or "")
        kind = _kind(resource, type_name, physical_id, kind_of)
        if kind is not None:
            entries[kind, physical_id] = {
                "kind": kind,
                "id": physical_id,
                "name": str(resource.get("resource_name") or ""),
                "type": type_name,
            }
    return [entries[key] for key in sorted(entries)]


def _kind(
    resource: Payload, type_name: str, physical_id: str, kind_of: KindOf
) -> str | None:
    if _is_nested(resource):
        return "stack"
    if type_name in KINDS:
        return KINDS[type_name]
    if type_name.endswith(_TIES):
        return None
    return kind_of(physical_id)


def _is_nested(resource: Payload) -> bool:
    """Whether a resource is a stack. Its type may be any, even a file."""
    links = resource.get("links")
    return isinstance(links, list) and any(
        isinstance(link, Mapping) and link.get("rel") == "nested"
        for link in links
    )


def physical_ids(resources: Iterable[object], type_name: str) -> list[str]:
    """Return the physical ids of the resources of a type."""
    return [
        str(resource["physical_resource_id"])
        for resource in resources
        if isinstance(resource, Mapping)
        and resource.get("resource_type") == type_name
        and resource.get("physical_resource_id")
    ]


def resources(body: object) -> list[object]:
    """Return the resources in an answer. Raises Untranslatable."""
    items = body.get("resources") if isinstance(body, Mapping) else None
    if not isinstance(items, list):
        raise Untranslatable("resources is not a list")
    return items
