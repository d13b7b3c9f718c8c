"""Where metrics are shown."""

import contextlib
import socket
import time
import urllib.error
import urllib.request

import pytest
import webtest

from concertim_api import bootstrap
from concertim_api.domain.errors import Invalid
from concertim_api.instrumentation import build, declared, server
from tests.programs import free_port
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(server, "_AGAIN", 0.02)


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def conf(tmp_path):
    found = bootstrap.unread()
    found([], default_config_files=[])
    found.set_override("state_path", str(tmp_path))
    return found


def scraped(port):
    return wait_for(f"metrics at port {port}", lambda: page(port))


def page(port):
    """Return what is shown at a port, or nothing while it is not."""
    try:
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return ""


@contextlib.contextmanager
def serving(port):
    made = server.Server("127.0.0.1", port)
    declared.RETURNED.made(made.registry).labels("north").inc(3)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def test_it_shows_its_own_registry_and_nothing_else(port):
    with serving(port):
        text = scraped(port)
    samples = [line for line in text.splitlines() if line[:1] != "#"]
    assert 'concertim_listener_returned_total{region="north"} 3.0' in samples
    prefixes = ("concertim_listener_", "concertim_build_info{", "process_")
    assert all(line.startswith(prefixes) for line in samples)


def await_complaint(caplog):
    wait_for(
        "a complaint that metrics can't be shown",
        lambda: caplog.text,
        lambda text: "can't be shown" in text,
    )


def test_a_port_that_is_taken_is_waited_for(port, caplog):
    with socket.create_server(("127.0.0.1", port)), serving(port):
        await_complaint(caplog)
        time.sleep(0.1)  # nothing comes: no second complaint
    assert caplog.text.count("can't be shown") == 1
    with serving(port):
        assert "concertim_listener_returned_total" in scraped(port)


def test_it_takes_the_port_when_that_is_free(port, caplog):
    taken = socket.create_server(("127.0.0.1", port))
    with serving(port):
        await_complaint(caplog)
        taken.close()
        assert "concertim_listener_returned_total" in scraped(port)


def test_it_lets_go_of_the_port(port):
    with serving(port):
        scraped(port)
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_nobody_keeps_what_it_shows(port):
    with serving(port):
        scraped(port)
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.headers.get_all("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", ["", "/", "/favicon.ico"])
def test_nobody_keeps_what_the_site_of_the_api_shows(conf, method, path):
    site = webtest.TestApp(bootstrap.metrics_page(conf))
    answer = site.request(path, method=method, expect_errors=True)
    assert answer.headers.getall("Cache-Control") == ["no-store"]


def test_each_worker_of_the_listener_has_a_port(conf, port):
    conf.set_override("listener_port", port - 1, group="instrumentation")
    build.listener(conf, 1).listens("north")
    assert 'region="north"' in scraped(port)


def test_there_are_as_many_ports_as_workers(conf):
    conf.set_override("listener_port", 65534, group="instrumentation")
    conf.set_override("workers", 2, group="listener")
    bootstrap.check_listener(conf)
    conf.set_override("workers", 3, group="listener")
    with pytest.raises(Invalid, match="not 3 ports from 65534"):
        bootstrap.check_listener(conf)


def test_nothing_is_shown_unasked(conf):
    assert build.listener(conf, 0) is None
    assert build.agent(conf, lambda: None) is None
    assert build.api(conf) is None
    assert conf.instrumentation.address == "127.0.0.1"
