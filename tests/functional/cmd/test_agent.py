"""What concertim-agent refuses before it begins, by the option's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from concertim_api import bootstrap
from concertim_api.cmd import agent, status
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.ports import Heartbeat


@pytest.fixture
def start(run, monkeypatch):
    def begin():
        raise SystemExit(0)  # nothing was refused

    monkeypatch.setattr(agent.cotyledon, "ServiceManager", begin)
    return lambda: run(main=agent.main, prog="concertim-agent")


def test_what_is_right_is_not_refused(start):
    code, _, said = start()
    assert code == 0
    assert said.count("No cloud is configured: nothing is synced") == 1


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("[view]\nprojects = all, owner:me", "[view] projects: "),
        (
            "[view]\nrack_height_u = 80",
            "[view] rack_max_height_u: 72 is less than rack_height_u",
        ),
        ("[view]\nvcpus_per_u = 0", "vcpus_per_u"),
        ("[cloud]\ndriver = vmware", "[cloud] driver: there is no 'vmware'"),
        (
            "[cloud]\nclouds = north\nclouds_file = {folder}/clouds.yaml",
            "[cloud] clouds: clouds.yaml has no cloud 'north'",
        ),
        (
            "[agent]\ncoordination_url = floppy://a",
            "[agent] coordination_url: tooz has no driver 'floppy'",
        ),
        (
            "[agent]\ncoordination_url = file:///dev/null/a",
            "[agent] coordination_url: /dev/null/a: Not a directory",
        ),
        ("[agent]\ncoordination_prefix = a b", "coordination_prefix"),
        ("[agent]\nsync_interval = 1", "sync_interval"),
        ("[agent]\nmax_delete_ratio = 2", "max_delete_ratio"),
        ("[listener]\nevents_file = /nowhere", "[listener] events_file"),
        (
            "[operations]\nteam_roles = admin:",
            "[operations] team_roles: 'admin'",
        ),
        ("[operations]\nteam_grants = concertim", "[operations] team_grants"),
        (
            "[oslo_messaging_notifications]\ndriver = log",
            "[oslo_messaging_notifications] driver: 'log' is not one of",
        ),
        *(
            (
                "[oslo_messaging_notifications]\ndriver = messagingv2\n"
                f"transport_url = {url}",
                "[oslo_messaging_notifications] transport_url: not a",
            )
            for url in ("rabbit://a:b@host:port/", "floppy://a:b@host/", "a b")
        ),
    ],
)
def test_a_wrong_option_is_named(start, conf, settings, complaint):
    folder = conf.parent
    (folder / "clouds.yaml").write_text("clouds: {}\n")
    with conf.open("a") as file:
        file.write(settings.format(folder=folder) + "\n")
    code, _, said = start()
    assert code.startswith("concertim-agent: ")
    assert complaint in said
    assert "\n" not in said.strip()


@pytest.fixture
def store(run, conf):
    run("db", "sync")
    made = bootstrap.store(bootstrap.configure(["--config-file", str(conf)]))
    yield made
    made.close()


def ran(name, ago, interval=60):
    at = datetime.now(UTC) - ago
    return JobRecord(
        name,
        interval,
        "host:1",
        started_at=at,
        finished_at=at,
        outcome="done",
    )


#: A cloud in which nothing changes, and no project has anything.
QUIET = SimpleNamespace(
    changes=lambda since: iter(()),
    actions=lambda: SimpleNamespace(
        remains=SimpleNamespace(of=lambda project_id: [])
    ),
)


@pytest.fixture
def check(run, monkeypatch):
    """Return what the upgrade check says, with clouds of some regions."""

    def call(title, *regions):
        monkeypatch.setattr(
            bootstrap, "clouds", lambda conf: dict.fromkeys(regions, QUIET)
        )
        out = run(
            "upgrade", "check", main=status.main, prog="concertim-status"
        )[1]
        told = " ".join(out.replace("|", " ").split())
        mine = told.partition(f"Check: {title} Result: ")[2]
        # The table folds lines at a hyphen, too.
        return mine.partition(" +")[0].replace("- ", "-")

    return call


START = "start concertim-agent"


def test_the_status_knows_whether_an_agent_works(store, check):
    never = f"Warning Details: agent: none has ever run: {START}"
    assert check("Agent") == never
    assert check("Agent", "north").startswith(never)
    store.jobs.save(ran("view", timedelta(), interval=0.2))
    store.jobs.save(ran("sync:north", timedelta(minutes=2)))
    running = check("Agent", "north")
    assert running.startswith("Success Details: agent: runs: host:1; jobs: 2")
    assert "sync north: done, " in running
    nobody = "Warning Details: sync south: none has ended yet"
    assert check("Agent", "north", "south") == nobody


def test_an_agent_that_does_not_run_is_reported_as_elsewhere(store, check):
    store.jobs.save(ran("view", timedelta(minutes=5), interval=0.2))
    store.jobs.save(ran("sync:north", timedelta(minutes=5)))
    answer = check("Agent", "north")
    assert answer.startswith("Warning Details: agent: none runs since ")
    assert START in answer
    assert "overdue" not in answer


def test_a_job_that_is_overdue_beside_others_is_named(store, check):
    store.jobs.save(ran("view", timedelta(), interval=0.2))
    store.jobs.save(ran("push", timedelta(minutes=5), interval=1))
    late = "Warning Details: jobs: push overdue: see job show"
    assert check("Agent") == late


def test_a_region_that_is_no_more_is_not_missed(store, check):
    store.jobs.save(ran("view", timedelta(), interval=0.2))
    store.jobs.save(ran("sync:west", timedelta(days=5)))
    assert check("Agent").startswith("Success")


def listens(region, ago=timedelta(), **values):
    at = datetime.now(UTC) - ago
    return Heartbeat(
        name="host:7", region=region, started_at=at, beat_at=at, **values
    )


def test_the_check_knows_who_listens_and_for_which_regions(store, check, conf):
    with conf.open("a") as file:
        file.write("[listener]\ntransport = north=fake:\n")
        file.write("transport = south=fake:\n")
    never = "none has ever run: start concertim-listener"
    assert check("Listeners") == (
        f"Warning Details: listener north: {never}; listener south: {never}"
    )
    store.heartbeats.beat(listens("north", waiting=7))
    assert check("Listeners") == (f"Warning Details: listener south: {never}")
    store.heartbeats.beat(listens("south", waiting=7))
    answer = check("Listeners")
    assert answer.startswith("Success Details: listener north: 1 process runs")
    assert "broker south: 7 messages wait" in answer
    assert never in check("Listeners", "west")
    with conf.open("a") as file:
        file.write("region_rules = vhost\nregion_rules = default west\n")
    assert "west" not in check("Listeners", "west")


def test_the_check_knows_a_listener_that_ended(store, check):
    now = datetime.now(UTC)
    store.heartbeats.beat(listens("RegionOne", ended_at=now))
    answer = check("Listeners")
    assert answer.startswith("Warning Details: listener RegionOne: none runs")
    assert "(host:7 was stopped): start concertim-listener" in answer
    store.heartbeats.beat(listens("RegionOne", timedelta(minutes=2)))
    assert "was stopped" not in check("Listeners")
