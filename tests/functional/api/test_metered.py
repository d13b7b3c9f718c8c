"""What the API tells of its requests."""

import logging
import time

import pytest
import webtest
from prometheus_client import values

from concertim_api import bootstrap
from concertim_api.api import app
from concertim_api.api.controllers import root
from concertim_api.api.metered import Metered
from concertim_api.api.routing import routes
from concertim_api.instrumentation import shared
from concertim_api.instrumentation.api import ApiMeter
from tests.functional.api import cloud
from tests.functional.api.conftest import LOOPBACK


class Meter:
    def __init__(self):
        self.told = []

    def answered(self, *told):
        self.told.append(told)

    def last(self):
        return self.told[-1][:3]


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def ask(conf, services, meter):
    client = webtest.TestApp(
        app.build(conf, services, meter), extra_environ=LOOPBACK
    )

    def ask(method, path, **more):
        """Ask, and return what the meter was told of it."""
        before = len(meter.told)
        client.request(path, method=method, expect_errors=True, **more)
        assert len(meter.told) == before + 1
        return meter.last()

    return ask


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/", ("GET", "/", "2xx")),
        ("GET", "/v1/racks?limit=2", ("GET", "/v1/racks", "2xx")),
        ("HEAD", "/v1/racks", ("HEAD", "/v1/racks", "2xx")),
        ("GET", "/v1/racks/x", ("GET", "/v1/racks/{rack_id}", "4xx")),
        ("GET", "/v1/racks/x.svg", ("GET", "/v1/racks/{rack_id}.svg", "4xx")),
        ("GET", "/v1/racks?a=b", ("GET", "/v1/racks", "4xx")),
        ("GET", "/healthcheck", ("GET", "/healthcheck", "2xx")),
        ("GET", "/v1/no-such-thing", ("GET", "unrouted", "4xx")),
        ("DELETE", "/v1/racks", ("DELETE", "unrouted", "4xx")),
        ("BREW", "/v1/racks", ("other", "unrouted", "4xx")),
        ("OPTIONS", "/v1/racks", ("OPTIONS", "unrouted", "2xx")),
    ],
)
def test_requests_are_told_by_their_route(ask, method, path, told):
    assert ask(method, path) == told


def test_who_is_refused_is_told_without_a_route(ask):
    told = ask("GET", "/v1/racks", environ={"REMOTE_ADDR": "10.0.0.1"})
    assert told == ("GET", "unrouted", "4xx")


def test_all_routes_have_room(services, folder):
    """No file has to grow, which on a full disk would end the process."""
    shared.share(folder)
    meter = ApiMeter(None)
    for route in routes(root.build(services)):
        for method in ("OPTIONS", "DELETE"):
            for status in ("2xx", "3xx", "4xx", "5xx"):
                meter.answered(method, route.path, status, 1)
    assert {path.stat().st_size for path in folder.glob("*.db")} == {1 << 20}


def test_every_route_has_a_path_of_its_own(services):
    """Two routes by one method would be counted as one."""
    found = routes(root.build(services))
    assert len({route.endpoint.method for route in found}) == len(found)


def test_the_time_ends_with_the_answer(meter):
    def slow(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        time.sleep(0.05)
        yield b"b"

    body = Metered(slow, meter, lambda _: None)(
        {"REQUEST_METHOD": "GET"}, lambda *_: None
    )
    assert list(body) == [b"a", b"b"]
    assert meter.told == []
    body.close()
    ((*_, seconds),) = meter.told
    assert 0.05 <= seconds < 5


def test_an_answer_that_breaks_off_is_told(meter):
    def broken(environ, start_response):
        start_response("200 OK", [])
        raise OSError("gone")
        yield

    body = Metered(broken, meter, lambda _: None)(
        {"REQUEST_METHOD": "GET"}, print
    )
    with pytest.raises(OSError, match="gone"):
        list(body)
    body.close()
    assert len(meter.told) == 1


def test_what_nobody_caught_is_a_500(meter):
    def broken(environ, start_response):
        raise KeyError("ours")

    with pytest.raises(KeyError):
        Metered(broken, meter, lambda _: None)(
            {"REQUEST_METHOD": "GET"}, print
        )
    assert meter.last() == ("GET", "unrouted", "5xx")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where this test counts, and no other one."""
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    return tmp_path / "metrics"


@pytest.fixture
def metered(tmp_path, folder):
    """A configuration that counts."""
    conf = cloud.configuration(tmp_path, auth_strategy="noauth")
    conf.set_override("api", True, group="instrumentation")
    return conf


def test_what_is_counted_is_shown_elsewhere(metered):
    built = cloud.services(metered)
    api = webtest.TestApp(
        bootstrap.api(metered, built), extra_environ=LOOPBACK
    )
    page = webtest.TestApp(bootstrap.metrics_page(metered))
    for _ in range(3):
        api.get("/v1/racks")
    api.get("/metrics", status=404)  # not by the API
    text = page.get("/metrics").text
    labels = 'method="GET",route="/v1/racks",status="2xx"'
    assert f"concertim_api_requests_total{{{labels}}} 3.0" in text
    labels = 'method="GET",route="unrouted",status="4xx"'
    assert f"concertim_api_requests_total{{{labels}}} 1.0" in text
    built.store.close()


def test_the_api_serves_where_nothing_can_be_counted(metered, folder, caplog):
    folder.write_text("in the way")
    built = cloud.services(metered)
    with caplog.at_level(logging.WARNING):
        api = bootstrap.api(metered, built)
    assert "Requests are not counted" in caplog.text
    client = webtest.TestApp(api, extra_environ=LOOPBACK)
    assert client.get("/v1/racks").status_int == 200
    built.store.close()
