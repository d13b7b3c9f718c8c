"""What becomes of operations that the cloud finishes later."""

from datetime import timedelta
from itertools import pairwise

import pytest

from concertim_api.domain.errors import Unavailable
from concertim_api.services.cloud.reading import NotListed
from tests.outcomes import counts


def test_nothing_to_do_costs_two_statements(cluster, looks, statements):
    with statements() as found:
        assert cluster.outcomes.run().idle
    assert len(found) == 2
    assert looks == []


def test_an_event_confirms_at_once(cluster, looks):
    operation = cluster.act(cluster.login, "stop")
    cluster.clock.advance(milliseconds=100)
    cluster.looked("instance", cluster.login)
    looks.clear()
    outcome = cluster.outcomes.run()
    assert (counts(outcome), outcome.wakes) == ({"done": 1}, ())
    assert cluster.operation(operation).state == "done"
    assert looks == []


def test_what_was_said_before_confirms_nothing(cluster, looks):
    """The server was on before it was rebooted."""
    cluster.busy(minutes=5)
    operation = cluster.act(cluster.login, "reboot")
    cluster.clock.advance(seconds=1)
    assert counts(cluster.outcomes.run()) == {}
    assert cluster.operation(operation).state == "accepted"


def test_a_task_that_runs_is_waited_for(cluster):
    cluster.busy(minutes=5)
    operation = cluster.act(cluster.login, "reboot")
    assert cluster.outcome(operation).state == "accepted"
    assert cluster.outcome(operation, minutes=4).state == "accepted"
    assert cluster.outcome(operation, minutes=2).state == "done"


def test_looks_get_rarer(cluster, looks):
    cluster.busy(days=1)
    cluster.act(cluster.login, "stop")
    began, moments = cluster.clock.now(), []
    for _ in range(600):
        cluster.clock.advance(seconds=1)
        looks.clear()
        cluster.outcomes.run()
        if looks:
            moments.append((cluster.clock.now() - began).total_seconds())
    assert moments[:7] == [2, 4, 8, 16, 32, 64, 124]
    later = {after - before for before, after in pairwise(moments[6:])}
    assert later == {60}


def test_in_the_end_it_is_unsure(cluster, looks):
    cluster.busy(days=1)
    operation = cluster.act(cluster.login, "stop")
    assert cluster.outcome(operation, minutes=60).state == "accepted"
    found = cluster.outcome(operation, minutes=2)
    assert found.state == "unsure"
    assert found.error == "nothing showed in time what came of it"
    assert found.finished_at == cluster.clock.now()
    looks.clear()
    assert counts(cluster.outcomes.run()) == {}
    assert looks == []


def test_what_came_to_nothing_failed(cluster):
    """Nova has given up, and left the server as it was."""
    cluster.busy(days=1)
    operation = cluster.act(cluster.login, "stop")
    cluster.login["OS-EXT-STS:task_state"] = None
    found = cluster.outcome(operation)
    assert found.state == "failed"
    assert found.error == "the server is active"


def test_what_broke_failed(cluster):
    cluster.busy(days=1)
    operation = cluster.act(cluster.login, "stop")
    cluster.login["OS-EXT-STS:task_state"] = None
    cluster.login["OS-EXT-STS:vm_state"] = "error"
    assert cluster.outcome(operation).error == "the server is error"


def test_what_was_deleted_meanwhile_failed(cluster):
    cluster.busy(days=1)
    operation = cluster.act(cluster.login, "stop")
    del cluster.site.servers[cluster.login["id"]]
    found = cluster.outcome(operation)
    assert found.state == "failed"
    assert found.error == "it was deleted meanwhile"


def test_heats_reason_is_told(cluster):
    cluster.busy(days=1)
    operation = cluster.act_on_rack("suspend")
    cluster.stack.update(
        stack_status="SUSPEND_FAILED", stack_status_reason="n1 is locked"
    )
    found = cluster.outcome(operation)
    assert (found.state, found.error) == ("failed", "n1 is locked")


def test_a_volume_that_did_not_grow(cluster):
    cluster.busy(days=1)
    operation = cluster.act(cluster.volume, "extend", size_gb=99)
    cluster.volume["status"] = "in-use"
    found = cluster.outcome(operation)
    assert (found.state, found.error) == (
        "failed",
        "the volume has 10 GB still",
    )


def test_a_volume_that_is_attached_still(cluster):
    cluster.busy(days=1)
    operation = cluster.act(cluster.volume, "detach")
    cluster.volume["status"] = "in-use"
    found = cluster.outcome(operation)
    assert (found.state, found.error) == (
        "failed",
        "the volume is attached still",
    )


@pytest.mark.parametrize("error", [Unavailable, NotListed])
def test_a_cloud_that_is_away_is_asked_again(cluster, error):
    operation = cluster.act(cluster.login, "stop")
    with cluster.away(error("Nova is away")):
        found = cluster.outcome(operation)
    assert (found.state, found.error) == ("accepted", "Nova is away")
    assert found.look_at == cluster.clock.now() + timedelta(seconds=2)
    found = cluster.outcome(operation)
    assert (found.state, found.error) == ("done", None)


def test_so_many_are_asked_for_in_a_run(cluster, looks):
    servers = [
        cluster.site.add_server({"id": "p1"}, f"more-{n}") for n in range(14)
    ]
    for server in servers:
        cluster.site.add_resource(
            cluster.stack, server["name"], "OS::Nova::Server", server["id"]
        )
    cluster.clock.advance(minutes=1)
    cluster.looked("stack", cluster.stack)
    cluster.listed()
    looks.clear()
    for server in servers:
        cluster.act(server, "stop")
    cluster.clock.advance(seconds=2)
    outcome = cluster.outcomes.run()
    assert counts(outcome) == {"done": 10, "asked": 10}
    assert outcome.wakes == ("view",)
    assert counts(cluster.outcomes.run()) == {"done": 4, "asked": 4}
    assert len(looks) == 14


def test_what_is_old_is_forgotten(cluster):
    operation = cluster.act(cluster.login, "stop")
    cluster.outcome(operation)
    cluster.clock.advance(days=399)
    assert counts(cluster.outcomes.run()) == {}
    cluster.clock.advance(days=2)
    young = cluster.act(cluster.login, "start")
    assert counts(cluster.outcomes.run()) == {"forgotten": 1}
    assert [one.id for one in cluster.all()] == [young.id]
    assert operation.id != young.id
