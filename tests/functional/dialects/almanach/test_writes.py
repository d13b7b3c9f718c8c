"""Writes are corrections; what Almanach's own tests ask of them."""

import pytest

from concertim_api.services.common.listing import EVERY_PROJECT, Listing
from tests.functional.dialects.almanach.conftest import SMALL, at, shown

MANDATORY = "The '%s' param is mandatory for the request you have made."
SERVER = {
    "id": "s1",
    "created_at": "2016-01-01T18:30:00Z",
    "name": "web",
    "flavor": "small",
    "os_type": "linux",
    "os_distro": "ubuntu",
    "os_version": "12.04",
}
VOLUME = {
    "volume_id": "v1",
    "start": "2016-01-01T18:00:00Z",
    "volume_type": "t1",
    "size": 10,
    "volume_name": "data",
    "attached_to": [],
}
WINDOW = ("2016-01-01", "2016-01-03")


def day(time):
    return f"2016-01-01 {time}:00+00:00"


def sent(time):
    return f"2016-01-01T{time}:00.000000Z"


@pytest.fixture
def server(stage):
    stage.ask("POST", "/v1/project/p1/instance", 201, body=SERVER)
    return stage


@pytest.fixture
def volume(stage):
    kind = {"type_id": "t1", "type_name": "ssd"}
    stage.ask("POST", "/v1/volume_type", 201, body=kind)
    stage.clock.advance(seconds=1)
    stage.ask("POST", "/v1/project/p1/volume", 201, body=VOLUME)
    return stage


def put(stage, path, status=200, **body):
    return stage.ask("PUT", f"/v1/{path}", status, body=body)


def rows(stage, *fields):
    return [tuple(e[f] for f in fields) for e in stage.entities(*WINDOW)]


def test_c1_a_server_is_resized(server):
    put(server, "instance/s1/resize", date=sent("18:40"), flavor="big")
    old, new = server.entities(*WINDOW)
    assert (old["flavor"], old["end"]) == ("small", day("18:40"))
    assert (new["flavor"], new["end"]) == ("big", None)
    assert new["start"] == new["last_event"] == day("18:40")
    assert new["os"] == {
        "distro": "ubuntu",
        "version": "12.04",
        "os_type": "linux",
    }
    put(server, "instance/s1/resize", date=sent("18:50"), flavor="big")
    assert len(server.entities(*WINDOW)) == 2


def test_c1_the_new_flavor_has_the_sizes_that_the_ledger_knows(server):
    server.say("flavor", "f2", 0, name="big", vcpus=8, ram_mb=4096)
    put(server, "instance/s1/resize", date=sent("18:40"), flavor="big")
    rows = list(server.services.store.ledger.all_periods())
    last = [row for row in rows if row.kind == "instance"][-1]
    assert (last.vcpus, last.ram_mb) == (8, 4096)


def test_c2_a_server_is_rebuilt(server):
    new = {"distro": "ubuntu", "version": "14.04", "os_type": "linux"}
    put(server, "instance/s1/rebuild", rebuild_date=sent("18:40"), **new)
    versions = [e["os"]["version"] for e in server.entities(*WINDOW)]
    assert versions == ["12.04", "14.04"]


def test_c3_a_server_is_deleted(server):
    path = "/v1/instance/s1"
    server.ask("DELETE", path, 202, body={"date": sent("18:50")})
    (entity,) = server.entities(*WINDOW)
    assert entity["end"] == entity["last_event"] == day("18:50")
    error = server.ask("DELETE", path, 404, body={"date": "no"})
    assert error == {"error": "InstanceId: s1 Not Found"}


BODIES = [
    ("POST", "project/p1/instance", SERVER),
    ("POST", "project/p1/volume", VOLUME),
    ("POST", "volume_type", {"type_id": "t", "type_name": "n"}),
    ("DELETE", "instance/s1", {"date": "x"}),
    ("DELETE", "volume/v1", {"date": "x"}),
    ("PUT", "instance/s1/resize", {"date": "x", "flavor": "x"}),
    ("PUT", "volume/v1/resize", {"date": "x", "size": 1}),
    ("PUT", "volume/v1/attach", {"date": "x", "attachments": []}),
    ("PUT", "volume/v1/detach", {"date": "x", "attachments": []}),
    (
        "PUT",
        "instance/s1/rebuild",
        dict.fromkeys(["rebuild_date", "distro", "version", "os_type"], "x"),
    ),
]


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
def test_c4_each_field_is_mandatory(stage, method, path, body):
    for prefix in ("", "/v1"):
        for name in body:
            rest = {k: v for k, v in body.items() if k != name}
            error = stage.ask(method, f"{prefix}/{path}", 400, body=rest)
            assert error == {"error": MANDATORY % name}


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
def test_c5_a_body_that_is_no_object(stage, method, path, body):
    for junk in (None, [], "x", 1):
        error = stage.ask(method, f"/{path}", 400, body=junk)
        assert error == {"error": "Invalid parameter or payload"}


def test_c5_a_date_that_is_none(server):
    body = {"date": "some day"}
    error = server.ask("DELETE", "/v1/instance/s1", 400, body=body)
    assert error["error"].startswith("The provided date has an invalid")


def test_c6_the_entity_that_runs_is_rewritten(server):
    put(
        server,
        "entity/instance/s1",
        start_date=sent("17:00"),
        flavor="big",
        name="www",
        metadata={"a.b": "c"},
        os={"distro": "d", "version": "1", "os_type": "x"},
    )
    (entity,) = server.entities(*WINDOW)
    assert (entity["start"], entity["end"]) == (day("17:00"), None)
    assert (entity["flavor"], entity["name"]) == ("big", "www")
    assert entity["metadata"] == {"a.b": "c"}
    assert entity["os"] == {"distro": "d", "version": "1", "os_type": "x"}


def test_c6_all_that_is_wrong_is_told_at_once(server):
    wrong = dict(flavor=123, os=123, end_date="2016-01-01", colour="red")
    error = put(server, "entity/instance/s1", 400, **wrong)["error"]
    assert error == {
        "flavor": "expected str",
        "os": "expected a dictionary",
        "end_date": "value does not match expected format "
        "%Y-%m-%dT%H:%M:%S.%fZ",
        "colour": "extra keys not allowed",
    }


@pytest.fixture
def closed(server):
    body = {"date": sent("18:50")}
    server.ask("DELETE", "/v1/instance/s1", 202, body=body)
    server.clock.advance(seconds=1)
    return server


CLOSED = "entity/instance/s1?start=2016-01-01 18:29:59.0&end=%s"


@pytest.mark.parametrize("end", ["18:40", "19:50"])
def test_c7_an_entity_that_ended_is_rewritten(closed, end):
    path = (CLOSED % "2016-01-01 18:50:00.0").replace(" ", "%20")
    entity = put(closed, path, flavor="B", end_date=sent(end))
    assert (entity["flavor"], entity["end"]) == ("B", day(end))
    assert rows(closed, "start", "end") == [(day("18:30"), day(end))]


def test_c7_a_change_is_made_whole_or_not_at_all(closed):
    later = {**SERVER, "created_at": sent("19:00"), "flavor": "small"}
    closed.clock.advance(seconds=1)
    closed.ask("POST", "/v1/project/p1/instance", 201, body=later)
    before = closed.entities(*WINDOW)
    path = (CLOSED % "2016-01-01 18:50:00.0").replace(" ", "%20")
    put(closed, path, 409, flavor="B", end_date=sent("20:00"))
    assert closed.entities(*WINDOW) == before


def test_c8_none_or_several_entities_that_ended(closed):
    path = (CLOSED % "2016-01-01 18:40:00.0").replace(" ", "%20")
    error = put(closed, path, 404, flavor="B")
    assert error == {"error": "InstanceId: s1 Not Found with start"}
    later = {**SERVER, "created_at": sent("19:00")}
    closed.clock.advance(seconds=1)
    closed.ask("POST", "/v1/project/p1/instance", 201, body=later)
    body = {"date": sent("20:00")}
    closed.clock.advance(seconds=1)
    closed.ask("DELETE", "/v1/instance/s1", 202, body=body)
    path = (CLOSED % "2016-01-02 18:40:00.0").replace(" ", "%20")
    error = put(closed, path, 400, flavor="B")["error"]
    assert error == "Multiple entities found while updating a closed entity"


def test_c11_a_volume_is_attached_resized_and_detached(volume):
    attach = dict(date=sent("18:40"), attachments=["s1"])
    put(volume, "volume/v1/attach", **attach)
    put(volume, "volume/v1/detach", date=sent("18:50"), attachments=[])
    put(volume, "volume/v1/resize", date=sent("19:00"), size=20)
    assert rows(volume, "start", "attached_to", "size") == [
        (day("18:00"), [], 10),
        (day("18:40"), ["s1"], 10),
        (day("18:50"), [], 10),
        (day("19:00"), [], 20),
    ]
    volume.ask("DELETE", "/volume/v1", 202, body={"date": sent("20:00")})
    last = volume.entities(*WINDOW)[-1]
    assert (last["end"], last["volume_type"]) == (day("20:00"), "ssd")


def test_c13_volume_types(volume):
    shown = {"volume_type_id": "t1", "volume_type_name": "ssd"}
    assert volume.ask("GET", "/v1/volume_types") == [shown]
    assert volume.ask("GET", "/v1/volume_type/t1") == shown
    volume.clock.advance(seconds=2)
    volume.ask("DELETE", "/v1/volume_type/t1", 202)
    for method in ("GET", "DELETE"):
        error = volume.ask(method, "/v1/volume_type/t1", 404)
        assert error == {"error": 'Unable to find volume_type_id "t1"'}
    volume.ask("POST", "/project/p1/volume", 404, body=VOLUME)


def test_what_happens_now_may_be_dated_now(stage):
    now = stage.clock.now().isoformat()
    body = {**SERVER, "created_at": now}
    stage.ask("POST", "/v1/project/p1/instance", 201, body=body)
    tomorrow = {**body, "id": "s2", "created_at": "2026-12-02"}
    error = stage.ask("POST", "/project/p1/instance", 400, body=tomorrow)
    assert error == {"error": "date: must not be in the future"}


def test_a_second_create_is_refused(server):
    body = {**SERVER, "created_at": sent("19:00")}
    error = server.ask("POST", "/v1/project/p1/instance", 409, body=body)
    assert "has a period" in error["error"]


def test_no_period_ends_before_it_starts(server):
    body = {"date": sent("18:00")}
    server.ask("DELETE", "/v1/instance/s1", 409, body=body)
    put(server, "instance/s1/resize", 200, date=sent("18:00"), flavor="x")
    assert rows(server, "start", "flavor") == [(day("18:30"), "x")]


def test_each_write_is_a_correction_with_its_author(server):
    page = server.services.corrections.list(EVERY_PROJECT, Listing())
    (correction,) = page.rows
    assert (correction.action, correction.author) == ("add", "root")
    assert correction.reason == (
        "Almanach: POST /v1/project/{project}/instance"
    )


def test_a_later_fact_of_the_cloud_counts_again(server):
    server.clock.time = at(1)
    server.say("instance", "s2", 1, name="web", flavor=SMALL)
    body = {"date": at(2).isoformat()}
    server.clock.time = at(3)
    server.ask("DELETE", "/v1/instance/s2", 202, body=body)
    server.say("instance", "s2", 4, "restored", flavor=SMALL)
    spans = [(e["start"], e["end"]) for e in server.ask("GET", "/entity/s2")]
    assert spans == [(shown(1), shown(2)), (shown(4), None)]


def test_a_reader_writes_nothing(stage):
    token = stage.reader
    path = "/v1/project/p1/instance"
    assert "error" in stage.ask("POST", path, 403, token, SERVER)
