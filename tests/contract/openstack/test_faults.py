"""Counts and faults: of the simulator only."""

from __future__ import annotations

import time

import pytest
import requests


def test_requests_are_counted_by_what_they_are(
    simulator, member, server, volume
):
    simulator.requests.clear()
    member.act(server, "os-stop")
    member.act(server, "os-start")
    member.server(server)
    member("GET", "compute", "/servers/detail")
    member("DELETE", "block-storage", f"/volumes/{volume['id']}?cascade=1")
    assert simulator.counts() == {
        "POST /compute/v2.1/servers/{id}/action": 2,
        "GET /compute/v2.1/servers/{id}": 1,
        "GET /compute/v2.1/servers/detail": 1,
        "DELETE /volume/v3/{id}/volumes/{id}": 1,
    }
    simulator.requests.clear()
    assert simulator.counts() == {}


def test_an_error_may_come_though_the_work_was_done(simulator, member, server):
    simulator.fault("POST .*/action", status=504, worked=True, times=1)
    assert member.act(server, "os-stop").status_code == 504
    assert member.server(server)["status"] == "SHUTOFF"


def test_a_request_may_hang(simulator, member, server):
    simulator.fault("DELETE", delay=0.4, times=1)
    path = f"/servers/{server['id']}"
    with pytest.raises(requests.Timeout):
        member("DELETE", "compute", path, timeout=0.1)
    assert member.server(server) is None
    simulator.fault("GET .*/limits", delay=0.3, before=True, times=1)
    began = time.monotonic()
    assert member("GET", "compute", "/limits").status_code == 200
    assert time.monotonic() - began >= 0.3
