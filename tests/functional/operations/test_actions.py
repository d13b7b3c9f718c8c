"""What racks and devices can be made to do."""

import pytest

from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    Invalid,
    NotFound,
    Unavailable,
)


def test_a_server_is_stopped(cluster, orders):
    operation = cluster.act(cluster.login, "stop")
    assert orders == [("act", cluster.login["id"], "stop", False)]
    assert operation.state == "accepted"
    assert operation == cluster.operation(operation)
    assert (operation.noun, operation.action) == ("instance", "stop")
    assert operation.resource_id == cluster.login["id"]
    assert operation.name == cluster.login["name"]
    assert operation.project_id == "p1"
    assert operation.user_id == "ann"
    assert operation.request_id == "req-1"
    assert operation.arguments == {}
    assert operation.finished_at is None
    done = cluster.outcome(operation)
    assert done.state == "done"
    assert done.error is None
    assert done.finished_at == cluster.clock.now()
    assert cluster.known("instance", cluster.login).state == "stopped"


@pytest.mark.parametrize("action", ["suspend", "resume", "check", "destroy"])
def test_a_rack(cluster, orders, action):
    operation = cluster.act_on_rack(action)
    name, stack_id = cluster.stack["stack_name"], cluster.stack["id"]
    if action == "destroy":
        assert orders == [("delete_stack", name, stack_id)]
    else:
        assert orders == [("act_on_stack", name, stack_id, action)]
    assert operation.noun == "rack"
    assert operation.state == "accepted"
    assert cluster.outcome(operation).state == "done"


@pytest.mark.parametrize(
    ("thing", "action", "arguments", "order"),
    [
        ("login", "reboot", {}, ("act", "reboot", False)),
        ("login", "reboot", {"hard": False}, ("act", "reboot", False)),
        ("login", "reboot", {"hard": True}, ("act", "reboot", True)),
        ("volume", "extend", {"size_gb": 50}, ("extend_volume", 50)),
        ("volume", "destroy", {}, ("delete_volume", False)),
        ("volume", "destroy", {"force": False}, ("delete_volume", False)),
        ("volume", "destroy", {"force": True}, ("delete_volume", True)),
        ("network", "destroy", {}, ("delete_network", "p1")),
    ],
)
def test_a_device(cluster, orders, thing, action, arguments, order):
    """A network is deleted as its project's."""
    if action == "destroy":
        cluster.volume.update(attachments=[], status="available")
        cluster.site.ports.clear()
    device = getattr(cluster, thing)
    operation = cluster.act(device, action, **arguments)
    name, *rest = order
    assert orders == [(name, device["id"], *rest)]
    assert operation.arguments == {
        k: v for k, v in arguments.items() if (k, v) != ("force", False)
    }
    assert cluster.outcome(operation).state == "done"
    if action == "destroy":
        assert cluster.known(thing, device).is_ended
    if action == "extend":
        assert cluster.known(thing, device).shape["size_gb"] == 50


def test_a_volume_is_detached_of_a_server(cluster, orders, looks):
    login_id = cluster.login["id"]
    operation = cluster.act(cluster.volume, "detach", server_id=login_id)
    assert orders == [("detach_volume", login_id, cluster.volume["id"])]
    assert looks == []
    assert operation.arguments == {"server_ids": [login_id]}
    assert cluster.outcome(operation).state == "done"
    assert cluster.volume["attachments"] == []


def test_a_volume_is_detached_of_all_servers_it_has_now(
    cluster, orders, looks
):
    cluster.volume["attachments"] = [
        {"server_id": server["id"]} for server in cluster.computes
    ]
    operation = cluster.act(cluster.volume, "detach")
    servers = sorted(server["id"] for server in cluster.computes)
    assert operation.arguments == {"server_ids": servers}
    assert looks == [("volume", cluster.volume["id"])]
    assert orders == [
        ("detach_volume", one, cluster.volume["id"]) for one in servers
    ]
    assert cluster.outcome(operation).state == "done"


def test_a_volume_that_is_attached_to_nothing_is_detached(cluster, orders):
    cluster.volume.update(attachments=[], status="available")
    operation = cluster.act(cluster.volume, "detach")
    assert orders == []
    assert operation.state == "done"
    assert operation.finished_at == cluster.clock.now()
    assert cluster.known("volume", cluster.volume).shape["attached_to"] == []


def test_a_volume_that_is_gone_is_not_detached(cluster, orders):
    del cluster.site.volumes[cluster.volume["id"]]
    with pytest.raises(NotFound):
        cluster.act(cluster.volume, "detach")
    assert cluster.all() == []


def test_a_network_that_is_in_use_is_not(cluster):
    with pytest.raises(Conflict, match="server"):
        cluster.act(cluster.network, "destroy")
    (operation,) = cluster.all()
    assert operation.state == "failed"
    assert "is in use" in operation.error
    assert cluster.network["id"] in cluster.site.networks


# What can't be asked for


@pytest.mark.parametrize(
    ("thing", "action", "arguments", "field", "message"),
    [
        ("login", "extend", {}, "action", "a server has destroy, reboot, res"),
        ("volume", "stop", {}, "action", "a volume has destroy, detach, ext"),
        ("network", "reboot", {}, "action", "a network has destroy"),
        ("login", "stop", {"hard": True}, "hard", "not for stop"),
        ("login", "destroy", {"force": True}, "force", "not for destroy"),
        ("volume", "destroy", {"size_gb": 5}, "size_gb", "not for destroy"),
        ("volume", "extend", {"server_id": "s"}, "server_id", "not for ext"),
        ("volume", "detach", {"force": False}, "force", "not for detach"),
        ("network", "destroy", {"force": True}, "force", "not for destroy"),
        ("volume", "extend", {}, "size_gb", "missing"),
    ],
)
def test_what_is_wrong_is_named(
    cluster, orders, thing, action, arguments, field, message
):
    with pytest.raises(Invalid, match=message) as error:
        cluster.act(getattr(cluster, thing), action, **arguments)
    assert error.value.field == field
    assert cluster.all() == orders == []


# Costs


def test_what_an_action_costs(cluster, orders, looks, statements):
    statements.clear()
    cluster.act(cluster.login, "stop")
    assert (len(statements), len(orders), looks) == (3, 1, [])
    statements.clear()
    cluster.act_on_rack("check")
    assert (len(statements), len(orders), looks) == (3, 2, [])


# Again


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("start", "active"),
        ("stop", "stopped"),
        ("suspend", "suspended"),
        ("resume", "active"),
        ("shelve", "shelved_offloaded"),
        ("unshelve", "active"),
    ],
)
def test_what_is_so_already_is_done(cluster, orders, looks, action, state):
    cluster.login["OS-EXT-STS:vm_state"] = state
    cluster.site.touch(cluster.login)
    operation = cluster.act(cluster.login, action)
    assert operation.state == "done"
    assert operation.error is None
    assert operation.look_at is None
    assert operation == cluster.operation(operation)
    assert len(orders) == 1
    assert looks == [("instance", cluster.login["id"])]
    assert cluster.known("instance", cluster.login).state == state


def test_what_is_on_its_way_is_accepted(cluster, orders, looks):
    cluster.busy(minutes=5)
    first = cluster.act(cluster.login, "stop")
    again = cluster.act(cluster.login, "stop")
    assert (first.state, again.state) == ("accepted", "accepted")
    assert len(orders) == 2
    assert len(looks) == 1
    assert cluster.outcome(again).state == "accepted"
    assert cluster.outcome(again, minutes=5).state == "done"
    assert cluster.operation(first).state == "done"


@pytest.mark.parametrize("action", ["suspend", "check", "destroy"])
def test_a_rack_is_on_its_way(cluster, action):
    cluster.busy(minutes=5)
    first = cluster.act_on_rack(action)
    again = cluster.act_on_rack(action)
    assert {first.state, again.state} == {"accepted"}
    assert cluster.outcome(again, minutes=5).state == "done"


def test_what_is_gone_is_destroyed(cluster):
    for kind, thing in (("servers", cluster.login), ("stacks", cluster.stack)):
        del getattr(cluster.site, kind)[thing["id"]]
    server = cluster.act(cluster.login, "destroy")
    rack = cluster.act_on_rack("destroy")
    assert {server.state, rack.state} == {"accepted"}
    assert cluster.outcome(server).state == "done"
    assert cluster.operation(rack).state == "done"


def test_a_volume_that_is_as_large_already(cluster, looks):
    operation = cluster.act(cluster.volume, "extend", size_gb=10)
    assert operation.state == "done"
    assert looks == [("volume", cluster.volume["id"])]


def test_a_volume_is_not_extended_to_less(cluster):
    with pytest.raises(Invalid, match="must be greater than current size"):
        cluster.act(cluster.volume, "extend", size_gb=5)
    (operation,) = cluster.all()
    assert operation.state == "failed"


def test_a_volume_that_is_being_detached(cluster):
    cluster.busy(minutes=5)
    login_id = cluster.login["id"]
    for _ in range(2):
        operation = cluster.act(cluster.volume, "detach", server_id=login_id)
        assert operation.state == "accepted"
    assert cluster.outcome(operation, minutes=5).state == "done"
    again = cluster.act(cluster.volume, "detach", server_id=login_id)
    assert cluster.outcome(again).state == "done"


def test_of_two_attachments_the_second_waits_its_turn(cluster, orders):
    cluster.busy(minutes=5)
    cluster.volume["attachments"] = [
        {"server_id": server["id"]} for server in cluster.computes
    ]
    with pytest.raises(Conflict, match="in-use"):
        cluster.act(cluster.volume, "detach")
    assert len(orders) == 2
    cluster.simulator.settle()
    assert len(cluster.volume["attachments"]) == 1
    again = cluster.act(cluster.volume, "detach")
    assert cluster.outcome(again, minutes=5).state == "done"


# What the cloud refuses


@pytest.mark.parametrize(
    ("state", "action", "task"),
    [
        ("stopped", "reboot", None),
        ("active", "reboot", "powering-off"),
        ("active", "resume", "powering-off"),
        ("suspended", "stop", None),
        ("active", "start", "deleting"),
    ],
)
def test_a_conflict_is_told_in_the_clouds_words(
    cluster, looks, state, action, task
):
    cluster.login["OS-EXT-STS:vm_state"] = state
    cluster.login["OS-EXT-STS:task_state"] = task
    cluster.site.touch(cluster.login)
    with pytest.raises(Conflict, match=f"Cannot '{action}' instance"):
        cluster.act(cluster.login, action)
    (operation,) = cluster.all()
    assert operation.state == "failed"
    assert f"Cannot '{action}' instance" in operation.error
    assert operation.finished_at == cluster.clock.now()
    # What the look showed is known from then on.
    assert looks == [("instance", cluster.login["id"])]
    assert cluster.known("instance", cluster.login).state == state


def test_a_conflict_stays_one_if_nobody_can_look(cluster, orders):
    away = cluster.away(Unavailable("Nova is away"))
    with away, pytest.raises(Conflict, match="Cannot 'start'"):
        cluster.act(cluster.login, "start")
    (operation,) = cluster.all()
    assert "Cannot 'start'" in operation.error


@pytest.mark.parametrize("error", [CloudRefused, NotFound])
def test_what_the_cloud_refuses_is_written_down(cluster, orders, looks, error):
    orders.error = error("compute of RegionOne: it answers so")
    with pytest.raises(error):
        cluster.act(cluster.login, "stop")
    (operation,) = cluster.all()
    assert operation.state == "failed"
    assert operation.error == "compute of RegionOne: it answers so"
    assert looks == []


def test_a_fault_of_ours_is_written_down_without_its_text(cluster, orders):
    orders.error = RuntimeError("secret token")
    with pytest.raises(RuntimeError):
        cluster.act(cluster.login, "stop")
    (operation,) = cluster.all()
    assert (operation.state, operation.error) == ("failed", "see the log")


# No answer


@pytest.mark.parametrize("after", [False, True])
def test_without_an_answer_it_is_looked_at(cluster, orders, after):
    orders.error, orders.after = Unavailable("no answer in time"), after
    with pytest.raises(Unavailable):
        cluster.act(cluster.login, "stop")
    (operation,) = cluster.all()
    assert operation.state == "asked"
    assert operation.error == "no answer in time"
    assert operation.answered_at is None
    found = cluster.outcome(operation)
    assert found.state == ("done" if after else "asked")
    if not after:
        # Whoever asked may do so again; the first comes to what that does.
        orders.error = None
        again = cluster.act(cluster.login, "stop")
        assert cluster.outcome(again).state == "done"
        assert cluster.outcome(operation, minutes=2).state == "done"


def test_after_a_time_out_it_may_be_asked_for_again(cluster, orders, looks):
    orders.error, orders.after = Unavailable("no answer in time"), True
    with pytest.raises(Unavailable):
        cluster.act(cluster.login, "stop")
    orders.error = None
    again = cluster.act(cluster.login, "stop")
    assert again.state == "done"
    assert cluster.login["OS-EXT-STS:vm_state"] == "stopped"


def test_an_operation_of_which_nothing_shows_becomes_unsure(cluster, orders):
    orders.error = Unavailable("no answer in time")
    with pytest.raises(Unavailable):
        cluster.act(cluster.login, "stop")
    (operation,) = cluster.all()
    found = cluster.followed(operation, minutes=59)
    assert found.state == "asked"
    found = cluster.followed(operation, minutes=7)
    assert found.state == "unsure"
    assert found.error == "no answer in time"
    assert found.look_at is None


def test_nobody_learns_of_an_intent_that_could_not_be_written(
    cluster, orders, monkeypatch
):
    def broken(operation):
        raise Unavailable("the database is away")

    monkeypatch.setattr(cluster.store.operations, "add", broken)
    with pytest.raises(Unavailable):
        cluster.act(cluster.login, "stop")
    assert orders == []


def test_who_dies_before_the_answer_leaves_word(cluster, orders, monkeypatch):
    """The intent is there before the cloud is asked: agents find out."""

    class Killed(BaseException):
        pass

    orders.error, orders.after = Killed(), True
    with pytest.raises(Killed):
        cluster.act(cluster.login, "stop")
    (operation,) = cluster.all()
    assert operation.state == "asked"
    assert cluster.outcome(operation, minutes=1).state == "asked"
    assert cluster.outcome(operation, minutes=5).state == "done"
