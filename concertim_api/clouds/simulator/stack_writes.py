"""How Heat acts on stacks, and on what they are made of."""

from __future__ import annotations

from concertim_api.clouds.simulator.apis import Failed, Response
from concertim_api.clouds.simulator.compute_writes import end_server
from concertim_api.clouds.simulator.faults import denied, heat_error


def _stack(call, name, stack_id):
    stack = call.site.stacks.get(stack_id) or {}
    status = stack.get("stack_status")
    if stack.get("stack_name") != name or status == "DELETE_COMPLETE":
        message = f"The Stack ({name}) could not be found."
        raise Failed(heat_error(404, "EntityNotFound", message))
    return stack


_ACTIONS = {"suspend": "member", "resume": "member", "check": "reader"}


def act(call, _, name, stack_id):
    action = _asked(call)
    if not call.identity.may(_ACTIONS[action]):
        raise denied()
    stack = _stack(call, name, stack_id)
    before = stack["stack_status"]
    if before == f"{action.upper()}_COMPLETE" and action != "check":
        return Response(200, None)
    if before.endswith("_IN_PROGRESS") and not call.simulator.heat_converges:
        verb = before.removesuffix("_IN_PROGRESS")
        raise Failed(
            heat_error(
                409,
                "ActionInProgress",
                f"Stack {name} already has an action ({verb}) in progress.",
            )
        )
    _begin(call.simulator, stack, action.upper())
    return Response(200, None)


def _asked(call):
    body = call.json()
    body = body if isinstance(body, dict) else {}
    problem = None
    if not body:
        problem = "No action specified"
    elif len(body) > 1:
        problem = "Multiple actions specified"
    elif next(iter(body)) not in _ACTIONS:
        problem = f"Invalid action {next(iter(body))} specified"
    if problem:
        raise Failed(heat_error(400, "HTTPBadRequest", problem))
    return next(iter(body))


def delete(call, _, name, stack_id):
    if not call.identity.may("member"):
        raise denied()
    stack = _stack(call, name, stack_id)
    _begin(call.simulator, stack, "DELETE")
    return Response(204, b"")


# What comes of it


def _begin(simulator, stack, action):
    """Start over, whatever the stack was doing."""
    simulator.pending.forget(stack["id"])
    _set(simulator.site, stack, action, "IN_PROGRESS", "started")
    simulator.later(
        stack["id"],
        lambda reason: _finish(simulator.site, stack, action, reason),
    )


def _set(site, stack, action, status, how):
    stack.update(
        stack_status=f"{action}_{status}",
        stack_status_reason=f"Stack {action} {how}",
    )
    if status == "IN_PROGRESS":
        stack["updated_time"] = site.stamp()


def _finish(site, stack, action, reason):
    if reason is not None:
        _set(site, stack, action, "FAILED", "failed")
        stack["stack_status_reason"] = f"Resource {action} failed: {reason}"
        return
    for resource in [*site.resources[stack["id"]]]:
        nested = site.stacks.get(resource.get("physical_resource_id"))
        if nested is not None and nested["parent"] == stack["id"]:
            _finish(site, nested, action, None)
        else:
            _do(site, action, resource.get("physical_resource_id"))
        resource["resource_status"] = f"{action}_COMPLETE"
        resource["updated_time"] = site.stamp()
    _set(site, stack, action, "COMPLETE", "completed successfully")
    if action == "DELETE":
        site.delete_stack(stack)


def _do(site, action, thing_id):
    """Heat has Nova suspend, resume and delete servers; volumes, networks
    and their ports are deleted only. A check changes nothing."""
    server = site.servers.get(thing_id)
    if action == "DELETE":
        _end(site, server, thing_id)
    elif action in ("SUSPEND", "RESUME") and server is not None:
        state = ("SUSPENDED", "suspended", 7)
        if action == "RESUME":
            state = ("ACTIVE", "active", 1)
        server["status"], server["OS-EXT-STS:vm_state"], power = state
        server["OS-EXT-STS:power_state"] = power
        site.touch(server)


def _end(site, server, thing_id):
    if server is not None:
        end_server(site, server)
    site.volumes.pop(thing_id, None)
    if site.networks.pop(thing_id, None) is not None:
        for port in [*site.ports.values()]:
            if port["network_id"] == thing_id:
                del site.ports[port["id"]]


_STACK = "v1/{own}/stacks/{name}/{stack}"

ROUTES = (
    ("POST", f"{_STACK}/actions", act),
    ("DELETE", _STACK, delete),
)
