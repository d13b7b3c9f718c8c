"""Whatever is sent: no answer is a 500, and each error is a document."""

import itertools
import json
import random

import pytest

VALUES = [
    *(None, "", "x", "\x00", "x" * 70_000, "é\u2028", -1, 0, 1.5, 10**30),
    *(True, [], {}, [[]], {"x": 1}, ["a", 1], "2016-01-01", "9999-12-31"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("2016-01-01T00:00:00.000000Z", "2026-11-30T00:00:00Z", "s1", "t1"),
]
NAMES = [
    *("id", "created_at", "name", "flavor", "os_type", "os_distro"),
    *("os_version", "date", "rebuild_date", "distro", "version", "start"),
    *("volume_id", "volume_type", "size", "volume_name", "attached_to"),
    *("attachments", "type_id", "type_name", "os", "metadata"),
    *("start_date", "end_date"),
]
PATHS = [
    *("project/{}/instance", "project/{}/volume", "instance/{}"),
    *("instance/{}/resize", "instance/{}/rebuild", "volume/{}"),
    *("volume/{}/resize", "volume/{}/attach", "volume/{}/detach"),
    *("project/{}/instances", "project/{}/volumes", "project/{}/entities"),
    *("entity/instance/{}", "entity/{}", "volume_types"),
    *("volume_type/{}", "volume_type", "info"),
]
IDS = [
    "s1",
    "v1",
    "t1",
    "p1",
    "%00",
    "%FF",
    "..",
    "a%2Fb",
    "%C3%A9",
    "x" * 300,
]
DATES = ["", "x", "%00", "2016-01-01", "9999-12-31", "0001-01-01"]


@pytest.mark.parametrize("seed", range(4))
def test_no_answer_is_a_500(stage, seed):
    chance = random.Random(seed)
    stage.say("instance", "s1", 1, flavor={"name": "small"})
    stage.say("volume_type", "t1", 1, name="ssd")
    stage.say("volume", "v1", 1, size_gb=1)
    for _ in range(400):
        method = chance.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
        path = chance.choice(PATHS).format(chance.choice(IDS))
        start, end = chance.choice(DATES), chance.choice(DATES)
        ends = f"?start={start}&end={end}"
        query = chance.choice(["", f"?start={start}", ends])
        body = {name: chance.choice(VALUES) for name in NAMES}
        body = {k: v for k, v in body.items() if chance.random() < 0.9}
        send(stage, method, f"/{path}{query}", body)


@pytest.mark.parametrize("body", [b"", b"[", b"\xff", b"[" * 10_000, b"1"])
def test_no_junk_is_a_500(stage, body):
    for method, path in itertools.product(["POST", "PUT", "DELETE"], PATHS):
        send(stage, method, f"/{path.format('s1')}", body)


def send(stage, method, path, body):

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = stage.app.request(
        path,
        method=method,
        body=raw,
        headers={"X-Auth-Token": stage.admin},
        expect_errors=True,
    )
    assert answer.status_int < 500, (method, path, body, answer.text)
    if answer.status_int >= 400 and method != "HEAD":
        assert set(answer.json) == {"error"}
