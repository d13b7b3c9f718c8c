"""The application on a small cloud, each test with its own database."""

import pytest

from concertim_api import bootstrap
from tests.functional.api import cloud
from tests.functional.caches import Client

LOOPBACK = {"REMOTE_ADDR": "127.0.0.1"}
PHYSICS = {"X-Roles": "reader", "X-Project-Id": "p1", "X-User-Id": "ann"}
BIOLOGY = {"X-Roles": "reader", "X-Project-Id": "p2", "X-User-Id": "bob"}


@pytest.fixture
def conf(tmp_path):
    return cloud.configuration(
        tmp_path, auth_strategy="noauth", max_limit=50, default_limit=10
    )


@pytest.fixture
def services(conf):
    found = cloud.services(conf)
    yield found
    found.store.close()


@pytest.fixture
def client(conf, services):
    """A client that the application takes for the administrator."""
    return Client(bootstrap.api(conf, services), extra_environ=LOOPBACK)


@pytest.fixture
def physics():
    """Headers of a reader of physics."""
    return dict(PHYSICS)


@pytest.fixture
def biology():
    """Headers of a reader of biology."""
    return dict(BIOLOGY)


@pytest.fixture
def refused(client):
    """Ask for what must be refused; return the one error of its document."""

    def ask(method, path, status, body=None, headers=None, **environ):
        answer = client.request(
            path,
            method=method,
            body=body or b"",
            headers={"Content-Type": "application/json", **(headers or {})},
            environ=environ or None,
            expect_errors=True,
        )
        assert answer.status_int == status, answer.text
        (error,) = answer.json["errors"]
        assert error["status"] == status
        assert error["code"].startswith("concertim.")
        assert error["request_id"] == answer.headers["X-Openstack-Request-Id"]
        assert set(error) >= {"title", "detail", "links"}
        return error

    return ask
