"""Who calls is logged in by a password, once in a while, where we say."""

from __future__ import annotations

import dataclasses as dc
import gc
import types
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from concertim_api.clouds.openstack import logins, service
from concertim_api.db import operations
from tests.functional.statements import noted

LOGIN = "POST /identity/v3/auth/tokens"


@pytest.fixture
def clock(stage, monkeypatch):
    """The clock of what is remembered."""

    clock = types.SimpleNamespace(now=1000.0)
    defaults = (lambda: clock.now, 1000)
    monkeypatch.setattr(service.Remembered.__init__, "__defaults__", defaults)
    stage.again()
    return clock


def ask(stage, env, status=201):
    return stage.ask("GET", "/key_pairs", status, env=env)


def count(stage):
    return stage.cloud.count(LOGIN)


def test_a_login_is_remembered(stage, bob, clock):
    for _ in range(3):
        ask(stage, bob)
    assert count(stage) == 1
    clock.now += 59
    ask(stage, bob)
    assert count(stage) == 1
    clock.now += 2
    ask(stage, bob)
    assert count(stage) == 2


def test_it_need_not_be(stage, bob):
    stage.again(token_cache_time=0)
    for _ in range(3):
        ask(stage, bob)
    assert count(stage) == 3


def test_only_the_same_is_the_same(stage, bob):
    """Another password, project or user is not let in by what is known."""
    ask(stage, bob)
    for name in ("password", "project_id", "user_id"):
        told = ask(stage, {**bob, name: "other one"}, 401)
        assert told["error"] == "Unauthorized"
        assert "other one" not in told["message"]
    ask(stage, bob)
    assert count(stage) == 4


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("version", ["", "/v3"])
def test_an_auth_url_may_be_written_otherwise(stage, bob, version, end):
    url = f"{stage.cloud.url}/identity{version}{end}"
    ask(stage, {**bob, "auth_url": url})


def test_a_password_is_sent_nowhere_else(stage, bob):
    for url in ("http://127.0.0.1:1/v3", "file:///etc/passwd", "nonsense"):
        told = ask(stage, {**bob, "auth_url": url}, 401)
        assert "auth_urls" in told["message"]
        assert url not in told["message"]
    assert count(stage) == 0


def test_other_auth_urls_are_configured(stage, bob):
    own = bob["auth_url"]
    stage.again(auth_urls=[own.replace("127.0.0.1", "localhost")])
    ask(stage, bob, 401)
    ask(stage, {**bob, "auth_url": own.replace("127.0.0.1", "localhost")})


def test_other_ways_to_say_who(stage, bob):
    user = stage.cloud.site.users[bob["user_id"]]
    project = stage.cloud.site.projects[bob["project_id"]]
    common = {"auth_url": bob["auth_url"], "password": bob["password"]}
    name = {"username": user["name"], "user_domain_name": "Default"}
    in_project = {
        "project_name": project["name"],
        "project_domain_name": "Default",
    }
    for who in (
        {**name, "project_id": project["id"]},
        {**name, **in_project},
        {"user_id": user["id"], **in_project},
    ):
        ask(stage, {**common, **who})
    done = {"keypair_name": "none"}
    stage.ask(
        "DELETE", "/key_pairs", body=done, env={**common, **name, **in_project}
    )
    assert stage.operations()[-1].user_id == user["id"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"password": None}, 401),
        ({"project_id": ""}, 401),
        ({"tenant_id": "t"}, 400),
        ({"password": 5}, 400),
    ],
)
def test_half_a_log_in_is_none(stage, bob, change, status):
    ask(stage, {**bob, **change}, status)
    assert count(stage) == 0


def test_a_token_that_is_revoked_is_renewed(stage, bob):
    ask(stage, bob)
    stage.cloud.expire_tokens()
    ask(stage, bob)
    ask(stage, bob)
    assert count(stage) == 2


def test_a_token_that_is_no_more_is_forgotten(stage, bob):
    ask(stage, bob)
    stage.cloud.accounts.passwords[bob["user_id"]] = stage.secret()
    stage.cloud.expire_tokens()
    ask(stage, bob, 401)
    stage.cloud.requests.clear()
    ask(stage, bob, 401)
    assert stage.cloud.requests == [LOGIN]


# What is changed through us


@pytest.fixture
def carol(stage, physics):
    """A user whom we created."""
    env = stage.user("CM_carol", physics)
    user = stage.cloud.site.users[env["user_id"]]
    user["description"] = "Concertim Managed User"
    return env


def change(stage, user, **new):
    """Change a user. Services believe a token for minutes that Keystone has
    revoked."""
    tokens = {**stage.cloud.accounts.tokens}
    body = {"user_info": {"cloud_user_id": user["user_id"], "new_data": new}}
    stage.ask("PATCH", "/user", body=body)
    stage.cloud.accounts.tokens.update(tokens)


def test_an_old_password_is_forgotten_at_once_in_every_process(stage, carol):
    """Another process than that which changed it, lets nobody in, either."""
    ask(stage, carol)
    process, store = stage.app, stage.services.store
    stage.again()
    ask(stage, carol)
    new = {**carol, "password": stage.secret()}
    change(stage, carol, password=new["password"])
    for app in (stage.app, process):
        stage.app = app
        ask(stage, carol, 401)
        ask(stage, new)
    store.close()


def test_who_is_deleted_is_forgotten_at_once(stage, carol):
    ask(stage, carol)
    tokens = {**stage.cloud.accounts.tokens}
    body = {"user_info": {"cloud_user_id": carol["user_id"]}}
    stage.ask("DELETE", "/user", body=body)
    stage.cloud.accounts.tokens.update(tokens)
    ask(stage, carol, 401)


def test_while_it_is_changed_keystone_is_asked(stage, carol):
    """Keystone may have the new password; we have no answer yet."""
    ask(stage, carol)
    change(stage, carol, email="carol@example.org")
    operation = stage.operations()[-1]
    unanswered = dc.replace(
        operation, id="another", state="asked", answered_at=None
    )
    unanswered = dc.replace(unanswered, finished_at=None)
    stage.services.store.operations.add(unanswered)
    before = count(stage)
    for _ in range(2):
        ask(stage, carol)
    assert count(stage) == before + 2


def test_after_a_change_it_is_remembered_again(stage, carol):
    """A clock may be ahead by seconds; the change is older."""
    change(stage, carol, email="carol@example.org")
    operation = stage.operations()[-1]
    answered_at = operation.answered_at - timedelta(seconds=6)
    with stage.services.store.engine.begin() as connection:
        connection.execute(
            sa.update(operations.table)
            .where(operations.table.c.id == operation.id)
            .values(answered_at=answered_at)
        )
    before = count(stage)
    for _ in range(3):
        ask(stage, carol)
    assert count(stage) == before + 1


def test_what_others_change_forgets_nobody(stage, bob, carol):
    ask(stage, bob)
    change(stage, carol, password=stage.secret())
    before = count(stage)
    ask(stage, bob)
    assert count(stage) == before


def test_what_is_remembered_costs_a_statement(stage, bob):
    with noted(stage.services.store.engine) as statements:
        ask(stage, bob)
        assert statements == []
        ask(stage, bob)
        assert len(statements) == 1


def test_keystone_is_away(stage, bob):
    fault = stage.cloud.fault(f"^{LOGIN}", status=503, body={})
    assert ask(stage, bob, 503)["error"] == "Unavailable"
    fault.times = 0
    ask(stage, bob)


def test_keystone_does_not_answer(stage, bob):
    stage.conf.set_override("timeout", 0.2, "operations")
    stage.again()
    stage.cloud.fault(f"^{LOGIN}", delay=1.0)
    assert ask(stage, bob, 503)["error"] == "Unavailable"


def at_once(count, ask):
    """Ask so often at once; return the answers."""
    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(ask) for _ in range(count)]
        return [answer.result() for answer in asked]


def test_thirty_at_once_log_in_once(stage, bob):
    stage.cloud.fault(f"^{LOGIN}", delay=0.2)
    assert len(at_once(30, lambda: ask(stage, bob))) == 30
    assert count(stage) == 1


def test_who_waits_for_a_wrong_password_is_not_let_in(stage, bob):
    wrong = {**bob, "password": stage.secret()}
    stage.cloud.fault(f"^{LOGIN}", delay=0.1)
    assert len(at_once(4, lambda: ask(stage, wrong, 401))) == 4


def test_passwords_are_not_kept(stage, bob):
    """In nothing that is alive after an answer, but in what tests hold."""
    password = stage.secret()
    stage.cloud.accounts.passwords[bob["user_id"]] = password
    ask(stage, {**bob, "password": password})
    remembered = [
        one for one in gc.get_objects() if isinstance(one, service.Remembered)
    ]
    known = [
        (key, value.access)
        for each in remembered
        for key, value in each._values.items()
        if isinstance(value, logins.Answer)
    ]
    assert known
    gc.collect()
    assert not [
        one
        for one in gc.get_objects()
        if isinstance(one, logins._CallerPlugin)
    ]
    for key, access in known:
        assert password not in str(access._data)
        assert password.encode() not in key


# What is remembered


@pytest.fixture
def remembered():
    clock = types.SimpleNamespace(now=0.0)
    return service.Remembered(60, lambda: clock.now, max_entries=3), clock


def test_it_is_bounded(remembered):
    found, _ = remembered
    for key in b"abcd":
        found.put(bytes([key]), key)
    assert [found.get(bytes([key])) for key in b"abcd"] == [None, *b"bcd"]


def test_what_is_old_is_dropped_whoever_asks(remembered):
    found, clock = remembered
    found.put(b"a", 1)
    clock.now = 30
    found.put(b"b", 2)
    clock.now = 60
    assert found.get(b"b") == 2
    assert list(found._values) == [b"b"]
    found.put(b"b", 3)
    clock.now = 119
    assert found.get(b"b") == 3
    found.drop(b"b")
    found.drop(b"b")
    assert found.get(b"b") is None


def test_nothing_is_remembered_for_no_time():
    found = service.Remembered(0)
    found.put(b"a", 1)
    assert len(found._values) == 0
    assert found.get(b"a") is None
