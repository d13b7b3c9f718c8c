"""A database that lost our tables: nobody is told to make an empty one."""

import contextlib
import pathlib

import pytest
import sqlalchemy as sa

from concertim_api.db import engine as engines
from concertim_api.db import schema
from concertim_api.db.store import SqlStore
from concertim_api.domain.errors import Unavailable
from concertim_api.listener.intake import Intake
from concertim_api.listener.translate import Translator
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.recorder import Recorder
from tests import samples
from tests.fakes.clock import NOON, Clock
from tests.taking import deliveries

RESTORE = "restore a backup"
SYNC = "concertim-manage db sync"


@pytest.fixture
def empty(backend, new_database, configuration):
    """The configuration of a database of a test's own."""
    with new_database(backend) as url:
        yield configuration(url)


@pytest.fixture
def store(empty):
    """A store that was used, in a database that a test may spoil."""
    schema.sync(empty)
    store = SqlStore(empty)
    store.feed.bounds()
    yield store
    store.close()


@pytest.fixture
def drop(empty):
    """Drop tables, as an accident would."""

    def drop(*names):
        engine = engines.create(empty)
        with engine.begin() as connection:
            names = names or [*tables(connection)]
            for statement in _dropping(engine.name, names):
                connection.execute(sa.text(statement))
        engine.dispose()

    return drop


def tables(connection):
    yield from sa.inspect(connection).get_table_names()


def _dropping(dialect, names):
    cascade = " CASCADE" if dialect == "postgresql" else ""
    if dialect == "mysql":
        yield "SET foreign_key_checks = 0"
    yield "DROP VIEW IF EXISTS placements"
    for name in names:
        quote = "`" if dialect == "mysql" else '"'
        yield f"DROP TABLE {quote}{name}{quote}{cascade}"


def complaint(use, *arguments):
    with pytest.raises(Unavailable) as refused:
        use(*arguments)
    return str(refused.value)


def list_periods(store):
    return list(store.ledger.all_periods())


@pytest.mark.parametrize("use", [SqlStore.check, list_periods])
def test_a_database_without_tables_may_be_a_new_one(empty, use):
    said = complaint(use, SqlStore(empty))
    assert RESTORE in said
    assert f"only for a new installation run {SYNC}" in said


@pytest.mark.parametrize(
    "use",
    [SqlStore.check, lambda s: s.feed.bounds(), list_periods],
    ids=["check", "read", "stream"],
)
def test_tables_that_a_process_used_are_lost(store, drop, use):
    drop()
    said = complaint(use, store)
    assert RESTORE in said
    assert SYNC not in said


def test_a_process_that_only_writes_says_it_too(empty, drop):
    schema.sync(empty)
    store = SqlStore(empty)
    store.heartbeats.forget(NOON)
    drop()
    said = complaint(store.keys.revoke, "ops")
    assert RESTORE in said
    assert SYNC not in said
    store.close()


@pytest.mark.parametrize("name", ["observations", "keys", "alembic_version"])
def test_a_lost_table_is_named(empty, store, drop, name):
    drop(name)
    for said in (
        complaint(store.check),
        complaint(SqlStore(empty).check),
        complaint(schema.sync, empty),
    ):
        assert f"the database has lost {name}: {RESTORE}" in said
    with store.engine.connect() as connection:
        assert name not in {*tables(connection)}


def test_all_tables_but_the_revision_are_lost(empty, store, drop):
    with store.engine.connect() as connection:
        names = {*tables(connection)} - {"alembic_version"}
    drop(*names)
    assert RESTORE in complaint(schema.sync, empty)
    assert RESTORE in complaint(SqlStore(empty).check)


def test_a_database_that_is_gone(backend, store, empty):
    url = store.engine.url
    store.engine.dispose()
    with _gone(backend, url):
        said = complaint(store.feed.bounds)
        fresh = complaint(SqlStore(empty).check)
    assert RESTORE in said
    assert SYNC not in said
    # SQLite makes a file at once, and a new process knows no other.
    assert "does not exist" in fresh or RESTORE in fresh


@contextlib.contextmanager
def _gone(backend, url):
    """Drop a database for a while."""
    if backend == "sqlite":
        for path in pathlib.Path(url.database).parent.glob("*"):
            path.unlink()
        yield
        return
    database = "postgres" if backend == "postgresql" else None
    engine = sa.create_engine(
        url.set(database=database), isolation_level="AUTOCOMMIT"
    )
    force = " WITH (FORCE)" if backend == "postgresql" else ""
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {url.database}{force}"))
        try:
            yield
        finally:
            connection.execute(sa.text(f"CREATE DATABASE {url.database}"))
    engine.dispose()


def test_no_notification_is_buried_for_a_lost_table(store, drop):
    intake = Intake(
        Translator(),
        Recorder(store.transactions),
        store.dead_letters,
        store.refreshes,
        store,
        Clock(),
    )
    drop("observations")
    message = samples.first("compute.instance.create.end")
    batch = deliveries(intake, [message])
    assert RESTORE in complaint(intake.take, batch)
    assert RESTORE in complaint(intake.take_each, batch)
    assert store.dead_letters.page(Listing()).rows == []
