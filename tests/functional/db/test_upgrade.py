"""Upgrades of databases that are in use."""

import orjson
import pytest
import sqlalchemy as sa

from concertim_api.db import engine as engines
from concertim_api.db import models, schema
from concertim_api.db.store import SqlStore
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.recorder import Recorder

#: kind, shape, details -> what it belongs to
STORED = [
    ("port", {}, {"device_id": "s1"}, "s1"),
    ("port", {}, {"device_id": ""}, None),
    ("port", {}, {"device_id": "x" * 300}, None),
    ("port", {}, {"device_id": 7}, None),
    ("floating_ip", {}, {"port_id": "p1"}, "p1"),
    ("snapshot", {}, {"volume_id": "v1"}, "v1"),
    ("backup", {}, {"volume_id": "Zoë 漢"}, "Zoë 漢"),
    ("volume", {"attached_to": ["s2", "s3"]}, {}, "s2"),
    ("volume", {"attached_to": []}, {}, None),
    ("volume", {}, {}, None),
    ("instance", {}, {"device_id": "s1"}, None),
    ("stack", {}, {"name": "c"}, None),
]

MANY = 2500


@pytest.fixture
def before(backend, new_database, configuration):
    """A database of the release before, with resources."""
    with new_database(backend) as url:
        conf = configuration(url)
        schema.sync(conf, "0001")
        engine = engines.create(conf)
        rows = [*_rows(), *(_row(n, "port", {}, {}) for n in range(MANY))]
        table = sa.table("resources", *(sa.column(name) for name in rows[0]))
        with engine.begin() as connection:
            connection.execute(sa.insert(table), rows)
        engine.dispose()
        yield conf


def _rows():
    for n, (kind, shape, details, _) in enumerate(STORED):
        yield _row(n + MANY, kind, shape, details)


def _row(n, kind, shape, details):
    return {
        "region": "north",
        "kind": kind,
        "resource_id": f"r-{n:05}",
        "name": "",
        "shape": orjson.dumps(shape).decode(),
        "details": orjson.dumps(details).decode(),
        "last_at": 1,
        "last_reported_at": 1000000,
        "last_key": f"k-{n}",
        "start_at": 1,
        "corrected": 0,
        "generation": 1,
        "updated_at": 1000000 + n,
    }


def test_what_is_stored_gets_its_owner_and_is_stale(before):
    schema.sync(before)
    store = SqlStore(before)
    r = models.resources.c
    with store.engine.connect() as connection:
        owners = connection.execute(
            sa.select(r.belongs_to, r.stale).order_by(r.resource_id)
        ).all()
    assert [owner for owner, _ in owners[MANY:]] == [
        owner for *_, owner in STORED
    ]
    assert {stale for _, stale in owners} == {1}
    store.check()
    store.close()


def test_a_listener_of_the_release_before_goes_on(before):
    """It knows nothing of the new columns; what it adds is stale."""
    schema.sync(before)
    engine = engines.create(before)
    row = _row(99999, "instance", {}, {})
    table = sa.table("resources", *(sa.column(name) for name in row))
    with engine.begin() as connection:
        connection.execute(sa.insert(table), [row])
        r = models.resources.c
        [found] = connection.execute(
            sa.select(r.stale).where(r.resource_id == "r-99999")
        ).scalars()
    engine.dispose()
    assert found == 1


def test_what_was_stored_goes_on(before, tell):
    schema.sync(before)
    store = SqlStore(before)
    [known] = store.ledger.find("r-00007")
    ref = tell(0).ref._replace(kind=known.kind, id=known.id)
    Recorder(store.transactions).record(
        [tell(0, ref=ref, details={"device_id": "s9"})]
    )
    assert store.ledger.belonging(
        "port", [ref._replace(kind="instance", id="s9")]
    )
    assert store.ledger.resources(Listing(limit=1)).rows
    store.close()
