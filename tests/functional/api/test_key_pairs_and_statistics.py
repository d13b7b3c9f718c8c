"""Whose credentials are used, and what becomes of a private key."""

from __future__ import annotations

import logging

import pytest
import webtest
from oslo_policy import policy

from concertim_api import bootstrap
from concertim_api.clouds.openstack.keypairs import KeypairOrders
from concertim_api.domain.errors import Unavailable
from tests.functional.api import cloud, operable
from tests.functional.api.conftest import LOOPBACK

ANN = {
    "X-Roles": "member,reader",
    "X-Project-Id": "p1",
    "X-User-Id": "ann",
    "X-Auth-Token": "of-ann",
}
ADMIN = {**ANN, "X-Roles": "admin"}
OPENED = """
"concertim:statistics:show": "rule:project_reader"
"concertim:statistics:as_service": "rule:project_reader"
"""


class Watched:
    """A cloud that keeps whose credentials it was asked with."""

    def __init__(self):
        self.asked_with = []
        self.simulator, self._cloud = operable.cloud()

    def __getattr__(self, name):
        return getattr(self._cloud, name)

    def actions(self, credentials=None):
        self.asked_with.append(credentials)
        return self._cloud.actions(credentials)


@pytest.fixture
def watched():
    return Watched()


@pytest.fixture
def services(conf, watched):
    found = cloud.services(conf, clouds={"RegionOne": watched})
    yield found
    found.store.close()


@pytest.fixture
def client(conf, services):
    application = operable.with_tokens(bootstrap.api(conf, services))
    return webtest.TestApp(application, extra_environ=LOOPBACK)


def secret(client, name="laptop"):
    """Have a key pair made; return a line of its private key."""
    made = client.post_json("/v1/keypairs", {"name": name}, headers=ANN)
    assert made.status_int == 201
    line = made.json["private_key"].splitlines()[1]
    assert len(line) > 40
    return line


def test_a_private_key_is_told_once_and_kept_nowhere(client, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    told = secret(client)
    again = client.post_json(
        "/v1/keypairs", {"name": "laptop"}, headers=ANN, expect_errors=True
    )
    assert again.status_int == 409
    assert told not in again.text
    for path in ("/v1/keypairs", "/v1/keypairs/laptop", "/v1/operations"):
        answer = client.get(path, headers=ANN)
        assert "laptop" in answer.text
        assert "private_key" not in answer.text
        assert told not in answer.text
    assert caplog.text
    assert told not in caplog.text
    database = b"".join(
        path.read_bytes() for path in tmp_path.rglob("*sqlite*")
    )
    assert b"laptop" in database
    assert told.encode() not in database


def test_a_private_key_sent_by_mistake_goes_no_further(
    client, watched, caplog, tmp_path
):
    caplog.set_level(logging.DEBUG)
    body = {"name": "oops", "public_key": "-----BEGIN PRIVATE KEY-----\nQUFB"}
    refused = client.post_json(
        "/v1/keypairs", body, headers=ANN, expect_errors=True
    )
    assert refused.status_int == 400
    assert watched.asked_with == []
    database = b"".join(p.read_bytes() for p in tmp_path.rglob("*sqlite*"))
    assert "QUFB" not in refused.text + caplog.text
    assert b"QUFB" not in database


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/keypairs", "/v1/keypairs/laptop"),
        *("/v1/limits", "/v1/quotas", "/v1/statistics"),
    ],
)
def test_the_cloud_is_asked_with_the_callers_token(client, watched, path):
    secret(client)
    watched.asked_with.clear()
    client.get(path, headers=ADMIN)
    (token,) = watched.asked_with
    assert isinstance(token, operable.Token)


def test_who_has_no_token_is_asked_for_one(client, watched):
    headers = {k: v for k, v in ANN.items() if k != "X-Auth-Token"}
    for path in ("/v1/keypairs", "/v1/limits", "/v1/quotas"):
        refused = client.get(path, headers=headers, expect_errors=True)
        assert refused.status_int == 403
        assert "token of Keystone" in refused.json["errors"][0]["detail"]
    assert watched.asked_with == []


@pytest.fixture
def opened(conf, services, tmp_path):
    """The API of a site that shows its statistics to all readers."""
    path = tmp_path / "policy.yaml"
    path.write_text(OPENED)
    policy.Enforcer(conf)  # which registers its options
    conf.set_override("policy_file", str(path), "oslo_policy")
    application = operable.with_tokens(bootstrap.api(conf, services))
    return webtest.TestApp(application, extra_environ=LOOPBACK)


def test_statistics_can_be_opened_to_readers(opened, watched):
    answer = opened.get("/v1/statistics", headers=ANN)
    assert answer.json["vcpus"] == 64
    assert watched.asked_with == [None]


def test_opened_statistics_open_nothing_else(opened, watched):
    opened.get("/v1/limits", headers=ANN)
    (token,) = watched.asked_with
    assert isinstance(token, operable.Token)


def test_a_cloud_that_is_away(client, watched, monkeypatch):
    """It may have done it: the operation is unsure, and may be repeated."""
    secret(client)

    def delete(self, name):
        raise Unavailable("compute of RegionOne: no answer in time")

    path = "/v1/keypairs/laptop"
    with monkeypatch.context() as away:
        away.setattr(KeypairOrders, "delete", delete)
        refused = client.delete(path, headers=ANN, expect_errors=True)
    assert refused.status_int == 503
    assert last_operation(client) == ("delete", "unsure")
    client.delete(path, headers=ANN)
    assert last_operation(client) == ("delete", "done")
    assert watched.simulator.keypairs == {"ann": {}}


def last_operation(client):
    answer = client.get("/v1/operations?sort=asked_at:desc", headers=ANN)
    last = answer.json["operations"][0]
    return last["action"], last["state"]
