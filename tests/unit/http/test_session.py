"""The limits of a session, each against a server that exceeds it."""

from __future__ import annotations

import gzip
import pathlib
import re
import resource
import socket
import ssl
import time

import pytest
import requests
from keystoneauth1.identity.v3 import Token
from requests import exceptions

import concertim_api
from concertim_api.frontend.simulator import certificates
from concertim_api.http import session as http
from tests.unit.http.server import serving

DEADLINE = 0.5

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n"


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def stranger():
    with serving() as server:
        server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        yield server


def dripped(data):
    """The bytes of an answer, one by one, for a minute."""
    for byte in (data * 3000)[:3000]:
        yield bytes([byte])
        yield None


@pytest.fixture
def secure(tmp_path):
    """A server with TLS, and the path of its CA."""
    certificate, key = certificates.write(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with serving(tls) as server:
        yield server, str(certificate)


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD, b"X-Slow: yes\r\n"),
        (HEAD + b"\r\n", b"{}"),
    ],
    ids=["status", "headers", "body"],
)
def test_a_slow_drip_ends_at_the_deadline(
    server, secure, is_secure, first, drip
):
    place, ca = secure if is_secure else (server, False)
    place.answer(first, *dripped(drip))
    began = time.monotonic()
    with pytest.raises(exceptions.ReadTimeout):
        http.guarded_session().get(place.url, timeout=DEADLINE, verify=ca)
    assert DEADLINE <= time.monotonic() - began < 20 * DEADLINE


def test_only_a_known_ca_is_trusted(secure):
    server, ca = secure
    server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    session = http.guarded_session()
    with pytest.raises(exceptions.SSLError):
        session.get(server.url, timeout=60)
    for _ in range(2):
        assert session.get(server.url, timeout=60, verify=ca).json() == {}
    assert len(server.requests) == 2


def test_a_connection_that_is_kept_gets_a_deadline_for_each_answer(server):
    part = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    server.answer(part, *[None] * 10, b"{}")
    session = http.guarded_session()
    began = time.monotonic()
    while time.monotonic() - began < 2 * DEADLINE:
        assert session.get(server.url, timeout=DEADLINE).json() == {}


def test_a_body_that_nobody_reads_ends_at_the_deadline():
    session = http.guarded_session()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(
            exceptions.ConnectionError, match=r"timed out|deadline"
        ):
            session.post(url, data=bytes(64 << 20), timeout=DEADLINE)
        assert DEADLINE <= time.monotonic() - began < 20 * DEADLINE


def test_a_bomb_of_zeros_is_not_read_to_its_end(server):
    bomb = gzip.compress(bytes(1 << 20)) * 1024
    server.answer(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n" % len(bomb),
        bomb,
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(http.TooLarge):
        http.guarded_session().get(server.url, timeout=60)
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert kibibytes < 50 << 10


def test_an_answer_of_the_most_bytes_is_read(server):
    server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789")
    session = http.guarded_session(max_bytes=9)
    assert session.get(server.url, timeout=60).content == b"123456789"
    with pytest.raises(http.TooLarge):
        http.guarded_session(max_bytes=8).get(server.url, timeout=60)


@pytest.mark.parametrize("status", [301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize(
    "location", ["{there}/", "//{host}/", "{there}\\@{here}/"]
)
def test_no_token_goes_to_another_host(server, stranger, location, status):
    names = {
        "there": stranger.url,
        "host": stranger.url.removeprefix("http://"),
        "here": server.url.removeprefix("http://"),
    }
    server.redirect(location.format(**names), status)
    session = http.KeystoneSession(auth=Token(server.url, "secret"))
    answer = session.get(
        server.url, headers={"X-Auth-Token": "secret"}, authenticated=False
    )
    assert answer.status_code == status
    assert answer.headers[http.FOREIGN_LOCATION].startswith(
        location.format(**names)
    )
    requests_session = http.guarded_session()
    requests_session.get(server.url, headers={"X-Auth-Token": "secret"})
    assert stranger.requests == []


def test_a_redirection_at_home_is_followed(server):
    server.redirect(f"{server.url}/here", path="/")
    server.answer(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", path="/here"
    )
    session = http.KeystoneSession(auth=Token(server.url, "secret"))
    assert session.get(server.url, authenticated=False).status_code == 200


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:x/"])
def test_a_location_that_is_no_address_is_followed_nowhere(server, location):
    server.redirect(location)
    answer = http.guarded_session().get(server.url, timeout=60)
    assert answer.status_code == 302


def test_http_may_lead_to_https_of_the_same_host():
    response = requests.Response()
    response.status_code, response.url = 301, "http://cloud.example/a"
    for location, is_kept in [
        ("https://cloud.example/a", True),
        ("https://cloud.example:8443/a", False),
        ("http://cloud.example:80/b", True),
        ("https://evil.example/a", False),
    ]:
        response.headers = requests.structures.CaseInsensitiveDict(
            Location=location
        )
        http._keep_home(response)
        assert ("Location" in response.headers) == is_kept


def test_adapters_make_no_session_without_limits():
    """What talks to others over HTTP: clouds, front ends, Keystone."""
    root = pathlib.Path(concertim_api.__file__).parent
    bare = re.compile(
        r"requests\.(Session|request|get|post)\(|\bSession\(\s*(auth|verify)="
        r"|OpenStackConfig\(\)"
    )
    modules = [
        path
        for name in ("clouds", "frontend", "keystone", "services", "agent")
        for path in (root / name).rglob("*.py")
    ]
    assert len(modules) > 100
    offenders = [p.name for p in modules if bare.search(p.read_text())]
    assert offenders == []
