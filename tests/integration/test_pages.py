"""The pages for administrators, by their own commands, beside services that
run: backup, restore, and new passwords."""

from __future__ import annotations

import contextlib
import getpass
import itertools
import os
import subprocess
import uuid
from datetime import UTC, datetime

import kombu
import pytest
import sqlalchemy as sa
import webob
from amqp.exceptions import AccessRefused, NotFound
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from concertim_api import bootstrap
from concertim_api.clouds.simulator import Simulator
from concertim_api.db import schema
from concertim_api.domain.errors import Unavailable
from tests import pages, programs, samples
from tests.databases import SERVERS
from tests.integration.conftest import BIN, Bus, Installation, needed
from tests.waiting import wait_for

BACKENDS = ["mariadb", "postgresql", "sqlite"]
LISTENER = "concertim-listener"
AGENT = "concertim-agent"
BACKUP = pages.blocks("admin/backup")
ROTATION = pages.blocks("admin/rotation")
REMOVAL = pages.blocks("admin/removal")

#: One worker has them all: a deployment serves several tests.
pytestmark = pytest.mark.xdist_group("pages")

#: Those of a shell of this machine's administrator.
FUNCTIONS = """
set -euo pipefail
runuser() { shift 3; "$@"; }
rabbitmqctl() { eval "$CONCERTIM_TEST_RABBITMQCTL" '"$@"'; }
systemctl() {
    [ "$*" != "reload concertim-listener" ] || kill -HUP "$LISTENER"
}
"""


class Shell:
    """An administrator's shell, where a deployment is the only one."""

    def __init__(self, folder, name, database, conf):
        self.name = name
        self._folders = {
            "/var/backups": folder / "backups",
            "/var/lib/concertim": folder,
            "/etc/apache2": folder / "apache2",
        }
        for place in self._folders.values():
            place.mkdir(exist_ok=True)
        (folder / ".my.cnf").write_text(
            f"[client]\nprotocol = tcp\nhost = {database.host}\n"
            f"port = {database.port}\nuser = {database.username}\n"
            f"password = {database.password}\n"
        )
        self.environ = {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{programs.PATH}",
            "HOME": str(folder),
            "PGHOST": str(database.host),
            "PGPORT": str(database.port),
            "PGUSER": str(database.username),
            "PGPASSWORD": str(database.password),
            "PGDATABASE": "postgres",
            "OS_CONCERTIM_CONFIG_FILES": str(conf),
        }

    def run(self, commands, name=None):
        """Run a block of a page; return what it printed.

        ``name``: of what the page calls concertim, else of the database.
        """
        names = name or self.name, self._folders
        lines = [pages.renamed(command, *names) for command in commands]
        done = subprocess.run(
            ["bash", "-c", "\n".join([FUNCTIONS, *lines])],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class Deployment(Installation):
    """A listener, an API and a cloud, on a database of their own."""

    def __init__(self, folder, database, admin, bus, simulator):
        super().__init__(folder)
        self.name = database.username or getpass.getuser()
        self.admin = admin
        self.bus = bus
        self.simulator = simulator
        self.connect(database)
        self.configure("DEFAULT", transport_url=bus.url)
        self.configure("api", auth_strategy="noauth")
        self.configure(
            "listener", exchanges=bus.exchange, pool=bus.pool, region="south"
        )
        self.configure("cloud", **simulator.login(), regions=simulator.region)
        self.shell = Shell(folder, self.name, admin, self.conf)
        self._sent = iter(samples.fresh(10_000))
        schema.sync(self._read())
        self.open()

    def _read(self):
        return bootstrap.configure(["--config-file", str(self.conf)])

    def open(self):
        """Begin to serve the API, as it is configured now."""
        self._services = bootstrap.services(self._read())
        self._app = bootstrap.api(self._read(), self._services)

    def close(self):
        self._services.store.close()

    def connect(self, database):
        self.database = database
        url = database.render_as_string(hide_password=False)
        self.configure("database", connection=url.replace("%", "%%"))

    def listen(self):
        """Start the listener, unless it runs."""
        if "LISTENER" in self.shell.environ:
            return
        self.bus.declare_pool()
        process = self.start(LISTENER)
        self.shell.environ["LISTENER"] = str(process.pid)
        self.await_log(LISTENER, "Listening to")

    def send(self, count=200):
        """Send notifications; return the id of the server in the last one."""
        last = samples.first("compute.instance.create.end")
        last["message_id"] = str(uuid.uuid4())
        last["_unique_id"] = uuid.uuid4().hex
        last["payload"]["instance_id"] = str(uuid.uuid4())
        self.bus.publish([*itertools.islice(self._sent, count), last])
        return last["payload"]["instance_id"]

    def ask(self, path):
        """Return the status and the document of the API, which runs on."""
        answer = webob.Request.blank(
            path, environ={"REMOTE_ADDR": "127.0.0.1"}
        ).get_response(self._app)
        return answer.status_int, answer.json

    def bus_url(self, password, scheme="rabbit"):
        place = self.bus.url.rpartition("@")[2]
        return f"{scheme}://{self.bus.pool}:{password}@{place}"

    def ask_broker(self, *commands):
        """Run commands; at the broker, user and queue have one name."""
        return self.shell.run(commands, self.bus.pool)

    def listen_as(self, password):
        self.configure("DEFAULT", transport_url=self.bus_url(password))

    def add_server(self, name):
        """Have the cloud run a server."""
        site = self.simulator.site
        site.add_server(site.add_project(f"CM_{name}"), name)

    def cursor(self, since=None):
        """Follow the feed to its end; return the cursor there."""
        while True:
            query = "" if since is None else f"&since={since}"
            status, page = self.ask(f"/v1/changes?limit=1000{query}")
            assert status == 200, page
            since = page["cursor"]
            if not any(link["rel"] == "next" for link in page["links"]):
                return since

    def servers(self):
        """Return the names of the servers that the cloud has listed."""
        _, page = self.ask("/v1/resources?region=north&kind=instance")
        return {row["name"] for row in page["resources"]}

    def periods(self):
        """Return all periods, without their ids."""
        rows = self._services.store.ledger.all_periods()
        return {(row.resource_id, row.start, row.shape) for row in rows}

    def await_servers(self, *names):
        wait_for(
            f"the servers {names}",
            self.servers,
            lambda servers: servers == {*names},
        )

    def await_agent(self, since):
        """Wait until the agent has worked since a moment, by its report."""
        wait_for(
            "the agent to do its jobs",
            lambda: self.ask("/v1/jobs")[1]["jobs"],
            lambda jobs: any(
                job["name"] == "view"
                and job["outcome"] == "done"
                and (job["finished_at"] or "") > since.isoformat()
                for job in jobs
            ),
        )

    def await_server(self, id_):
        """Wait until a server is stored, and all that was sent before it."""
        wait_for(
            f"the server {id_} to be stored",
            lambda: self.ask(f"/v1/resources/{id_}")[0],
            lambda status: status == 200,
        )


@contextlib.contextmanager
def database_of(backend, folder, name):
    """Hand out a database and the log-in of its server's administrator."""
    if backend == "sqlite":
        url = make_url(f"sqlite:///{folder}/concertim.sqlite")
        yield url, url
        return
    admin = make_url(needed(SERVERS[backend]))
    makes, drops = {
        "mariadb": (
            [
                f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
                f"CREATE USER {name} IDENTIFIED BY 'a-password'",
                f"GRANT ALL ON {name}.* TO {name}",
            ],
            [
                f"DROP DATABASE IF EXISTS {name}",
                f"DROP USER IF EXISTS {name}",
            ],
        ),
        "postgresql": (
            [
                f"CREATE USER {name} PASSWORD 'a-password'",
                f"CREATE DATABASE {name} OWNER {name}",
            ],
            [
                f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
                f"DROP USER IF EXISTS {name}",
            ],
        ),
    }[backend]
    execute(admin, *makes)
    try:
        yield (
            admin.set(database=name, username=name, password="a-password"),
            admin,
        )
    finally:
        execute(admin, *drops)


def execute(url, *statements):
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def deployment(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    name = f"pages_{uuid.uuid4().hex[:8]}"
    bus = Bus(needed("CONCERTIM_TEST_RABBIT"))
    with (
        database_of(request.param, folder, name) as (database, admin),
        Simulator(region="north") as simulator,
    ):
        made = Deployment(folder, database, admin, bus, simulator)
        made.backend = BACKENDS.index(request.param)
        yield made
        made.stop_all()


def lose(deployment):
    """Lose the database, as an accident or a disk would."""
    url, name = deployment.database, deployment.database.database
    if url.get_backend_name() == "sqlite":
        with open(name, "wb") as file:
            file.write(b"no database")
        return
    force = " WITH (FORCE)" if deployment.admin.database else ""
    execute(deployment.admin, f"DROP DATABASE {name}{force}")


def test_every_block_of_the_page_is_run():
    assert {title: len(found) for title, found in BACKUP.items() if found} == {
        "Back up": 3,
        "Restore": 3,
        "After each restore": 1,
    }


def on(*backends):
    return pytest.mark.parametrize(
        "deployment", backends, indirect=True, scope="module"
    )


@on("mariadb", "postgresql")
class TestOnAServer:
    def test_a_backup_is_restored_beside_services(self, deployment):
        deployment.add_server("early")  # no notification tells of it
        deployment.listen()
        deployment.start(AGENT)
        deployment.await_servers("early")
        deployment.await_server(deployment.send())
        stored = deployment.periods()
        deployment.shell.run(BACKUP["Back up"][deployment.backend])
        deployment.add_server("late")
        lost = deployment.send(0)
        deployment.await_server(lost)
        cursor = deployment.cursor()

        lose(deployment)
        waiting = deployment.send()
        deployment.await_log(LISTENER, "restore a backup")
        status, health = deployment.ask("/healthcheck")
        assert status == 503
        assert "restore a backup" in str(health)
        assert "db sync" not in deployment.log(LISTENER)
        deployment.shell.run(BACKUP["Restore"][deployment.backend])
        restored_at = datetime.now(UTC)
        deployment.await_server(waiting)
        assert stored <= deployment.periods()
        assert deployment.ask(f"/v1/resources/{lost}")[0] == 404

        (after,) = BACKUP["After each restore"]
        assert "begins anew" in deployment.shell.run(after)
        assert deployment.servers() == {"early", "late"}
        for before in (1, cursor - 1, cursor):
            assert deployment.ask(f"/v1/changes?since={before}")[0] == 410
        assert deployment.cursor() > cursor
        deployment.await_agent(restored_at)

    def test_a_password_of_the_database_is_rotated(self, deployment):
        deployment.listen()
        blocks = ROTATION["Password of the database"]
        deployment.shell.run(blocks[deployment.backend])
        with pytest.raises(OperationalError):
            execute(deployment.database, "SELECT 1")
        deployment.connect(
            deployment.database.set(password="another-password")
        )
        reload(deployment)
        deployment.open()
        deployment.await_server(deployment.send())

    def test_no_database_is_left(self, deployment):
        deployment.stop_all()
        deployment.close()
        deployment.shell.run(REMOVAL["The database"][deployment.backend])
        with pytest.raises(OperationalError):
            execute(deployment.database, "SELECT 1")


@on("sqlite")
class TestOnAFile:
    def test_a_backup_of_a_file_is_restored(self, deployment):
        deployment.add_server("early")
        deployment.run("concertim-manage", "sync", "--kind", "instance")
        stored = deployment.periods()
        deployment.shell.run(BACKUP["Back up"][deployment.backend])
        deployment.close()
        lose(deployment)
        with pytest.raises(Unavailable):
            deployment.periods()
        deployment.shell.run(BACKUP["Restore"][deployment.backend])
        deployment.open()
        assert deployment.periods() == stored
        assert os.stat(deployment.database.database).st_mode & 0o777 == 0o600

    def test_a_key_is_rotated(self, deployment):
        create = ("key", "create", "billing", "--role=admin")
        first = deployment.run("concertim-manage", *create).stdout
        ((command,),) = ROTATION["Named keys"]
        second = deployment.shell.run([command])
        assert second.startswith("concertim_")
        assert second != first

    def test_a_user_of_the_broker_comes_and_goes(self, deployment):
        needed("CONCERTIM_TEST_RABBITMQCTL")
        deployment.listen()
        deployment.ask_broker(
            "rabbitmqctl add_user concertim a-password",
            "rabbitmqctl set_permissions concertim '.*' '.*' '.*'",
        )
        deployment.listen_as("a-password")
        reload(deployment)
        deployment.await_server(deployment.send())
        (block,) = ROTATION["Password of the broker"]
        deployment.ask_broker(*block)
        refused(deployment.bus_url("a-password", "amqp"))
        deployment.listen_as("another-password")
        reload(deployment)
        deployment.await_server(deployment.send())

        deployment.stop_all()
        deployment.bus.depth()  # it is there
        (block,) = REMOVAL["The queue"]
        deployment.ask_broker(*block)
        with pytest.raises(NotFound):
            deployment.bus.depth()
        refused(deployment.bus_url("another-password", "amqp"))


def refused(url):
    with pytest.raises(AccessRefused):
        kombu.Connection(url).connect()


def reload(deployment):
    """Have the listener read its configuration anew."""
    times = deployment.log(LISTENER).count("Listening to")
    deployment.shell.run(ROTATION[""][0])
    deployment.await_log(LISTENER, "Listening to", times + 1)
