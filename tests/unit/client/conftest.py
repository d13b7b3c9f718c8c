"""A client whose API is in the test."""

import pytest
from keystoneauth1 import session, token_endpoint

from concertim_api.client import client

URL = "http://concertim.test/usage"


@pytest.fixture
def naps(monkeypatch):
    """The seconds that the client waited, without waiting."""
    seconds = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


@pytest.fixture
def concertim(naps):
    auth = token_endpoint.Token(URL, "the-key")
    return client.Client(session.Session(auth), retries=2)
