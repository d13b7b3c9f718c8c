"""What the dialect answers to who reads."""

import pytest

from tests.functional.dialects.almanach.conftest import LINUX, SMALL, shown

BIG = {"id": "f2", "name": "big", "vcpus": 8, "ram_mb": 4096}


def server(stage, id_="s1", **more):
    stage.say(
        "instance",
        id_,
        1,
        name="web",
        flavor=SMALL,
        image=LINUX,
        metadata={"metering.billing_mode": "42"},
        **more,
    )


def spans(entities):
    return [(e["start"], e["end"]) for e in entities]


def test_a_server_is_shown_with_almanachs_fields(stage):
    server(stage)
    (entity,) = stage.entities()
    assert entity.pop("processed")
    assert entity == {
        "entity_id": "s1",
        "entity_type": "instance",
        "project_id": "p1",
        "name": "web",
        "start": "2026-11-01 01:00:00+00:00",
        "end": None,
        "last_event": "2026-11-01 01:00:00+00:00",
        "flavor": "small",
        "image_meta": {"distro": "debian", "os_type": "linux"},
        "os": {"distro": "debian", "os_type": "linux"},
        "metadata": {"metering.billing_mode": "42"},
    }


def test_a_volume_is_shown_with_the_name_of_its_type(stage):
    stage.say("volume_type", "t1", 0, name="ssd")
    stage.say("volume", "v1", 1, type="t1", size_gb=10, attached_to=["s1"])
    (entity,) = stage.entities(what="volumes")
    assert entity["volume_type"] == "ssd"
    assert entity["size"] == 10
    assert entity["attached_to"] == ["s1"]
    assert stage.entities(what="instances") == []


def test_states_do_not_split_an_entity_and_flavors_do(stage):
    server(stage, state="active")
    stage.say("instance", "s1", 2, state="stopped")
    stage.say("instance", "s1", 3, flavor=BIG)
    stage.say("instance", "s1", 4, "gone")
    small, big = stage.entities()
    assert spans([small, big]) == [
        (shown(1), shown(3)),
        (shown(3), shown(4)),
    ]
    assert (small["flavor"], big["flavor"]) == ("small", "big")
    assert big["last_event"] == shown(4)


def test_an_entity_is_whole_however_small_the_window(stage):
    server(stage, state="active")
    stage.say("instance", "s1", 20, state="stopped")
    day = dict(start="2026-11-01T21:00:00Z", end="2026-11-01T22:00:00Z")
    assert spans(stage.entities(**day)) == [(shown(1), None)]


@pytest.mark.parametrize(("profile", "seen"), [("ours", 0), ("almanach", 1)])
def test_the_boundary_row(stage, profile, seen):
    stage.again(profile=profile)
    server(stage)
    stage.say("instance", "s1", 5, "gone")
    after = stage.entities("2026-11-01 05:00:00.0", "2026-11-02 00:00:00.0")
    before = stage.entities("2026-10-01 05:00:00.0", "2026-11-01 01:00:00.0")
    assert (len(after), len(before)) == (seen, seen)


@pytest.mark.parametrize(("profile", "begins"), [("ours", 2), ("almanach", 1)])
def test_when_a_server_begins(stage, profile, begins):
    stage.again(profile=profile)
    server(stage, launched=False)
    stage.say("instance", "s1", 2, launched=True)
    assert spans(stage.entities()) == [(shown(begins), None)]


@pytest.mark.parametrize(
    ("profile", "ends"), [("ours", 2.01), ("almanach", 2)]
)
def test_the_short_end_of_a_volume(stage, profile, ends):
    stage.again(profile=profile)
    stage.say("volume", "v1", 1, size_gb=10, attached_to=[])
    stage.say("volume", "v1", 2, size_gb=20)
    stage.say("volume", "v1", 2.01, "gone")
    assert stage.entities()[-1]["end"] == shown(ends)


@pytest.mark.parametrize(("profile", "rows"), [("ours", 3), ("almanach", 2)])
def test_who_is_attached(stage, profile, rows):
    stage.again(profile=profile)
    stage.say("volume", "v1", 1, size_gb=10, attached_to=[])
    stage.say("volume", "v1", 2, attached_to=["s1"])
    stage.say("volume", "v1", 3, attached_to=["s1", "s2"])
    entities = stage.entities()
    assert len(entities) == rows
    assert entities[-1]["attached_to"] == ["s1", "s2"]


def test_names_of_metadata_are_shown_by_option(stage):
    server(stage)
    stage.again(profile="almanach")
    assert stage.entities()[0]["metadata"] == {}
    stage.again(instance_metadata=["metering.billing_mode"])
    stage.again(instance_image_meta=["distro"])
    (entity,) = stage.entities()
    assert entity["metadata"] == {"metering.billing_mode": "42"}
    assert entity["os"] == entity["image_meta"] == {"distro": "debian"}


def test_the_history_of_a_resource(stage):
    server(stage)
    stage.say("instance", "s1", 5, "gone")
    assert spans(stage.ask("GET", "/v1/entity/s1")) == [(shown(1), shown(5))]
    stage.ask("HEAD", "/entity/s1")
    stage.ask("HEAD", "/entity/s2", status=404)
    error = stage.ask("GET", "/entity/s2", status=404)
    assert error == {"error": "Entity not found"}


def test_info_needs_no_token(stage):
    server(stage)
    info = stage.ask("GET", "/v1/info", token="")
    assert info["info"]["version"]
    assert info["database"] == {"all_entities": 1, "active_entities": 1}


@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_without_a_start_nothing_is_listed(stage, prefix):
    error = stage.ask("GET", f"{prefix}/project/p1/entities", status=400)
    assert error == {
        "error": "The 'start' param is mandatory for the request you have "
        "made."
    }


@pytest.mark.parametrize("start", ["yesterday", "", "2026-13-01", "%00"])
def test_a_date_that_is_none(stage, start):
    error = stage.entities(start, status=400)
    assert error == {"error": "Invalid parameter or payload"}


def test_the_ends_of_time(stage):
    server(stage)
    assert len(stage.entities("0001-01-01", "9999-12-31T23:59:59")) == 1


def test_who_is_not_known_reads_nothing(stage):
    for token in ("", "secret", "x" * 9000):
        error = stage.entities(token=token, status=401)
        assert error == {"error": "Unauthorized"}


def test_a_reader_reads_the_own_project(stage):
    server(stage)
    assert len(stage.entities(token=stage.reader)) == 1
    path = "/v1/project/p2/entities?start=2026-11-01"
    assert stage.ask("GET", path, token=stage.reader) == []


def test_an_answer_is_refused_before_it_is_cut(stage):
    server(stage)
    server(stage, "s2")
    stage.again(max_rows=2)
    assert len(stage.entities()) == 2
    stage.again(max_rows=1)
    assert "Nothing is sent" in stage.entities(status=413)["error"]
