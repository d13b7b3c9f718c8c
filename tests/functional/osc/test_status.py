"""The status, by the real command: what each exit status means."""

import socket

import pytest

from concertim_api import bootstrap
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.ports import Heartbeat
from tests.functional.osc.conftest import OpenStack, served


@pytest.fixture
def closed():
    """An address on this machine that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_what_is_unplugged(openstack):
    answer = openstack("status", COLUMNS="80")
    assert answer.status == 1
    lines = answer.out.splitlines()
    assert "listener          failing  none has ever run: start" in answer.out
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) <= 24


def test_for_programs(openstack):
    answer = openstack("status", "-f", "json")
    assert answer.status == 1
    assert '"name": "dead letters"' in answer.out


def test_all_is_well(live_api, home):
    """Nothing is unplugged once a listener and an agent report."""
    url, services = live_api("[api]", "auth_strategy = noauth")
    store, now = services.store, services.clock.now()
    store.dead_letters.purge([])
    times = {"started_at": now, "finished_at": now}
    store.jobs.save(JobRecord("view", 60, "h:2", outcome="done", **times))
    store.heartbeats.beat(
        Heartbeat(
            name="h:1", region="here", started_at=now, beat_at=now, waiting=0
        )
    )
    login = ("--os-auth-type", "none", "--os-endpoint", url)
    answer = OpenStack(home, *login)("status")
    assert (answer.status, answer.err) == (0, "")
    assert "broker here" in answer.out


def test_who_may_not_ask(with_key):
    answer = with_key("status-reader", ["reader"], "1" * 32)("status")
    assert (answer.status, answer.out) == (2, "")
    assert "HTTP 403" in answer.err


def test_the_api_is_unplugged(home, closed):
    login = ("--os-auth-type", "none", "--os-endpoint", closed)
    answer = OpenStack(home, *login)("status")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("The status is unknown: ")


def test_the_database_is_unplugged(tmp_path, home, closed):
    """It is named, without a password; at once, and the rest is shown."""
    port = closed.rpartition(":")[2]
    place = f"127.0.0.1:{port}/concertim"
    (tmp_path / "concertim.conf").write_text(
        "[api]\nauth_strategy = noauth\n[database]\n"
        f"connection = mysql+pymysql://dbuser:hush@{place}\n"
    )
    conf = bootstrap.unread()
    conf([], default_config_files=[str(tmp_path / "concertim.conf")])
    with served(bootstrap.api(conf)) as url:
        login = ("--os-auth-type", "none", "--os-endpoint", url)
        answer = OpenStack(home, *login)("status", COLUMNS="200")
        document = OpenStack(home, *login)("status", "-f", "json")
    assert (answer.status, document.status) == (2, 2)
    api, _, database = answer.out.splitlines()
    assert api.split()[:2] == ["API", "ok"]
    assert "failing  the database does not answer: " in database
    assert f"(mysql {place})" in database
    assert "hush" not in answer.out + answer.err
    assert '"name": "database"' in document.out


def test_keystone_lets_in(with_keystone):
    assert with_keystone("status").status == 1


def test_keystone_is_unplugged(home, closed):
    login = {
        "auth-type": "password",
        "auth-url": f"{closed}/v3",
        "username": "admin",
        "password": "secret",
        "project-name": "physics",
        "user-domain-id": "default",
        "project-domain-id": "default",
    }
    words = [f"--os-{name}={value}" for name, value in login.items()]
    answer = OpenStack(home, *words)("status")
    assert (answer.status, answer.out) == (1, "")
    assert closed.removeprefix("http://") in answer.err
