"""What a site stands on, and how each part of it is taken away."""

from __future__ import annotations

import contextlib
import datetime
import os
import pathlib
import signal
import subprocess

import requests

from tests.integration.apache import ROOT
from tests.integration.listed import instant
from tests.waiting import wait_for

SERVICES = ROOT / "tools" / "services.sh"
MINICLOUD = ROOT / "tools" / "minicloud"


class Services:
    """Services that nobody else uses, a MariaDB among them. ``addresses``:
    theirs, by the last word of the variable with it."""

    def __init__(self, folder, *names):
        self._folder = folder
        run(SERVICES, "start", folder, "mariadb", *names)
        lines = (folder / "env").read_text().splitlines()
        self.addresses = dict(
            line.removeprefix("export CONCERTIM_TEST_").split("=", 1)
            for line in lines
        )
        self.database = f"{self.addresses['MYSQL']}concertim"

    @property
    def port(self):
        """The port of memcached."""
        return int(self.addresses["MEMCACHED"].partition(":")[2])

    def make_database(self):
        socket = self._folder / "run" / "mysqld.sock"
        client = ["mariadb", "--no-defaults", "-uroot", "-S", socket]
        run(*client, "-e", "CREATE DATABASE concertim")

    def stop(self, name):
        run(SERVICES, "stop", self._folder, name)

    def kill(self, name):
        """As the power failing."""
        pid = int((self._folder / "pid" / name).read_text())
        os.killpg(pid, signal.SIGKILL)

    def start(self, name):
        run(SERVICES, "restart", self._folder, name)

    def end(self):
        run(SERVICES, "stop", self._folder)


class CloudServices:
    """Keystone and the broker, which are the mini cloud's own."""

    def __init__(self, cloud):
        self._cloud = cloud
        place = cloud.settings.parents[1]
        self._environ = {**os.environ, "MINICLOUD": str(place)}
        self._since = datetime.datetime.min.replace(tzinfo=datetime.UTC)

    def stop(self, name):
        run(MINICLOUD / "down.sh", name, env=self._environ)

    def start(self, name):
        run(MINICLOUD / "up.sh", env=self._environ)
        if name == "rabbitmq":
            self._since = datetime.datetime.now(datetime.UTC)

    def await_health(self):
        """Wait until all services of the cloud tell that they live, and told
        so since the broker is back: compute hosts do by the broker."""
        run(MINICLOUD / "status.sh", env=self._environ)
        wait_for(
            f"all services of the cloud to be up since {self._since}",
            self._complaints,
            lambda complaints: not complaints,
            seconds=300,
            every=1,
        )

    def _complaints(self):
        """Return which services of the cloud are not well."""
        try:
            # Heat's API asks its engine, by the broker: in vain for a minute
            # if one of the two has not found that it is back.
            self._cloud.get("orchestration", "/stacks?limit=1")
            services = [
                service
                for part in ("compute", "block_storage")
                for service in self._cloud.get(part, "/os-services")[
                    "services"
                ]
            ]
        except requests.HTTPError as error:
            return [str(error)]
        return [
            service
            for service in services
            if service["state"] != "up"
            or instant(service["updated_at"]) <= self._since
        ]


class Parts:
    """All that may fail, by what it is to us: database, cache, keystone and
    broker."""

    def __init__(self, cloud, folder):
        self.own = Services(folder, "memcached")
        self.clouds = CloudServices(cloud)
        self._places = {
            "database": (self.own, "mariadb"),
            "cache": (self.own, "memcached"),
            "keystone": (self.clouds, "keystone"),
            "broker": (self.clouds, "rabbitmq"),
        }

    @contextlib.contextmanager
    def without(self, part):
        """Take a part away; afterwards it is there again."""
        place, name = self._places[part]
        place.stop(name)
        try:
            yield
        finally:
            place.start(name)


def run(*command, **options):
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )
    name = pathlib.Path(command[0]).name
    assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
