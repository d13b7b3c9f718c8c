"""Almanach's dialect behind a real Apache: its site, as shipped."""

import json

import pytest

from tests.functional.dialects.almanach.client import (
    PYTHON,
    Client,
    run_every_command,
)
from tests.integration.apache import Site, installed


@pytest.fixture(scope="module")
def site():
    """A site, and the secret of an administrator's key."""
    with installed(auth_strategy="key") as apache:
        words = ("concertim-manage", "key", "create", "root")
        told = apache.installation.run(*words, "--role", "admin")
        urls = apache.start("concertim-almanach")
        secret = next(
            word
            for word in told.stdout.split()
            if word.startswith("concertim_")
        )
        yield Site(urls["CONCERTIM_ALMANACH_URL"]), secret


def test_info_needs_no_token(site):
    answer = site[0].ask("/v1/info")
    assert (answer.status, set(answer.json())) == (200, {"info", "database"})


def test_a_body_comes_with_a_delete(site):
    place, secret = site
    answer = place.ask(
        "/v1/instance/s1",
        "DELETE",
        json.dumps({"date": "2016-01-01"}),
        X_Auth_Token=secret,
    )
    assert answer.status == 404
    assert answer.json() == {"error": "InstanceId: s1 Not Found"}


@pytest.mark.skipif(not PYTHON, reason="no client")
def test_every_command_works_unchanged(site):
    place, secret = site
    run_every_command(Client(place.url, secret))
