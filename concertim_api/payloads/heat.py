"""Heat's stacks: their state, their outputs, and what they are made of."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    Untranslatable,
    optional_text,
    second,
    stamp,
    text,
)
from concertim_api.payloads.spelling import Form, each

#: What Heat writes where a template has no description.
_NO_DESCRIPTION = "No description"

#: The types whose physical ids are those of something that is shown.
KINDS = {
    "OS::Nova::Server": "instance",
    "OS::Cinder::Volume": "volume",
    "OS::Neutron::Net": "network",
    "OS::Neutron::ProviderNet": "network",
}

#: A cluster of Magnum is a stack of its own, which Magnum made.
MAGNUM = "OS::Magnum::Cluster"

#: A cluster of Sahara has servers that are in no stack's list.
SAHARA = "OS::Sahara::Cluster"

#: These have the physical id of something else that they tie to a server.
_TIES = ("Attachment", "Association")

#: Returns the kind of the resource with an id, if there is one.
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
        **each(optional_text, "user_id user_name"),
        "parent": _parent,
        "outputs": _outputs,
    }
)

_LISTED = STACK.spelled(
    project_id="project",
    name="stack_name",
    created_at="creation_time",
    state="stack_status",
    state_reason="stack_status_reason",
    user_name="stack_owner",
)


def stack(data: Payload) -> Facts:
    """Return what the API says of a stack, in a list or by itself.

    What is by itself has outputs. That a stack was deleted is not a state,
    but an end.
    """
    facts = _LISTED(data)
    parameters = data.get("parameters")
    if facts.project_id is None and isinstance(parameters, Mapping):
        # Only they tell the project of a single stack.
        project_id = optional_text(parameters, "OS::project_id")
        facts = dc.replace(facts, project_id=project_id)
    if facts.details["state"] != "DELETE_COMPLETE":
        return facts
    return dc.replace(facts, at=second(data, "deletion_time"), says="gone")


def is_moving(data: Payload) -> bool:
    """Whether a stack, or a resource, is at work: it may soon be other."""
    found = data.get("stack_status") or data.get("resource_status")
    return isinstance(found, str) and found.endswith("_IN_PROGRESS")


def members(
    resources: Iterable[object], kind_of: KindOf
) -> list[dict[str, Any]]:
    """Return those resources of a stack that are shown, or stacks.

    ``kind_of`` knows those of types that a template made up. Others, what
    is not there yet, and what can't be read is left out.
    """
    found = {}
    for resource in resources:
        if not isinstance(resource, Mapping):
            continue
        physical_id = resource.get("physical_resource_id")
        if not isinstance(physical_id, str) or not physical_id:
            continue
        type_name = str(resource.get("resource_type") or "")
        kind = _kind(resource, type_name, physical_id, kind_of)
        if kind is not None:
            found[kind, physical_id] = {
                "kind": kind,
                "id": physical_id,
                "name": str(resource.get("resource_name") or ""),
                "type": type_name,
            }
    return [found[key] for key in sorted(found)]


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
    """Whether a resource is a stack: its type may be any, even a file."""
    links = resource.get("links")
    return isinstance(links, list) and any(
        isinstance(link, Mapping) and link.get("rel") == "nested"
        for link in links
    )


def physical_ids(resources: Iterable[object], type_name: str) -> list[str]:
    """Return the ids of the resources of a type."""
    return [
        str(resource["physical_resource_id"])
        for resource in resources
        if isinstance(resource, Mapping)
        and resource.get("resource_type") == type_name
        and resource.get("physical_resource_id")
    ]


def resources(body: object) -> list[object]:
    """Return the resources in an answer. Raises Untranslatable."""
    found = body.get("resources") if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        raise Untranslatable("resources is not a list")
    return found
