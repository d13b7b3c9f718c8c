"""How Nova acts on servers: what it allows, and what comes of it."""

from __future__ import annotations

import dataclasses as dc

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.faults import (
    fault,
    invalid_field,
    not_allowed,
)

_ANY_TASK = None
_REBOOTABLE = (
    None,
    "rebooting",
    "reboot_pending",
    "reboot_started",
    "rebooting_hard",
    "resuming",
    "unpausing",
    "pausing",
    "suspending",
)


@dc.dataclass(frozen=True)
class Action:
    """What must be before (vm_state), is meanwhile, and is afterwards."""

    name: str
    policy: str
    states: tuple[str, ...]
    task: str
    status: str
    vm_state: str
    power: int
    meanwhile: str | None = None
    tasks: tuple[str | None, ...] | None = (None,)


_ACTIONS = {
    "os-start": Action(
        "start",
        "servers:start",
        ("stopped",),
        "powering-on",
        "ACTIVE",
        "active",
        1,
    ),
    "os-stop": Action(
        "stop",
        "servers:stop",
        ("active", "error"),
        "powering-off",
        "SHUTOFF",
        "stopped",
        4,
    ),
    "suspend": Action(
        "suspend",
        "os-suspend-server:suspend",
        ("active",),
        "suspending",
        "SUSPENDED",
        "suspended",
        7,
    ),
    "resume": Action(
        "resume",
        "os-suspend-server:resume",
        ("suspended",),
        "resuming",
        "ACTIVE",
        "active",
        1,
    ),
    "shelve": Action(
        "shelve",
        "os-shelve:shelve",
        ("active", "stopped", "paused", "suspended"),
        "shelving",
        "SHELVED_OFFLOADED",
        "shelved_offloaded",
        4,
    ),
    "unshelve": Action(
        "unshelve",
        "os-shelve:unshelve",
        ("shelved", "shelved_offloaded"),
        "unshelving",
        "ACTIVE",
        "active",
        1,
    ),
    "SOFT": Action(
        "reboot",
        "servers:reboot",
        ("active",),
        "rebooting",
        "ACTIVE",
        "active",
        1,
        meanwhile="REBOOT",
    ),
    "HARD": Action(
        "reboot",
        "servers:reboot",
        ("active", "stopped", "paused", "suspended", "error"),
        "rebooting_hard",
        "ACTIVE",
        "active",
        1,
        meanwhile="HARD_REBOOT",
        tasks=_REBOOTABLE,
    ),
}


#: The action that leaves nothing of a server, whatever its state is.
_FORCE_DELETE = object()


def _asked(call):
    body = call.json()
    if not isinstance(body, dict) or not body:
        raise Failed(fault(400, "Malformed request body"))
    if len(body) > 1:
        raise Failed(fault(400, "too many body keys"))
    ((name, arguments),) = body.items()
    if name == "reboot":
        return _reboot(arguments)
    if name == "forceDelete":
        return _FORCE_DELETE
    if name not in _ACTIONS or name.isupper():
        raise Failed(fault(400, f"There is no such action: {name}"))
    return _ACTIONS[name]


def _reboot(arguments):
    if not isinstance(arguments, dict) or "type" not in arguments:
        problem = "'type' is a required property"
        raise invalid_field("reboot", arguments, problem)
    kind = arguments["type"]
    if str(kind).upper() not in ("SOFT", "HARD"):
        choices = ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
        raise invalid_field("type", kind, f"{kind!r} is not one of {choices}")
    return _ACTIONS[kind.upper()]


def server_of(call, server_id):
    """Return a server that the caller may see. Raises Failed (404)."""
    servers = call.site.servers
    if server_id not in servers:
        message = f"Instance {server_id} could not be found."
        raise Failed(fault(404, message))
    return servers[server_id]


def permit(call, policy):
    if not call.identity.may("member"):
        raise not_allowed(f"os_compute_api:{policy}")


def conflict(action, server, attribute, state):
    return Failed(
        fault(
            409,
            f"Cannot '{action}' instance {server['id']} while it is in "
            f"{attribute} {state}",
        )
    )


def unlocked(call, server):
    if server.get("locked") and not call.identity.is_admin:
        message = f"Instance {server['id']} is locked"
        raise Failed(fault(409, message))


def act(call, server_id):
    call.nova_version()
    action = _asked(call)
    server = server_of(call, server_id)
    if action is _FORCE_DELETE:
        return _delete(call, server, "os-deferred-delete:force")
    permit(call, action.policy)
    unlocked(call, server)
    state = server["OS-EXT-STS:vm_state"]
    task = server["OS-EXT-STS:task_state"]
    if state not in action.states:
        raise conflict(action.name, server, "vm_state", state)
    if task not in action.tasks:
        raise conflict(action.name, server, "task_state", task)
    _begin(call.simulator, server, action.task)
    server["status"] = action.meanwhile or server["status"]
    call.simulator.later(
        server_id, lambda reason: _finish(call, server, action, reason)
    )
    return Response(202, b"")


def _begin(simulator, server, task):
    simulator.pending.forget(server["id"])
    server["OS-EXT-STS:task_state"] = task
    simulator.site.touch(server)


def _finish(call, server, action, reason):
    """Nova tells of a failure by the state of the server alone."""
    site, offloaded = call.simulator.site, action.vm_state
    if reason is not None:
        _break(site, server, reason)
        return
    server.update(
        {
            "status": action.status,
            "OS-EXT-STS:vm_state": action.vm_state,
            "OS-EXT-STS:task_state": None,
            "OS-EXT-STS:power_state": action.power,
        }
    )
    if offloaded == "shelved_offloaded":
        server["OS-EXT-SRV-ATTR:host"] = None
        server["OS-EXT-SRV-ATTR:hypervisor_hostname"] = None
    elif server["OS-EXT-SRV-ATTR:host"] is None:
        server["OS-EXT-SRV-ATTR:host"] = "node1"
        server["OS-EXT-SRV-ATTR:hypervisor_hostname"] = "node1"
    site.touch(server)


def _break(site, server, reason):
    server.update(
        {
            "status": "ERROR",
            "OS-EXT-STS:vm_state": "error",
            "OS-EXT-STS:task_state": None,
            "fault": {
                "code": 500,
                "message": reason,
                "created": site.stamp(),
            },
        }
    )
    site.touch(server)


# Its end


def delete(call, server_id):
    """One that Nova only keeps is kept on."""
    call.nova_version()
    server = server_of(call, server_id)
    if server["status"] == "SOFT_DELETED":
        return Response(204, b"")
    return _delete(call, server, "servers:delete", 204)


def _delete(call, server, policy, status=202):
    server_id = server["id"]
    permit(call, policy)
    unlocked(call, server)
    _begin(call.simulator, server, "deleting")
    call.simulator.later(
        server_id, lambda reason: _end(call.simulator.site, server, reason)
    )
    return Response(status, b"")


def _end(site, server, reason):
    if reason is not None:
        _break(site, server, reason)
        return
    if server["id"] in site.servers:
        end_server(site, server)


def end_server(site, server):
    """Delete a server, as Nova does: its volumes are free then."""
    attached = attached_to(site, server["id"])
    server["OS-EXT-STS:task_state"] = None
    site.delete_server(server)
    for volume in attached:
        if not volume["attachments"] and volume["status"] == "in-use":
            volume.update(status="available", updated_at=site.exact())


def attached_to(site, server_id):
    return [
        volume
        for volume in site.volumes.values()
        if any(a["server_id"] == server_id for a in volume["attachments"])
    ]


ROUTES = (
    ("POST", "v2.1/servers/{server}/action", act),
    ("DELETE", "v2.1/servers/{server}", delete),
)
