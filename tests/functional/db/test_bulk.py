"""Statements of many rows: the same on each database, however many."""

import pytest
import sqlalchemy as sa

from concertim_api.db.bulk import bulk, columns_of
from concertim_api.db.ledger.tables import counters

COLUMNS = columns_of(counters, ["name", "value"])

NUMBERS = [0, 1, 2, 50]


@pytest.fixture
def connection(store):
    """A connection whose changes are undone; there are no rows."""
    with store.engine.connect() as connection:
        connection.execute(sa.delete(counters))
        yield connection
        connection.rollback()


@pytest.fixture
def statements_of(connection):
    return bulk(connection.dialect)


def rows_of(numbers, value=None):
    return [(f"n{n:02}", n if value is None else value) for n in numbers]


def stored(connection):
    query = sa.select(*COLUMNS).order_by(COLUMNS[0])
    return [(*row,) for row in connection.execute(query)]


@pytest.mark.parametrize("number", NUMBERS)
def test_insert(connection, statements_of, number):
    rows = rows_of(range(number))
    statements_of.insert(COLUMNS)(connection, rows)
    assert stored(connection) == rows


@pytest.mark.parametrize("number", NUMBERS)
def test_insert_or_replace(connection, statements_of, number):
    statements_of.insert(COLUMNS)(connection, rows_of(range(0, number, 2)))
    insert = statements_of.insert(COLUMNS, ["name"], ["value"])
    insert(connection, rows_of(range(number), 100))
    assert stored(connection) == rows_of(range(number), 100)


@pytest.mark.parametrize("number", NUMBERS)
def test_insert_missing(connection, statements_of, number):
    there = rows_of(range(0, number, 2), 100)
    statements_of.insert(COLUMNS)(connection, there)
    insert = statements_of.insert_missing(COLUMNS, ["name"])
    insert(connection, rows_of(range(number)))
    missing = rows_of(range(1, number, 2))
    assert stored(connection) == sorted(there + missing)


@pytest.mark.parametrize("number", NUMBERS)
def test_delete(connection, statements_of, number):
    rows = rows_of(range(number))
    statements_of.insert(COLUMNS)(connection, rows)
    statements_of.delete(COLUMNS)(connection, rows[::2])
    assert stored(connection) == rows[1::2]


def test_rows_are_one_statement(store, statements):
    """Not so are single rows, one after the other."""
    insert = bulk(store.engine.dialect).insert(COLUMNS)
    with store.engine.connect() as connection:
        insert(connection, rows_of(range(50, 90)))
        assert len(statements) == 1
        for row in rows_of(range(90, 93)):
            insert(connection, [row])
        assert len(statements) == 4
        connection.rollback()
