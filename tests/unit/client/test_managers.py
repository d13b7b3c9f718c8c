"""The requests of the managers, and their results.

What the real API makes of them is in functional/osc.
"""

import itertools
import logging
import operator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from requests.exceptions import ConnectTimeout
from requests_mock import ANY

from concertim_api.client import errors

API = "http://concertim.test/usage/v1"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_ARGUMENT = ["2026-11-21t12:00:00z"]
SECRET = "Tr0ub4dor-and-3"

#: What is found by its name, too.
NAMED = ("racks", "devices", "templates", "teams", "users", "resources")


@pytest.mark.parametrize(
    "nouns",
    [
        *(*NAMED, "periods", "corrections", "operations", "pushes"),
        *("accounts", "orders", "invoices", "credits"),
    ],
)
def test_lists(concertim, requests_mock, nouns):
    requests_mock.get(f"{API}/{nouns}", json={nouns: [{"id": "x"}]})
    things = getattr(concertim, nouns).list(name=["a", "b"], sort="name")
    assert list(things) == [{"id": "x"}]
    assert requests_mock.last_request.qs == {
        "name": ["in:a,b"],
        "sort": ["name"],
        "limit": ["1000"],
    }


@pytest.mark.parametrize(
    "nouns", ["keypairs", "quotas", "limits", "jobs", "tariffs"]
)
def test_lists_of_one_page(concertim, requests_mock, nouns):
    requests_mock.get(f"{API}/{nouns}", json={nouns: [{"name": "x"}]})
    things = getattr(concertim, nouns).list(region="one", project_id=None)
    assert things == [{"name": "x"}]
    assert requests_mock.last_request.qs == {"region": ["one"]}


@pytest.mark.parametrize(
    ("call", "arguments", "line"),
    [
        ("racks.get", ("a/b",), "GET /racks/a%2Fb?"),
        ("keypairs.get", ("a b",), "GET /keypairs/a%20b?"),
        ("statistics.get", (), "GET /statistics?"),
        ("keypairs.delete", ("a/b",), "DELETE /keypairs/a%2Fb?"),
        ("dead_letters.delete", (7,), "DELETE /dead-letters/7?"),
        ("teams.roles", ("p1",), "GET /teams/p1/roles?"),
        ("teams.purge", ("p1",), "DELETE /teams/p1?purge=true&"),
        (
            "teams.unset_role",
            ("p1", "u1", "admin"),
            "DELETE /teams/p1/roles?user_id=u1&role=admin&",
        ),
    ],
)
def test_a_thing_of_a_region(concertim, requests_mock, call, arguments, line):
    requests_mock.register_uri(ANY, ANY, json={"roles": []})
    operator.attrgetter(call)(concertim)(*arguments, region="one")
    request = requests_mock.last_request
    method, path = line.split()
    assert request.method == method
    assert request.url == f"{API}{path}region=one"


@pytest.mark.parametrize(
    ("call", "arguments", "line", "body"),
    [
        (
            "devices.act",
            {"thing_id": "a/b", "action": "destroy", "force": False},
            "POST /devices/a%2Fb/action",
            {"action": "destroy", "force": False},
        ),
        (
            "keypairs.create",
            {"name": "a b", "public_key": "ssh-rsa A", "region": None},
            "POST /keypairs",
            {"name": "a b", "public_key": "ssh-rsa A"},
        ),
        (
            "users.update",
            {"thing_id": "u/1", "enabled": False, "region": "one"},
            "PATCH /users/u%2F1?region=one",
            {"enabled": False},
        ),
        ("teams.create", {"name": "CM_a"}, "POST /teams", {"name": "CM_a"}),
        (
            "teams.create",
            {"name": "CM_a", "roles": [("u1", "admin")]},
            "POST /teams",
            {
                "name": "CM_a",
                "roles": [{"user_id": "u1", "role": "admin"}],
            },
        ),
        (
            "teams.set_role",
            {"team_id": "p1", "user_id": "u1", "role": "admin"},
            "POST /teams/p1/roles",
            {"user_id": "u1", "role": "admin"},
        ),
        (
            "corrections.create",
            {"action": "rewrite", "start": NOON, "shape": {"size_gb": 3}},
            "POST /corrections",
            {
                "action": "rewrite",
                "start": "2026-11-21T12:00:00Z",
                "shape": {"size_gb": 3},
            },
        ),
        (
            "jobs.run",
            {"name": "sync:one", "kinds": ["volume"], "retry": True},
            "POST /jobs/sync%3Aone/run",
            {"kinds": ["volume"], "retry": True},
        ),
        ("jobs.run", {"name": "push"}, "POST /jobs/push/run", {}),
        (
            "credits.create",
            {"account_id": "a", "amount": "1.50", "reason": "r"},
            "POST /credits",
            {"account_id": "a", "amount": "1.50", "reason": "r"},
        ),
        (
            "invoices.act",
            {"invoice_id": "i", "action": "dispute", "reason": "r"},
            "POST /invoices/i/action",
            {"action": "dispute", "reason": "r"},
        ),
        (
            "orders.create",
            {"account_id": "a"},
            "POST /orders",
            {"account_id": "a"},
        ),
        (
            "orders.tag",
            {"order_id": "o/1", "name": "colour", "value": "red"},
            "POST /orders/o%2F1/tags",
            {"name": "colour", "value": "red"},
        ),
    ],
)
def test_what_is_sent(concertim, requests_mock, call, arguments, line, body):
    answer = {"id": "x"}
    requests_mock.register_uri(ANY, ANY, json=answer)
    assert operator.attrgetter(call)(concertim)(**arguments) == answer
    request = requests_mock.last_request
    assert f"{request.method} {request.url.removeprefix(API)}" == line
    assert request.json() == body


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("accounts.list", {"limit": 1}),
        ("accounts.get", {"thing_id": "a"}),
        ("orders.create", {"account_id": "a"}),
        ("orders.delete", {"thing_id": "o"}),
        ("invoices.draft", {"account_id": "a"}),
        ("invoices.html", {"invoice_id": "i"}),
        ("credits.create", {"account_id": "a", "amount": "1"}),
    ],
)
def test_what_is_newer_than_the_client(
    concertim, requests_mock, call, arguments
):
    requests_mock.register_uri(ANY, ANY, json={"accounts": [], "links": []})
    answer = operator.attrgetter(call)(concertim)(**arguments)
    if call.endswith(".list"):
        assert [*answer] == []
    headers = requests_mock.last_request.headers
    assert headers["OpenStack-API-Version"] == "concertim 1.4"


def test_conditions_become_text(concertim, requests_mock):
    requests_mock.get(f"{API}/periods", json={"periods": []})
    berlin = timezone(timedelta(hours=1))
    periods = concertim.periods.list(
        start=NOON.astimezone(berlin),
        clip=True,
        kind=["instance", "volume"],
        running=False,
        state="neq:stopped",
        sort="end:desc",
        region=None,
    )
    assert list(periods) == []
    assert requests_mock.last_request.qs == {
        "start": NOON_ARGUMENT,
        "clip": ["true"],
        "kind": ["in:instance,volume"],
        "running": ["false"],
        "state": ["neq:stopped"],
        "sort": ["end:desc"],
        "limit": ["1000"],
    }


def test_a_time_must_know_its_zone(concertim):
    with pytest.raises(ValueError, match="no zone"):
        concertim.periods.list(start=NOON.replace(tzinfo=None))


def test_usage_is_exact(concertim, requests_mock):
    row = {
        "project_id": "p1",
        "day": "2026-11-21",
        "resources": 3,
        "seconds": "45000",
        "hours": "12.500000",
        "vcpu_hours": "0.000001",
        "ram_gib_hours": "98765432109876543210.000001",
        "disk_gb_hours": "0.000000",
    }
    answer = {"usage": [row], "start": "s", "end": "e"}
    requests_mock.get(f"{API}/usage", json=answer)
    totals = concertim.usage.get(start=NOON, group_by=["project_id", "day"])
    assert requests_mock.last_request.qs["group_by"] == ["project_id,day"]
    assert (totals.start, totals.end) == ("s", "e")
    (totals_row,) = totals.rows
    assert totals_row["seconds"] == 45000
    assert totals_row["hours"] == Decimal("12.5")
    assert totals_row["ram_gib_hours"] == Decimal(
        "98765432109876543210.000001"
    )
    assert totals_row["day"] == "2026-11-21"


def test_measures_of_usage(concertim, requests_mock):
    row = dict.fromkeys(("hours", "vcpu_hours", "gpu_hours"), "0.333333")
    row |= {"type": "hours", "resources": 1, "seconds": "1200"}
    answer = {"usage": [row], "start": "s", "end": "e"}
    requests_mock.get(f"{API}/usage", json=answer)
    measures = ["gpu=extra_spec:resources:vgpu", "a=extra_spec:b=c"]
    totals = concertim.usage.get(start=NOON, measures=measures)
    request = requests_mock.last_request
    assert request.qs == {"start": NOON_ARGUMENT, "measure": measures}
    assert request.headers["OpenStack-API-Version"] == "concertim 1.1"
    (totals_row,) = totals.rows
    assert totals_row["gpu_hours"] == Decimal("0.333333")
    assert totals_row["type"] == "hours"


@pytest.mark.parametrize(
    ("nouns", "rows"), [("resources", "periods"), ("racks", "events")]
)
def test_a_long_history_is_whole(concertim, requests_mock, nouns, rows):
    links = [{"rel": "next", "href": "x?marker=m1"}]
    requests_mock.get(
        f"{API}/{nouns}/a%2Fb%20c/history",
        [
            {"json": {rows: [{"id": 1}], "links": links}},
            {"json": {rows: [{"id": 2}]}},
        ],
    )
    history = getattr(concertim, nouns).history("a/b c", region="one")
    assert [row["id"] for row in history[rows]] == [1, 2]
    first, last = requests_mock.request_history
    assert first.qs == {"region": ["one"]}
    assert last.qs == {"marker": ["m1"]}


@pytest.mark.parametrize("nouns", NAMED)
def test_find_by_name(concertim, requests_mock, nouns):
    requests_mock.get(f"{API}/{nouns}/web", status_code=404)
    requests_mock.get(f"{API}/{nouns}", json={nouns: [{"id": "x"}]})
    assert getattr(concertim, nouns).find("web", region="one")["id"] == "x"
    assert requests_mock.last_request.qs == {
        "name": ["eq:web"],
        "region": ["one"],
        "limit": ["10"],
    }
    requests_mock.get(f"{API}/{nouns}", json={nouns: []})
    with pytest.raises(errors.NotFound):
        getattr(concertim, nouns).find("web")


def test_find_too_much(concertim, requests_mock):
    requests_mock.get(f"{API}/resources/web", status_code=404)
    two = [
        {"kind": "instance", "id": "r1", "region": "one"},
        {"kind": "volume", "id": "r2"},
    ]
    requests_mock.get(f"{API}/resources", json={"resources": two})
    message = "several resources are named web: instance r1 in one, volume r2"
    with pytest.raises(errors.ClientError, match=message):
        concertim.resources.find("web")


class Feed:
    """A feed of changes with the cursors of ``kept``; "red" are few."""

    def __init__(self, kept):
        self.kept = kept
        self.requests = 0

    def answer(self, request, context):
        self.requests += 1
        since = int(request.qs.get("since", [self.kept[0] - 1])[0])
        if since < self.kept[0] - 1:
            context.status_code = 410
            return {}
        kinds = {"red": self.kept[::7], None: self.kept}
        cursors = kinds[request.qs.get("kind", [None])[0]]
        if "resource_id" in request.qs:
            cursors = []
        rows = [{"cursor": cursor} for cursor in cursors if cursor > since]
        return {"changes": rows, "cursor": self.kept[-1]}


@pytest.mark.parametrize(
    ("count", "filters", "cursors", "requests"),
    [
        (2, {}, [99, 100], 2),
        (2, {"kind": "red"}, [93, 100], 3),
        (80, {}, [*range(30, 101)], 3),
        (80, {"kind": "red"}, [*range(30, 101, 7)], 3),
    ],
)
def test_the_last_changes(
    concertim, requests_mock, count, filters, cursors, requests
):
    feed = Feed(range(30, 101))
    requests_mock.get(f"{API}/changes", json=feed.answer)
    changes = concertim.changes.last(count, **filters)
    assert [change["cursor"] for change in changes] == cursors
    assert feed.requests == requests


def test_the_last_of_a_whole_feed(concertim, requests_mock):
    feed = Feed(range(1, 4))
    requests_mock.get(f"{API}/changes", json=feed.answer)
    assert len(concertim.changes.last(9)) == 3
    assert feed.requests == 2


@pytest.mark.parametrize(
    "nouns",
    [
        *("operations", "corrections", "accounts", "orders", "invoices"),
        "credits",
    ],
)
def test_find_by_the_beginning_of_an_id(concertim, requests_mock, nouns):
    ids = [{"id": id_} for id_ in ("3f0c-1", "3f0d-2", "e0-3f0")]
    requests_mock.get(f"{API}/{nouns}", json={nouns: ids})
    requests_mock.get(f"{API}/{nouns}/3f0c", status_code=404)
    requests_mock.get(f"{API}/{nouns}/3f0", status_code=404)
    requests_mock.get(f"{API}/{nouns}/4", status_code=404)
    requests_mock.get(f"{API}/{nouns}/3f0c-1", json={"id": "3f0c-1"})
    manager = getattr(concertim, nouns)
    assert manager.find("3f0c-1") == {"id": "3f0c-1"}
    assert requests_mock.call_count == 1
    assert manager.find("3f0c") == {"id": "3f0c-1"}
    assert requests_mock.call_count == 4
    arguments = requests_mock.request_history[2].qs
    assert arguments == {"fields": ["id"], "limit": ["1000"]}
    with pytest.raises(errors.ClientError, match="with 3f0: 3f0c-1, 3f0d-2"):
        manager.find("3f0")
    with pytest.raises(errors.NotFound):
        manager.find("4")


def test_a_rack_as_it_was_with_its_devices(concertim, requests_mock):
    requests_mock.get(f"{API}/racks/r1", json={"id": "r1", "devices": []})
    rack = concertim.racks.find("r1", at=NOON, devices=True)
    assert rack == {"id": "r1", "devices": []}
    assert requests_mock.call_count == 1
    assert requests_mock.last_request.qs == {
        "at": NOON_ARGUMENT,
        "devices": ["true"],
    }


def test_a_rack_by_name_with_its_devices(concertim, requests_mock):
    requests_mock.get(f"{API}/racks/web", status_code=404)
    racks = [{"id": "r1", "region": "one"}]
    requests_mock.get(f"{API}/racks", json={"racks": racks})
    requests_mock.get(f"{API}/racks/r1", json={"id": "r1", "devices": []})
    rack = concertim.racks.find("web", at=NOON, devices=True)
    assert rack["devices"] == []
    _, by_name, by_id = requests_mock.request_history
    assert by_name.qs["at"] == NOON_ARGUMENT
    assert by_id.qs == {
        "at": NOON_ARGUMENT,
        "devices": ["true"],
        "region": ["one"],
    }


@pytest.mark.parametrize(
    ("rack", "moments"),
    [
        ({"rack_id": "r1"}, [NOON_ARGUMENT] * 2),  # its name in that rack
        ({}, [NOON_ARGUMENT, None, NOON_ARGUMENT]),  # its name of today
    ],
)
def test_a_device_by_its_name_as_it_was(
    concertim, requests_mock, rack, moments
):
    requests_mock.get(f"{API}/devices/node", status_code=404)
    devices = [{"id": "d1", "region": "one"}]
    requests_mock.get(f"{API}/devices", json={"devices": devices})
    requests_mock.get(f"{API}/devices/d1", json={"id": "d1"})
    assert concertim.devices.find("node", at=NOON, **rack)["id"] == "d1"
    requests = requests_mock.request_history
    assert [request.qs.get("at") for request in requests] == moments
    assert requests[1].qs.get("rack_id") == (["r1"] if rack else None)


def feed(*cursors, more=False):
    links = [{"rel": "next", "href": "x"}] if more else []
    changes = [{"cursor": cursor} for cursor in cursors]
    return {
        "json": {"changes": changes, "cursor": cursors[-1], "links": links}
    }


def test_changes_up_to_now(concertim, requests_mock):
    requests_mock.get(f"{API}/changes", [feed(1, 2, more=True), feed(5)])
    assert [c["cursor"] for c in concertim.changes.list()] == [1, 2, 5]
    first, second = requests_mock.request_history
    assert "since" not in first.qs
    assert second.qs["since"] == ["2"]


def test_some_changes(concertim, requests_mock):
    requests_mock.get(f"{API}/changes", [feed(8, 9, more=True)])
    changes = concertim.changes.list(since=7, limit=2)
    assert [c["cursor"] for c in changes] == [8, 9]
    assert requests_mock.last_request.qs["limit"] == ["2"]
    assert requests_mock.call_count == 1


def test_changes_to_come(concertim, requests_mock):
    nothing = {"json": {"changes": [], "cursor": 2, "links": []}}
    requests_mock.get(f"{API}/changes", [feed(1, 2), nothing, feed(3)])
    naps = []
    changes = concertim.changes.follow(0, interval=9, sleep=naps.append)
    assert [c["cursor"] for c in itertools.islice(changes, 3)] == [1, 2, 3]
    assert naps == [9, 9]


def test_purge_dead_letters(concertim, requests_mock):
    requests_mock.delete(f"{API}/dead-letters", json={"purged": 4})
    assert concertim.dead_letters.purge(before=NOON, event_type="x.y") == 4
    assert requests_mock.last_request.qs == {
        "before": NOON_ARGUMENT,
        "event_type": ["x.y"],
    }
    assert concertim.dead_letters.purge(everything=True) == 4
    assert requests_mock.last_request.qs == {"all": ["true"]}


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("users.create", {"name": "ada", "password": SECRET}),
        ("users.update", {"thing_id": "u1", "password": SECRET}),
        ("keypairs.create", {"name": "laptop"}),
    ],
)
def test_a_secret_is_in_no_log(
    concertim, requests_mock, caplog, call, arguments
):
    """``openstack --debug`` shows all that keystoneauth logs."""
    caplog.set_level(logging.DEBUG)
    # Whatever the log of a daemon in another test made of it.
    caplog.set_level(logging.DEBUG, logger="keystoneauth")
    requests_mock.register_uri(
        ANY,
        ANY,
        json={"private_key": SECRET},
        headers={"Content-Type": "application/json"},
    )
    operator.attrgetter(call)(concertim)(**arguments)
    assert SECRET not in caplog.text
    concertim.jobs.run("push", retry=True)
    assert '{"retry": true}' in caplog.text
    assert SECRET in caplog.text  # of any other answer


def test_nothing_that_changes_is_sent_twice(concertim, requests_mock, naps):
    requests_mock.register_uri(ANY, ANY, exc=ConnectTimeout)
    for call in ("users.create", "users.update", "teams.delete"):
        with pytest.raises(errors.Unreachable):
            operator.attrgetter(call)(concertim)("u1")
    assert requests_mock.call_count == 3
    assert naps == []


OPERATION = {"id": "o1", "state": "accepted"}


def wait(runs, run, **more):
    """Wait for a run with a clock that only sleep moves."""
    naps, states = [], []
    last = runs.wait(
        run,
        progress=lambda answer: states.append(answer["state"]),
        sleep=naps.append,
        clock=lambda: sum(naps),
        **more,
    )
    return last, states, naps


@pytest.mark.parametrize("state", ["done", "failed", "unsure"])
def test_an_operation_is_waited_for(concertim, requests_mock, state):
    requests_mock.get(
        f"{API}/operations/o1",
        [{"json": OPERATION}, {"json": {**OPERATION, "state": state}}],
    )
    operation, states, naps = wait(
        concertim.operations, OPERATION, timeout=9, interval=2.0
    )
    assert operation["state"] == state
    assert states == ["accepted", "accepted", state]
    assert naps == [2.0, 2.0]


def test_what_is_finished_is_not_asked_for(concertim, requests_mock):
    operation = {**OPERATION, "state": "done"}
    assert concertim.operations.wait(operation) == operation
    assert requests_mock.call_count == 0


def job(state, finished_at=None):
    return {"name": "sync:one", "state": state, "finished_at": finished_at}


@pytest.mark.parametrize(
    ("run", "answers"),
    [
        (
            job("running"),
            [
                job("running"),  # one that had begun before
                job("asked", "13:00"),
                job("running", "13:00"),
                job("waiting", "13:01"),
            ],
        ),
        # What has not begun has not finished.
        (
            job("asked", "12:00"),
            [job("waiting", "12:00"), job("waiting", "12:05")],
        ),
    ],
)
def test_wait_for_the_run_that_was_asked_for(
    concertim, requests_mock, run, answers
):
    requests_mock.get(
        f"{API}/jobs/sync%3Aone", [{"json": answer} for answer in answers]
    )
    last, states, naps = wait(concertim.jobs, run, interval=9)
    assert last == answers[-1]
    assert states == [answer["state"] for answer in answers]
    assert naps == [9] * (len(answers) - 1)


def test_wait_no_longer_than_that(concertim, requests_mock):
    requests_mock.get(f"{API}/jobs/sync%3Aone", json=job("asked"))
    message = "job sync:one has not finished within 5 s: it is asked"
    with pytest.raises(errors.ClientError, match=message):
        wait(concertim.jobs, job("asked"), timeout=5, interval=2)
    assert requests_mock.call_count == 4
