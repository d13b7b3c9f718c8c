"""concertim-agent, as a process, with an OpenStack that is simulated over
HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, datetime

import pytest

from concertim_api.clouds.simulator.simulator import Simulator
from concertim_api.clouds.simulator.site import Site
from concertim_api.services.common.listing import Listing
from concertim_api.services.jobs.jobs import is_running
from tests.databases import SERVERS, new_database
from tests.integration.conftest import needed
from tests.integration.test_listener import Forwarder
from tests.programs import free_port
from tests.waiting import wait_for, wait_for_exit

AGENT = "concertim-agent"
SYNC, CHANGES = "sync:RegionOne", "changes:RegionOne"

#: What an agent does with or without a cloud.
ALWAYS = {
    *("view", "refold", "refresh", "operations", "announce", "purge"),
    *("orders", "settle", "invoices"),
}

#: How many connections in vain are more than each job makes once.
ROUND = 10

#: How a full sync asks for servers; with "changes-since" it is a look.
SERVERS_PAGE = r"GET /compute/v2.1/servers/detail\?(?!.*changes-since)"


@pytest.fixture
def cloud():
    with Simulator(Site.of_size(projects=1, stacks=2, servers=6)) as running:
        yield running


class Agents:
    """An installation that leads to the cloud, and its agents."""

    def __init__(self, installation, cloud):
        self.installation = installation
        self.cloud = cloud
        self.configure = installation.configure
        self.run = installation.run
        installation.ask(cloud, retry_wait=0.1)
        self._store = None

    @property
    def store(self):
        self._store = self._store or self.installation.store()
        return self._store

    def start(self):
        return self.installation.start(AGENT)

    def log(self):
        return self.installation.log(AGENT)

    def await_log(self, text, times=1):
        self.installation.await_log(AGENT, text, times)

    def await_job(self, name, what, holds):
        """Wait until something holds of the record of a job; return it."""
        return wait_for(
            f"the job {name} {what}",
            lambda: self.store.jobs.job(name),
            lambda record: record is not None and holds(record),
        )

    def racks(self):
        rows = self.store.view.page("rack", Listing(limit=100)).rows
        return {row.id: row.status for row in rows}

    def ended(self, name=SYNC, after=None):
        """Wait for a run of a job that began after a moment to end."""
        return self.await_job(
            name,
            f"to end a run that began after {after}",
            lambda record: (
                record.started_at is not None
                and not is_running(record)
                and (after is None or record.started_at > after)
            ),
        )

    def ask(self, name=SYNC, **asked):
        now = datetime.now(UTC)
        self.store.jobs.ask(name, asked, now)
        return now

    def close(self):
        if self._store:
            self._store.close()


@pytest.fixture
def agents(installation, cloud):
    made = Agents(installation, cloud)
    made.run("concertim-manage", "db", "sync")
    yield made
    made.close()


def test_the_first_sync_shows_the_racks(agents, cloud):
    process = agents.start()
    stacks = {
        stack["id"]: "ACTIVE"
        for stack in cloud.site.stacks.values()
        if stack["parent"] is None
    }
    wait_for("the racks of the cloud", agents.racks, stacks.__eq__)
    record = agents.ended()
    assert (record.outcome, record.error) == ("done", None)
    assert record.interval == 600
    assert record.agent.startswith(f"{socket.gethostname()}:")
    assert record.summary["instance"] == {"listed": 6, "new": 6}
    wait_for(
        "the records of all jobs",
        lambda: {job.name for job in agents.store.jobs.jobs()},
        {*ALWAYS, SYNC, CHANGES}.__eq__,
    )
    agents.await_job(
        "view",
        "to have made two racks",
        lambda record: record.summary["racks"] >= 2,
    )
    said = agents.run("concertim-manage", "sync").stdout
    assert [
        line.split()[2:8] for line in said.splitlines() if "instance" in line
    ] == [["6", "0", "0", "0", "0", "6"]]
    process.terminate()
    assert wait_for_exit(process) == 0
    assert "Stopped the jobs" in agents.log()
    assert cloud.password not in agents.log()


def test_who_asks_in_the_database_wakes_a_job(agents, cloud):
    agents.start()
    first = agents.ended()
    agents.ended(CHANGES)  # else it may be the first that sees the server
    (project, *_) = (
        p for p in cloud.site.projects.values() if p["name"] == "CM_0"
    )
    server = cloud.site.add_server(project, "late")
    listed = cloud.count("GET /network")
    agents.ask(kinds=["instance"])
    # By itself it would come in ten minutes only.
    record = agents.ended(after=first.started_at)
    assert record.summary == {
        "instance": {"listed": 7, "new": 1, "unchanged": 6}
    }
    assert agents.store.ledger.find(server["id"])
    assert cloud.count("GET /network") == listed
    agents.await_job(
        SYNC, "to have been answered", lambda record: record.asked_at is None
    )


def test_changes_are_found_between_two_syncs(agents, cloud):
    agents.configure("agent", changes_interval=1)
    agents.start()
    agents.ended()
    server = next(iter(cloud.site.servers.values()))
    cloud.site.delete_server(server)
    wait_for(
        f"server {server['id']} to be gone",
        lambda: agents.store.ledger.find(server["id"])[0].ended,
        lambda ended: ended == "gone",
    )
    assert agents.ended(CHANGES).outcome == "done"


def test_sigterm_ends_a_sync_after_its_page(agents, cloud):
    agents.configure("cloud", page_size=1)
    slow = cloud.fault(SERVERS_PAGE, delay=0.5)
    process = agents.start()
    wait_for(
        "two pages of servers", lambda: slow.met, lambda pages: pages >= 2
    )
    process.send_signal(signal.SIGTERM)
    assert wait_for_exit(process) == 0
    assert slow.met < 6
    record = agents.ended()
    assert (record.outcome, record.error) == (
        "partial",
        "stopped before its end",
    )
    assert [job for job in agents.store.jobs.jobs() if not job.ended_at] == []
    cloud.faults.clear()
    agents.start()
    record = agents.ended(after=record.started_at)
    assert record.ended_at is None
    assert record.outcome == "done"
    assert record.summary["instance"]["listed"] == 6


def test_sighup_takes_new_options_and_syncs_nothing_for_it(agents, cloud):
    process = agents.start()
    first = agents.ended()
    agents.configure("agent", refresh_interval=0.25)
    process.send_signal(signal.SIGHUP)
    agents.await_job(
        "refresh",
        "to have its new interval",
        lambda record: record.interval == 0.25,
    )
    agents.configure("view", projects="nobody")
    process.send_signal(signal.SIGHUP)
    agents.await_log("[view] projects")
    agents.await_log("The options of before stay in force")
    # It still works, and no sync began.
    before = agents.store.jobs.job("view").finished_at
    agents.await_job(
        "view",
        f"to end a run after {before}",
        lambda record: record.finished_at > before,
    )
    assert agents.store.jobs.job(SYNC).started_at == first.started_at


def test_a_cloud_that_is_away_is_tried_again(agents, cloud):
    away = cloud.fault("identity", status=503)
    agents.start()
    record = agents.ended()
    assert record.outcome == "failed"
    assert record.error
    cloud.faults.remove(away)
    again = agents.ended(after=record.started_at)  # in ten seconds
    assert again.outcome == "done"
    assert "Traceback" not in agents.log()


def test_without_a_cloud_it_keeps_the_view(installation):
    installation.run("concertim-manage", "db", "sync")
    process = installation.start(AGENT)
    store = installation.store()
    wait_for("a run of the view", lambda: store.jobs.job("view"))
    assert {job.name for job in store.jobs.jobs()} <= ALWAYS
    assert installation.log(AGENT).count("No cloud is configured") == 1
    process.terminate()
    assert wait_for_exit(process) == 0
    store.close()


def of(processes, record):
    """Return the process whose worker ran a job."""
    worker = int(record.agent.rpartition(":")[2])
    (found,) = (p for p in processes if p.pid == os.getpgid(worker))
    return found


def coordination(kind):
    if kind == "file":
        return {}
    server = needed("CONCERTIM_TEST_MEMCACHED")
    return {"coordination_url": f"memcached://{server}?timeout=3"}


@pytest.mark.parametrize("kind", ["file", "memcached"])
@pytest.mark.parametrize("backend", ["mariadb", "postgresql"])
def test_of_two_agents_one_does_each_job(
    agents, cloud, tmp_path, backend, kind
):
    needed(SERVERS[backend])
    with new_database(backend, tmp_path) as url:
        agents.configure("database", connection=url)
        agents.configure(
            "agent",
            changes_interval=1,
            coordination_prefix=uuid.uuid4().hex,
            **coordination(kind),
        )
        agents.run("concertim-manage", "db", "sync")
        _two(agents, cloud)
        agents.close()
        agents.installation.stop_all()


def looks(cloud):
    return [line for line in cloud.requests if "changes-since" in line]


def await_looks(cloud, count):
    """Wait until there were so many in all."""
    wait_for(
        f"{count} looks for changes",
        lambda: looks(cloud),
        lambda lines: len(lines) >= count,
    )


def full_lists(cloud):
    return [line for line in cloud.requests if re.match(SERVERS_PAGE, line)]


def _two(agents, cloud):
    processes = [agents.start(), agents.start()]
    agents.await_log("The jobs of this agent", 2)
    agents.ended()
    # A look is a second after the one before; both agents would have done
    # eight in half the time.
    began, seen = time.monotonic(), len(looks(cloud))
    await_looks(cloud, seen + 8)
    assert time.monotonic() - began > 6
    assert len(full_lists(cloud)) == 1
    before = agents.store.jobs.job(CHANGES)
    holder = of(processes, before)
    agents.installation.kill(holder)
    agents.await_job(
        CHANGES,
        "to be another agent's",
        lambda record: record.agent != before.agent,
    )
    processes.remove(holder)
    assert of(processes, agents.store.jobs.job(CHANGES)) is processes[0]
    # What is not due is not done again for a new agent's sake.
    await_looks(cloud, seen + 12)
    assert len(full_lists(cloud)) == 1
    processes[0].terminate()
    assert wait_for_exit(processes[0]) == 0


@pytest.mark.parametrize("backend", ["mariadb", "postgresql"])
def test_a_database_outage_is_waited_for(agents, tmp_path, backend):
    needed(SERVERS[backend])
    with new_database(backend, tmp_path) as url:
        _outage(urllib.parse.urlsplit(url), agents)
        agents.close()
        agents.installation.stop_all()


def _outage(url, agents):
    way = Forwarder(url.hostname, url.port)
    login = url.netloc.rpartition("@")[0]
    netloc = f"{login}@127.0.0.1:{way.port}"
    agents.configure(
        "database", connection=url._replace(netloc=netloc).geturl()
    )
    agents.configure("agent", changes_interval=1)
    agents.run("concertim-manage", "db", "sync")
    process = agents.start()
    agents.ended()
    first = agents.ended(CHANGES)
    way.cut()
    agents.await_log("Waiting for the database")
    way.await_refusals(ROUND)  # each job has found it
    lines = len(agents.log().splitlines())
    way.await_refusals(ROUND)
    assert len(agents.log().splitlines()) - lines < 3, "a line for each try"
    assert process.poll() is None
    way.up = True
    agents.ended(CHANGES, after=first.started_at)
    agents.await_log("the database works again")
    assert f"{url.password}@" not in agents.log()
    process.terminate()
    assert wait_for_exit(process) == 0


def test_coordination_that_is_down_is_waited_for(agents):
    server = needed("CONCERTIM_TEST_MEMCACHED")
    host, _, port = server.rpartition(":")
    way = Forwarder(host, int(port))
    way.up = False
    agents.configure(
        "agent",
        coordination_url=f"memcached://127.0.0.1:{way.port}?timeout=3",
        coordination_prefix=uuid.uuid4().hex,
    )
    process = agents.start()
    agents.await_log("Waiting for the coordination")
    way.await_refusals(2)
    assert agents.log().count("Waiting for") == 1
    assert agents.store.jobs.jobs() == []
    way.up = True
    assert agents.ended().outcome == "done"
    way.cut()
    agents.await_log("Waiting for the coordination", 2)
    process.terminate()
    assert wait_for_exit(process) == 0


def test_the_development_server_may_have_an_agent(agents, cloud):
    agents.configure("api", auth_strategy="noauth")
    port = free_port()
    agents.installation.start(
        "concertim-manage", "serve", "--port", str(port), "--with-agent"
    )

    def racks():
        try:
            url = f"http://127.0.0.1:{port}/v1/racks"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["racks"]
        except OSError:
            return []

    wait_for("two racks", racks, lambda racks: len(racks) == 2)
