"""The requests for keypairs, quotas, limits and statistics."""

import logging

import pytest

from concertim_api.client import errors

API = "http://concertim.test/usage/v1"
PAIR = {"region": "one", "name": "a b", "type": "ssh", "fingerprint": "aa"}


def test_key_pairs(concertim, requests_mock):
    requests_mock.get(f"{API}/keypairs", json={"keypairs": [PAIR]})
    assert concertim.keypairs.list(region="one") == [PAIR]
    assert requests_mock.last_request.qs == {"region": ["one"]}
    requests_mock.get(f"{API}/keypairs/a%20b", json=PAIR)
    assert concertim.keypairs.get("a b") == PAIR
    assert requests_mock.last_request.qs == {}


def test_a_new_key_pair(concertim, requests_mock):
    keypair = {**PAIR, "private_key": "secret"}
    requests_mock.post(f"{API}/keypairs", json=keypair, status_code=201)
    assert concertim.keypairs.create("a b")["private_key"] == "secret"
    assert requests_mock.last_request.json() == {"name": "a b"}
    concertim.keypairs.create("a b", public_key="ssh-rsa A", region="one")
    assert requests_mock.last_request.json() == {
        "name": "a b",
        "public_key": "ssh-rsa A",
        "region": "one",
    }


def test_a_private_key_is_in_no_log(concertim, requests_mock, caplog):
    """``openstack --debug`` shows all that keystoneauth logs."""
    caplog.set_level(logging.DEBUG)
    # Whatever the log of a daemon in another test made of it.
    caplog.set_level(logging.DEBUG, logger="keystoneauth")
    keypair = {**PAIR, "private_key": "the-private-key"}
    requests_mock.get(f"{API}/keypairs", json={"keypairs": [PAIR]})
    requests_mock.post(f"{API}/keypairs", json=keypair, status_code=201)
    concertim.keypairs.list()
    concertim.keypairs.create("a b")
    assert "RESP BODY" in caplog.text
    assert "the-private-key" not in caplog.text


def test_a_key_pair_that_is_there(concertim, requests_mock):
    requests_mock.post(f"{API}/keypairs", status_code=409)
    with pytest.raises(errors.Conflict):
        concertim.keypairs.create("a b")
    assert requests_mock.call_count == 1


def test_delete_a_key_pair(concertim, requests_mock):
    requests_mock.delete(f"{API}/keypairs/a%2Fb", status_code=204)
    assert concertim.keypairs.delete("a/b", region="one") is None
    assert requests_mock.last_request.qs == {"region": ["one"]}


def test_quotas(concertim, requests_mock):
    quota = {"service": "compute", "name": "cores", "limit": None}
    requests_mock.get(f"{API}/quotas", json={"quotas": [quota]})
    assert concertim.quotas.list(project_id="p1", region="one") == [quota]
    arguments = requests_mock.last_request.qs
    assert arguments == {"project_id": ["p1"], "region": ["one"]}


def test_limits(concertim, requests_mock):
    limit = {"service": "compute", "name": "cores", "limit": 20, "used": 2}
    requests_mock.get(f"{API}/limits", json={"limits": [limit]})
    assert concertim.limits.list() == [limit]
    assert requests_mock.last_request.qs == {}


def test_statistics(concertim, requests_mock):
    requests_mock.get(f"{API}/statistics", json={"vcpus": 64})
    assert concertim.statistics.get(region="one") == {"vcpus": 64}
    assert requests_mock.last_request.qs == {"region": ["one"]}
