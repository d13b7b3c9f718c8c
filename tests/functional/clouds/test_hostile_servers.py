"""Whoever we ask may be hostile: each exchange ends in time, costs little,
and fails with the name of the option that bounds it."""

from __future__ import annotations

import functools
import gzip
import resource
import time

import orjson
import pytest

from concertim_api.billing.killbill import client as killbill
from concertim_api.clouds import openstack
from concertim_api.clouds.openstack import paging
from concertim_api.clouds.simulator import Simulator
from concertim_api.domain.errors import Unavailable
from concertim_api.frontend.session import Options, Session
from concertim_api.http.pages import limited
from concertim_api.http.session import Patience
from concertim_api.services.billing.system import BillingAway
from concertim_api.services.push.frontend import FrontEndAway
from tests.fakes.clock import Clock
from tests.unit.http.server import serving

DEADLINE = 0.5
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ONCE = Patience(retries=0)


def drips():
    """A byte every twentieth of a second, for a minute."""
    yield HEAD + b"Content-Length: 1200\r\n\r\n"
    for _ in range(1200):
        yield b" "
        yield None


def never_ends():
    """Chunks of a list without an end, as fast as they are read."""
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b" " * 65536
    while True:
        yield b"%x\r\n%s\r\n" % (len(chunk), chunk)


def unzips_to_a_gigabyte():
    bomb = gzip.compress(bytes(1 << 20)) * 1024
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(
        bomb
    )
    yield bomb


#: What a server does, and the option that bounds it.
HOSTILITIES = {
    drips: "timeout",
    never_ends: "max_answer_mb",
    unzips_to_a_gigabyte: "max_answer_mb",
}


class Answers:
    """The same answer, made anew for each request."""

    def __init__(self, make):
        self.make = make

    def __iter__(self):
        return self.make()


class Anywhere(dict):
    """The same answer at every path."""

    def __missing__(self, path):
        return self["/"]


@pytest.fixture
def hostile():
    with serving() as server:
        server.answers = Anywhere()
        yield server


@pytest.fixture
def simulator():
    with Simulator() as simulator:
        yield simulator


def listed(conf, kind="network"):
    """Ask the only cloud of a configuration for what it has of a kind."""
    conf.set_override("timeout", DEADLINE, "cloud")
    (cloud,) = openstack.clouds(conf, Clock(), ONCE)
    for _ in cloud.listing(kind, []):
        pass


def ask_keystone(hostile, simulator, tmp_path):
    """The log-in."""
    listed(simulator.conf(auth_url=f"{hostile.url}/v3"))


def ask_neutron(hostile, simulator, tmp_path):
    """A listing, of a cloud that let us in."""
    path = simulator.clouds_yaml(
        tmp_path / "clouds.yaml", network_endpoint_override=hostile.url
    )
    listed(simulator.conf(clouds=["simulated"], clouds_file=path))


def ask_nova(hostile, simulator, tmp_path):
    """The discovery of its microversions."""
    path = simulator.clouds_yaml(
        tmp_path / "clouds.yaml",
        compute_endpoint_override=f"{hostile.url}/v2.1",
    )
    conf = simulator.conf(clouds=["simulated"], clouds_file=path)
    listed(conf, "instance")


def front_end(hostile):
    options = Options(
        *(hostile.url, "us", "secret"), timeout=DEADLINE, retries=0
    )
    return Session(options)


def log_in_to_the_app(hostile, simulator, tmp_path):
    front_end(hostile).call("GET", "/api/v1/racks")


def ask_the_app(hostile, simulator, tmp_path):
    hostile.answer(
        b"HTTP/1.1 201 Created\r\nAuthorization: token\r\n"
        b"Content-Length: 2\r\n\r\n{}",
        path="/users/sign_in.json",
    )
    front_end(hostile).call("GET", "/api/v1/racks")


def ask_kill_bill(hostile, simulator, tmp_path):
    options = killbill.Options(
        *(hostile.url, "us", "secret", "key", "secret"), timeout=DEADLINE
    )
    killbill.Client(options).get("/accounts", externalKey="p1")


CALLERS = {
    ask_keystone: "cloud",
    ask_neutron: "cloud",
    ask_nova: "cloud",
    log_in_to_the_app: "frontend",
    ask_the_app: "frontend",
    ask_kill_bill: "killbill",
}

AWAY = (Unavailable, FrontEndAway, BillingAway)


@pytest.mark.parametrize("ask", CALLERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("does", HOSTILITIES, ids=lambda f: f.__name__)
def test_who_is_asked_keeps_nobody(hostile, simulator, tmp_path, does, ask):
    hostile.answers["/"] = Answers(does)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    with pytest.raises(AWAY) as caught:
        ask(hostile, simulator, tmp_path)
    seconds = time.monotonic() - began
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert f"[{CALLERS[ask]}] {HOSTILITIES[does]}" in str(caught.value)
    assert seconds < 20  # the server goes on for a minute, or for ever
    assert kibibytes < 50 << 10


REFUSALS = r"\(302\)|redirects us|InvalidResponse"


@pytest.mark.parametrize("ask", CALLERS, ids=lambda f: f.__name__)
def test_nobody_is_followed_elsewhere(hostile, simulator, tmp_path, ask):
    with serving() as stranger:
        stranger.answers = Anywhere()
        stranger.answer(HEAD + b"Content-Length: 2\r\n\r\n{}")
        hostile.redirect(stranger.url)
        with pytest.raises(AWAY, match=REFUSALS):
            ask(hostile, simulator, tmp_path)
        assert stranger.requests == []


def test_a_list_that_pages_for_ever_ends(
    hostile, simulator, tmp_path, monkeypatch
):
    numbers = iter(range(10**6))

    def page():
        number = next(numbers)
        body = orjson.dumps(
            {
                "networks": [{"id": f"{number}"}],
                "networks_links": [
                    {"rel": "next", "href": f"http://x/?marker={number}"}
                ],
            }
        )
        yield HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    hostile.answers["/"] = Answers(page)
    monkeypatch.setattr(paging, "limited", functools.partial(limited, most=99))
    with pytest.raises(Unavailable, match="more than 99 pages"):
        ask_neutron(hostile, simulator, tmp_path)
