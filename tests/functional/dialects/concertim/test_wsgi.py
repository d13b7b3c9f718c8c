"""The application as servers find it, and on the cloud in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import types

import pytest
import webtest

from concertim_api import bootstrap
from concertim_api.api.dialects.concertim import app
from concertim_api.db import schema
from tests.functional.dialects.concertim.callers import FrontEnd
from tests.functional.dialects.concertim.conftest import JWT_SECRET

ASK = """
import webob
from concertim_api.wsgi.concertim import application
for path in ("/", "/statistics"):
    answer = webob.Request.blank(path).get_response(application)
    print("answered", answer.status_int, answer.content_type)
"""


def configured(folder, **compat):
    lines = [
        "[DEFAULT]",
        f"state_path = {folder}",
        "[cloud]",
        "driver = fake",
        "[concertim_dialect]",
        *(f"{name} = {value}" for name, value in compat.items()),
    ]
    path = folder / "concertim.conf"
    path.write_text("\n".join(lines))
    return path


def imported(folder):
    return subprocess.run(
        [sys.executable, "-c", ASK],
        env={
            **os.environ,
            "OS_CONCERTIM_CONFIG_FILES": "concertim.conf",
            "OS_CONCERTIM_CONFIG_DIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_server_imports_it(tmp_path):
    configured(tmp_path, jwt_secrets=JWT_SECRET)
    found = imported(tmp_path)
    told = [
        line for line in found.stdout.splitlines() if "answered" in line[:9]
    ]
    assert told == [
        "answered 200 text/plain",
        "answered 401 application/json",
    ]


def test_without_a_secret_it_does_not_start(tmp_path):
    configured(tmp_path)
    found = imported(tmp_path)
    assert found.returncode != 0
    assert "[concertim_dialect] jwt_secrets: not set" in found.stderr


@pytest.fixture
def front_end(tmp_path):
    """One in front of a cloud in memory."""
    path = configured(tmp_path, jwt_secrets=JWT_SECRET)
    conf = bootstrap.configure(default_config_files=[str(path)])
    schema.sync(conf)
    clouds = bootstrap.clouds(conf)
    services = bootstrap.services(conf, clouds)
    client = webtest.TestApp(app.build(conf, services, clouds))

    def send(method, path, headers, body):
        answer = client.request(
            path,
            method=method,
            headers=headers,
            body=body,
            expect_errors=True,
        )
        kind = answer.headers.get("Content-Type", "")
        return answer.status_int, kind, answer.body

    env = {
        "auth_url": "http://fake/identity",
        "user_id": "admin",
        "password": "admin",
        "project_id": "admin",
    }
    yield types.SimpleNamespace(
        asks=FrontEnd(send, JWT_SECRET, env), cloud=clouds["RegionOne"]
    )
    services.store.close()


def test_the_cloud_in_memory_is_enough(front_end):
    asks, things = front_end.asks, front_end.cloud.things
    user_id = asks.sign_up("bob", "a password")
    team = asks.create_team("bob_team")
    asks.grant(team, user_id, "admin")
    assert things["user"][user_id]["name"] == "CM_bob"
    assert things["project"][team["project_id"]]["name"] == "CM_bob_team"
    env = asks.of_user(user_id, "a password", team)
    assert asks.create_key_pair(env, "laptop").startswith("-----BEGIN ")
    assert {pair[0] for pair in asks.key_pairs(env)} == {"laptop"}
    asks.delete_key_pair(env, "laptop")
    assert asks.limits(env)
    assert len(asks.statistics()) == 7
    asks.change_role(team, user_id, "admin", "member")
    asks.revoke(team, user_id, "member")
    asks.delete_team(team)
    asks.delete_user(user_id)
    assert user_id not in things["user"]
