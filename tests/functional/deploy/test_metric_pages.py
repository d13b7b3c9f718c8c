"""The page of each process, as Prometheus reads and judges it."""

from __future__ import annotations

import platform
import subprocess
import urllib.error
import urllib.request
from datetime import UTC, datetime
from importlib import metadata

import prometheus_client as client
import pytest
import webtest
from prometheus_client import values

from concertim_api import bootstrap
from concertim_api.instrumentation import build, declared
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.backlog import Backlog
from tests.programs import free_port, needed
from tests.unit.instrumentation.conftest import Shown
from tests.waiting import wait_for

NOW = datetime(2026, 9, 21, 14, tzinfo=UTC)
DAEMONS = ("listener", "agent")

#: All that the database may tell.
BACKLOG = Backlog(
    at=NOW,
    jobs=[
        JobRecord(
            "sync:north",
            interval=60,
            agent="a",
            outcome="done",
            started_at=NOW,
            finished_at=NOW,
        )
    ],
    refreshes={"waiting": 1},
    refolds=1,
    operations={"open": 1},
    settlements={"waiting": 1},
    postings={"waiting": 1},
    dead_letters=1,
    listeners={"north": 1},
    listed={"north": NOW},
    push_due_since=NOW,
    pushes={"waiting": 1},
)


@pytest.fixture
def conf(tmp_path):
    conf = bootstrap.unread()
    conf([], default_config_files=[])
    conf.set_override("state_path", str(tmp_path))
    conf.set_override("api", True, group="instrumentation")
    return conf


def _scraped(port):
    """Return what is shown at a port, or nothing while it is not."""
    try:
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return ""


def _daemon(conf, name, build_meter):
    """Return the page of a daemon, and its meter."""
    port = free_port()
    conf.set_override(f"{name}_port", port, group="instrumentation")
    meter = build_meter()
    wait_for(f"metrics at port {port}", lambda: _scraped(port))
    return meter, lambda: _scraped(port)


def _listener(conf, monkeypatch):
    meter, page = _daemon(conf, "listener", lambda: build.listener(conf, 0))
    meter.listens("north")
    message = {"timestamp": NOW.isoformat()}
    meter.stored("north", 1, 0.1)
    meter.taken("north", [message], {"new": 1, "ahead": 0})
    meter.looked("north", 1, is_up=True)
    return page()


def _agent(conf, monkeypatch):
    meter, page = _daemon(
        conf, "agent", lambda: build.agent(conf, lambda: BACKLOG)
    )
    meter.has("sync:north")
    summary = {"instance": {"listed": 1}}
    meter.ran("sync:north", "done", summary, idle=False, seconds=0.1)
    return page()


def _api(conf, monkeypatch):
    """Return the page of the API: its process shares what it counts."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    build.api(conf).answered("GET", "/v1/racks", "2xx", 0.1)
    return webtest.TestApp(build.page(conf)).get("/metrics").text


PAGES = {"api": _api, "listener": _listener, "agent": _agent}


@pytest.fixture(params=PAGES)
def process(request):
    return request.param


@pytest.fixture
def page(process, conf, monkeypatch):
    return PAGES[process](conf, monkeypatch)


def test_prometheus_has_nothing_against_it(page):
    check = subprocess.run(
        [needed("promtool"), "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_it_has_all_metrics_of_the_process(process, page):
    families = {*Shown(page).families}
    for metric in declared.METRICS.values():
        if metric.process in (process, "each"):
            assert metric.name.removesuffix("_total") in families


def test_it_says_what_is_installed(page):
    labels = {
        "version": metadata.version("concertim-api"),
        "python": platform.python_version(),
    }
    assert Shown(page).value("concertim_build_info", **labels) == 1


def test_a_daemon_tells_of_its_own_process(process, page):
    names = {n for n in Shown(page).families if n.startswith("process_")}
    if process == "api":
        # The page is of another process than those that it tells of.
        assert names == set()
    else:
        assert {
            "process_start_time_seconds",
            "process_cpu_seconds",
            "process_resident_memory_bytes",
            "process_open_fds",
        } <= names


@pytest.mark.parametrize("process", DAEMONS, indirect=True)
def test_a_process_began_when_it_did(page):
    expected = client.CollectorRegistry()
    client.ProcessCollector(registry=expected)
    name = "process_start_time_seconds"
    assert Shown(page).value(name) == expected.get_sample_value(name)
