"""Commands with an app and an API that are in the test."""

import io
import json
import types

import pytest
from keystoneauth1 import session, token_endpoint

from concertim_api.client import Client

API = "http://concertim.test/v1"

WEB = {
    "id": "r1",
    "kind": "instance",
    "region": "one",
    "name": "web",
    "project_id": "p1",
    "state": "active",
    "type": "m1.large",
    "start": "2026-11-20T00:00:00Z",
    "end": None,
    "ended": None,
    "updated_at": "2026-11-20T00:00:01.500000Z",
    "shape": {"state": "active", "flavor": {"name": "m1.large"}},
    "details": {"host": "h1"},
}


class Terminal(io.StringIO):
    def isatty(self):
        return True


class App:
    """As much of the openstack command as a command of ours looks at."""

    def __init__(self, client):
        self.stdin = io.StringIO()
        self.stdout = io.StringIO()
        self.stderr = io.StringIO()
        self.client_manager = types.SimpleNamespace(
            concertim=client, auth_ref=None
        )

    def answers(self, text):
        self.stdin = Terminal(text)

    def run(self, command, *arguments):
        """Run a command; return its status, output, and what else it said."""
        instance = command(self, None)
        parser = instance.get_parser("test")
        status = instance.run(parser.parse_args(arguments))
        return status, self.stdout.getvalue(), self.stderr.getvalue()

    def json(self, command, *arguments):
        """Run a command; return what it tells programs."""
        status, output, _ = self.run(command, *arguments, "-f", "json")
        assert status == 0
        return json.loads(output)


@pytest.fixture(autouse=True)
def no_columns(monkeypatch):
    # A process has it if its parent has loaded readline.
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def app():
    auth = token_endpoint.Token("http://concertim.test", "the-key")
    return App(Client(session.Session(auth), retries=0))


@pytest.fixture
def api(requests_mock):
    """The API, with one resource and one project that has a name."""
    requests_mock.get(f"{API}/resources", json={"resources": [WEB]})
    requests_mock.get(
        f"{API}/resources?kind=project",
        json={"resources": [{"id": "p1", "name": "physics"}]},
    )
    requests_mock.get(f"{API}/resources/r1", json=WEB)
    return requests_mock
