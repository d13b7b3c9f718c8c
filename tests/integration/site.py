"""A whole site: what is shown by the API, the command and the front end."""

from __future__ import annotations

import subprocess

from keystoneauth1 import session
from keystoneauth1.identity import v3

from tests.functional.osc.conftest import OpenStack
from tests.integration import watched
from tests.integration.apache import Site
from tests.integration.keystone import register
from tests.integration.listed import instant
from tests.integration.watched import AGENT, ALL, LISTENER
from tests.waiting import wait_for


class Whole(watched.Site):
    """An installation as operators run it, and who uses it.

    The API is behind Apache and in Keystone's catalog, the database a
    MariaDB, and the view is pushed to the app.
    """

    def __init__(self, apache, user, keystone, database, app):
        self.apache = apache
        self._user = user
        self.keystone = keystone
        self._database = database
        self.app = app
        super().__init__(apache.installation, keystone)
        self.api = Site(self.url)

    def _configure(self):
        super()._configure()
        configure = self._installation.configure
        configure("api", auth_strategy="keystone")
        configure("database", connection=self._database)
        # Apache's user may not read the administrator's clouds.yaml.
        configure(
            "cloud",
            clouds="",
            auth_type="v3password",
            regions=self.keystone.region,
            **self.keystone.login["auth"],
        )
        configure(
            "frontend",
            driver="concertim",
            url=self.app.url,
            username="admin",
            password="admin",
            order_ids="stack",
        )

    def _serve(self):
        url = self.apache.start()["CONCERTIM_API_URL"]
        _, said = register(
            self.apache, self.keystone, self._user, public=url, internal=url
        )
        assert "endpoint" in said
        self.apache.reload()
        wait_for(
            "the API to check tokens",
            lambda: Site(url).ask("/v1/racks").status,
            lambda status: status == 401,
        )
        return url

    def _login(self):
        return words(self.keystone, **self.keystone.login["auth"])

    def _headers(self):
        return {"X-Auth-Token": self.keystone.admin.session.get_token()}

    def command(self, **login):
        """Return the openstack command of somebody who logs in."""
        return OpenStack(
            self._installation.folder, *words(self.keystone, **login)
        )

    def told_of(self, kind, resource_id):
        """Return (reported, received) of all that we were told of it."""
        found = self.get(
            f"resources/{resource_id}/observations", kind=kind, limit=ALL
        )
        return [
            (instant(one["reported_at"]), instant(one["received_at"]))
            for one in found["observations"]
        ]

    def processes(self):
        """Return the processes that we run."""
        ours = [p.pid for p in self._installation._running]
        found = subprocess.run(
            ["pgrep", "--parent", ",".join(map(str, ours))],
            capture_output=True,
            text=True,
        )
        children = {int(pid) for pid in found.stdout.split()}
        return self.apache.workers() | {*ours} | children

    def complaints(self):
        """Return what nobody has foreseen, of all logs."""
        logs = [self._installation.log(name) for name in (LISTENER, AGENT)]
        return [
            line
            for log in [*logs, self.apache.log()]
            for line in log.splitlines()
            if "Traceback" in line or " CRITICAL concertim" in line
        ]


def words(keystone, **login):
    """Return a login as options of the openstack command, each one word: a
    password may begin with a dash."""
    told = {
        "auth_url": keystone.url,
        "user_domain_id": "default",
        "project_domain_id": "default",
        "region_name": keystone.region,
        **login,
    }
    return [
        f"--os-{name.replace('_', '-')}={value}"
        for name, value in told.items()
    ]


def new_tokens(keystone, project, number):
    """Return tokens of a project's member, which nobody has used yet."""
    token = project.session.get_token()
    auth = [
        v3.Token(keystone.url, token, project_id=project.id)
        for _ in range(number)
    ]
    return [session.Session(auth=one).get_token() for one in auth]


# What is shown, as (id, what is told of it), sorted: nothing twice


def by_the_api(racks):
    """Return the racks and devices of the API as rows."""
    return sorted(
        [
            (rack["id"], rack["name"], rack["status"], rack["height_u"])
            for rack in racks.values()
        ]
        + [
            (
                device["id"],
                device["name"],
                device["status"],
                rack["id"],
                device["start_u"],
                device["height_u"],
            )
            for rack in racks.values()
            for device in rack["devices"].values()
        ]
    )


def by_the_app(app):
    """Return the same of the front end."""
    found = app.snapshot()
    stacks = {
        rack["id"]: rack["metadata"]["openstack_stack_id"]
        for rack in found["racks"].values()
    }
    racks = [
        (stacks[rack["id"]], rack["name"], rack["status"], rack["u_height"])
        for rack in found["racks"].values()
    ]
    devices = [
        (
            device["metadata"]["openstack_instance_id"],
            device["name"],
            device["status"],
            stacks[device["location"]["rack_id"]],
            device["location"]["start_u"],
            device["location"]["end_u"] - device["location"]["start_u"] + 1,
        )
        for device in found["devices"].values()
    ]
    return sorted(racks + devices)


def by_the_command(command):
    """Return the same of the command, as its user sees it."""
    racks = command.json("rack", "list")
    devices = command.json("device", "list", "--long")
    return sorted(
        [(r["id"], r["name"], r["status"], r["height_u"]) for r in racks]
        + [
            (
                device["id"],
                device["name"],
                device["status"],
                device["rack_id"],
                device["start_u"],
                device["height_u"],
            )
            for device in devices
        ]
    )
