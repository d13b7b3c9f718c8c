"""What is asked of a time that is archived is refused, or answered with a
header; never answered as if nothing were missing."""

import functools

import pytest

from concertim_api import bootstrap
from tests.functional.api import cloud, view
from tests.functional.db.test_archives import age

#: All of OBSERVATIONS is earlier; it has 150 hours since.
CUT = cloud.at(60)
SAID = CUT.strftime("%Y-%m-%dT%H:%M:%SZ")
BEFORE, AFTER = "2026-11-02", "2026-11-08"
HEADER = "Concertim-Archived-Before"


@pytest.fixture
def archived(services):
    """The server s1 is archived, and the stack c with the server k."""
    services.recorder.record(
        [
            view.project("p1", "CM_physics"),
            view.stack("c", 1, "instance/k"),
            cloud.server("k", 1),
            cloud.said("k", 40, "gone"),
            cloud.said("c", 50, "gone", kind="stack"),
            view.stack("r", 1, "instance/m"),
            cloud.server("m", 1),
        ]
    )
    age(services.store)
    archive = functools.partial(
        bootstrap.archiver(services).run, CUT, lambda records: None
    )
    counts = archive()
    assert counts.resources == 0
    assert sum(counts.kept.values()) == 3  # the view does not show the end
    view.settle(services)
    assert archive().resources == 3


def test_the_times_are_what_they_are_taken_for():
    assert BEFORE < SAID < AFTER


@pytest.mark.parametrize(
    "path",
    [
        "/v1/usage?start={}",
        "/v1/periods?start={}",
        "/v1/resources?at={}",
        "/v1/resources/s2?at={}",
        "/v1/racks?at={}",
        "/v1/racks/r?at={}",
        "/v1/racks/r.svg?at={}",
        "/v1/devices?rack_id=r&at={}",
        "/v1/devices/m?at={}",
    ],
)
def test_a_time_that_is_archived_is_refused(client, refused, archived, path):
    error = refused("GET", path.format(BEFORE), 410)
    assert SAID in error["detail"]
    assert HEADER not in client.get(path.format(AFTER)).headers


@pytest.mark.parametrize(
    "path", ["/v1/resources/s1/history", "/v1/resources/s1/observations"]
)
def test_what_an_archived_resource_was_is_refused(refused, archived, path):
    error = refused("GET", path, 410)
    assert "s1 of RegionOne is archived" in error["detail"]


def test_a_rack_outlives_its_project_in_the_past(client, services):
    services.recorder.record(
        [
            view.project("p2", "CM_gone"),
            view.stack("x", 1, project_id="p2"),
            cloud.said("p2", 40, "gone", kind="project", project_id=None),
        ]
    )
    view.settle(services)
    age(services.store)
    path = f"/v1/racks/x?at={AFTER}"
    before = client.get(path).json
    counts = bootstrap.archiver(services).run(CUT, lambda records: None)
    assert client.get(path).json == before
    assert counts.resources == 1  # the server s1
    assert counts.kept["racks that outlive them have their names"] == 1


def test_an_archived_resource_is_shown(client, archived):
    shown = client.get("/v1/resources/s1").json
    assert shown["end"] == "2026-11-03T00:00:00Z"
    ids = [r["id"] for r in client.get("/v1/resources").json["resources"]]
    assert "s1" in ids


@pytest.mark.parametrize(
    "path", ["/v1/periods", "/v1/corrections", "/v1/racks/r/history"]
)
def test_a_list_of_any_time_says_what_may_lack(client, archived, path):
    assert client.get(path).headers[HEADER] == SAID


@pytest.mark.parametrize(
    "path", ["/v1/periods", "/v1/corrections", "/v1/usage?start=2026-11-02"]
)
def test_nothing_is_said_where_nothing_is_archived(client, path):
    assert HEADER not in client.get(path).headers


def test_a_correction_of_what_is_archived_is_refused(refused, archived):
    body = (
        b'{"action": "rewrite", "kind": "instance", "resource_id": "s1", '
        b'"start": "2026-11-01T01:00:00Z", "end": "2026-11-01T02:00:00Z", '
        b'"shape": {"state": "stopped"}, "reason": "why"}'
    )
    error = refused("POST", "/v1/corrections", 410, body)
    assert "s1 of RegionOne is archived" in error["detail"]


def test_a_correction_that_is_not_there_may_be_archived(refused, archived):
    error = refused("GET", "/v1/corrections/none", 404)
    date = SAID.partition("T")[0]
    assert error["detail"] == (
        f"Correction none not found. What ended before {date} is archived."
    )
