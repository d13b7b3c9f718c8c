"""Tariffs: rows that are only added, and read once."""

import dataclasses as dc
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import orjson
import pytest
import sqlalchemy as sa

from concertim_api.db import schema
from concertim_api.db.billing import tables
from concertim_api.db.store import SqlStore
from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.payloads import tariff_file
from concertim_api.services.billing.tariffs import Tariffs
from concertim_api.services.common.listing import EVERY_PROJECT
from tests.fakes.clock import NOON, Clock

RULE = {
    "name": "vCPU",
    "unit": "compute",
    "for": {"kind": "instance", "type": "löwe 漢 *"},
    "count": "hour",
    "price": "0.10",
}


def load(tariffs, name, **fields):
    """Load a tariff of this name, with other fields."""
    document = {
        "name": name,
        "currency": "EUR",
        "valid_from": "2026-01-31",
        "rules": [RULE],
        **fields,
    }
    text = tariff_file.load(orjson.dumps(document))
    return tariffs.load(text, "löwe")[0]


_id = tables.tariffs.c.id


@pytest.fixture
def tariffs(store):
    return Tariffs(store.tariffs, Clock(), KINDS)


def test_a_tariff_comes_back_as_it_went(tariffs, store):
    stored = load(tariffs, "a", valid_until="2027-01-01")
    assert store.tariffs.after(None) == [stored]
    assert (stored.author, stored.loaded_at) == ("löwe", NOON)
    assert stored.document["rules"] == [RULE]
    assert store.tariffs.after(stored) == []
    with store.engine.connect() as connection:
        (row,) = connection.execute(sa.select(tables.tariffs)).all()
    assert row[:5] == (1, "a", "EUR", date(2026, 1, 31), date(2027, 1, 1))


def test_statements(tariffs, statements):
    load(tariffs, "a")
    assert len(statements) <= 3
    load(tariffs, "b")
    costs = {
        "the same again": lambda: load(tariffs, "b"),
        "prices": tariffs.prices,
        "list": lambda: tariffs.list(EVERY_PROJECT),
        "get": lambda: tariffs.get(EVERY_PROJECT, 1),
        "find": lambda: tariffs.find("b"),
    }
    for name, call in costs.items():
        del statements[:]
        call()
        assert len(statements) == 1, name


def test_what_is_known_is_not_read_again(tariffs, store):
    load(tariffs, "a")
    before = tariffs.prices().tariffs
    load(Tariffs(store.tariffs, Clock(), KINDS), "b")
    after = tariffs.prices().tariffs
    assert after[0] is before[0]
    assert [tariff.name for tariff in after] == ["a", "b"]


@pytest.mark.parametrize("later", [(), ("c",), ("c", "d")])
def test_an_older_backup_is_noticed(tariffs, store, statements, later):
    """Whoever has read what the backup lacks reads all again, and once."""
    load(tariffs, "a")
    load(tariffs, "b")
    assert len(tariffs.prices().tariffs) == 2
    with store.engine.begin() as connection:
        connection.execute(sa.delete(tables.tariffs).where(_id == 2))
    afterwards = Tariffs(store.tariffs, Clock(NOON + timedelta(1)), KINDS)
    for name in later:
        load(afterwards, name)
    names = [tariff.name for tariff in tariffs.prices().tariffs]
    assert names == ["a", *later]
    del statements[:]
    assert load(tariffs, "e").id == 2 + len(later)
    assert len(statements) <= 3


@pytest.mark.parametrize("other", [{"id": 2}, {"id": 1}])
def test_a_tariff_is_stored_once(tariffs, store, other):
    stored = load(tariffs, "a")
    with pytest.raises(Conflict, match="at this moment"):
        store.tariffs.add(dc.replace(stored, **other))
    assert store.tariffs.after(None) == [stored]


def test_names_are_told_apart_by_their_case(tariffs):
    assert [load(tariffs, name).id for name in ("a", "A")] == [1, 2]


def test_of_many_at_once_none_is_lost_and_none_is_double(conf, store):
    """Whoever is refused loads again: then all are there, one after the
    other, in one currency."""
    barrier = threading.Barrier(4)

    def load_all(number):
        own_store = SqlStore(conf)
        tariffs = Tariffs(own_store.tariffs, Clock(), KINDS)
        currency = "EUR" if number else "USD"
        refusals = []
        barrier.wait()
        for turn in range(5):
            name = f"{turn}-{number % 3}"
            for _ in range(100):
                try:
                    load(tariffs, name, currency=currency)
                    break
                except Conflict as exc:
                    refusals.append(str(exc))
                    if "at this moment" not in refusals[-1]:
                        break
        own_store.close()
        return refusals

    with ThreadPoolExecutor(4) as threads:
        [*threads.map(load_all, range(4))]
    rows = store.tariffs.after(None)
    assert [row.id for row in rows] == [*range(1, len(rows) + 1)]
    assert len({row.tariff.name for row in rows}) == len(rows)
    assert len({row.tariff.currency for row in rows}) == 1


def test_an_upgrade_keeps_what_there_was(old_database):
    """A release before goes on beside us: it does not know the table."""
    with old_database("0015") as (conf, connection):
        row = {"name": "k", "digest": "d", "roles": "[]", "created_at": 1}
        keys = sa.table("keys", *map(sa.column, row))
        connection.execute(sa.insert(keys), [row])
    schema.sync(conf)
    store = SqlStore(conf)
    assert store.keys.key("d").name == "k"
    assert store.tariffs.after(None) == []
    load(Tariffs(store.tariffs, Clock(), KINDS), "a")
    assert len(store.tariffs.after(None)) == 1
    store.close()
