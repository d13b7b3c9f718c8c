"""The legacy dialect on a simulated OpenStack, as its callers use it."""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import time
import uuid

import jwt
import pytest
import webtest

from concertim_api import bootstrap
from concertim_api.api.dialects.concertim import app
from concertim_api.clouds.simulator.simulator import Simulator
from concertim_api.db import schema
from concertim_api.services.common.listing import EVERY_PROJECT, Listing
from tests.functional import built, caches

JWT_SECRET = secrets.token_hex(32)

#: Of which oslo.log hides most.
LOGGERS = ("", "keystoneauth", "urllib3", "requests")

#: Who the front end is in the cloud.
OPERATOR = "concertim-operator"


class Stage:
    """A cloud, the dialect in front of it, and all secrets that were used.

    ``ask`` sends what today's callers send, and sees to it that no answer
    holds a secret, or is anything but what they can read.
    """

    def __init__(self, cloud, conf):
        self.cloud = cloud
        self.conf = conf
        self.secrets = {JWT_SECRET, cloud.password}
        self.app = self._app()
        self.operator = self.user(OPERATOR, admin=True)

    def _app(self):
        regions = bootstrap.clouds(self.conf)
        made = bootstrap.services(self.conf, regions)
        self.services = made
        return webtest.TestApp(app.build(self.conf, made, regions), lint=True)

    def again(self, **options):
        """Build the application anew, with other options of its own."""
        for name, value in options.items():
            self.conf.set_override(name, value, "concertim_dialect")
        self.app = self._app()

    def secret(self):
        made = secrets.token_urlsafe(18)
        self.secrets.add(made)
        return made

    def token(self, secret=JWT_SECRET, **claims):
        now = int(time.time())
        said = {"exp": now + 60, "iat": now, "jti": str(uuid.uuid4())}
        token = jwt.encode({**said, **claims}, secret, algorithm="HS256")
        self.secrets.add(token)
        return token

    def user(self, name, project=None, role="member", admin=False):
        """Add a user to the cloud; return its cloud_env."""
        site, password = self.cloud.site, self.secret()
        project = site.admin if admin else project
        roles = {project["id"]: ["admin" if admin else role]}
        user = self.cloud.add_user(name, password, roles)
        return self.env(user["id"], password, project["id"])

    def env(self, user_id, password, project_id):
        self.secrets.add(password)
        return {
            "auth_url": f"{self.cloud.url}/identity/v3",
            "user_id": user_id,
            "password": password,
            "project_id": project_id,
        }

    def project(self, name="CM_physics"):
        return self.cloud.site.add_project(name)

    def ask(self, method, path, status=201, body=None, env=None, **headers):
        """Return the JSON of an answer; None if it has no body."""
        if env is None and body is not None:
            env = self.operator
        if env:
            body = {"cloud_env": env, **(body or {})}
        answer = self.send(
            method,
            path,
            b"" if body is None else json.dumps(body).encode(),
            Authorization=f"Bearer {self.token()}",
            Content_Type="application/json",
            **headers,
        )
        assert answer.status_int == status, answer.text
        if status == 204:
            assert answer.body == b""
            return None
        assert answer.json["success"] is (status < 400)
        return answer.json

    def send(self, method, path, body=b"", extra_environ=None, **headers):
        """Send anything; what comes back is looked at, as ever."""
        answer = self.app.request(
            path,
            method=method,
            body=body,
            headers={n.replace("_", "-"): v for n, v in headers.items()},
            environ=extra_environ,
            expect_errors=True,
        )
        self.look_at(answer)
        return answer

    def look_at(self, answer):
        caches.check(answer)
        told = answer.text + str(answer.headers)
        assert not [one for one in self.secrets if one in told]
        assert "Traceback" not in told
        assert answer.headers["X-Openstack-Request-Id"].startswith("req-")
        if answer.status_int >= 400 and answer.request.method != "HEAD":
            assert answer.content_type == "application/json"
            assert set(answer.json) == {"success", "error", "message"}
            assert answer.json["success"] is False
            assert answer.json["error"].isidentifier()
            assert answer.json["message"]

    def act(self, env, kind, thing_id, action, status=201):
        path = f"/update_status/{kind}/{thing_id}"
        return self.ask("POST", path, status, {"action": action}, env)

    def show(self):
        """Have the view show what the cloud has."""
        (cloud,) = bootstrap.clouds(self.conf).values()
        built.learn(self.services, cloud)
        built.settle(self.services.store, self.services.clock)

    def refused(self, *asked, **more):
        """Ask for what is refused; return word and message."""
        told = self.ask(*asked, **more)
        return told["error"], told["message"]

    def operations(self):
        found = self.services.operations.list(EVERY_PROJECT, Listing())
        return list(reversed(found.rows))


@pytest.fixture
def cloud():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A database with nothing in it; to make one takes its time."""
    folder = tmp_path_factory.mktemp("empty")
    schema.sync(built.configured(folder))
    (database,) = folder.glob("*.sqlite*")
    return database


@pytest.fixture
def conf(tmp_path, cloud, empty):
    shutil.copy(empty, tmp_path)
    return built.configured(
        tmp_path,
        f"""
debug = true
[cloud]
auth_type = v3password
auth_url = {cloud.url}/identity/v3
username = admin
password = {cloud.password}
project_name = admin
user_domain_id = default
project_domain_id = default
[concertim_dialect]
jwt_secrets = {JWT_SECRET}
[operations]
timeout = 5
""",
    )


@pytest.fixture
def logged(conf):
    """All that any library of ours logs, at DEBUG."""
    lines = []

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    kept = Kept()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.DEBUG)
    loggers[0].addHandler(kept)
    yield lines
    loggers[0].removeHandler(kept)
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


@pytest.fixture
def stage(conf, cloud, logged, tmp_path):
    """The dialect; at the end, its log and its database are searched for
    every secret."""
    made = Stage(cloud, conf)
    yield made
    made.services.store.close()
    (database,) = tmp_path.glob("*.sqlite*")
    told = "\n".join(logged).encode() + database.read_bytes()
    assert not [one for one in made.secrets if one.encode() in told]


@pytest.fixture
def physics(stage):
    return stage.project()


@pytest.fixture
def bob(stage, physics):
    """The credentials of a member of physics."""
    return stage.user("CM_bob", physics)


@pytest.fixture
def things(stage, physics):
    """One of each type, by what the front end calls it."""
    site = stage.cloud.site
    server = site.add_server(physics, "node1", status="SHUTOFF")
    server["OS-EXT-STS:vm_state"] = "stopped"
    return {
        "instances": server,
        "volumes": site.add_volume(physics, "scratch"),
        "networks": site.add_network(physics, "net"),
        "racks": site.add_stack(physics, "cluster--token"),
    }
