"""The real openstack command, and the real API that it speaks with."""

import contextlib
import dataclasses as dc
import json
import os
import pathlib
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from concertim_api import bootstrap
from concertim_api.cmd import development
from concertim_api.db import schema
from concertim_api.domain.ledger.observations import Observation, Ref
from tests.taking import take

from .keystone import Keystone

OPENSTACK = pathlib.Path(sys.executable).with_name("openstack")

PHYSICS = "1" * 32
MATHS = "2" * 32


def seen(kind, resource_id, day, hour=0, says="alive", **more):
    at = datetime(2026, 3, day, hour, tzinfo=UTC)
    return Observation(
        ref=Ref("here", kind, resource_id),
        at=at,
        reported_at=at,
        received_at=at,
        key=f"{kind}-{resource_id}-{day}-{hour}",
        says=says,
        source="test",
        **more,
    )


def flavor(name, vcpus):
    specs = {"pci_passthrough:alias": f"a100:{vcpus},t4:1"}
    return {
        "id": name,
        "name": name,
        "vcpus": vcpus,
        "ram_mb": 1024 * vcpus,
        "extra_specs": specs if vcpus > 1 else {},
    }


def server(name, day, hour=0, *, vcpus=1, state="active", project_id=PHYSICS):
    size = "small" if vcpus == 1 else "large"
    return seen(
        "instance",
        f"id-of-{name}",
        day,
        hour,
        project_id=project_id,
        shape={"state": state, "flavor": flavor(f"m1.{size}", vcpus)},
        details={"name": name},
    )


def project(project_id, name):
    return seen(
        "project",
        project_id,
        1,
        project_id=project_id,
        details={"name": name},
    )


STORY = [
    project(PHYSICS, "physics"),
    project(MATHS, "maths"),
    server("web", 2),
    server("web", 2, 12, state="stopped"),
    server("web", 3, 0, vcpus=4),
    seen("instance", "id-of-web", 4, says="gone"),
    server("solver", 2, project_id=MATHS),
    seen("instance", "id-of-solver", 2, 6, says="gone"),
    server("db", 2),
]

NONSENSE = {
    "message_id": "m1",
    "event_type": "compute.instance.create.end",
    "publisher_id": "compute.host1",
    "timestamp": "2026-03-02 00:00:00.000000",
    "payload": {"instance_id": "r9", "tenant_id": PHYSICS, "state": 7},
}


@dc.dataclass
class Answer:
    """What became of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        assert self.status == 0, self.err
        return json.loads(self.out)

    @property
    def head(self):
        """The names of a table's columns."""
        assert self.status == 0, self.err
        cells = self.out.splitlines()[1].split("|")
        return [cell.strip() for cell in cells[1:-1]]


class OpenStack:
    """The openstack command, as a user with these options calls it."""

    def __init__(self, home, *login):
        self._login = login
        others = {k: v for k, v in os.environ.items() if k[:3] != "OS_"}
        self.environ = {**others, "HOME": str(home), "COLUMNS": "200"}

    def line(self, *arguments):
        return [OPENSTACK, *self._login, "concertim", *arguments]

    def __call__(self, *arguments, **environ):
        process = subprocess.run(
            self.line(*arguments),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**self.environ, **environ},
            timeout=120,
        )
        assert "Traceback" not in process.stdout + process.stderr
        return Answer(process.returncode, process.stdout, process.stderr)

    def json(self, *arguments):
        return self(*arguments, "-f", "json").json


@contextlib.contextmanager
def served(application):
    """Serve an application on a free port; yield its URL."""
    server = development.server(application, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def live_api(tmp_path_factory):
    """Serve the API with a story in its database, as configured.

    Call it with the lines of a configuration file, and with the ``clouds``
    in which something can be done; it returns the URL and the services
    behind it.
    """
    with contextlib.ExitStack() as running:

        def serve(*lines, clouds=None):
            place = tmp_path_factory.mktemp("api")
            file = place / "concertim.conf"
            database = f"connection = sqlite:///{place}/concertim.sqlite"
            file.write_text("\n".join(["[database]", database, *lines]))
            conf = bootstrap.unread()
            conf([], default_config_files=[str(file)])
            schema.sync(conf)
            services = bootstrap.services(conf, clouds)
            running.callback(services.store.close)
            services.recorder.record(STORY)
            take(services.intake, [NONSENSE], "here")
            url = running.enter_context(served(bootstrap.api(conf, services)))
            return url, services

        yield serve


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home of a user without any configuration."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def openstack(live_api, home):
    """The command of somebody on the machine of an API without auth."""
    url, _ = live_api("[api]", "auth_strategy = noauth")
    login = ("--os-auth-type", "none", "--os-endpoint", url)
    return OpenStack(home, *login)


@pytest.fixture(scope="module")
def with_key(live_api, home):
    """Return the command of the holder of a new key."""
    url, services = live_api("[api]", "auth_strategy = key")

    def login(name, roles, project_id=None):
        _, secret = services.keys.create(name, roles, project_id)
        return with_token(secret)

    def with_token(token):
        options = ("--os-endpoint", url, "--os-token", token)
        return OpenStack(home, "--os-auth-type", "admin_token", *options)

    login.with_token = with_token
    return login


@pytest.fixture(scope="module")
def with_keystone(live_api, home):
    """The command of an administrator who logs in to Keystone."""
    keystone = Keystone([(PHYSICS, "Physics of Keystone"), (MATHS, "Maths")])
    with served(keystone) as keystone.url:
        login = {
            "auth_type": "password",
            "auth_url": f"{keystone.url}/v3",
            "username": "admin",
            "password": "secret",
            "project_name": "physics",
            "user_domain_id": "default",
            "project_domain_id": "default",
        }
        keystone.concertim_url, _ = live_api(
            "[keystone_authtoken]",
            f"www_authenticate_uri = {keystone.url}/v3",
            *(f"{name} = {value}" for name, value in login.items()),
        )
        words = [
            f"--os-{name.replace('_', '-')}={value}"
            for name, value in login.items()
        ]
        yield OpenStack(home, *words)
