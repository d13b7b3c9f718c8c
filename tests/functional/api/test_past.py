"""The view of a past moment is what was shown then, or is known today to
have been so."""

import pathlib
import re
from datetime import UTC, datetime

import pytest
import webtest

from concertim_api import bootstrap
from concertim_api.listener.replay import replay
from concertim_api.services.view import past
from tests.functional.api import cloud, conftest, view
from tests.functional.api.cloud import LARGE, NOW, at, said, server

DEMO = pathlib.Path(__file__).parents[3] / "demo"

#: When the recording had ended.
RECORDED = datetime(2026, 11, 21, 4, 18, tzinfo=UTC)

#: What tells when a row was written, not what it says.
_WHEN = ("updated_at", "links")


def said_of(document):
    """Return what a document says, whenever it was written."""
    if isinstance(document, dict):
        return {k: said_of(v) for k, v in document.items() if k not in _WHEN}
    if isinstance(document, list):
        return [said_of(item) for item in document]
    return document


def moment(hours):
    return at(hours).strftime("%Y-%m-%dT%H:%M:%SZ")


def stack(hours, *members, **fields):
    fields.setdefault("key", f"stack-c-{hours}-{'-'.join(members)}")
    return view.stack("c", hours, *members, **fields)


def gone(kind, resource_id, hours):
    return said(resource_id, hours, "gone", kind=kind)


MADE = {"created_at": "2026-11-13T12:00:00Z"}

#: A life of a cluster: what was told at which hour.
LIFE = {
    300: [
        stack(300, "network/cw", state="CREATE_IN_PROGRESS"),
        view.network("cw", 300),
    ],
    301: [
        stack(301, "instance/a", "network/cw", state="CREATE_IN_PROGRESS"),
        server("a", 301, state="building"),
        said("a", 301, key="a-made", details=MADE),
    ],
    302: [
        server("a", 302),
        view.port("pa", 302, "a", "10.0.0.9"),
        view.floating_ip("198.51.100.9", 302, "pa"),
        stack(302, "instance/a", "network/cw"),
    ],
    # Resized; with it, it no longer fits its slot.
    303: [
        stack(303, "instance/a", "instance/b", "network/cw", "volume/cd"),
        server("b", 303),
        said("b", 303, key="b-made", details=MADE),
        view.port("pb", 303, "b", "10.0.0.10"),
        view.volume("cd", 303),
    ],
    304: [server("a", 304, LARGE, state="resized")],
    305: [server("a", 305, LARGE, state="stopped")],
    # The address goes from one server to the other.
    306: [view.floating_ip("198.51.100.9", 306, "pb")],
    307: [server("b", 307, state="error")],
    308: [gone("instance", "a", 308), gone("port", "pa", 308)],
    309: [
        said("b", 309, details={"name": "bee"}),
        stack(309, "instance/b", "network/cw", details={"name": "renamed"}),
    ],
    310: [
        gone("volume", "cd", 310),
        said("b", 310, shape={"state": "active"}),
        # A port may outlive what it was plugged into.
        view.port("pb", 310, "", "10.0.0.10"),
    ],
}
END = 311


@pytest.fixture
def told(services, client):
    """Live through it all; return what was shown at each hour."""
    services.recorder.record([*view.VIEW])
    shown = {}
    for hours, observations in LIFE.items():
        services.recorder.record(observations)
        view.settle(services, at(hours))
        shown[hours] = client.get("/v1/racks/c?devices=true").json
    return shown


@pytest.mark.parametrize("hours", LIFE)
def test_what_was_shown_is_shown_of_then(client, told, hours):
    for later in (0, 0.5):
        path = f"/v1/racks/c?devices=true&at={moment(hours + later)}"
        assert said_of(client.get(path).json) == said_of(told[hours])


def test_the_moments_differ(told):
    def line(hours):
        return [
            (d["label"], d["status"], d["start_u"], *d["public_ips"])
            for d in told[hours]["devices"]
        ]

    network = ("cw", "ACTIVE", 42)
    assert [told[hours]["name"] for hours in (300, 309)] == [
        "cluster-c",
        "renamed",
    ]
    assert line(300) == [network]
    assert line(301) == [("name-of-a", "IN_PROGRESS", 1), network]
    assert line(302)[0] == ("name-of-a", "ACTIVE", 1, "198.51.100.9")
    assert line(304)[-2:] == [
        ("name-of-a", "ACTIVE", 7, "198.51.100.9"),
        network,
    ]
    assert line(306)[0] == ("name-of-b", "ACTIVE", 3, "198.51.100.9")
    assert line(310) == [("bee", "ACTIVE", 3), network]


def test_lists_agree_with_what_they_lead_to(client, told):
    for hours in LIFE:
        when = f"at={moment(hours)}"
        racks = client.get(f"/v1/racks?{when}").json["racks"]
        (rack,) = [rack for rack in racks if rack["id"] == "c"]
        whole = client.get(f"/v1/racks/c?{when}&devices=true").json
        its = whole.pop("devices")
        assert said_of(rack) == said_of(whole)
        path = f"/v1/devices?rack_id=c&sort=start_u&{when}"
        assert client.get(path).json["devices"] == its
        for device in its:
            path = f"/v1/devices/{device['id']}?{when}"
            assert said_of(client.get(path).json) == said_of(device)


def test_the_present_is_a_moment_too(client, services):
    view.shown(services)
    now = f"at={NOW:%Y-%m-%dT%H:%M:%SZ}"
    racks = client.get("/v1/racks").json
    assert said_of(client.get(f"/v1/racks?{now}").json) == said_of(racks)
    for rack in racks["racks"]:
        path = f"/v1/racks/{rack['id']}?devices=true&region={rack['region']}"
        found = client.get(path).json
        assert said_of(client.get(f"{path}&{now}").json) == said_of(found)
        for device in found["devices"]:
            path = f"/v1/devices/{device['id']}"
            then = client.get(f"{path}?{now}").json
            assert said_of(then) == said_of(client.get(path).json)


def test_pictures_are_of_the_same(client, services):
    view.shown(services)
    now = client.get("/v1/racks/k1.svg").text
    then = client.get(f"/v1/racks/k1.svg?at={moment(481)}").text
    note = "as it was at 2026-11-21 01:00:00 UTC"
    assert note in then
    drawn = re.compile(r"drawn 2026-\d\d-\d\d \d\d:\d\d:\d\d UTC")
    assert drawn.sub(note, now) == then


def test_what_was_shown_late_is_in_its_place(client, services):
    """Nobody listened: all is found at once, by a sync, at its end."""
    services.recorder.record(view.VIEW)
    services.recorder.record(
        [
            stack(400, "instance/a", since=at(300)),
            server("a", 400, since=at(301)),
        ]
    )
    view.settle(services, at(401))
    for hours, count in ((299, None), (300, 0), (302, 1)):
        path = f"/v1/racks/c?devices=true&at={moment(hours)}"
        answer = client.get(path, expect_errors=True)
        assert (answer.status_int == 404) is (count is None)
        if count is not None:
            assert answer.json["name"] == "cluster-c"
            assert len(answer.json["devices"]) == count


def test_a_project_that_was_named_late_was_ours(client, services):
    services.recorder.record(
        [
            said("p4", 0, kind="project", project_id=None),
            view.stack("k4", 300, project_id="p4"),
            said(
                "p4",
                320,
                kind="project",
                project_id=None,
                details={"name": "CM_late"},
            ),
        ]
    )
    view.settle(services)
    (rack,) = client.get(f"/v1/racks?at={moment(310)}").json["racks"]
    assert (rack["id"], rack["team"]) == ("k4", "CM_late")


def test_a_page_ends_where_it_would_be_too_much(client, services, monkeypatch):
    view.shown(services)
    monkeypatch.setattr(past, "_MEMBERS", 4)
    seen = []
    path = f"/v1/racks?at={moment(480)}"
    while path:
        found = client.get(path).json
        seen.append([rack["id"] for rack in found["racks"]])
        path = found["links"][0]["href"] if found["links"] else None
    assert [one for page in seen for one in page] == [
        "k1",
        "k2",
        "twins",
        "twins",
    ]
    assert seen[0] == ["k1"]


def test_conditions_on_what_was_shown(client, told):
    when = f"at={moment(309)}"
    for condition, there in (
        ("name=renamed", True),
        ("name=cluster-c", False),
        ("status=ACTIVE", True),
        ("status=neq:ACTIVE", False),
        ("name=nin:x,y", True),
    ):
        found = client.get(f"/v1/racks?id=c&{when}&{condition}").json
        assert bool(found["racks"]) is there, condition


EVENTS = [
    (300, "cw", "added", None, "ACTIVE"),
    (300, "c", "added", None, "IN_PROGRESS"),
    (301, "a", "added", None, "IN_PROGRESS"),
    (302, "a", "status", "IN_PROGRESS", "ACTIVE"),
    (302, "c", "status", "IN_PROGRESS", "ACTIVE"),
    (303, "b", "added", None, "ACTIVE"),
    (303, "cd", "added", None, "AVAILABLE"),
    (304, "a", "resized", "m1.small", "m1.large"),
    (305, "a", "status", "ACTIVE", "STOPPED"),
    (307, "b", "status", "ACTIVE", "FAILED"),
    (308, "a", "removed", "STOPPED", None),
    (309, "b", "renamed", "name-of-b", "bee"),
    (309, "c", "renamed", "cluster-c", "renamed"),
    (310, "b", "status", "FAILED", "ACTIVE"),
    (310, "cd", "removed", "AVAILABLE", None),
]


def events(document):
    return [
        (e["at"], e["id"], e["change"], e["from"], e["to"])
        for e in document["events"]
    ]


def test_what_became_of_it(client, told):
    found = client.get("/v1/racks/c/history").json
    wanted = sorted(
        EVENTS,
        key=lambda e: (
            e[0],
            {"a": "i", "b": "i", "c": "s", "cd": "v", "cw": "n"}[e[1]],
        ),
    )
    assert events(found) == [(moment(h), *rest) for h, *rest in wanted]
    assert found["rack"]["name"] == "renamed"


def test_a_history_page_by_page(client, told):
    seen, path = [], "/v1/racks/c/history?limit=4&sort=at:desc"
    while path:
        found = client.get(path).json
        seen += events(found)
        path = found["links"][0]["href"] if found["links"] else None
    whole = events(client.get("/v1/racks/c/history").json)
    assert seen == whole[::-1]


def test_a_rack_that_is_gone_has_a_history(client, services, told, physics):
    services.recorder.record([gone("stack", "c", END)])
    view.settle(services, at(END))
    client.get("/v1/racks/c", status=404)
    found = client.get("/v1/racks/c/history", headers=physics).json
    assert found["rack"]["name"] == "renamed"
    assert found["rack"]["device_count"] == 2
    assert events(found)[-1] == (
        moment(END),
        "c",
        "removed",
        "ACTIVE",
        None,
    )


def test_what_was_anothers_is_not_told(client, services, physics, biology):
    """A volume of biology is given to physics, into its cluster."""
    secret = {"name": "secret-of-biology", "state": "available"}
    services.recorder.record(view.VIEW)
    services.recorder.record(
        [
            stack(300, "volume/v"),
            said("v", 301, kind="volume", project_id="p2", details=secret),
            said(
                "v",
                302,
                kind="volume",
                project_id="p1",
                details={"name": "ours", "state": "error"},
            ),
        ]
    )
    view.settle(services)
    found = client.get("/v1/racks/c/history", headers=physics)
    assert "biology" not in found.text
    assert events(found.json)[-1][1:] == ("v", "added", None, "FAILED")
    for when, count in ((moment(301), 0), (moment(303), 1)):
        path = f"/v1/racks/c?devices=true&at={when}"
        found = client.get(path, headers=physics)
        assert len(found.json["devices"]) == count
        assert "biology" not in found.text
    client.get("/v1/racks/c", headers=biology, status=404)
    whole = client.get("/v1/racks/c/history").json
    assert "moved to project" in {e["change"] for e in whole["events"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The recorded site, as a client of its API."""
    conf = cloud.configuration(
        tmp_path_factory.mktemp("site"), auth_strategy="noauth"
    )
    services = cloud.services(conf, observed=False)
    for name in ("site", "names", "stacks"):
        path = str(DEMO / f"{name}.jsonl.gz")
        replay(path, services.intake, "RegionOne")
    view.settle(services, RECORDED)
    yield webtest.TestApp(
        bootstrap.api(conf, services), extra_environ=conftest.LOOPBACK
    )
    services.store.close()


def test_the_recorded_site_is_a_moment_too(site):
    now = f"at={RECORDED:%Y-%m-%dT%H:%M:%SZ}"
    racks = site.get("/v1/racks").json
    assert said_of(site.get(f"/v1/racks?{now}").json) == said_of(racks)
    assert len(racks["racks"]) == 4
    for rack in racks["racks"]:
        path = f"/v1/racks/{rack['id']}?devices=true"
        whole = said_of(site.get(path).json)
        assert said_of(site.get(f"{path}&{now}").json) == whole
        assert len(whole["devices"]) == rack["device_count"] > 2


def test_a_cluster_of_the_recorded_site_that_is_gone(site):
    """Nobody showed it while it was there."""
    path = "/v1/racks?at=2026-11-21T04:15:00Z&name=astro-cluster-2"
    (rack,) = site.get(path).json["racks"]
    found = site.get(f"/v1/racks/{rack['id']}/history").json
    devices = {e["id"] for e in found["events"] if e["kind"] != "stack"}
    assert len(devices) == rack["device_count"] == 7
    changes = [e["change"] for e in found["events"]]
    assert changes.count("added") == changes.count("removed") == 8
    assert found["events"][0]["id"] == found["rack"]["id"]
    site.get(f"/v1/racks/{rack['id']}", status=404)
