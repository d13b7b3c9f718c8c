"""What becomes of operations that the cloud finishes later."""

from datetime import timedelta
from itertools import pairwise

import pytest

from concertim_api.clouds.openstack.compute import ComputeOrders
from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    NotFound,
    Unavailable,
)
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
    answer = cluster.followed(operation, minutes=59)
    assert answer.state == "accepted"
    answer = cluster.followed(operation, minutes=7)
    assert answer.state == "unsure"
    assert answer.error == "nothing showed in time what came of it"
    looks.clear()
    assert counts(cluster.outcomes.run()) == {}
    assert looks == []


def test_an_answer_that_comes_late_undoes_no_verdict(cluster, monkeypatch):
    """Somebody has deleted it, before the cloud says that we may not."""

    def refuse_slowly(orders, server_id):
        del cluster.site.servers[server_id]
        cluster.clock.advance(minutes=5)
        cluster.outcomes.run()
        raise CloudRefused("the quota is used up")

    monkeypatch.setattr(ComputeOrders, "delete_server", refuse_slowly)
    with pytest.raises(CloudRefused):
        cluster.act(cluster.login, "destroy")
    (operation,) = cluster.all()
    assert (operation.state, operation.error) == ("done", None)


def test_the_answer_of_the_cloud_comes_before_evidence(cluster, monkeypatch):
    """Somebody has deleted it, and an agent looks before the cloud answers:
    the caller hears NotFound, and so does the log."""

    def say_slowly(orders, server_id, action, hard):
        del cluster.site.servers[server_id]
        cluster.clock.advance(seconds=20)
        cluster.looked("instance", cluster.login)
        cluster.outcomes.run()
        raise NotFound("not there")

    monkeypatch.setattr(ComputeOrders, "act", say_slowly)
    with pytest.raises(NotFound):
        cluster.act(cluster.login, "stop")
    (operation,) = cluster.all()
    assert operation.state == "failed"


# While no agent runs


@pytest.mark.parametrize("error", [None, Unavailable("Nova is away")])
def test_only_time_in_which_it_is_followed_counts(cluster, error):
    """The cloud needs a week, and nobody looks meanwhile."""
    cluster.busy(days=7)
    operation = cluster.act(cluster.login, "stop")
    if error:
        with cluster.away(error):
            answer = cluster.outcome(operation, days=6)
    else:
        answer = cluster.outcome(operation, days=6)
    assert answer.state == "accepted"
    assert cluster.outcome(operation, days=2).state == "done"


#: Two actions, of which the second undoes what the first did.
UNDONE = [("stop", "start"), ("suspend", "resume"), ("shelve", "unshelve")]


@pytest.mark.parametrize("pair", UNDONE)
@pytest.mark.parametrize("is_seen", [True, False])
def test_what_was_undone_meanwhile(cluster, pair, is_seen):
    """*done* if the listener saw it; else nobody can tell."""
    operations = []
    for action in pair:
        operations.append(cluster.act(cluster.login, action))
        cluster.clock.advance(minutes=1)
        if is_seen:
            cluster.looked("instance", cluster.login)
    cluster.outcome(operations[1], hours=2)
    first, second = map(cluster.operation, operations)
    assert second.state == "done"
    assert first.state == ("done" if is_seen else "unsure")
    if not is_seen:
        assert first.error == "nobody looked in time: the server is active"


@pytest.mark.parametrize("pair", UNDONE)
def test_what_another_operation_undid_between_two_looks(cluster, pair):
    """The agent looks all the time, and sees neither."""
    first = cluster.act(cluster.login, pair[0])
    cluster.clock.advance(seconds=1)
    second = cluster.act(cluster.login, pair[1])
    assert cluster.outcome(second).state == "done"
    answer = cluster.operation(first)
    assert (answer.state, answer.error) == (
        "unsure",
        "something else was asked for: the server is active",
    )


def test_what_was_asked_for_again_failed_nevertheless(cluster):
    """To ask for the same once more undoes nothing; nor does what the cloud
    refused, or what was over before."""
    cluster.outcome(cluster.act(cluster.login, "reboot"))
    cluster.busy(days=1)
    operations = [cluster.act(cluster.login, "stop") for _ in range(2)]
    with pytest.raises(Conflict):
        cluster.act(cluster.login, "suspend")
    cluster.login[TASK] = None
    cluster.outcome(operations[0])
    assert {cluster.operation(o).state for o in operations} == {"failed"}


@pytest.mark.parametrize("is_seen", [True, False])
def test_what_is_gone_since(cluster, is_seen):
    operations = []
    for action in ("stop", "start", "suspend", "resume", "destroy"):
        operations.append(cluster.act(cluster.login, action))
        cluster.clock.advance(minutes=1)
        if is_seen:
            cluster.looked("instance", cluster.login)
    cluster.outcome(operations[-1], hours=2)
    answers = [cluster.operation(operation) for operation in operations]
    states = [answer.state for answer in answers]
    state = "done" if is_seen else "unsure"
    assert states == [state, state, state, state, "done"]
    errors = {answer.error for answer in answers[:-1]}
    assert errors == {None if is_seen else "it was deleted meanwhile"}


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_rack_that_was_suspended_and_is_gone(cluster, is_seen):
    suspended = cluster.act_on_rack("suspend")
    cluster.clock.advance(minutes=1)
    if is_seen:
        cluster.looked("stack", cluster.stack)
    destroyed = cluster.act_on_rack("destroy")
    assert cluster.outcome(destroyed, hours=2).state == "done"
    state = "done" if is_seen else "unsure"
    assert cluster.operation(suspended).state == state


def test_a_volume_that_was_detached_and_attached(cluster):
    login_id = cluster.login["id"]
    operation = cluster.act(cluster.volume, "detach", server_id=login_id)
    cluster.clock.advance(minutes=1)
    cluster.volume["attachments"] = [{"server_id": login_id}]
    cluster.volume["status"] = "in-use"
    answer = cluster.outcome(operation, hours=2)
    assert answer.state == "unsure"
    assert answer.error.endswith("the volume is attached still")


def test_a_failure_without_an_answer_may_be_of_another(cluster, orders):
    """Nobody knows whether the cloud ever had the request."""
    orders.error = Unavailable("no answer in time")
    with pytest.raises(Unavailable):
        cluster.act_on_rack("suspend")
    cluster.clock.advance(seconds=1)
    cluster.stack.update(FAILED)
    (operation,) = cluster.all()
    answer = cluster.outcome(operation)
    assert answer.state == "unsure"
    assert "n1 is locked" in answer.error


@pytest.mark.parametrize("after", [False, True])
def test_what_leaves_no_trace_is_not_done_without_an_answer(
    cluster, orders, after
):
    """The server runs, whether it was rebooted or not."""
    orders.error, orders.after = Unavailable("no answer in time"), after
    with pytest.raises(Unavailable):
        cluster.act(cluster.login, "reboot")
    (operation,) = cluster.all()
    answer = cluster.followed(operation, minutes=70)
    assert (answer.state, answer.error) == ("unsure", "no answer in time")


def test_what_a_failure_costs(cluster, looks, statements):
    """The observations since then are 1 statement, the newest 1000; other
    operations are another."""
    cluster.act(cluster.login, "stop")
    cluster.act(cluster.login, "destroy")
    cluster.clock.advance(hours=2)
    cluster.looked("instance", cluster.login)
    statements.clear()
    cluster.outcomes.run()
    # 3, 1 for the verdict that is done, and 3 for the other
    assert len(statements) == 7


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


@pytest.mark.parametrize(
    ("status", "level", "end"),
    [
        (FAILED, "WARNING", "failed: n1 is locked"),
        ({"stack_status": "SUSPEND_COMPLETE"}, "INFO", "was done"),
        ({}, "WARNING", "is unsure: nothing showed in time what came of it"),
    ],
)
def test_its_end_is_logged_with_name_and_caller(
    cluster, caplog, status, level, end
):
    cluster.busy(days=1)
    operation = cluster.act_on_rack("suspend")
    cluster.stack.update(status)
    with caplog.at_level("INFO"):
        cluster.followed(operation, minutes=70)
    (record,) = [
        record
        for record in caplog.records
        if record.getMessage().endswith(end)
    ]
    assert record.levelname == level
    rack = f"astro ({cluster.stack['id']})"
    assert record.getMessage() == f"rack suspend of {rack} by ann {end}"


def test_of_what_was_deleted_meanwhile_nobody_can_tell(cluster):
    cluster.busy(days=1)
    operation = cluster.act(cluster.login, "stop")
    del cluster.site.servers[cluster.login["id"]]
    answer = cluster.outcome(operation)
    assert answer.state == "unsure"
    assert answer.error == "it was deleted meanwhile"


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
