"""Notifications that make a project with racks, and change them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from tests import samples

PHASE = "compute.instance.update"


def founding(project, stacks, servers):
    """Yield what makes a project, its racks and their servers."""
    yield ours("project", project, {"name": f"CM_{project}"}, project)
    for stack in range(stacks):
        resources = [
            {
                "kind": "instance",
                "id": f"s-{stack}-{n}",
                "name": str(n),
                "type": "OS::Nova::Server",
            }
            for n in range(servers)
        ]
        details = {
            "name": f"cluster-{stack}",
            "state": "CREATE_COMPLETE",
            "parent": "",
            "resources": resources,
            "read_at": "2099-01-01T00:00:00+00:00",
        }
        yield ours("stack", f"c-{stack}", details, project)
        for one in resources:
            yield renamed(one["id"], one["id"], project)


def ours(kind, resource_id, details, project):
    return {
        "message_id": str(uuid.uuid4()),
        "event_type": f"concertim.observation.{kind}",
        "priority": "INFO",
        "timestamp": stamp(),
        "payload": {
            "id": resource_id,
            "project_id": project,
            "details": details,
        },
    }


def renamed(server, name, project):
    """Return a recorded notification, of this server with this name."""
    message = samples.first(PHASE)
    message.pop("_unique_id", None)  # else the driver takes it for known
    message["message_id"] = str(uuid.uuid4())
    message["timestamp"] = stamp()
    message["payload"] |= {
        "instance_id": server,
        "display_name": name,
        "tenant_id": project,
    }
    return message


def stamp():
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
