"""What becomes of operations that the cloud finishes later."""

from datetime import timedelta
from itertools import pairwise

import pytest

from concertim_api.domain.errors import Unavailable
from concertim_api.services.cloud.reading import NotListed
from tests.outcomes import counts

TASK, STATE = "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state"
FAILED = {
    "stack_status": "SUSPEND_FAILED",
    "stack_status_reason": "n1 is locked",
}
IN_USE = {"status": "in-use"}


def test_nothing_to_do_costs_two_statements(cluster, looks, statements):
    statements.clear()
    assert cluster.outcomes.run().idle
    assert len(statements) == 2
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


@pytest.mark.parametrize(
    ("thing", "action", "arguments", "fields", "error"),
    [
        # Nova has given up, and left the server as it was.
        ("login", "stop", {}, {TASK: None}, "the server is active"),
        ("login", "stop", {}, {TASK: None, STATE: "error"}, "the server is e"),
        ("stack", "suspend", {}, FAILED, "n1 is locked"),
        ("volume", "extend", {"size_gb": 99}, IN_USE, "the volume has 10 GB"),
        ("volume", "detach", {}, IN_USE, "the volume is attached still"),
    ],
)
def test_what_came_to_nothing_failed(
    cluster, thing, action, arguments, fields, error
):
    cluster.busy(days=1)
    if thing == "stack":
        operation = cluster.act_on_rack(action)
    else:
        operation = cluster.act(getattr(cluster, thing), action, **arguments)
    getattr(cluster, thing).update(fields)
    answer = cluster.outcome(operation)
    assert answer.state == "failed"
    assert answer.error.startswith(error)


def test_what_was_deleted_meanwhile_failed(cluster):
    cluster.busy(days=1)
    operation = cluster.act(cluster.login, "stop")
    del cluster.site.servers[cluster.login["id"]]
    found = cluster.outcome(operation)
    assert found.state == "failed"
    assert found.error == "it was deleted meanwhile"


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
