"""Readers of SQLite take turns, but nobody waits long for one."""

import threading
import time

import pytest
import sqlalchemy as sa

from concertim_api.db import listing as lists
from concertim_api.db import transactions
from concertim_api.db.ledger import queries
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.ports import Window


def test_only_sqlites_readers_take_turns(store, backend, monkeypatch):
    monkeypatch.setattr(transactions, "TURN", 600)
    turn = transactions.turns(store.engine)
    entered = threading.Event()

    def read():
        with turn():
            entered.set()

    reader = threading.Thread(target=read)
    with turn():
        reader.start()
        if backend == "sqlite":
            assert not entered.wait(0.1)  # nothing comes: it is our turn
        else:
            assert entered.wait(600)
    reader.join()
    assert entered.is_set()


def test_nobody_waits_for_who_reads_long(store):
    turn = transactions.turns(store.engine)
    began, ended = threading.Event(), threading.Event()

    def read_long():
        with turn():
            began.set()
            ended.wait(10)

    reader = threading.Thread(target=read_long)
    reader.start()
    began.wait(10)
    with turn():
        assert not ended.is_set()
    with turn():  # who did not wait did not end the other's turn either
        assert reader.is_alive()
    ended.set()
    reader.join()


def test_who_fails_ends_its_turn(store, monkeypatch):
    monkeypatch.setattr(transactions, "TURN", 600)
    turn = transactions.turns(store.engine)
    with pytest.raises(ZeroDivisionError), turn():
        raise ZeroDivisionError
    began = time.monotonic()
    with turn():
        assert time.monotonic() - began < 300


def test_the_question_is_kept_and_not_the_answer(
    store, recorder, tell, statements, monkeypatch
):
    put_together, prepare = [], lists.prepare
    monkeypatch.setattr(
        lists,
        "prepare",
        lambda *args: put_together.append(args) or prepare(*args),
    )
    queries._periods.cache_clear()
    asked = Listing(sort=(("start", False),))
    assert not store.ledger.periods(asked, Window()).rows
    recorder.record([tell(0)])
    assert len(store.ledger.periods(asked, Window()).rows) == 1
    recorder.record([tell(10, name="b")])
    assert len(store.ledger.periods(asked, Window()).rows) == 2
    reads = [s for s in statements if s.startswith("SELECT periods.pk AS id")]
    assert len(reads) == 3
    assert len(put_together) == 1


def test_a_reader_is_in_a_transaction(store):
    """Several statements of one reader see one state of SQLite's file."""

    def read(connection):
        dbapi = connection.connection.dbapi_connection
        connection.execute(sa.select(1))
        return getattr(dbapi, "in_transaction", True)

    assert transactions.Transactions(store.engine).read(read)
