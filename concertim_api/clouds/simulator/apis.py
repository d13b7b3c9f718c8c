"""How each of the simulated services answers."""

from __future__ import annotations

import dataclasses as dc
import json
import re
import urllib.parse

from concertim_api.clouds.simulator.identities import effective


@dc.dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: object
    line: str
    body: str
    #: Who asks, as the token says.
    identity: object = None

    @classmethod
    def of(cls, method, target, headers, body):
        """Return a request as it was on the wire."""
        path, _, query = target.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        line = f"{method} {target}"
        return cls(method, path, dict(pairs), headers, line, body)


@dc.dataclass
class Response:
    status: int
    body: object = None
    headers: dict = dc.field(default_factory=dict)


class Failed(Exception):
    def __init__(self, response):
        super().__init__()
        self.response = response


def error(status, message, title="error"):
    return Response(
        status, {title: {"code": status, "message": message, "title": title}}
    )


def is_discovery(rest):
    return re.fullmatch(r"(v[\d.]+/?)?", rest) is not None


def answer(simulator, service, rest, request):
    if is_discovery(rest):
        return _discovery(simulator, service, bool(rest))
    for pattern, serve in _ROUTES[service]:
        found = re.fullmatch(pattern, rest)
        if found:
            parts = map(urllib.parse.unquote, found.groups())
            try:
                return serve(Call(simulator, request), *parts)
            except Failed as failed:
                return failed.response
    return error(404, f"no such path: {rest}", "itemNotFound")


def _discovery(simulator, service, one):
    versions = {
        "compute": ("v2.1", simulator.compute_versions),
        "volume": ("v3.0", simulator.volume_versions),
        "identity": ("v3.14", ("", "")),
        "network": ("v2.0", ("", "")),
        "image": ("v2.0", ("", "")),
        "orchestration": ("v1.0", ("", "")),
    }
    name, (least, most) = versions[service]
    paths = {"identity": "v3", "network": "v2.0"}
    path = paths.get(service, name.removesuffix(".0"))
    version = {
        "id": name,
        "status": "CURRENT",
        "version": most,
        "min_version": least,
        "links": [
            {"rel": "self", "href": f"{simulator.url}/{service}/{path}/"}
        ],
    }
    return Response(
        200, {"version": version} if one else {"versions": [version]}
    )


@dc.dataclass
class Call:
    simulator: object
    request: Request

    @property
    def identity(self):
        return self.request.identity

    @property
    def site(self):
        """What the caller may see of the site."""
        site = self.simulator.site
        return self.identity.view(site) if self.identity else site

    def json(self):
        """Return the body. Raises Failed (400)."""
        try:
            return json.loads(self.request.body or "{}")
        except ValueError:
            message = "Malformed request body"
            raise Failed(error(400, message, "badRequest")) from None

    def nova_version(self):
        return _nova_version(self)

    def cinder_version(self):
        return _cinder_version(self)

    def matching(self, things):
        """Return the things whose fields are as the query wants them."""
        split = urllib.parse.urlsplit(self.request.line.partition(" ")[2])
        wanted = urllib.parse.parse_qs(split.query, keep_blank_values=True)
        return [
            thing
            for thing in things
            if not isinstance(thing, dict)
            or all(
                str(thing[name]).lower() in map(str.lower, values)
                if isinstance(thing[name], bool)
                else thing[name] in values
                for name, values in wanted.items()
                if name in thing
            )
        ]

    @property
    def query(self):
        return self.request.query

    def microversion(self, least, most, *names):
        """Return the version that was asked for. Raises Failed (406)."""
        wanted = least
        for name in names:
            value = self.request.headers.get(name)
            if value:
                wanted = value.split()[-1]
        self.simulator.microversions.add(wanted)
        version = tuple(map(int, wanted.split(".")))
        if version > tuple(map(int, most.split("."))):
            raise Failed(
                error(
                    406,
                    f"Version {wanted} is not supported by the API. Minimum "
                    f"is {least} and maximum is {most}.",
                    "computeFault",
                )
            )
        return version

    def page(self, things, missing=400, limit=None):
        """Return a page of things, newest first, and whether more follow."""
        asked_for = int(self.query.get("limit") or 10**9)
        limit = min(asked_for, limit or 10**9)
        things = list(things)
        marker = self.query.get("marker")
        if marker:
            ids = [thing.get("id") for thing in things]
            if marker not in ids:
                raise Failed(
                    error(
                        missing, f"marker [{marker}] not found", "badRequest"
                    )
                )
            things = things[ids.index(marker) + 1 :]
        return things[:limit], len(things) > limit

    def next_url(self, last_id):
        query = {**self.query, "marker": last_id}
        path = self.simulator.url + self.request.path
        return f"{path}?{urllib.parse.urlencode(query)}"

    def listed(self, key, things, missing=400, limit=None, shown=dict):
        page, more = self.page(things, missing, limit)
        body = {key: [shown(thing) for thing in page]}
        if more:
            body[f"{key}_links"] = [
                {"rel": "next", "href": self.next_url(page[-1]["id"])}
            ]
        return Response(200, body)


def _newest(things):
    return reversed(list(things.values()))


def _one(things, thing_id, key, shown=dict, title="itemNotFound"):
    if thing_id not in things:
        return error(404, f"{key} {thing_id} could not be found.", title)
    return Response(200, {key: shown(things[thing_id])})


# Keystone


def _projects(call):
    found = call.matching(call.site.projects.values())
    return Response(200, {"projects": found, "links": {"next": None}})


def _users(call):
    found = call.matching(call.site.users.values())
    return Response(200, {"users": found, "links": {"next": None}})


def _roles(call):
    wanted = call.query.get("scope.project.id")
    user_id, role_id = call.query.get("user.id"), call.query.get("role.id")
    found = [
        a
        for a in _assignments(call)
        if (not wanted or a["scope"].get("project", {}).get("id") == wanted)
        and (not user_id or a.get("user", {}).get("id") == user_id)
        and (not role_id or a["role"]["id"] == role_id)
    ]
    return Response(200, {"role_assignments": found, "links": {"next": None}})


def _assignments(call):
    """Return the assignments as they are; with ``effective`` those that each
    user has for them in each project. Who is not there has no groups."""
    site = call.simulator.site
    if call.query.get("effective") != "true":
        return call.site.role_assignments
    user_id = call.query.get("user.id")
    if user_id and user_id not in site.users:
        raise Failed(error(404, f"Could not find user: {user_id}."))
    return [*effective(site, call.site.role_assignments)]


# Nova


def _nova_version(call):
    return call.microversion(
        *call.simulator.compute_versions,
        "X-OpenStack-Nova-API-Version",
        "OpenStack-API-Version",
    )


def _servers(call):
    version = _nova_version(call)
    since = call.query.get("changes-since")
    things = dict(call.site.servers)
    if since:
        moment = since[:19]
        things = {
            k: s
            for k, s in {**call.site.deleted_servers, **things}.items()
            if s["updated"][:19] >= moment
        }
    marker = call.query.get("marker")
    if marker in call.site.deleted_servers:  # still a good one
        things = {marker: call.site.deleted_servers[marker], **things}
    owner = call.query.get("project_id")
    if not call.query.get("all_tenants"):
        owner = call.site.admin["id"]
    things = {
        k: s
        for k, s in things.items()
        if owner in (None, s.get("tenant_id"))
        and (since or _is_kept(s) == _wants_kept(call))
    }
    return call.listed(
        "servers",
        _newest(things),
        limit=call.simulator.max_limit,
        shown=lambda server: _server(server, version),
    )


def _is_kept(server):
    """Whether Nova only keeps it until its time is up."""
    return server.get("status") == "SOFT_DELETED"


def _wants_kept(call):
    """Nova shows those to nobody who does not ask for deleted ones."""
    kept = call.query.get("status") == "SOFT_DELETED"
    return kept and call.query.get("deleted") == "true"


def _server(server, version):
    found = dict(server)
    if version < (2, 47):
        found["flavor"] = {"id": "?", "links": []}
    for field, since in (("locked", 9), ("description", 19)):
        if version < (2, since):
            del found[field]
    return found


def _a_server(call, server_id):
    version = _nova_version(call)
    return _one(
        call.site.servers,
        server_id,
        "server",
        lambda server: _server(server, version),
    )


def _services(call):
    """From 2.69 on a cell that is down shows as rows of its own."""
    version = _nova_version(call)
    rows = call.simulator.compute_services
    up = [row for row in rows if row["status"] != "UNKNOWN"]
    return Response(200, {"services": rows if version >= (2, 69) else up})


def _flavors(call):
    version = _nova_version(call)
    private = call.query.get("is_public") == "None"
    return call.listed(
        "flavors",
        [
            f
            for f in call.site.flavors.values()
            if private or f["os-flavor-access:is_public"]
        ],
        limit=call.simulator.max_limit,
        shown=lambda flavor: _flavor(flavor, version),
    )


def _flavor(flavor, version):
    found = dict(flavor)
    for field, since in (("description", 55), ("extra_specs", 61)):
        if version < (2, since):
            del found[field]
    if version < (2, 75) and not found["swap"]:
        found["swap"] = ""
    return found


def _a_flavor(call, flavor_id):
    version = _nova_version(call)
    return _one(
        call.site.flavors, flavor_id, "flavor", lambda f: _flavor(f, version)
    )


# Cinder


def _cinder_version(call):
    return call.microversion(
        *call.simulator.volume_versions, "OpenStack-API-Version"
    )


def _volume(version):
    def shown(volume):
        found = dict(volume)
        if version < (3, 63):
            found.pop("volume_type_id", None)
        return found

    return shown


def _of_project(call, things, field, parameter="project_id"):
    """Return what is of the project that is asked for. Who does not see
    others' things is answered as if nobody had been named."""
    owner = call.query.get(parameter)
    if owner is None or not call.identity.sees_all:
        return things
    return {k: t for k, t in things.items() if t[field] == owner}


def _volumes(call, _):
    shown = _volume(_cinder_version(call))
    field = "os-vol-tenant-attr:tenant_id"
    return call.listed(
        "volumes",
        _newest(_of_project(call, call.site.volumes, field)),
        missing=404,
        limit=call.simulator.max_limit,
        shown=shown,
    )


def _a_volume(call, _, volume_id):
    shown = _volume(_cinder_version(call))
    return _one(call.site.volumes, volume_id, "volume", shown)


def _snapshots(call, _):
    field = "os-extended-snapshot-attributes:project_id"
    snapshots = _of_project(call, call.site.snapshots, field)
    volume_id = call.query.get("volume_id")
    if volume_id is not None:
        snapshots = {
            snapshot_id: snapshot
            for snapshot_id, snapshot in snapshots.items()
            if snapshot["volume_id"] == volume_id
        }
    return call.listed(
        "snapshots",
        _newest(snapshots),
        missing=404,
        limit=call.simulator.max_limit,
    )


def _backups(call, _):
    field = "os-backup-project-attr:project_id"
    backups = _of_project(call, call.site.backups, field)
    return call.listed("backups", _newest(backups), missing=404)


def _a_snapshot(call, _, snapshot_id):
    return _one(call.site.snapshots, snapshot_id, "snapshot")


def _types(call, _):
    return call.listed("volume_types", call.site.volume_types.values())


def _a_type(call, _, type_id):
    return _one(call.site.volume_types, type_id, "volume_type")


# Neutron


def _neutron_list(noun):
    def serve(call):
        things = sorted(
            getattr(call.site, f"{noun}s").values(), key=lambda t: t["id"]
        )
        things = call.matching(things)
        response = call.listed(f"{noun}s", things, missing=404)
        if call.query.get("limit"):  # it always has a link back
            links = response.body.setdefault(f"{noun}s_links", [])
            links.append({"rel": "previous", "href": "http://nowhere/"})
        return response

    return serve


def _neutron_one(noun):
    def serve(call, thing_id):
        things = getattr(call.site, f"{noun}s")
        return _one(things, thing_id, noun, title="NeutronError")

    return serve


# Glance


def _images(call):
    owner, hidden = call.query.get("owner"), call.query.get("os_hidden")
    everybodys = call.query.get("visibility") == "all"
    page, more = call.page(
        image
        for image in _newest(call.site.images)
        if not isinstance(image, dict)
        or (
            owner in (None, image["owner"])
            and image.get("os_hidden", False) == (hidden == "true")
            and (everybodys or _is_shown(call, image))
        )
    )
    body = {"images": page, "first": "/v2/images"}
    if more:
        body["next"] = f"/v2/images?limit={len(page)}&marker={page[-1]['id']}"
    return Response(200, body)


def _is_shown(call, image):
    """Community images of others are for who asks for them."""
    own = image["owner"] == call.identity.project_id
    return own or image["visibility"] != "community"


def _an_image(call, image_id):
    if image_id not in call.site.images:
        message = f"No image found with ID {image_id}"
        return Response(404, {"code": "404 Not Found", "message": message})
    return Response(200, call.site.images[image_id])


# Heat


def _self_link(call, stack, rel="self"):
    return {
        "rel": rel,
        "href": f"{call.simulator.url}/orchestration/v1/{stack['project']}"
        f"/stacks/{urllib.parse.quote(stack['stack_name'], safe='')}"
        f"/{stack['id']}",
    }


def _row(call, stack):
    admin = call.simulator.heat_admin and call.identity.sees_all
    hidden = {"outputs"} if admin else {"outputs", "project"}
    found = {k: v for k, v in stack.items() if k not in hidden}
    return {**found, "description": "", "links": [_self_link(call, stack)]}


def _stacks(call, _):
    simulator, query = call.simulator, call.query
    everybody = query.get("global_tenant") == "true"
    if everybody and not simulator.heat_lists_all:
        raise Failed(error(403, "You are not authorized to use global_index."))
    found = [
        stack
        for stack in _newest(call.site.stacks)
        if (everybody or simulator.heat_admin or _is_own(call, stack))
        and (query.get("show_nested") == "true" or not stack["parent"])
        and (
            query.get("show_deleted") == "true"
            or stack["stack_status"] != "DELETE_COMPLETE"
        )
        and query.get("id", stack["id"]) == stack["id"]
        and query.get("tenant", stack["project"]) == stack["project"]
    ]
    page, _more = call.page(found)
    body = {"stacks": [_row(call, stack) for stack in page]}
    if query.get("limit") and len(page) == int(query["limit"]):
        body["links"] = [
            {"rel": "next", "href": call.next_url(page[-1]["id"])}
        ]
    return Response(200, body)


def _is_own(call, stack):
    return stack["project"] == call.site.admin["id"]


def _found(call, name, stack_id):
    stack = call.site.stacks.get(stack_id)
    if not stack or stack["stack_name"] != name:
        message = f"The Stack ({name}) could not be found."
        raise Failed(error(404, message))
    return stack


def _a_stack(call, _, name, stack_id):
    stack = _found(call, name, stack_id)
    row = _row(call, stack)
    row.pop("project", None)
    return Response(
        200,
        {
            "stack": {
                **row,
                "description": stack["description"] or "No description",
                "outputs": stack["outputs"],
                "parameters": {"OS::project_id": stack["project"]},
            }
        },
    )


def _lookup(call, _, stack_id):
    stack = call.site.stacks.get(stack_id)
    if not stack:
        return error(404, f"The Stack ({stack_id}) could not be found.")
    return Response(302, {}, {"Location": _self_link(call, stack)["href"]})


def _resources(call, _, name, stack_id):
    stack = _found(call, name, stack_id)
    depth = int(call.query.get("nested_depth", 0))
    return Response(200, {"resources": list(_deep(call, stack, depth))})


def _deep(call, stack, depth):
    for resource in call.site.resources[stack["id"]]:
        links = [_self_link(call, stack, "stack")]
        nested = call.site.stacks.get(resource.get("physical_resource_id"))
        nested = nested if nested and nested["parent"] else None
        if nested:
            links.append(_self_link(call, nested, "nested"))
        yield {**resource, "links": links}
        if nested and depth > 0:
            yield from _deep(call, nested, depth - 1)


# Magnum and Sahara, Manila and Octavia


def _shares(call, _):
    shares = _of_project(call, call.site.shares, "project_id")
    return call.listed("shares", _newest(shares))


def _load_balancers(call):
    found = call.matching(call.site.loadbalancers.values())
    return call.listed("loadbalancers", found)


def _clusters(call):
    return Response(200, {"clusters": list(call.site.clusters.values())})


def _a_sahara_cluster(call, _, cluster_id):
    return _one(call.site.sahara_clusters, cluster_id, "cluster")


def _a_project(call, project_id):
    return _one(call.site.projects, project_id, "project", title="error")


def _a_user(call, user_id):
    return _one(call.site.users, user_id, "user", title="error")


def routes(service):
    """Return the patterns of what is read of a service."""
    return _ROUTES.get(service, [])


_ROUTES = {
    "identity": [
        (r"v3/projects", _projects),
        (r"v3/projects/([^/]+)", _a_project),
        (r"v3/users", _users),
        (r"v3/users/([^/]+)", _a_user),
        (r"v3/role_assignments", _roles),
    ],
    "compute": [
        (r"v2.1/servers/detail", _servers),
        (r"v2.1/servers/([^/]+)", _a_server),
        (r"v2.1/os-services", _services),
        (r"v2.1/flavors/detail", _flavors),
        (r"v2.1/flavors/([^/]+)", _a_flavor),
    ],
    "volume": [
        (r"v3/([^/]+)/volumes/detail", _volumes),
        (r"v3/([^/]+)/volumes/([^/]+)", _a_volume),
        (r"v3/([^/]+)/snapshots/detail", _snapshots),
        (r"v3/([^/]+)/snapshots/([^/]+)", _a_snapshot),
        (r"v3/([^/]+)/backups/detail", _backups),
        (r"v3/([^/]+)/types", _types),
        (r"v3/([^/]+)/types/([^/]+)", _a_type),
    ],
    "network": [
        route
        for noun in ("network", "port", "router", "floatingip")
        for route in (
            (rf"v2.0/{noun}s", _neutron_list(noun)),
            (rf"v2.0/{noun}s/([^/]+)", _neutron_one(noun)),
        )
    ],
    "image": [
        (r"v2/images", _images),
        (r"v2/images/([^/]+)", _an_image),
    ],
    "orchestration": [
        (r"v1/([^/]+)/stacks", _stacks),
        (r"v1/([^/]+)/stacks/([^/]+)", _lookup),
        (r"v1/([^/]+)/stacks/([^/]+)/([^/]+)/resources", _resources),
        (r"v1/([^/]+)/stacks/([^/]+)/([^/]+)", _a_stack),
    ],
    "container-infra": [(r"v1/clusters", _clusters)],
    "load-balancer": [(r"v2/lbaas/loadbalancers", _load_balancers)],
    "share": [(r"v2/([^/]+)/shares/detail", _shares)],
    "data-processing": [(r"v1.1/([^/]+)/clusters/([^/]+)", _a_sahara_cluster)],
}
