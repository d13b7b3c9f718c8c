"""Which of the simulated services answers what, and to whom."""

from __future__ import annotations

import collections
import functools
import re
import urllib.parse

from concertim_api.clouds.simulator import (
    accounts,
    apis,
    attachments,
    compute_writes,
    faults,
    hypervisors,
    identity_writes,
    keypairs,
    network_writes,
    quotas,
    remains_writes,
    stack_writes,
    volume_writes,
)
from concertim_api.clouds.simulator.apis import Failed, Response

_TOKENS = tuple(
    (method, "v3/auth/tokens", accounts.check_token)
    for method in ("GET", "HEAD", "DELETE")
)
#: Service -> (method, template of the path, what serves it). What is not
#: here is read in ``apis``.
_ROUTES = {
    "identity": (*identity_writes.ROUTES, *_TOKENS),
    "compute": (
        *compute_writes.ROUTES,
        *attachments.ROUTES,
        *keypairs.ROUTES,
        *hypervisors.ROUTES,
        *quotas.COMPUTE_ROUTES,
    ),
    "volume": (
        *remains_writes.VOLUME_ROUTES,
        *volume_writes.ROUTES,
        *quotas.VOLUME_ROUTES,
    ),
    "network": (
        *remains_writes.NETWORK_ROUTES,
        *network_writes.ROUTES,
        *quotas.NETWORK_ROUTES,
    ),
    "orchestration": stack_writes.ROUTES,
}


@functools.cache
def _pattern(template):
    return re.compile(re.sub(r"\{\w+\}", "([^/]+)", template))


def answer(simulator, service, rest, request):
    """Return the response to a request whose token is good."""
    call = apis.Call(simulator, request)
    try:
        _guard(call, service, rest)
        for method, template, serve in _ROUTES.get(service, ()):
            found = _pattern(template).fullmatch(rest)
            if found and method == request.method:
                parts = map(urllib.parse.unquote, found.groups())
                return serve(call, *parts)
    except Failed as failed:
        return failed.response
    if request.method != "GET":
        return _no_such_method(service, request)
    return apis.answer(simulator, service, rest, request)


def _no_such_method(service, request):
    message = f"The method {request.method} is not allowed for this resource."
    if service in ("compute", "volume"):
        body = {"badMethod": {"code": 405, "message": message}}
    elif service == "identity":
        message = "The method is not allowed for the requested URL."
        body = {"message": message}
    else:
        error = {"code": 405, "message": message}
        body = {"error": {**error, "title": "Method Not Allowed"}}
    return Response(405, body)


# What is not for everybody


def _guard(call, service, rest):
    """Raise Failed if a read is not for who asks."""
    if call.identity is None:
        return
    if service == "volume":
        _check_project(call, rest)
    elif not call.identity.sees_all and service in _GUARDS:
        _GUARDS[service](call, rest)


def _check_project(call, rest):
    named = rest.split("/")[1:2]
    if named and named[0] != call.identity.project_id:
        raise Failed(faults.fault(400, "Malformed request url"))


_ADMIN_ONLY = {
    "v3/users": "list_users",
    "v3/projects": "list_projects",
    "v3/role_assignments": "list_role_assignments",
}


def _guard_identity(call, rest):
    if call.request.method != "GET":
        return
    if rest in _ADMIN_ONLY:
        raise Failed(faults.forbidden(f"identity:{_ADMIN_ONLY[rest]}"))
    noun, _, thing_id = rest.removeprefix("v3/").partition("/")
    own = {
        "users": call.identity.user_id,
        "projects": call.identity.project_id,
    }
    foreign = thing_id and "/" not in thing_id and own.get(noun) != thing_id
    if noun in own and foreign:
        action = f"identity:get_{noun.removesuffix('s')}"
        raise Failed(faults.forbidden(action))


def _guard_compute(call, rest):
    everybody = call.query.get("all_tenants", "0").lower()
    if rest == "v2.1/os-services":
        raise faults.not_allowed("os_compute_api:os-services:list")
    if rest == "v2.1/servers/detail" and everybody in ("1", "true", "yes"):
        policy = "os_compute_api:servers:detail:get_all_tenants"
        raise faults.not_allowed(policy)


def _guard_stacks(call, rest):
    named = rest.split("/")[1:2]
    foreign = named and named[0] != call.identity.project_id
    if foreign or call.query.get("global_tenant") == "true":
        raise faults.denied()


_GUARDS = {
    "identity": _guard_identity,
    "compute": _guard_compute,
    "orchestration": _guard_stacks,
}


# Counting


@functools.cache
def _templates(service):
    """Return (pattern, template) of all paths, the most literal first."""
    own = [template for _, template, _ in _ROUTES.get(service, ())]
    read = [pattern for pattern, _ in apis.routes(service)]
    found = {re.sub(r"\{\w+\}", "{id}", t): _pattern(t) for t in own}
    for pattern in read:
        shown = pattern.replace("([^/]+)", "{id}")
        found.setdefault(shown, re.compile(pattern))
    return sorted(found.items(), key=lambda pair: pair[0].count("{id}"))


def template(line):
    """Return a logged request with {id} for all that differs."""
    method, _, url = line.partition(" ")
    path = url.partition("?")[0]
    service, _, rest = path.lstrip("/").partition("/")
    for shown, pattern in _templates(service):
        if pattern.fullmatch(rest):
            return f"{method} /{service}/{shown}"
    return f"{method} {path}"


def counts(lines):
    return collections.Counter(map(template, lines))
