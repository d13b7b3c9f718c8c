"""Upgrades of databases that are in use."""

import dataclasses as dc
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from oslo_db.exception import DBError
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from concertim_api.db import engine as engines
from concertim_api.db import schema
from concertim_api.db.bulk import bulk
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.store import SqlStore
from concertim_api.db.transactions import writer
from concertim_api.db.types import EPOCH, FOREVER
from concertim_api.domain.ledger.observations import Ref
from concertim_api.listener.intake import Delivery, dead_letter
from concertim_api.services.billing.month_close import MonthClose
from concertim_api.services.billing.orders import AgentOrders
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.jobs.job import Call
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.refolds import Refolder
from tests.fakes.clock import Clock
from tests.functional.db.test_costs import Prices, tariff

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

REFUSED = (DBError, SQLAlchemyError)


@pytest.fixture
def before(old_database):
    """A database of the release before, with resources."""
    rows = [*_rows(), *(_row(n, "port", {}, {}) for n in range(MANY))]
    with old_database("0001") as (conf, connection):
        _insert(connection, rows)
    return conf


def _insert(connection, rows):
    table = sa.table("resources", *map(sa.column, rows[0]))
    connection.execute(sa.insert(table), rows)


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
    r = ledger.resources.c
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
    with engine.begin() as connection:
        _insert(connection, [_row(99999, "instance", {}, {})])
        r = ledger.resources.c
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


MESSAGE = "3a1f0c52-0001"


def _observation(pk, key):
    """An observation, as the release before writes it."""
    return {
        "resource_pk": pk,
        "key": key,
        "at": 1,
        "reported_at": 1000000,
        "received_at": 1000000,
        "says": "alive",
        "shape": "{}",
        "details": "{}",
        "source": "port.create.end",
    }


def _insert_observations(connection, rows):
    table = sa.table("observations", *map(sa.column, rows[0]))
    connection.execute(sa.insert(table), rows)


@pytest.fixture
def with_observations(old_database):
    """The release before, with resources and an observation of each."""
    with old_database("0004") as (conf, connection):
        _insert(connection, [_row(n, "port", {}, {}) for n in range(MANY)])
        r = ledger.resources.c
        pks = connection.execute(sa.select(r.pk).order_by(r.resource_id))
        _insert_observations(
            connection,
            [
                _observation(pk, f"{MESSAGE}/{n}")
                for n, pk in enumerate(pks.scalars())
            ],
        )
    return conf


def test_a_message_is_known_after_the_upgrade(with_observations, tell, at):
    schema.sync(with_observations)
    store = SqlStore(with_observations)
    again = tell(0, ref=Ref("north", "port", "r-00007"), key=f"{MESSAGE}/7")
    elsewhere = dc.replace(again, ref=again.ref._replace(region="south"))
    recorded = Recorder(store.transactions).record([again, elsewhere])
    assert (recorded.known, recorded.new) == ({again.id}, {elsewhere.id})
    listing = Listing(equal(key=again.key))
    assert len(store.histories.observations(listing).rows) == 2
    rows = store.histories.observations(Listing(limit=2 * MANY)).rows
    assert len(rows) == MANY + 1
    store.close()


def test_a_listener_of_the_release_before_adds_observations(with_observations):
    schema.sync(with_observations)
    engine = engines.create(with_observations)
    with writer(engine).begin() as connection:
        _insert_observations(connection, [_observation(1, "another")])
    with (
        pytest.raises(REFUSED),
        writer(engine).begin() as connection,
    ):
        _insert_observations(connection, [_observation(1, "another")])
    engine.dispose()


#: A second of the year 2100.
FAR = 4102444800


@pytest.mark.parametrize("end", [FAR, FOREVER])
def test_what_a_clock_ahead_said_is_brought_back(old_database, end):
    """What is stored is that of the release before, until the agent runs."""
    with old_database("0004") as (conf, connection):
        _insert(
            connection,
            [{**_row(1, "port", {}, {}), "last_at": end, "ended": "gone"}],
        )
        r = ledger.resources.c
        pk = connection.execute(sa.select(r.pk)).scalar_one()
        first = _observation(pk, "first")
        gone = {"key": "gone", "at": end, "reported_at": end * 10**6}
        rows = [first, {**first, **gone, "says": "gone"}]
        _insert_observations(connection, rows)
    schema.sync(conf)
    store = SqlStore(conf)
    ref = Ref("north", "port", "r-00001")
    recorder = Recorder(store.transactions)
    Refolder(store.histories, recorder).run(Call(EPOCH))
    row, [period], (*_, observation) = store.histories.history(ref)
    moment = EPOCH + timedelta(seconds=61)
    assert (row.end, row.ended, period.end) == (moment, "gone", moment)
    assert observation.at == observation.reported_at == moment
    assert observation.reason.endswith("later than it was received")
    store.close()


#: Letters of the release before.
LETTERS = sa.Table(
    "dead_letters",
    sa.MetaData(),
    *(
        sa.Column(name, sa.Text)
        for name in ("region", "message_id", "event_type", "error", "message")
    ),
    *(sa.Column(name, sa.BigInteger) for name in ("received_at", "attempts")),
)


def _bury(connection, message_id):
    """Bury a letter as the listener of the release before does."""
    row = {
        "region": "north",
        "message_id": message_id,
        "error": "no",
        "message": "{}",
        "received_at": 0,
        "attempts": 1,
    }
    if connection.dialect.name in ("mysql", "mariadb"):
        insert = mysql.insert(LETTERS).on_duplicate_key_update(
            attempts=LETTERS.c.attempts + sa.literal_column("1")
        )
    else:
        is_sqlite = connection.dialect.name == "sqlite"
        dialect = sqlite if is_sqlite else postgresql
        insert = dialect.insert(LETTERS).on_conflict_do_update(
            index_elements=["message_id"],
            set_={"attempts": LETTERS.c.attempts + 1},
        )
    connection.execute(insert, row)


def test_dead_letters_are_of_their_region(old_database, at):
    with old_database("0004") as (conf, connection):
        for message_id in ("m-1", "m-2", None, None):
            _bury(connection, message_id)
    schema.sync(conf)
    store = SqlStore(conf)
    for region in ("north", "south"):
        delivery = Delivery({"message_id": "m-1"}, at(0), region)
        store.dead_letters.bury([dead_letter(delivery, ValueError())])
    with writer(store.engine).begin() as connection:
        for message_id in ("m-2", "m-3", None):
            _bury(connection, message_id)
    rows = store.dead_letters.page(Listing()).rows
    assert [(r.region, r.message_id, r.attempts) for r in rows] == [
        ("north", "m-1", 2),
        ("north", "m-2", 2),
        ("north", None, 1),
        ("north", None, 1),
        ("south", "m-1", 1),
        ("north", "m-3", 1),
        ("north", None, 1),
    ]


OPERATION = {
    **dict.fromkeys(("id", "noun", "action", "region", "kind"), "a"),
    "resource_id": "s-1",
    "arguments": "{}",
    "state": "asked",
    "asked_at": 1772366400000000,
    "looks": 0,
    "is_told": 0,
}


def test_an_api_of_the_release_before_claims_nothing(old_database):
    """It does the same twice, before and after the upgrade."""
    table = sa.table("operations", *map(sa.column, OPERATION))

    def ask(connection, ids):
        rows = [{**OPERATION, "id": id_} for id_ in ids]
        connection.execute(sa.insert(table), rows)

    with old_database("0005") as (conf, connection):
        ask(connection, "ab")
    schema.sync(conf)
    store = SqlStore(conf)
    with writer(store.engine).begin() as connection:
        ask(connection, "cd")
    rows = store.operations.page(Listing()).rows
    assert sorted(row.id for row in rows) == [*"abcd"]
    store.close()


#: device, rack, since, first unit, height
SLOTS = [(1, 1, 1772366400, 1, 42), (2, 1, 1772366400, 3, 2)]
LATER = (2, 1, 1772366460, 7, 4)
COLUMNS = ("device_pk", "rack_pk", "since_at", "start_u", "height_u")
PLACEMENTS = sa.Table(
    "placements",
    sa.MetaData(),
    *(sa.Column(name, sa.BigInteger) for name in COLUMNS[:3]),
    *(sa.Column(name, sa.Integer) for name in COLUMNS[3:]),
)


@pytest.fixture
def with_slots(old_database):
    """The release before, with a rack and a device in it."""
    with old_database("0004") as (conf, connection):
        rows = [_row(1, "stack", {}, {}), _row(2, "instance", {}, {})]
        _insert(connection, rows)
        _place(connection, SLOTS)
    return conf


def _place(connection, rows):
    """Write slots as the agent of the release before does."""
    columns = [PLACEMENTS.c[name] for name in COLUMNS]
    put = bulk(connection.dialect).insert(
        columns, key=COLUMNS[:3], replacing=COLUMNS[3:]
    )
    put(connection, rows)


def _slots(store):
    return [
        (row.resource_id, row.start_u, row.height_u)
        for row in store.view.slots([Ref("north", "stack", "r-00001")])
    ]


def test_what_was_stored_is_finished(with_slots, tell):
    """So is what a listener of the release before adds."""
    schema.sync(with_slots)
    store = SqlStore(with_slots)
    with store.engine.begin() as connection:
        _insert(connection, [_row(99999, "instance", {}, {})])
    ref = Ref("north", "instance", "r-00002")
    Recorder(store.transactions).record([tell(0, ref=ref, size_gb=1)])
    assert store.histories.unfinished_count() == 0
    assert len(store.histories.history(ref)[1]) == 2
    store.close()


def test_slots_are_kept(with_slots):
    schema.sync(with_slots)
    store = SqlStore(with_slots)
    assert _slots(store) == [("r-00001", 1, 42), ("r-00002", 3, 2)]
    store.close()


def test_names_are_those_of_the_table(with_slots):
    schema.sync(with_slots)
    engine = engines.create(with_slots)
    inspector = sa.inspect(engine)
    assert "placements" not in inspector.get_table_names()
    assert [index["name"] for index in inspector.get_indexes("slots")] == [
        "ix_slots_rack_pk"
    ]
    primary = inspector.get_pk_constraint("slots")
    assert primary["constrained_columns"] == list(COLUMNS[:3])
    # MariaDB calls every primary key so.
    assert primary.get("name") in ("pk_slots", None)
    engine.dispose()


def test_an_api_of_the_release_before_reads_slots(with_slots):
    schema.sync(with_slots)
    engine = engines.create(with_slots)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(PLACEMENTS)).all()
    engine.dispose()
    assert sorted(map(tuple, rows)) == SLOTS


def test_an_agent_of_the_release_before_puts_devices(backend, with_slots):
    """Of SQLite it has to be stopped: see the page on upgrades."""
    schema.sync(with_slots)
    store = SqlStore(with_slots)
    with writer(store.engine).begin() as connection:
        if backend == "sqlite":
            with pytest.raises(REFUSED, match="view"):
                _place(connection, [LATER])
        else:
            _place(connection, [LATER])
            _place(connection, [LATER])
    rows = [("r-00001", 1, 42), ("r-00002", 3, 2)]
    if backend != "sqlite":
        rows.append(("r-00002", 7, 4))
    assert _slots(store) == rows
    store.close()


def test_what_was_stored_has_no_region_rule(old_database, tell):
    """An older listener goes on beside us, and names none."""
    with old_database("0013") as (conf, connection):
        _insert(connection, [_row(7, "port", {}, {})])
        pk = connection.execute(sa.select(ledger.resources.c.pk)).scalar_one()
        _insert_observations(connection, [_observation(pk, "before")])
        _bury(connection, "m-1")
    schema.sync(conf)
    store = SqlStore(conf)
    with writer(store.engine).begin() as connection:
        _insert_observations(connection, [_observation(pk, "beside")])
        _bury(connection, "m-2")
    ref = Ref("north", "port", "r-00007")
    fact = tell(9, ref=ref)
    Recorder(store.transactions).record(
        [dc.replace(fact, region_rule="transport")]
    )
    _, _, observations = store.histories.history(ref)
    rules = {o.key: o.region_rule for o in observations}
    assert rules == {
        "before": None,
        "beside": None,
        fact.key: "transport",
    }
    letters = store.dead_letters.page(Listing()).rows
    assert [letter.origin for letter in letters] == [None, None]
    store.close()


def test_teams_get_accounts_and_racks_orders(old_database):
    """What the release before showed has none, until the agent runs."""
    with old_database("0015") as (conf, connection):
        rows = [
            _view_row(1, "team", "project", "p1"),
            _view_row(2, "rack", "stack", "k1"),
            _view_row(3, "rack", "stack", "k2"),
        ]
        table = sa.table("view_objects", *map(sa.column, rows[0]))
        connection.execute(sa.insert(table), rows)
    schema.sync(conf)
    store = SqlStore(conf)
    agent = AgentOrders(
        store.accounts,
        store.orders,
        store.view,
        store.settlements,
        Clock(),
        timedelta(0),
    )
    assert store.orders.page(Listing()).rows == []
    counts = {"accounts": 1, "made": 2, "closed": 0}
    assert agent.run(Call(EPOCH)).summary == counts
    (account,) = store.accounts.page(Listing()).rows
    orders = store.orders.page(Listing(equal(account_id=account.id))).rows
    assert {order.stack_id for order in orders} == {"k1", "k2"}
    store.close()


def test_what_is_settled_gets_its_invoice(old_database):
    """Of the months before the upgrade, too."""
    rows = {
        "accounts": {"id": "a", "project_id": "p1", "created_at": 0},
        "settlements": {
            "account_id": "a",
            "project_id": "p1",
            "started_on": "2026-03-01",
            "settled_until": "2026-04-09",
            "open_month": "2026-03-01",
            "news": 0,
            "not_before": 0,
            "attempts": 0,
        },
        "daily_records": {
            "order_id": "a",
            "day": "2026-03-07",
            "revision": 0,
            "account_id": "a",
            "project_id": "p1",
            "month": "2026-03-01",
            "amounts": '{"compute": "1.2550"}',
            "created_at": 0,
        },
    }
    with old_database("0018") as (conf, connection):
        for name, row in rows.items():
            table = sa.table(name, *map(sa.column, row))
            connection.execute(sa.insert(table), row)
    schema.sync(conf)
    store, clock = SqlStore(conf), Clock(datetime(2026, 4, 9, tzinfo=UTC))
    close = MonthClose(store.invoices, Prices(tariff()), clock, timedelta(2))
    assert [m.state for m in close.report().months] == ["closed"]
    (invoice,) = store.invoices.page(Listing()).rows
    assert str(store.invoices.get(invoice.id).total) == "1.26"
    store.close()


def _view_row(pk, noun, kind, resource_id):
    return {
        "resource_pk": pk,
        "noun": noun,
        "region": "north",
        "kind": kind,
        "resource_id": resource_id,
        "project_id": "p1",
        "name": resource_id,
        "start_u": 0,
        "body": "{}",
        "generation": 1,
        "updated_at": 0,
    }
