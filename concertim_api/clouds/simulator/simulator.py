"""The HTTP server of the simulated OpenStack: tokens, faults, and a log."""

from __future__ import annotations

import dataclasses as dc
import ipaddress
import re
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import yaml
from oslo_config import cfg

from concertim_api.clouds.simulator import apis, routes
from concertim_api.clouds.simulator.accounts import Accounts
from concertim_api.clouds.simulator.apis import Request, Response
from concertim_api.clouds.simulator.faults import unauthorized
from concertim_api.clouds.simulator.pending import Pending
from concertim_api.clouds.simulator.site import Site
from concertim_api.conf import cloud as options
from concertim_api.conf import operations, register
from concertim_api.domain.errors import Invalid

#: Service type -> path of its endpoint. Those of Neutron, Glance and
#: Keystone have no version in the catalog, as in most clouds.
SERVICES = {
    "identity": "/identity",
    "compute": "/compute/v2.1",
    "block-storage": "/volume/v3/{project}",
    "network": "/network",
    "image": "/image",
    "orchestration": "/orchestration/v1/{project}",
}

MORE_SERVICES = {
    "container-infra": "/container-infra/v1",
    "data-processing": "/data-processing/v1.1/{project}",
    "load-balancer": "/load-balancer",
    "shared-file-system": "/share/v2/{project}",
}


@dc.dataclass
class Fault:
    """What goes wrong with requests that match a pattern.

    The first ``after`` of them go well, then ``times`` do not. ``cut``:
    "wire" (the connection ends in the middle of the body) or "json" (half
    of it is all there is). ``drop``: the connection ends without answer.

    With a ``status``, nothing is done; with ``worked`` too, it is. With
    ``answers`` the answer is as ever, but of that status. A
    ``delay`` (seconds) and ``drop`` come when the work is done; with
    ``before``, they come before it: what is dropped is never done.
    """

    pattern: str
    status: int | None = None
    body: object = None
    headers: dict = dc.field(default_factory=dict)
    delay: float = 0
    cut: str = ""
    drop: bool = False
    before: bool = False
    worked: bool = False
    edit: object = None
    answers: int | None = None
    after: int = 0
    times: int = 10**9
    met: int = 0

    def hits(self, line):
        if not re.search(self.pattern, line):
            return False
        self.met += 1
        return self.after < self.met <= self.after + self.times


class Simulator:
    """Use it as a context manager, or ``start`` and ``stop`` it."""

    def __init__(self, site=None, region="RegionOne", max_limit=1000):
        self.site = site or Site()
        self.region = region
        self.url = ""  # until it is served
        self.max_limit = max_limit
        self.services = dict(SERVICES)
        self.compute_versions = ("2.1", "2.96")
        #: What Nova runs; of a cell that is down: status UNKNOWN, and no id.
        self.compute_services = [
            {
                "id": "a-service",
                "binary": "nova-compute",
                "host": "host-1",
                "status": "enabled",
                "state": "up",
            }
        ]
        self.volume_versions = ("3.0", "3.70")
        self.password = "correct horse"
        self.roles = ["admin", "member", "reader"]
        #: Whether Heat's policy lets anybody list all stacks, and whether
        #: Heat takes us for its administrator.
        self.heat_lists_all = True
        self.heat_admin = True
        self.requests = []
        #: The microversions that were asked for.
        self.microversions = set()
        self.faults = []
        self.logins = 0
        self.accounts = Accounts(self)
        self.domains = {"default": "Default"}
        #: Seconds on the clock of the site that Nova, Cinder and Heat need
        #: to do what they accepted; infinite: until ``settle``.
        self.delay = 0
        self.pending = Pending(self.site)
        #: Id -> why the next thing that is done to it fails in the end.
        self.failing = {}
        #: Whether a stack at work takes another action (convergence).
        self.heat_converges = True
        #: User id -> name -> key pair.
        self.keypairs = {}
        #: (compute, volume or network; project id) -> name -> limit.
        self.quotas = {}
        #: Name -> vcpus, memory_mb, local_gb.
        self.hypervisors = {}
        self._lock = threading.Lock()
        self._work = threading.RLock()

    # For tests

    def fault(self, pattern, **what):
        """Let requests go wrong whose line ("GET /path?query") matches."""
        found = Fault(pattern, **what)
        self.faults.append(found)
        return found

    def expire_tokens(self):
        self.accounts.tokens.clear()

    def count(self, beginning=""):
        return sum(line.startswith(beginning) for line in self.requests)

    def counts(self):
        """Return how often each "METHOD /path" was asked for, with {id} for
        each part of it that differs. ``requests.clear()`` begins anew."""
        return routes.counts(self.requests)

    def add_user(self, name, password, roles=None, **over):
        """Add a user who can log in, with roles by project id.

        Who is in the site already by that name, is given what is told.
        """
        known = (u for u in self.site.users.values() if u["name"] == name)
        user = next(known, None) or self.site.add_user(name)
        user.update(over)
        self.accounts.passwords[user["id"]] = password
        for project_id, names in (roles or {}).items():
            for role in names:
                project = self.site.projects[project_id]
                self.site.assign(user, project, role)
        return user

    def settle(self):
        """Finish at once all that was accepted."""
        with self._work:
            self.pending.run(everything=True)

    def login(self):
        """Return the options of [cloud] with which its administrator logs
        in."""
        return {
            "auth_type": "v3password",
            "auth_url": f"{self.url}/identity/v3",
            "username": "admin",
            "password": self.password,
            "project_name": "admin",
            "user_domain_id": "default",
            "project_domain_id": "default",
        }

    def section(self, **overrides):
        """Return a section of a configuration file, which leads here."""
        options = {**self.login(), "regions": self.region, **overrides}
        lines = [f"{name} = {value}" for name, value in options.items()]
        return "\n".join(["[cloud]", *lines, ""])

    def conf(self, **overrides):
        """Return a configuration whose [cloud] leads here."""
        conf = cfg.ConfigOpts()
        register(conf, options, operations)
        conf([], default_config_files=[])
        overrides = {"regions": [self.region], **overrides}
        for name, value in {**self.login(), **overrides}.items():
            conf.set_override(name, value, "cloud")
        return conf

    def clouds_yaml(self, path, name="simulated", **more):
        """Write a clouds.yaml that leads here, and return its path."""
        auth = self.login()
        cloud = {
            "region_name": self.region,
            "auth_type": auth.pop("auth_type"),
            "auth": auth,
            **more,
        }
        path.write_text(yaml.safe_dump({"clouds": {name: cloud}}))
        return str(path)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def start(self, host="127.0.0.1", port=0):
        """Serve meanwhile; port 0 takes a free one. Who knows its one
        password may do everything: raises Invalid beyond loopback."""
        if not _is_loopback(host):
            raise Invalid("--host", f"{host} is not a loopback address")
        self._server = _Server((host, port), _Handler)
        self._server.daemon_threads = True
        self._server.simulator = self
        self.url = f"http://{host}:{self._server.server_port}"
        thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        thread.start()
        return self

    def close(self):
        self.stop()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    # For the handler

    def respond(self, request):
        """Return the response to a request, and the fault that it meets."""
        with self._lock:
            self.requests.append(request.line)
            fault = next(
                (f for f in self.faults if f.hits(request.line)), None
            )
        if fault and fault.before:
            time.sleep(fault.delay)
            if fault.drop:
                return Response(0), fault
        if fault and fault.status:
            if fault.worked:
                self._answer(request)
            body = fault.body
            if body is None and fault.status >= 400:
                body = {}  # the word of the service itself
            return Response(fault.status, body, fault.headers), fault
        response = self._answer(request)
        if fault and fault.answers:
            response.status = fault.answers
        if fault and fault.edit:
            response.body = fault.edit(response.body)
        return response, fault

    def _answer(self, request):
        service, _, rest = request.path.lstrip("/").partition("/")
        with self._work:
            self.pending.run()
            if request.method == "POST" and rest == "v3/auth/tokens":
                return self.accounts.login(request)
        if apis.is_discovery(rest):
            return apis.answer(self, service, rest, request)
        token = request.headers.get("X-Auth-Token")
        request.identity = self.accounts.tokens.get(token)
        if request.identity is None:
            return unauthorized(self.url)
        if request.method == "GET":
            return routes.answer(self, service, rest, request)
        with self._work:
            return routes.answer(self, service, rest, request)

    def later(self, thing_id, finish):
        """Have ``finish`` called when the work is done, with the reason why
        it failed, or None."""
        self.pending.later(
            self.delay,
            thing_id,
            lambda: finish(self.failing.pop(thing_id, None)),
        )

    def new_token(self):
        with self._lock:
            self.logins += 1
            return f"secret-token-{self.logins}"

    def catalog(self, project_id):
        return [
            {
                "type": kind,
                "name": kind,
                "id": kind,
                "endpoints": [
                    {
                        "id": f"{kind}-{interface}",
                        "interface": interface,
                        "region": self.region,
                        "region_id": self.region,
                        "url": self.url + path.format(project=project_id),
                    }
                    for interface in ("public", "internal", "admin")
                ],
            }
            for kind, path in self.services.items()
        ]


def _is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Clients that do not wait are what tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self._respond("GET")

    def do_HEAD(self):
        self._respond("HEAD")

    def do_POST(self):
        self._respond("POST")

    def do_PUT(self):
        self._respond("PUT")

    def do_PATCH(self):
        self._respond("PATCH")

    def do_DELETE(self):
        self._respond("DELETE")

    def _respond(self, method):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        request = Request.of(method, self.path, self.headers, body)
        response, fault = self.server.simulator.respond(request)
        if fault and fault.delay and not fault.before:
            time.sleep(fault.delay)
        if fault and fault.drop:
            self.close_connection = True
            return
        self._send(response, fault.cut if fault else "")

    def _send(self, response, cut):
        body = response.body
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        if cut == "json":
            content = content[: len(content) // 2]
        self.send_response(response.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-openstack-request-id", f"req-{uuid.uuid4()}")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if cut == "wire":
            content = content[: len(content) // 2]
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *args):
        pass
