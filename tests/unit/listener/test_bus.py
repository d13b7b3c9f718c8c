"""A bus in its thread: it waits for its broker, listens, and reports."""

import logging
from datetime import UTC, datetime

import pytest

from concertim_api.domain.errors import Unavailable
from concertim_api.listener import bus
from concertim_api.listener.broker import Refused
from concertim_api.listener.intake import Counts
from tests.fakes.clock import Clock
from tests.waiting import wait_for

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


class Broker:
    """A broker that does what it is told: a count, or an error."""

    def __init__(self):
        self.answer = 0
        self.looks = 0
        self.is_closed = False

    def waiting(self):
        self.looks += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self):
        self.is_closed = True


class Server:
    """A server and its dispatcher."""

    stored_at = NOW
    total = Counts()

    def __init__(self):
        self.is_stopped = False

    def stop(self):
        self.is_stopped = True

    def wait(self):
        pass


class Heartbeats:
    def __init__(self):
        self.rows = []
        self.forgotten = []
        self.error = None

    def beat(self, heartbeat):
        if self.error:
            raise self.error
        self.rows.append(heartbeat)

    def forget(self, before):
        self.forgotten.append(before)


class Site:
    """A bus of the region north, and what it has started and said."""

    def __init__(self):
        self.broker = Broker()
        self.heartbeats = Heartbeats()
        self.servers = []
        reports = bus.Reports(self.heartbeats, Clock(NOW), "host-1:7")
        self.bus = bus.Bus("north", self.broker, self._start, reports)

    def _start(self):
        self.servers.append(Server())
        return self.servers[-1], self.servers[-1]

    def await_beat(self, condition=lambda row: True):
        """Wait until a new heartbeat is so; return it."""
        before = len(self.heartbeats.rows)
        wait_for(
            "a heartbeat",
            lambda: self.heartbeats.rows[before:],
            lambda rows: any(map(condition, rows)),
            every=0.01,
        )
        return [row for row in self.heartbeats.rows[before:] if condition(row)]


@pytest.fixture
def site(monkeypatch):
    for name in ("BEAT", "FIRST", "LONGEST"):
        monkeypatch.setattr(bus, name, 0.01)
    running = Site()
    yield running
    running.bus.stop()
    running.bus.wait()


REFUSED = Refused("RabbitMQ refuses the user concertim at rabbit:5672/")


def test_a_process_reports_what_waits(site):
    site.broker.answer = 157
    site.bus.start()
    (row, *_) = site.await_beat(lambda row: row.waiting == 157)
    assert (row.name, row.region) == ("host-1:7", "north")
    assert (row.beat_at, row.stored_at, row.problem) == (NOW, NOW, None)
    site.await_beat()
    assert len(site.servers) == len(site.heartbeats.forgotten) == 1


@pytest.mark.parametrize("error", [REFUSED, ConnectionError("away")])
def test_nothing_is_started_before_the_broker_takes_us(site, caplog, error):
    """A line for each try, and no traceback."""
    site.broker.answer = error
    with caplog.at_level(logging.INFO):
        site.bus.start()
        (row, *_) = site.await_beat(lambda row: row.problem)
        site.await_beat()
        assert row.problem == str(error)
        assert site.servers == []
        site.broker.answer = 157
        site.await_beat(lambda row: row.problem is None)
    assert len(site.servers) == 1
    lines = [record.getMessage() for record in caplog.records]
    listening = "Listening to the notifications of north"
    assert lines[-1] == f"{listening}: 157 messages wait"
    assert {*lines[:-1]} == {
        f"Waiting: the message bus of north: {error}; trying again in 0.01 s"
    }
    assert all(record.exc_info is None for record in caplog.records)


def test_a_server_that_is_refused_stops_until_it_is_not(site):
    site.bus.start()
    site.await_beat()
    site.broker.answer = REFUSED
    site.await_beat(lambda row: row.problem)
    site.broker.answer = 0
    site.await_beat(lambda row: row.problem is None)
    assert [server.is_stopped for server in site.servers] == [True, False]


def test_a_server_connects_again_by_itself(site, caplog):
    site.bus.start()
    site.await_beat()
    site.broker.answer = ConnectionError("away")
    site.await_beat(lambda row: row.problem == "away")
    assert [server.is_stopped for server in site.servers] == [False]
    assert "trying again" not in caplog.text


def test_a_server_that_gets_nothing_says_why(site):
    """The broker answers, but does not let it in: Kafka's groups."""
    site.bus.start()
    site.await_beat(lambda row: row.problem is None)
    site.servers[0].problem = "our group: refused"
    site.await_beat(lambda row: row.problem == "our group: refused")
    site.servers[0].problem = None
    site.await_beat(lambda row: row.problem is None)


def test_it_goes_on_while_the_database_is_away(site):
    site.heartbeats.error = Unavailable("away")
    site.bus.start()
    looks = site.broker.looks
    wait_for("more looks", lambda: site.broker.looks, lambda n: n > looks + 2)
    site.heartbeats.error = None
    site.await_beat()


def test_its_last_heartbeat_says_that_it_was_stopped(site):
    site.bus.start()
    site.await_beat(lambda row: row.ended_at is None)
    site.bus.stop()
    site.bus.wait()
    row = site.heartbeats.rows[-1]
    assert (row.name, row.region) == ("host-1:7", "north")
    assert (row.beat_at, row.ended_at, row.stored_at) == (NOW, NOW, NOW)


def test_it_ends_while_the_database_is_away(site):
    site.bus.start()
    site.await_beat()
    site.heartbeats.error = Unavailable("away")
    site.bus.stop()
    site.bus.wait()
    assert site.servers[0].is_stopped


def test_it_ends_what_it_began(site):
    site.bus.start()
    site.await_beat()
    site.bus.stop()
    site.bus.wait()
    assert site.servers[0].is_stopped
    assert site.broker.is_closed


def test_a_fault_of_ours_is_logged_and_the_bus_goes_on(site, caplog):
    site.broker.answer = ValueError("ours")
    site.bus.start()
    wait_for("the fault", lambda: "The bus of north failed" in caplog.text)
    site.broker.answer = 157
    site.await_beat(lambda row: row.waiting == 157)


class Looks(list):
    """A meter: what was looked at."""

    def looked(self, region, waiting, *, is_up):
        self.append((region, waiting, is_up))


def test_a_bus_whose_broker_can_not_be_asked_listens(monkeypatch):
    monkeypatch.setattr(bus, "BEAT", 0.01)
    heartbeats, looks, server = Heartbeats(), Looks(), Server()
    reports = bus.Reports(heartbeats, Clock(NOW), "host-1:7", looks)
    running = bus.Bus("north", None, lambda: (server, server), reports)
    running.start()
    wait_for("a heartbeat", lambda: heartbeats.rows)
    running.stop()
    running.wait()
    assert looks[0] == ("north", None, True)
    assert heartbeats.rows[0].waiting is None
