"""Stores on every database at hand: SQLite always; MariaDB and PostgreSQL
where CONCERTIM_TEST_MYSQL and CONCERTIM_TEST_POSTGRESQL say where they are
(``tools/services.sh`` starts them)."""

import contextlib
import importlib.util
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from oslo_config import cfg

from concertim_api.conf import database
from concertim_api.db import engine as engines
from concertim_api.db import schema
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.store import SqlStore
from concertim_api.db.transactions import writer
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.operations import Operation
from concertim_api.listener.intake import Intake
from concertim_api.listener.translate import Translator
from concertim_api.services.ledger.ports import DeadLetter
from concertim_api.services.ledger.recorder import Recorder
from tests import databases
from tests.fakes.clock import Clock
from tests.functional.db.clouds import World
from tests.functional.statements import noted

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def configuration():
    """Make the configuration for a database URL."""
    return _configuration


def _configuration(connection):
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    database.register_opts(conf)
    conf.set_override("connection", connection, group="database")
    # What is tested here is our own work, not the disk's.
    conf.set_override("sqlite_synchronous", False, group="database")
    return conf


@pytest.fixture(scope="session")
def new_database(tmp_path_factory):
    """Hand out the URL of a new, empty database; drop it afterwards.

    MariaDB is used by mysqlclient if it is there, as tools/test sees to; the
    integration tests use PyMySQL.
    """

    @contextlib.contextmanager
    def make(backend):
        folder = tmp_path_factory.mktemp("db")
        with databases.new_database(backend, folder) as url:
            if importlib.util.find_spec("MySQLdb"):
                url = url.replace("mysql+pymysql://", "mysql+mysqldb://")
            yield url

    return make


@pytest.fixture(scope="session", params=databases.at_hand())
def backend(request):
    return request.param


@pytest.fixture
def old_database(backend, new_database, configuration):
    """Make a database with the schema of a revision; its argument.

    Yields its configuration, and a connection to fill it by.
    """
    with contextlib.ExitStack() as databases_:

        @contextlib.contextmanager
        def make(revision):
            url = databases_.enter_context(new_database(backend))
            conf = configuration(url)
            schema.sync(conf, revision)
            engine = engines.create(conf)
            with writer(engine).begin() as connection:
                yield conf, connection
            engine.dispose()

        yield make


@pytest.fixture(scope="session")
def shared(backend, new_database, configuration):
    """A database with our schema, one for all tests."""
    with new_database(backend) as url:
        conf = configuration(url)
        schema.sync(conf)
        store = SqlStore(conf)
        yield conf, store
        store.close()


@pytest.fixture
def conf(shared):
    return shared[0]


@pytest.fixture
def store(shared):
    """A store without anything in it."""
    store = shared[1]
    with store.engine.begin() as connection:
        for table in reversed(schema.metadata.sorted_tables):
            if table is not ledger.counters:
                connection.execute(sa.delete(table))
        counters = ledger.counters
        first_use = counters.c.name.like("settlement.%")
        connection.execute(sa.delete(counters).where(first_use))
        connection.execute(sa.update(counters).values(value=0))
    return store


@pytest.fixture
def recorder(store):
    return Recorder(store.transactions)


@pytest.fixture
def world(store, recorder, at):
    """A small cloud, of which nothing was told yet."""
    return World(store, recorder, at(0))


@pytest.fixture
def intake(store, recorder):
    """What takes notifications."""
    return Intake(
        Translator(),
        recorder,
        store.dead_letters,
        store.refreshes,
        store,
        Clock(),
    )


class Incoming:
    """What oslo.messaging hands over."""

    def __init__(self, message):
        self.message = message


@pytest.fixture
def statements(store):
    """The statements sent to the database, as they are sent."""
    with noted(store.engine) as sent:
        yield sent


@pytest.fixture(scope="session")
def tell():
    """Make observations, by their second after T0."""
    return _observation


def _observation(at, says="alive", name="a", **facts):
    ref = facts.pop("ref", None) or Ref("north", "instance", name)
    given = {
        field: facts.pop(field)
        for field in ("project_id", "details", "source", "author")
        if field in facts
    }
    until = facts.pop("until", None)
    reported = facts.pop("reported", at)
    received = facts.pop("received", reported)
    key = facts.pop("key", None) or f"{ref}-{at}-{says}-{facts}"[:255]
    return Observation(
        ref=ref,
        at=second(at),
        reported_at=second(reported),
        received_at=second(received),
        key=key,
        says=says,
        shape=facts,
        until=None if until is None else second(until),
        **given,
    )


def second(offset):
    return T0 + timedelta(seconds=offset)


@pytest.fixture(scope="session")
def at():
    """Make moments, by their second after T0."""
    return second


@pytest.fixture
def operation(at):
    """Make operations, by a number, which is their second after T0."""

    def new_operation(number=0, **more):
        return Operation(
            **{
                "id": str(uuid.UUID(int=number)),
                "noun": "instance",
                "action": "stop",
                "region": "north",
                "kind": "instance",
                "resource_id": f"r-{number}",
                "name": "löwe",
                "project_id": "p1",
                "user_id": "ann",
                "request_id": "req-1",
                "asked_at": at(number),
                "look_at": at(number + 300),
                **more,
            }
        )

    return new_operation


def letter(at, message_id="m-1", **values):
    """Return a letter that came at T0."""
    given = {
        "id": 0,
        "region": "north",
        "message_id": message_id,
        "event_type": "compute.instance.create.end",
        "publisher_id": "compute.host",
        "received_at": at(0),
        "error": "payload: no instance_id",
        "message": {"payload": {"a": ["it's", None, 1.5]}},
        **values,
    }
    given.setdefault("key", message_id and f"{given['region']} {message_id}")
    return DeadLetter(**given)
