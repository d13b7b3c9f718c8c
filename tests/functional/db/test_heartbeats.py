"""Heartbeats of listeners, as they are stored."""

import dataclasses as dc

import pytest
import sqlalchemy as sa

from concertim_api.db import schema
from concertim_api.db.store import SqlStore
from concertim_api.services.monitoring.ports import Heartbeat


@pytest.fixture
def beats(at):
    """Return a heartbeat of a process, at a minute."""

    def make(minute, name="host-1:7", region="north", **values):
        return Heartbeat(
            name=name,
            region=region,
            started_at=at(0),
            beat_at=at(minute),
            **values,
        )

    return make


def test_a_heartbeat_replaces_the_one_before(store, beats, statements, at):
    store.heartbeats.beat(beats(0, problem="away"))
    statements.clear()
    latest = beats(1, stored_at=at(1), waiting=157)
    store.heartbeats.beat(latest)
    assert len(statements) == 1
    statements.clear()
    assert store.heartbeats.heartbeats() == [latest]
    assert len(statements) == 1


def test_each_process_and_region_has_its_own(store, beats):
    rows = [
        beats(0),
        beats(0, name="host-2:7"),
        beats(0, region="south"),
    ]
    for row in reversed(rows):
        store.heartbeats.beat(row)
    assert store.heartbeats.heartbeats() == rows


def test_a_process_that_was_stopped_begins_anew(store, beats, at):
    ended = beats(1, ended_at=at(1))
    for row in (beats(0), ended):
        store.heartbeats.beat(row)
    assert store.heartbeats.heartbeats() == [ended]
    store.heartbeats.beat(beats(2))
    assert store.heartbeats.heartbeats() == [beats(2)]


def test_those_of_the_past_are_forgotten(store, beats, at):
    late, early = beats(5), beats(1, name="host-2:7")
    for row in (late, early):
        store.heartbeats.beat(row)
    store.heartbeats.forget(at(5))
    assert store.heartbeats.heartbeats() == [late]


def test_a_problem_of_any_characters_and_length(store, beats):
    store.heartbeats.beat(beats(0, problem="\0\ud800 away " * 1000))
    (row,) = store.heartbeats.heartbeats()
    assert len(row.problem) == 1000
    assert row == dc.replace(beats(0), problem=row.problem)


def test_rows_of_the_release_before_have_not_ended(old_database, beats, at):
    """And the release before goes on beside this one."""
    old = (
        "INSERT INTO listeners (name, region, started_at, beat_at) "
        "VALUES ('host-2:7', 'north', 0, 0)",
        "INSERT INTO jobs (name, interval_ms, agent, started_at, summary, "
        "asked) VALUES ('view', 200, 'host-2:8', 0, '{}', '{}')",
    )
    with old_database("0013") as (conf, connection):
        for statement in old:
            connection.execute(sa.text(statement))
    schema.sync(conf)
    store = SqlStore(conf)
    (beat,), (job,) = store.heartbeats.heartbeats(), store.jobs.jobs()
    assert beat.ended_at is job.ended_at is None
    store.jobs.end("host-2:8", at(1))
    assert store.jobs.job("view").ended_at == at(1)
    store.close()


def test_a_database_in_use_gets_the_table(old_database, beats):
    """What the release before stored stays, and it goes on."""
    with old_database("0011") as (conf, connection):
        insert = sa.text("INSERT INTO counters VALUES ('kept', 7)")
        connection.execute(insert)
    schema.sync(conf)
    store = SqlStore(conf)
    store.heartbeats.beat(beats(0))
    assert store.heartbeats.heartbeats() == [beats(0)]
    with store.engine.connect() as connection:
        query = sa.text("SELECT value FROM counters WHERE name = 'kept'")
        assert connection.execute(query).scalar() == 7
    store.close()
