"""Who learns what of a service that is not well.

Nobody learns from an answer where a database or a Keystone is, or who we
are there; but operators do from ``/healthcheck``, with a token.
"""

import dataclasses as dc
import logging
import os
import re
import secrets
import socket
import time
from unittest import mock

import jwt
import pytest
from keystonemiddleware import fixture
from sqlalchemy.engine import make_url

from concertim_api import bootstrap
from concertim_api.api import app
from concertim_api.clouds.simulator import Simulator
from concertim_api.services.access.service_login import ServiceLogin
from concertim_api.services.jobs.ports import JobRecord
from tests import databases
from tests.fakes.clock import Clock as FakeClock
from tests.functional.api import cloud
from tests.functional.api.conftest import LOOPBACK
from tests.functional.caches import Client
from tests.unit.policies.test_policies import ROUTES

SERVERS = [name for name in databases.at_hand() if name != "sqlite"]
JWT_SECRET = secrets.token_hex(32)

#: Of no answer, whoever asks.
PASSWORD = "s3cret-" + secrets.token_hex(8)
#: A port that nobody listens on.
TAKEN = socket.socket()
TAKEN.bind(("127.0.0.1", 0))
#: Of no answer but to operators.
USER, NAME, HOST = "dbuser7", "dbname7", "db-7.invalid"
PORT = TAKEN.getsockname()[1]

#: What is wrong with where we look for a server.
CHANGES = {
    "away": {"host": "127.0.0.1", "port": PORT},
    "no such host": {"host": HOST},
    "password": {"password": PASSWORD},
    "user": {"username": USER, "password": PASSWORD},
    "database": {"database": NAME},
}
BROKEN = [(server, change) for server in SERVERS for change in CHANGES] + [
    ("sqlite", "folder"),
    ("sqlite", "no database"),
]
#: The one whose driver says most.
WORST = max(case for case in BROKEN if case[1] in ("away", "folder"))


@dc.dataclass
class Site:
    """An API whose database is of no use, and what it must not tell."""

    conf: object
    words: set

    def client(self):
        return Client(bootstrap.api(self.conf), extra_environ=LOOPBACK)

    def told(self, answer):
        """Return what an answer repeats of it."""
        text = answer.text + str(answer.headers)
        return {
            word
            for word in self.words
            if re.search(rf"(?<![\w.]){re.escape(word)}\b", text)
        }


def broken(folder, server, change, strategy="keystone"):
    """Return a site whose database is broken in a way."""
    conf = cloud.configuration(folder, auth_strategy=strategy)
    url, words = (file if server == "sqlite" else place)(
        folder, server, change
    )
    text = url.render_as_string(hide_password=False)
    conf.set_override("connection", text, group="database")
    return Site(conf, words)


def file(folder, server, change):
    path = folder / "place-of-ours"
    path.mkdir()
    if change == "no database":
        path /= "file"
        path.write_text("something else " * 100)
    return make_url(f"sqlite:///{path}"), {"place-of-ours"}


def place(folder, server, change):
    url = make_url(os.environ[databases.SERVERS[server]])
    url = url.set(**CHANGES[change])
    return url, {url.host, str(url.port), USER, NAME, PASSWORD}


@pytest.fixture
def tokens():
    with fixture.AuthTokenFixture() as made:
        for role in ("admin", "reader"):
            made.add_token_data(
                token_id=role, user_id="u", project_id="p1", role_list=[role]
            )
        yield made


@pytest.mark.parametrize(("server", "change"), BROKEN)
def test_only_operators_learn_of_the_database(
    tmp_path, tokens, server, change, caplog
):
    """Nobody learns the password, from the log neither."""
    caplog.set_level(logging.WARNING)
    site = broken(tmp_path, server, change)
    client = site.client()
    for token in (None, "reader", "unknown", ""):
        headers = {} if token is None else {"X-Auth-Token": token}
        answer = client.get("/healthcheck", status=503, headers=headers)
        assert not site.told(answer)
        (check,) = answer.json["checks"]
        assert set(check) == {"name", "ok", "reason"}
        assert check["reason"]
        assert client.head("/healthcheck", status=503, headers=headers)
        if token == "reader":
            page = client.get("/v1/periods", status=503, headers=headers)
            assert not site.told(page)
    headers = {"X-Auth-Token": "admin"}
    answer = client.get("/healthcheck", status=503, headers=headers)
    (check,) = answer.json["checks"]
    assert len(check["reason"]) < 80
    assert PASSWORD not in answer.text + caplog.text
    for name, value in CHANGES.get(change, {}).items():
        if name in ("host", "username", "database"):
            assert value in check["detail"]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_no_route_tells_of_the_database(tmp_path, route):
    """Nor to the administrator: errors are for whoever asks. But the status
    is for the administrator alone, and names it."""
    site = broken(tmp_path, *WORST, "noauth")
    body = b"{}" if route.endpoint.body else b""
    answer = site.client().request(
        re.sub(r"\{\w+\}", "1", route.path),
        method=route.method,
        body=body,
        headers={
            "Content-Type": "application/json",
            "OpenStack-API-Version": "concertim latest",
        },
        expect_errors=True,
    )
    assert answer.status_int in (200, 400, 501, 503), answer.text
    if route.path == "/v1/status":
        assert answer.json["state"] == "unknown"
        assert site.told(answer) <= site.words - {USER, PASSWORD}
        assert site.told(answer)
    else:
        assert not site.told(answer)


@pytest.mark.parametrize(("server", "change"), BROKEN)
def test_the_legacy_dialect_tells_nothing_either(tmp_path, server, change):
    site = broken(tmp_path, server, change)
    site.conf.set_override(
        "jwt_secrets", [JWT_SECRET], group="concertim_dialect"
    )
    token = jwt.encode({"exp": int(time.time()) + 60}, JWT_SECRET)
    with Simulator() as simulator:
        for name, value in simulator.login().items():
            site.conf.set_override(name, value, group="cloud")
        env = {
            "auth_url": f"{simulator.url}/identity",
            "user_id": "u",
            "password": simulator.password,
            "project_id": simulator.site.admin["id"],
        }
        answer = Client(bootstrap.concertim_dialect(site.conf)).post_json(
            "/update_status/instances/1",
            {"cloud_env": env, "action": "on"},
            headers={"Authorization": f"Bearer {token}"},
            expect_errors=True,
        )
    assert simulator.logins == 1
    assert answer.status_int == 503
    assert not site.told(answer)


def test_a_keystone_that_is_away(tmp_path):
    """The answer is the same as without a token; no answer tells where it
    is, nor where its tokens are kept."""
    conf = cloud.configuration(tmp_path, auth_strategy="keystone")
    path = tmp_path / "concertim.conf"
    path.write_text(
        f"""{path.read_text()}
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:{PORT}/identity
username = {USER}
password = {PASSWORD}
project_name = {NAME}
user_domain_id = default
project_domain_id = default
memcached_servers = {HOST}:{PORT}
http_request_max_retries = 0
"""
    )
    conf = bootstrap.configure(default_config_files=[str(path)])
    services = cloud.services(conf)
    site = Site(conf, {"127.0.0.1", str(PORT), USER, NAME, PASSWORD, HOST})
    client = site.client()
    without = client.get("/healthcheck").json
    headers = {"X-Auth-Token": "any"}
    assert client.get("/healthcheck", headers=headers).json == without
    for route in ROUTES:
        answer = client.get(route.path, headers=headers, expect_errors=True)
        assert answer.status_int in (200, 503)
        assert not site.told(answer)
    services.store.close()


def test_a_memcached_that_is_away(tmp_path, tokens):
    """The service is degraded. Operators learn which server it is."""
    conf = cloud.configuration(tmp_path, auth_strategy="keystone")
    services = cloud.services(conf)
    client = Client(bootstrap.api(conf, services))
    conf.set_override(
        "memcached_servers", [f"127.0.0.1:{PORT}"], "keystone_authtoken"
    )
    for token in (None, "reader", "admin"):
        headers = {} if token is None else {"X-Auth-Token": token}
        health = client.get("/healthcheck", headers=headers).json
        assert health["status"] == "degraded"
        check = health["checks"][-1]
        assert check["name"] == "memcached"
        assert check["reason"] == "memcached does not answer"
        detail = f"memcached does not answer: 127.0.0.1:{PORT}"
        assert check.get("detail") == (detail if token == "admin" else None)
    services.store.close()


@pytest.fixture
def refused(tmp_path):
    """An API with a wrong password in [keystone_authtoken]; and a caller
    whose token is right."""
    conf = cloud.configuration(tmp_path, auth_strategy="keystone")
    path = tmp_path / "concertim.conf"
    with Simulator() as simulator:
        login = {**simulator.login(), "password": PASSWORD}
        login["auth_url"] = f"{simulator.url}/identity/v3"
        lines = [f"{name} = {value}" for name, value in login.items()]
        section = "\n".join(["[keystone_authtoken]", *lines, ""])
        path.write_text(f"{path.read_text()}\n{section}")
        conf = bootstrap.configure(default_config_files=[str(path)])
        services = cloud.services(conf)
        meter = mock.Mock()
        yield Client(app.build(conf, services, meter)), services, meter
        services.store.close()


def test_a_keystone_that_refuses_our_password(refused, caplog):
    """Each caller learns it, the log once, and health is degraded."""
    client, services, meter = refused
    headers = {"X-Auth-Token": "any"}
    for _ in range(3):
        answer = client.get("/v1/periods", status=503, headers=headers)
        (error,) = answer.json["errors"]
        assert error["detail"] == (
            "Keystone refuses this service's own password; tell your "
            "administrator."
        )
        assert "Retry-After" not in answer.headers
        assert PASSWORD not in answer.text
    (record,) = [
        record
        for record in caplog.records
        if record.name.startswith("concertim_api")
        and record.levelname == "ERROR"
    ]
    assert "[keystone_authtoken]" in record.getMessage()
    assert record.exc_info is None
    assert meter.login_refused.call_count == 3
    health = client.get("/healthcheck").json
    assert health["status"] == "degraded"
    assert health["checks"][-1] == {
        "name": "keystone",
        "ok": False,
        "reason": "Keystone refuses this service's own password",
    }
    (part,) = [
        part
        for part in services.status.show().parts
        if part.name == "Keystone"
    ]
    assert part.state == "failing"
    assert "[keystone_authtoken]" in part.text


def test_a_refusal_is_forgotten_after_five_minutes():
    clock = FakeClock()
    login = ServiceLogin(clock)
    assert login.refused_at() is None
    assert login.refuse()
    assert not login.refuse()
    clock.advance(minutes=5)
    assert login.refused_at() is not None
    clock.advance(seconds=1)
    assert login.refused_at() is None
    assert login.refuse()


def test_a_named_key_of_an_administrator(tmp_path):
    conf = cloud.configuration(tmp_path, auth_strategy="key")
    services = cloud.services(conf)
    _, admin = services.keys.create("root", ["admin"])
    _, reader = services.keys.create("some", ["reader"], "p1")
    services.store.jobs.save(
        JobRecord(
            "push",
            interval=1,
            started_at=cloud.NOW,
            finished_at=cloud.NOW,
            outcome="failed",
            error="the front end: no connection to app-7.invalid",
        )
    )
    client = Client(bootstrap.api(conf, services))
    for secret, detail in (
        (admin, "push failed: the front end: no connection to app-7.invalid"),
        (reader, None),
        ("wrong", None),
    ):
        answer = client.get("/healthcheck", headers={"X-Auth-Token": secret})
        jobs = answer.json["checks"][1]
        assert jobs["reason"] == "push failed"
        assert jobs.get("detail") == detail
    services.store.close()


def test_a_named_key_while_its_database_is_away(tmp_path):
    site = broken(tmp_path, "sqlite", "folder", "key")
    answer = site.client().get(
        "/healthcheck", headers={"X-Auth-Token": "any"}, status=503
    )
    assert "detail" not in answer.json["checks"][0]


def test_without_strategy_any_token_will_do(client, services):
    answer = client.get("/healthcheck", headers={"X-Auth-Token": "any"})
    assert answer.json["checks"][0]["detail"] == ""
    assert "detail" not in client.get("/healthcheck").json["checks"][0]
