"""The openstack command, a view of racks, and the agent behind it."""

import os
import pty
import subprocess
import threading

import pytest

from tests.functional.api import tariffs

from . import cluster
from .conftest import PHYSICS, OpenStack

RACK = ("solver", "--project", "physics")


@pytest.fixture(scope="module")
def api(live_api):
    url, services = live_api("[api]", "auth_strategy = noauth", *cluster.VIEW)
    cluster.show(services)
    tariffs.load(services, PHYSICS)
    return url, services


@pytest.fixture(scope="module")
def openstack(api, home):
    """The command of somebody on the machine of an API without auth."""
    url, _ = api
    return OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


def test_racks(openstack):
    (rack,) = openstack.json("rack", "list")
    assert (rack["id"], rack["name"], rack["status"]) == (
        *("k1", "solver", "ACTIVE"),
    )
    assert rack["project"] == rack["team"] == "physics"
    assert rack["device_count"] == 4
    assert openstack.json("rack", "list", "--status", "FAILED,STOPPED") == []
    assert openstack.json("rack", "list", "--at", "2026-03-01") == []
    (past_rack,) = openstack.json("rack", "list", "--at", "2026-03-02T12:00")
    assert past_rack["id"] == "k1"
    assert openstack("rack", "list").head == [
        *("id", "name", "project", "status", "device_count", "used_u"),
        "height_u",
    ]


def test_a_rack_by_id_and_by_name(openstack):
    by_id = openstack.json("rack", "show", "k1")
    assert by_id["outputs"] == {"gateway": "\x1b[31mred"}
    by_name = openstack.json("rack", "show", "solver", "--devices")
    names = [device["name"] for device in by_name.pop("devices")]
    assert by_name == by_id
    assert len(names) == 4


def test_a_drawing(openstack):
    answer = openstack("rack", "show", "solver", "--draw", COLUMNS="90")
    assert answer.status == 0
    lines = answer.out.splitlines()
    # The agent of a busy machine may be late, and then a line says so.
    assert any(line.startswith("solver  ● ACTIVE") for line in lines[:3])
    (head,) = [line for line in lines if "● head" in line]
    assert "m1.large" in head
    assert "\x1b" not in answer.out
    past_answer = openstack(
        *("rack", "show", "solver", "--draw", "--at", "2026-03-02T12:00")
    )
    assert "as it was at 2026-03-02 12:00:00 UTC" in past_answer.out
    assert "m1.large" not in past_answer.out


def test_a_drawing_with_costs(openstack, tmp_path):
    words = ("rack", "show", "solver", "--at", "2026-03-05T00:00", "--costs")
    answer = openstack(*words, "--draw", COLUMNS="120")
    assert answer.status == 0
    assert " EUR since 2026-03-01 (" in answer.out
    (head,) = [line for line in answer.out.splitlines() if "● head" in line]
    assert "ACTIVE     19.44  m1.large" in head
    picture = tmp_path / "k1.svg"
    assert openstack(*words, "--svg", str(picture)).status == 0
    text = picture.read_text("utf-8")
    assert "EUR since 2026-03-01" in text
    assert "19.44 EUR · m1.large" in text


def test_a_drawing_without_unicode(openstack):
    answer = openstack(
        "rack", "show", "k1", "--draw", PYTHONIOENCODING="ascii"
    )
    assert answer.out.isascii()
    assert "+ ACTIVE" in answer.out


def test_a_drawing_in_a_terminal(openstack):
    """What is seen there has colours, and no name has any of its own."""
    ours, theirs = pty.openpty()
    chunks = []

    def read():
        try:
            while data := os.read(ours, 65536):
                chunks.append(data)
        except OSError:  # so Linux says that the other end was closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    process = subprocess.run(
        openstack.line("rack", "show", "solver", "--draw"),
        stdout=theirs,
        stderr=theirs,
        env={**openstack.environ, "TERM": "xterm-256color"},
        timeout=120,
    )
    os.close(theirs)
    reader.join()
    os.close(ours)
    text = b"".join(chunks).decode()
    assert process.returncode == 0, text
    assert "\x1b[32m  ● ACTIVE" in text
    assert "\\x1b[31mred" in text


def test_a_history(openstack):
    events = openstack.json("rack", "history", "solver")
    changes = [(e["name"], e["change"], e["from"], e["to"]) for e in events]
    assert ("head", "resized", "m1.small", "m1.large") in changes
    assert events == sorted(events, key=lambda event: event["at"])
    names = {event["id"]: event["name"] for event in events}
    assert names["id-of-head"] == "head"
    answer = openstack("rack", "history", "solver")
    assert answer.err == "rack solver, k1, region here:\n"
    assert "\x1b" not in answer.out


def test_devices(openstack):
    devices = openstack.json("device", "list", "--rack", "solver")
    units = [device["start_u"] for device in devices]
    assert units == sorted(units, reverse=True)
    assert {device["rack"] for device in devices} == {"solver"}
    filters = ("--type", "Volume,Network", "--sort", "start_u", "-c", "name")
    assert openstack.json("device", "list", "--all-projects", *filters) == [
        {"name": "scratch"},
        {"name": "lan"},
    ]
    past_devices = openstack.json(
        *("device", "list", "--rack", "k1", "--at", "2026-03-02T12:00")
    )
    assert {d["template"] for d in past_devices if d["name"] == "head"} == {
        "m1.small"
    }
    assert openstack("device", "list", COLUMNS="300").head == [
        *("id", "name", "rack", "type", "status", "template", "start_u"),
        "height_u",
    ]


def test_a_device(openstack):
    head = openstack.json("device", "show", "head")
    assert head["id"] == "id-of-head"
    assert head["details"]["vcpus"] == 4
    past_head = openstack.json(
        "device", "show", "head", "--at", "2026-03-02T12:00"
    )
    assert past_head["details"]["vcpus"] == 1


def test_the_other_nouns(openstack):
    (template,) = openstack.json("template", "list")
    assert (template["name"], template["height_u"]) == ("m1.small", 1)
    whole_template = openstack.json("template", "show", "m1.small")
    assert {name: whole_template[name] for name in template} == template
    teams = openstack.json("team", "list", "--sort", "name")
    assert [team["name"] for team in teams] == ["maths", "physics"]
    assert openstack.json("team", "show", "physics")["id"] == PHYSICS
    (ada,) = openstack.json("user", "list")
    assert (ada["name"], ada["email"]) == ("ada", "ada@x.test")


def test_nothing_is_synced(with_key):
    answer = with_key("root", ["admin"])("sync", "run")
    assert answer.status == 1
    assert "no region is synced" in answer.err


@pytest.fixture(scope="module")
def cloud(api, tmp_path_factory):
    """A cloud that an agent syncs with."""
    _, services = api
    cloud = cluster.Cloud()
    with cluster.working(services, cloud, tmp_path_factory.mktemp("locks")):
        yield cloud


WAIT = ("sync", "run", "--wait", "--timeout", "60")


def test_a_sync(openstack, cloud):
    answer = openstack(*WAIT, "--region", "here", "-f", "json")
    rows = {row["kind"]: row for row in answer.json}
    assert rows["volume"]["listed"] == 2
    assert rows["volume"]["left_out"] == [
        {
            "kind": "volume",
            "id": "id-of-strange",
            "reason": "size: not a number",
        }
    ]
    assert "sync:here: partial, in" in answer.err
    (status,) = openstack.json("sync", "status")
    assert status["region"] == "here"
    assert status["outcome"] == "partial"
    assert status["left_out"] == rows["volume"]["left_out"]


def test_a_sync_of_one_kind(openstack, cloud):
    (job,) = openstack.json("sync", "run", "--kind", "flavor")
    assert [*job] == ["region", "state", "agent", "finished_at"]
    assert job["region"] == "here"
    rows = openstack(*WAIT, "--kind", "flavor", "-f", "json").json
    assert [row["kind"] for row in rows] == ["flavor"]


def test_a_sync_that_fails(openstack, cloud):
    cloud.is_broken = True
    answer = openstack(*WAIT)
    cloud.is_broken = False
    assert answer.status == 1
    assert "sync:here: failed" in answer.err
    assert "HTTP 500 on page 1" in answer.out
    assert openstack("job", "list").head[-1] == "error"


def test_a_sync_that_takes_too_long(openstack, cloud):
    cloud.may_answer.clear()
    answer = openstack("sync", "run", "--wait", "--timeout", "2")
    cloud.may_answer.set()
    assert answer.status == 1
    assert "has not finished within 2 s" in answer.err


def test_jobs(openstack, cloud):
    # Until a run has ended well, the error of the last one has a column.
    openstack(*WAIT)
    names = [job["name"] for job in openstack.json("job", "list")]
    assert names == [
        *("announce", "changes:here", "invoices", "operations", "orders"),
        *("purge", "refold", "refresh", "settle"),
        *("sync:here", "view"),
    ]
    assert openstack.json("job", "show", "sync:here")["agent"] == "an-agent"
    assert openstack("job", "list").head == [
        *("name", "state", "outcome", "finished_at", "age", "duration"),
        *("interval", "next_at"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("job", "show", "nothing"), "Job nothing not found"),
        (("rack", "show", "nobody"), "Rack nobody not found (HTTP 404"),
        (("rack", "history", "nobody"), "Rack nobody not found"),
        (("sync", "run", "--region", "nowhere"), "sync:nowhere not found"),
        (("sync", "run", "--kind", "dragon"), "kinds: dragon"),
        (("device", "list", "--type", "Dragon"), "type: "),
        (("rack", "show", "k1", "--draw", "-f", "json"), "--draw: json"),
    ],
)
def test_errors(openstack, cloud, arguments, message):
    answer = openstack(*arguments)
    assert answer.status == 1
    assert message in answer.err
