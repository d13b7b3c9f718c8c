#!/usr/bin/env python3
"""List the events that the services' own code sends.

usage: PYTHON tools/minicloud/events.py > tests/samples/events.txt

PYTHON has the services: that of the mini cloud, for example. Each line is a
type of event. It is read from their source: the texts that are given to their
functions that notify, and the actions of what has an event for each.
"""

from __future__ import annotations

import ast
import importlib.util
import itertools
import pathlib
import pkgutil
import re
from collections.abc import Iterator

#: package -> function -> what stands before its texts
SENDERS = {
    "nova": {
        "_notify_about_instance_usage": "compute.instance.",
        "notify_about_instance_usage": "compute.instance.",
        "notify_about_host_update": "HostAPI.",
        "notify_about_aggregate_update": "aggregate.",
        "notify_about_server_group_update": "servergroup.",
        "_notify": "keypair.",
        "info": "",
        "notification_sample": "",
    },
    "cinder": {
        "notify_about_volume_usage": "volume.",
        "_notify_about_volume_usage": "volume.",
        "_notify_reset_status": "volume.",
        "NotifyVolumeActionTask": "volume.",
        "notify_about_snapshot_usage": "snapshot.",
        "_notify_about_snapshot_usage": "snapshot.",
        "notify_about_backup_usage": "backup.",
        "_notify_about_backup_usage": "backup.",
        "_notify_about_group_usage": "group.",
        "_notify_about_group_snapshot_usage": "group_snapshot.",
        "notify_about_volume_type_access_usage": "volume_type_project.",
        "_set_volume_state_and_notify": "scheduler.",
        "_set_snapshot_state_and_notify": "scheduler.",
        "_notify_cache_action": "image_volume_cache.",
        "_notify_volume_type_info": "",
        "_notify_group_type_info": "",
        "_notify_qos_specs_error": "",
        "info": "",
    },
    "neutron": {"notify_tag_action": "tag.", "info": ""},
    "glance": {
        "send_notification": "",
        "_send_notification": "",
        "notify": "",
    },
}

_EVENT = re.compile(r"[A-Za-z0-9_]+([.-][a-z0-9_]+)*(\.json)?")
_ENDS = ("end", "error")


def texts(folder: pathlib.Path, senders: dict[str, str]) -> Iterator[str]:
    """Yield the events in the calls of functions that notify."""
    for path in folder.rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name not in senders:
                continue
            arguments = [*node.args, *(word.value for word in node.keywords)]
            for argument in arguments:
                text = getattr(argument, "value", None)
                if not isinstance(text, str) or not _EVENT.fullmatch(text):
                    continue
                if "." in text or senders[name]:
                    event = text.removesuffix(".json").replace("-", ".")
                    yield senders[name] + event


def assigned(path: pathlib.Path, name: str) -> list[str]:
    """Return the texts that a module or a class assigns to a name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and name in {
            getattr(target, "id", None) for target in node.targets
        }:
            keys = getattr(node.value, "keys", None)
            parts = keys or ast.walk(node.value)
            values = (getattr(part, "value", None) for part in parts)
            return [value for value in values if isinstance(value, str)]
    return []


def neutron(site: pathlib.Path) -> Iterator[str]:
    """Yield the events of what Neutron's API makes, changes and deletes."""
    for info in pkgutil.iter_modules([site / "neutron_lib/api/definitions"]):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(
            f"neutron_lib.api.definitions.{info.name}"
        )
        nouns = {
            **(getattr(module, "RESOURCE_ATTRIBUTE_MAP", None) or {}),
            **(getattr(module, "SUB_RESOURCE_ATTRIBUTE_MAP", None) or {}),
        }
        for plural in nouns:
            noun = re.sub("s$", "", re.sub("ies$", "y", plural))
            for action in ("create", "update", "delete"):
                yield f"{noun.replace('-', '_')}.{action}.end"


def heat(site: pathlib.Path) -> Iterator[str]:
    actions = assigned(site / "heat/engine/stack.py", "ACTIONS")
    for action, end in itertools.product(actions, _ENDS):
        yield f"orchestration.stack.{action.lower()}.{end}"
    for end in _ENDS:
        yield f"orchestration.autoscaling.{end}"


def ironic(site: pathlib.Path) -> Iterator[str]:
    """Yield the events of nodes, and of what belongs to one."""
    nouns = ("allocation", "chassis", "deploy_template", "port", "portgroup")
    nouns += ("node", "volumeconnector", "volumetarget")
    for noun, action in itertools.product(
        nouns, ("create", "update", "delete")
    ):
        for end in _ENDS:
            yield f"baremetal.{noun}.{action}.{end}"
    actions = ("maintenance_set", "console_restore", "console_set")
    actions += ("console_stop", "power_set", "provision_set")
    for action, end in itertools.product(actions, (*_ENDS, "success")):
        yield f"baremetal.node.{action}.{end}"
    yield "baremetal.node.power_state_corrected.success"


def keystone(site: pathlib.Path) -> Iterator[str]:
    nouns = assigned(site / "keystone/notifications.py", "CADF_TYPE_MAP")
    for noun in nouns:
        for action in ("created", "updated", "deleted", "disabled"):
            yield f"identity.{noun}.{action}"
    for action in ("created", "deleted"):
        yield f"identity.role_assignment.{action}"
    yield "identity.authenticate"


def main() -> None:
    nova = importlib.util.find_spec("nova")
    site = pathlib.Path(nova.origin).parents[1]
    events = {
        event
        for package, senders in SENDERS.items()
        for event in texts(site / package, senders)
    }
    for walk in (neutron, heat, ironic, keystone):
        events.update(walk(site))
    print("\n".join(sorted(e for e in events if not e.endswith(".start"))))


if __name__ == "__main__":
    main()
