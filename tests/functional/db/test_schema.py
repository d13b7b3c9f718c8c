"""The schema: migrations make the models, and it keeps its promises."""

import os
import unittest

import pytest
import sqlalchemy as sa
from oslo_db.exception import DBError
from oslo_db.sqlalchemy import test_migrations
from sqlalchemy.exc import SQLAlchemyError

from concertim_api.db import engine as engines
from concertim_api.db import schema
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.store import SqlStore
from concertim_api.db.types import FOREVER
from concertim_api.domain.errors import Unavailable

REFUSED = (DBError, SQLAlchemyError)


@pytest.fixture
def empty(backend, new_database, configuration):
    """The configuration of a database without tables."""
    with new_database(backend) as url:
        yield configuration(url)


class _Sync(test_migrations.ModelsMigrationsSync, unittest.TestCase):
    """oslo.db's comparison, of an engine that it is given."""

    __test__ = False
    engine = None

    def runTest(self):
        self.test_models_sync()

    def get_engine(self):
        return self.engine

    def db_sync(self, engine):
        with engine.begin() as connection:
            schema.upgrade(connection)
            # oslo.db drops all tables then, and no view.
            connection.execute(sa.text("DROP VIEW placements"))

    def get_metadata(self):
        return schema.metadata

    def include_object(self, object_, name, type_, reflected, compare_to):
        return name != "alembic_version"


def test_migrations_make_the_models(empty):
    test = _Sync()
    test.engine = engines.create(empty)
    result = test.run()
    test.engine.dispose()
    assert not result.failures + result.errors, result.failures


@pytest.mark.parametrize(
    ("revision", "serves"),
    [
        (None, False),
        ("0001", False),
        ("0002", False),
        ("0003", False),
        ("0004", False),
        ("0005", False),
        ("0006", False),
        ("0007", False),
        ("0008", False),
        ("0009", False),
        ("0010", False),
        ("0011", False),
        ("0012", False),
        ("0013", False),
        ("0014", False),
        ("0015", False),
        ("0016", False),
        ("0017", False),
        ("0018", False),
        ("0019", False),
        ("0020", True),
        ("of a later release", True),
    ],
)
def test_a_later_schema_serves_an_older_release(revision, serves):
    assert schema.serves(revision) is serves


def test_versions(empty):
    assert schema.version(empty) is None
    with pytest.raises(Unavailable, match="db sync"):
        SqlStore(empty).check()
    schema.sync(empty)
    schema.sync(empty)
    assert schema.version(empty) == schema.head()
    SqlStore(empty).check()


def test_a_store_without_tables_says_what_to_do(empty):
    with pytest.raises(Unavailable, match="concertim-manage db sync"):
        SqlStore(empty).feed.bounds()


def _insert_period(store, resource, start, end):
    row = {
        "resource_pk": resource,
        "start_at": start,
        "end_at": end,
        "region": "north",
        "kind": "instance",
        "vcpus": 0,
        "ram_mb": 0,
        "disk_gb": 0,
        "is_usage": 1,
        "shape": "{}",
    }
    table = ledger.periods
    plain = {c.name: sa.literal(row[c.name]) for c in table.c if c.name in row}
    with store.engine.begin() as connection:
        connection.execute(sa.insert(table).values(plain))


@pytest.fixture
def resource(store, recorder, tell):
    """A resource, by its primary key, with a period from 0 to 9."""
    recorder.record([tell(0), tell(9, "gone")])
    with store.engine.connect() as connection:
        return connection.execute(sa.select(ledger.resources.c.pk)).scalar()


@pytest.mark.parametrize(
    ("stored", "refused"),
    [
        pytest.param([(1, FOREVER)], (2, FOREVER), id="one runs"),
        pytest.param([(1, 2)], (1, 3), id="one has a start"),
        pytest.param([], (5, 5), id="none is empty"),
        pytest.param([], (5, 4), id="none ends before it starts"),
    ],
)
def test_periods_of_a_resource(store, resource, stored, refused):
    for start, end in stored:
        _insert_period(store, resource, start, end)
    with pytest.raises(REFUSED):
        _insert_period(store, resource, *refused)


def test_a_period_is_of_a_resource(store, resource):
    with pytest.raises(REFUSED):
        _insert_period(store, resource + 1000, 1, 2)


def test_only_its_owner_reads_sqlites_files(tmp_path, configuration):
    folder = tmp_path / "made" / "by us"
    mask = os.umask(0o022)
    try:
        conf = configuration(f"sqlite:///{folder}/concertim.sqlite")
        schema.sync(conf)
        engine = engines.create(conf)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE more (id INTEGER)"))
            modes = {
                path.name: oct(path.stat().st_mode & 0o777)
                for path in (folder, *folder.iterdir())
            }
        engine.dispose()
    finally:
        os.umask(mask)
    assert modes.pop("by us") == "0o700"
    assert len(modes) == 3
    assert set(modes.values()) == {"0o600"}
