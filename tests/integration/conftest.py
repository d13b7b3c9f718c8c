"""The real parts: processes, a broker, databases."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import uuid

import kombu
import pytest
from kombu.pools import producers

from tests.waiting import wait_for, wait_for_exit

BIN = pathlib.Path(sys.executable).parent

#: The marks of tests on the mini cloud. Its catalog is one, and some of them
#: look at all that there is: nobody else may change it meanwhile.
ON_THE_CLOUD = [
    pytest.mark.xdist_group("cloud"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack"),
]


def needed(variable, where="tools/services.sh"):
    """Return what a variable says; on a CI machine it must say something."""
    value = os.environ.get(variable)
    if not value and os.environ.get("CI") == "true":
        pytest.fail(f"{variable} is not set: see {where}")
    if not value:
        pytest.skip(f"{variable} is not set: see {where}")
    return value


def pytest_collection_modifyitems(items):
    """Leave the long tests on a real cloud for the end; the very last is the
    one that takes parts of it away."""
    last = {
        "test_operations_cloud.py": 1,
        "test_view.py": 2,
        "test_site.py": 3,
    }
    items.sort(key=lambda item: last.get(item.path.name, 0))


@pytest.fixture(scope="module")
def keystone():
    """The mini cloud, as its administrator uses it."""
    from tests.integration.keystone import Keystone  # it needs what is here

    return Keystone(needed("CONCERTIM_TEST_CLOUD", "tools/minicloud"))


@pytest.fixture(scope="module")
def cloud(keystone):
    return keystone


@pytest.fixture(scope="module")
def memcached():
    """A memcached of a module's own, which a test may stop."""
    from tests.integration.keystone import Memcached

    made = Memcached()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    """A Kafka of a module's own, which a test may kill. The modules of the
    xdist_group kafka start one after the other."""
    from tests.integration.kafka import Kafka

    running = Kafka(tmp_path_factory.mktemp("kafka"))
    yield running
    running.end()


@pytest.fixture
def stream(kafka):
    from tests.integration.kafka import Stream

    return Stream(kafka)


class Bus:
    """A message bus as services of a cloud use it: exchanges of its own."""

    def __init__(self, url):
        self.url = url
        self._amqp = url.replace("rabbit://", "amqp://", 1)
        self.exchange = f"cloud-{uuid.uuid4()}"
        self.pool = f"pool-{uuid.uuid4()}"

    def connection(self):
        return kombu.Connection(self._amqp)

    def publish(self, messages, topic="notifications", durable=False):
        """Send notifications as oslo.messaging's driver messagingv2 does."""
        exchange = kombu.Exchange(self.exchange, "topic", durable=durable)
        with (
            self.connection() as connection,
            producers[connection].acquire(block=True) as producer,
        ):
            for message in messages:
                producer.publish(
                    message
                    if isinstance(message, str | bytes)
                    else envelope(message),
                    exchange=exchange,
                    declare=[exchange],
                    routing_key=f"{topic}.{priority(message)}",
                )

    def depth(self, pool=None):
        with self.connection() as connection, connection.channel() as channel:
            queue = channel.queue_declare(pool or self.pool, passive=True)
            return queue.message_count

    def await_depth(self, count, pool=None):
        """Wait until so many messages are in a queue."""
        wait_for(
            f"{count} messages in the queue {pool or self.pool}",
            lambda: self.depth(pool),
            lambda depth: depth == count,
        )

    def declare_pool(self, pool=None):
        """Bind the queue, so that nothing is lost before a listener is up."""
        exchange = kombu.Exchange(self.exchange, "topic", durable=False)
        with self.connection() as connection:
            for topic in ("notifications", "versioned_notifications"):
                for name in ("info", "warn", "error"):
                    kombu.Queue(
                        pool or self.pool,
                        exchange,
                        routing_key=f"{topic}.{name}",
                        durable=False,
                        channel=connection.default_channel,
                    ).declare()


def priority(message):
    if isinstance(message, dict):
        return str(message.get("priority", "info")).lower()
    return "info"


def envelope(message):
    import json

    return {"oslo.version": "2.0", "oslo.message": json.dumps(message)}


@pytest.fixture
def bus():
    return Bus(needed("CONCERTIM_TEST_RABBIT"))


class Installation:
    """A configuration, and the commands run with it."""

    def __init__(self, folder):
        self.folder = folder
        self.conf = folder / "concertim.conf"
        self._sections = {
            "DEFAULT": {"state_path": folder},
            # The clouds have projects that are no teams, too.
            "view": {"projects": "prefix:CM_"},
        }
        self._running = []

    def configure(self, section, **options):
        self._sections.setdefault(section, {}).update(options)
        self.conf.write_text(
            "".join(
                f"[{name}]\n"
                + "".join(
                    f"{option} = {one}\n"
                    for option, value in options.items()
                    for one in (value if isinstance(value, list) else [value])
                )
                for name, options in self._sections.items()
            )
        )

    def ask(self, cloud, **more):
        """Let the agent log in to a simulated cloud."""
        self.configure(
            "cloud",
            auth_type="v3password",
            auth_url=f"{cloud.url}/identity/v3",
            username="admin",
            password=cloud.password,
            project_name="admin",
            user_domain_id="default",
            project_domain_id="default",
            **more,
        )

    def command(self, name, *arguments):
        return [str(BIN / name), "--config-file", str(self.conf), *arguments]

    def run(self, name, *arguments, check=True):
        done = subprocess.run(
            self.command(name, *map(str, arguments)),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def start(self, name, *arguments, **environment):
        log = (self.folder / f"{name}.log").open("a")
        process = subprocess.Popen(
            self.command(name, *arguments),
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        self._running.append(process)
        return process

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()

    def await_log(self, name, text, times=1):
        """Wait until a process has logged something so many times."""
        wait_for(
            f"{name} to log {text!r} ({times} times)",
            lambda: self.log(name),
            lambda log: log.count(text) >= times,
        )

    def kill(self, process):
        """As the power failing: no process of it does anything more."""
        os.killpg(process.pid, signal.SIGKILL)
        wait_for_exit(process)

    def stop_all(self):
        for process in self._running:
            if process.poll() is None:
                self.kill(process)

    def store(self):
        from concertim_api import bootstrap

        return bootstrap.store(
            bootstrap.configure(["--config-file", str(self.conf)])
        )

    def periods(self):
        return self.run("concertim-manage", "periods").stdout


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path)
    made.configure("DEFAULT")
    yield made
    made.stop_all()


@pytest.fixture
def other(tmp_path):
    """A second installation, to compare with."""
    folder = tmp_path / "other"
    folder.mkdir()
    made = Installation(folder)
    made.configure("DEFAULT")
    made.run("concertim-manage", "db", "sync")
    return made
