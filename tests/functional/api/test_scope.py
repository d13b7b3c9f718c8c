"""What is another project's does not exist, wherever one looks."""

import json

import pytest

from concertim_api.domain import errors
from concertim_api.services.common.listing import Scope
from concertim_api.services.ledger import corrections
from tests.functional.api import cloud, view

PATHS = [
    "/v1/periods",
    "/v1/periods?project_id=in:p1,p2",
    "/v1/periods?project_id=neq:p2",
    "/v1/resources",
    "/v1/resources?at=2026-11-01T12:00:00Z",
    "/v1/resources?at=2026-11-01T22:00:00Z",
    "/v1/resources/s2/history",
    "/v1/resources/v1/observations",
    "/v1/changes?limit=50",
    "/v1/usage?start=2026-11-01&group_by=project_id,type,state",
    "/v1/regions",
    "/v1/racks",
    "/v1/racks?project_id=in:p1,p2",
    "/v1/racks?project_id=neq:p2",
    "/v1/racks?at=2026-11-20",
    "/v1/racks?at=2026-11-20&project_id=neq:p2",
    "/v1/racks?at=2026-11-20&name=neq:x",
    "/v1/racks/k1?devices=true",
    "/v1/racks/k1?devices=true&at=2026-11-20",
    "/v1/racks/k1/history",
    "/v1/devices",
    "/v1/devices?kind=instance",
    "/v1/devices?rack_id=k2",
    "/v1/devices?rack_id=k2&at=2026-11-20",
    "/v1/devices?rack_id=k1&project_id=p2&at=2026-11-20",
    "/v1/templates?name=nin:x",
    "/v1/teams?id=in:p1,p2",
    "/v1/users?id=in:ann,bob",
    "/v1/users?name=neq:x",
]
#: Of biology, or what tells of it.
THEIRS = ('"p2"', "s3", "s4", "k2", "n3", "biology", "bob", "FAILED")


@pytest.mark.parametrize("path", PATHS)
def test_a_reader_sees_nothing_of_another_project(
    client, services, physics, path
):
    view.shown(services)
    text = json.dumps(client.get(path, headers=physics).json)
    for word in THEIRS:
        assert word not in text
    assert "templates" not in path or "secret" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/racks/k2.svg?at=2026-11-20",
        "/v1/racks/k3",
        "/v1/devices/n3?at=2026-11-20",
        "/v1/devices/n4",
    ],
)
def test_nor_one_of_them(client, services, physics, path):
    """The gabbits of each noun ask for the others."""
    view.shown(services)
    client.get(path, headers=physics, status=404)


def test_what_names_no_project_is_its_owners(client, services, physics):
    services.recorder.record([cloud.said("s2", 70, "gone", project_id=None)])
    found = client.get("/v1/resources/s2/observations", headers=physics)
    assert [o["says"] for o in found.json["observations"]] == ["alive", "gone"]


def test_what_names_no_project_is_nobodys_after_a_transfer(
    client, services, physics
):
    services.recorder.record(
        [
            cloud.said(
                "v1",
                15,
                kind="volume",
                project_id=None,
                details={"name": "secret-of-biology"},
            )
        ]
    )
    found = client.get("/v1/resources/v1/observations", headers=physics)
    assert len(found.json["observations"]) == 1


def given_away(name):
    """Return a life: physics gives a volume to biology, which names it.

    The volume is part of a cluster of physics, and on one of its servers.
    """
    at_first = {"state": "available"} | ({"name": name} if name else {})
    shape = {"size_gb": 10, "type": "t1", "attached_to": ["n1"]}
    secret = {"state": "in-use", "name": "secret-of-biology"}
    return [
        cloud.said("d1", 150, kind="volume", shape=shape, details=at_first),
        cloud.said(
            "d1",
            470,
            kind="volume",
            project_id="p2",
            shape=shape,
            details=secret,
        ),
    ]


@pytest.mark.parametrize("name", [None, "ours"])
@pytest.mark.parametrize(
    "path",
    [
        *PATHS,
        "/v1/periods?resource_id=d1",
        "/v1/periods?start=2026-11-01&clip=true",
        "/v1/resources?at=2026-11-18&resource_id=d1",
        "/v1/resources?at=2026-11-18&name=secret-of-biology",
        "/v1/resources?at=2026-11-18&sort=name&limit=1",
        "/v1/devices?rack_id=k1&at=2026-11-18",
        "/v1/devices/d1?at=2026-11-18",
        "/v1/racks/k1?devices=true&at=2026-11-18",
        "/v1/racks/k1?devices=true&at=2026-11-20T20:00:00Z",
    ],
)
def test_who_gave_it_away_sees_no_later_name(
    client, services, physics, path, name
):
    life = [o for o in view.VIEW if o.ref.id != "d1"]
    services.recorder.record([*life, *given_away(name)])
    view.settle(services)
    answer = client.get(path, headers=physics, expect_errors=True)
    assert "secret" not in answer.text


@pytest.fixture
def wish():
    return {
        "action": "rewrite",
        "kind": "volume",
        "resource_id": "v1",
        "start": cloud.at(21),
        "end": cloud.at(22),
        "shape": {"size_gb": 1},
        "reason": "Mistyped.",
    }


def create(services, wish, project_id="p1"):
    return services.corrections.create(
        Scope(project_id), "ann", corrections.CorrectionRequest(**wish)
    )


def test_a_project_may_be_let_correct_its_own(services, wish):
    found = create(services, wish)
    assert services.corrections.get(Scope(None), found.id).id == found.id


def test_but_not_what_was_anothers(services, wish):
    with pytest.raises(errors.NotFound):
        create(services, {**wish, "start": cloud.at(11)})


def test_nor_what_is_anothers(services, wish):
    with pytest.raises(errors.NotFound):
        create(services, wish, "p2")


def test_nor_give_to_another(services, wish):
    with pytest.raises(errors.Invalid, match=r"^project_id: "):
        create(services, {**wish, "project_id": "p2"})
