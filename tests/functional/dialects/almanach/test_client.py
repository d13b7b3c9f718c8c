"""The real client of Almanach, over HTTP."""

import threading
from datetime import UTC, datetime

import pytest

from concertim_api import bootstrap
from concertim_api.cmd import development
from tests.functional.dialects.almanach.client import (
    PYTHON,
    Client,
    run_every_command,
)

pytestmark = pytest.mark.skipif(
    not PYTHON, reason="CONCERTIM_TEST_ALMANACH names no client"
)


@pytest.fixture
def client(stage):
    stage.clock.now = lambda: datetime.now(UTC)
    app = bootstrap.almanach_dialect(stage.conf, stage.services)
    with development.server(app, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Client(f"http://127.0.0.1:{server.server_port}", stage.admin)
        server.shutdown()
        thread.join()


def test_every_command_works_unchanged(client):
    run_every_command(client)


def test_dates_may_be_left_out(client):
    client.run("create-volume-type", "t1", "ssd")
    client.run("create-volume", "p1", "v1", "t1", "data", "10")
    client.run("attach-volume", "v1", "--attachment", "s1")
    client.run("resize-volume", "v1", "20")
    client.run("detach-volume", "v1", "--attachment", "s1")
    client.run("create-instance", "p1", "s1", "web", "small", "2016-01-02")
    client.run("resize-instance", "s1", "big")
    client.run("delete-instance", "s1")
    # Two changes within one second are one: the later.
    *_, entity = client.rows("get-entity", "s1")
    assert entity["End"]
