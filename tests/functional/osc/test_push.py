"""The openstack command, and an agent that pushes to a front end."""

import dataclasses as dc

import pytest

from concertim_api.frontend import simulator
from concertim_api.frontend.concertim import ConcertimApp
from concertim_api.frontend.session import Options
from tests.waiting import wait_for

from . import cluster
from .conftest import PHYSICS, OpenStack

#: What the agent of these tests pushes: a rack, four devices, the template of
#: one server, and a template of a flavor that the cloud has no more.
THINGS = 7

WAIT = ("push", "run", "--wait", "--timeout", "60", "-f", "json")


@pytest.fixture(scope="module")
def app():
    """The front end, which has a team already."""
    with simulator.serve(flavour="orders") as server:
        server.app.url = server.url
        server.app.seed.cluster_type("slurm")
        server.app.seed.team("physics", PHYSICS)
        yield server.app


@pytest.fixture(scope="module")
def openstack(live_api, home, app, tmp_path_factory):
    """The command of an administrator, while an agent pushes."""
    url, services = live_api("[api]", "auth_strategy = noauth", *cluster.VIEW)
    cluster.show(services)
    to = Options(app.url, "admin", "admin", retries=0, retry_wait=0)
    front_end = ConcertimApp(to, stack_as_order=True)
    place = tmp_path_factory.mktemp("locks")
    with cluster.working(services, cluster.Cloud(), place, front_end):
        yield OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


@pytest.fixture
def settled(openstack):
    """The same, once all is pushed."""
    await_pushes(openstack)
    return openstack


def await_pushes(openstack):
    """Wait until all is pushed."""
    wait_for(
        "all to be pushed",
        lambda: openstack.json("push", "list"),
        lambda pushes: (
            {push["state"] for push in pushes} <= {"pushed", "kept"}
        ),
    )


def test_what_is_pushed(settled, app):
    pushes = settled.json("push", "list")
    assert len(pushes) == THINGS
    assert {p["noun"] for p in pushes} == {"template", "rack", "device"}
    (rack,) = settled.json("push", "list", "--noun", "rack")
    (front_end_id,) = app.model.racks
    assert (rack["name"], rack["foreign_id"]) == ("solver", str(front_end_id))
    assert settled.json("push", "show", str(rack["id"])) == rack
    assert settled.json("push", "list", "--failing") == []
    (push,) = settled.json("push", "list", "--resource", "k1")
    assert push == rack


def test_a_list_in_parts(settled):
    arguments = ("push", "list", "--limit", "4", "-f", "value", "-c", "id")
    first = settled(*arguments)
    _, _, marker = first.err.rpartition("--marker ")
    rest = settled(*arguments, "--marker", marker.strip())
    assert len(first.out.split()) == 4
    assert len({*first.out.split(), *rest.out.split()}) == THINGS


def test_names_steer_no_terminal(settled):
    table = settled("push", "list", "--long")
    assert "\x1b" not in table.out
    short = [
        *("id", "noun", "name", "state", "error", "attempts", "due_at"),
    ]
    settled_columns = ["id", "noun", "name", "state", "attempts"]
    assert settled("push", "list").head == settled_columns
    assert table.head == [
        *short,
        *("pushed_at", "region", "resource_id", "foreign_id"),
    ]


def test_it_is_asked_for(settled):
    job = settled.json("push", "run")
    assert [*job] == ["name", "state", "agent", "finished_at"]
    assert job["name"] == "push"


def test_a_survey(settled):
    answer = settled(*WAIT, "--survey")
    assert answer.json["outcome"] == "done"
    assert (answer.json["surveys"], answer.json["kept"]) == (1, 1)
    assert answer.json["unchanged"] == THINGS - 1
    assert answer.json["created"] == answer.json["failed"] == 0
    assert "push: done, in" in answer.err


def test_what_somebody_changed_there_is_put_right(settled, app):
    app.model.put(rack_of(app, name="mine"))
    assert settled(*WAIT, "--survey").json["updated"] == 1
    assert [rack.name for rack in app.model.racks.values()] == ["solver"]


def rack_of(app, **fields):
    """Return the rack as somebody may have changed it."""
    (rack,) = app.model.racks.values()
    return dc.replace(rack, **fields)


def test_what_fails_and_is_tried_again(settled, app):
    app.faults.add("^(PATCH|PUT) /api/v1/racks", "status", 422)
    app.model.put(rack_of(app, name="mine"))
    answer = settled("push", "run", "--survey", "--wait", "--timeout", "60")
    assert answer.status == 1
    assert "push list --failing" in answer.err
    (failure,) = settled.json("push", "list", "--failing")
    assert failure["noun"] == "rack"
    assert failure["attempts"] >= 1
    assert failure["error"]
    retry = settled("push", "retry", str(failure["id"]), "-f", "json")
    assert [push["id"] for push in retry.json] == [failure["id"]]
    app.faults.clear()
    assert settled.json("push", "retry", "--all")[0]["job"] == "push"
    await_pushes(settled)
    assert [rack.name for rack in app.model.racks.values()] == ["solver"]


def test_a_front_end_that_is_away(settled, app):
    app.faults.add("GET /api", "status", 503)
    answer = settled("push", "run", "--survey", "--wait", "-f", "json")
    app.faults.clear()
    assert answer.status == 1
    assert '"failed"' in answer.out
    assert "the front end: " in answer.out


def test_nothing_is_pushed(with_key):
    openstack = with_key("root", ["admin"])
    for words in (("run",), ("retry", "--all")):
        answer = openstack("push", *words)
        assert answer.status == 1
        assert "nothing is pushed" in answer.err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("show", "4711"), 1, "Push 4711 not found"),
        (("retry", "4711"), 1, "Push 4711 not found"),
        (("retry",), 1, "say which"),
        (("list", "--state", "broken"), 1, "state: not one of"),
        (("list", "--state", "kept", "--failing"), 2, "not allowed with"),
    ],
)
def test_errors(settled, arguments, status, message):
    answer = settled("push", *arguments)
    assert answer.status == status
    assert message in answer.err + answer.out
