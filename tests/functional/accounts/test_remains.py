"""Nothing irreversible is done before the cloud itself was asked.

No agent runs here and nobody listens: the ledger knows of nothing.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from concertim_api.clouds import openstack
from concertim_api.clouds.simulator import Site
from concertim_api.clouds.simulator.simulator import MORE_SERVICES
from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    NotConfigured,
    Unasked,
    Unavailable,
)
from concertim_api.services.common.listing import EVERY_PROJECT
from tests.fakes.cloud import in_process

from .conftest import ADMIN
from .test_purges import owned


@pytest.fixture
def team(world):
    return world.teams.create(ADMIN, "CM_physics").id


@pytest.fixture
def project(world, team):
    return world.site.projects[team]


@pytest.fixture
def cluster(world, project):
    return world.site.add_cluster(project, "astro", computes=2)


@pytest.fixture
def others(world):
    """The simulator of a second region, which is asked as well."""
    simulator, world.clouds["south"] = second(world, "south")
    return simulator


def second(world, region):
    return in_process(Site(), world.clock, region)


#: Services that are away, and how their requests begin.
SERVICES = {
    "orchestration": "GET /orchestration",
    "compute": "GET /compute/v2.1/servers",
    "block-storage": "GET /volume",
    "network": "GET /network",
    "image": "GET /image",
}


def written(world):
    """Return what was changed in the cloud."""
    return [line for line in world.requests() if not line.startswith("GET")]


# Deletion


def test_a_cluster_that_nobody_told_of(world, team, cluster):
    before = owned(world, team)
    world.requests()
    with pytest.raises(Conflict) as raised:
        world.teams.delete(ADMIN, team)
    assert str(raised.value).startswith(
        "Team CM_physics still has racks (astro), instances (astro-compute-1)"
    )
    assert written(world) == []
    assert owned(world, team) == before
    assert team in world.site.projects
    assert [operation.action for operation in world.operations()] == ["create"]


@pytest.mark.parametrize("status", [403, 503])
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_can_not_be_asked(world, team, service, status):
    world.simulator.fault(SERVICES[service], status=status)
    world.requests()
    for act in (world.teams.delete, world.teams.purge):
        with pytest.raises(Unasked, match=f"{service} of RegionOne can't be"):
            act(ADMIN, team)
    assert written(world) == []
    assert [operation.action for operation in world.operations()] == ["create"]


def test_our_own_login_counts_and_not_the_callers(world, team, cluster):
    world.simulator.roles = ["reader"]
    (world.clouds["RegionOne"],) = openstack.clouds(
        world.simulator.conf(), world.clock
    )
    with pytest.raises(Unasked, match="admin_roles"):
        world.teams.delete(ADMIN, team)
    assert team in world.site.projects


def test_what_the_ledger_remembers_does_not_keep_a_team(world, team):
    """The cloud has nothing: the ledger has not heard of the end."""
    world.told("instance", "s1", team)
    world.teams.delete(ADMIN, team)
    assert team not in world.site.projects


def test_another_region_has_something(world, team, others):
    others.site.add_server({"id": team}, "web")
    with pytest.raises(Conflict, match=r"instances \(web\) in south"):
        world.teams.delete(ADMIN, team, "RegionOne")
    others.site.servers.clear()
    world.teams.delete(ADMIN, team, "RegionOne")
    assert team not in world.site.projects


def test_another_region_does_not_answer(world, team, others):
    others.fault("GET /volume/", status=500)
    with pytest.raises(Unasked, match="block-storage of south"):
        world.teams.delete(ADMIN, team, "RegionOne")
    assert team in world.site.projects


@pytest.mark.parametrize("kind", ["instance", "project"])
def test_a_region_that_can_not_be_asked_any_more(world, team, kind):
    """Events told of it, or it was in [cloud] once."""
    thing = team if kind == "project" else "s1"
    world.told(kind, thing, team, region="north")
    with pytest.raises(
        Unasked, match=r"region north can't be asked: it is not in \[cloud\]"
    ):
        world.teams.delete(ADMIN, team, "RegionOne")
    assert team in world.site.projects


def with_region(simulator, monkeypatch, world, region, services):
    """Let the catalog have services in another region, too."""
    catalog = simulator.catalog

    def with_more(project_id):
        rows = catalog(project_id)
        for row in rows:
            if row["type"] in services:
                row["endpoints"] += [
                    {**endpoint, "region": region, "region_id": region}
                    for endpoint in row["endpoints"]
                ]
        return rows

    monkeypatch.setattr(simulator, "catalog", with_more)
    simulator.expire_tokens()
    (cloud,) = openstack.clouds(simulator.conf(), world.clock)
    world.clouds[cloud.region] = cloud


def test_a_region_of_the_catalog_that_is_not_ours(
    world, simulator, team, monkeypatch
):
    with_region(simulator, monkeypatch, world, "North", ["image"])
    for act in (world.teams.delete, world.teams.purge):
        with pytest.raises(
            Unasked, match=r"region North of the catalog is not in \[cloud\]"
        ):
            act(ADMIN, team)
    assert team in world.site.projects
    _, world.clouds["North"] = second(world, "North")
    world.teams.delete(ADMIN, team, "RegionOne")
    assert team not in world.site.projects


def test_what_has_no_things_of_projects_may_be_anywhere(
    world, simulator, team, monkeypatch
):
    with_region(simulator, monkeypatch, world, "North", ["identity"])
    world.requests()
    world.teams.delete(ADMIN, team)
    assert team not in world.site.projects


SOON = timedelta(seconds=2)

#: What a proxy answers for a service that it does not reach.
PAGE = b"<html>There is no such backend.</html>"


@pytest.mark.parametrize("body", [PAGE, {"error": {"message": "none"}}])
def test_a_team_that_is_recorded_as_gone(world, team, cluster, body):
    """A message was wrong, and so is what Keystone seems to answer."""
    world.told("project", team, None, says="gone", ahead=SOON)
    path = f"GET /identity/v3/projects/{team}"
    world.simulator.fault(path, status=404, body=body)
    world.requests()
    with pytest.raises((Conflict, Unavailable)):
        world.teams.delete(ADMIN, team)
    assert written(world) == []
    assert team in world.site.projects


def test_a_proxy_can_not_say_that_a_project_is_gone(world, team):
    path = f"DELETE /identity/v3/projects/{team}"
    world.simulator.fault(path, status=404, body=PAGE)
    with pytest.raises(Unavailable):
        world.teams.delete(ADMIN, team)
    assert not world.resource("project", team).ended


def test_no_region_at_all(world, team):
    world.clouds.clear()
    with pytest.raises(NotConfigured):
        world.teams.delete(ADMIN, team)


# Purges


@pytest.fixture
def more_services(simulator):
    simulator.services |= MORE_SERVICES


def test_what_the_ledger_never_knew_is_purged(
    world, purger, team, project, cluster
):
    site = world.site
    volume = site.add_volume(project, "data")
    site.add_backup(volume, "nightly")
    site.add_server(
        project,
        "kept",
        status="SOFT_DELETED",
        **{"OS-EXT-STS:vm_state": "soft-delete"},
    )
    operation = world.teams.purge(ADMIN, team)
    done = purger.finish(operation)
    assert (done.state, done.error) == ("done", None)
    assert owned(world, team) == {}
    assert not site.backups
    assert team not in site.projects


@pytest.mark.parametrize(
    "add",
    [
        lambda site, project: site.add_image("golden", owner=project["id"]),
        lambda site, project: site.add_share(project, "home"),
        lambda site, project: site.add_load_balancer(project, "front"),
    ],
)
def test_what_no_purge_deletes(more_services, world, project, cluster, add):
    team = project["id"]
    add(world.site, project)
    before = owned(world, team)
    with pytest.raises(Conflict, match="no purge deletes"):
        world.teams.purge(ADMIN, team)
    assert owned(world, team) == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_purge_ends_when_the_cloud_says_that_nothing_is_left(
    world, purger, team, service
):
    operation = world.teams.purge(ADMIN, team)
    fault = world.simulator.fault(SERVICES[service], status=403)
    purger.runs(3)
    row = world.operation(operation)
    assert row.state == "accepted"
    assert service in row.error
    assert team in world.site.projects
    fault.times = 0
    assert purger.finish(operation).state == "done"


def test_what_came_during_a_purge_is_told(world, purger, team, project):
    operation = world.teams.purge(ADMIN, team)
    world.site.add_image("golden", owner=team)
    done = purger.finish(operation, runs=300)
    assert done.state == "failed"
    assert "there are images (golden) in RegionOne" in done.error
    assert team in world.site.projects


@pytest.fixture
def other(world):
    return world.teams.create(ADMIN, "CM_other").id


def test_what_was_given_to_another_team_stays(
    world, purger, team, project, other
):
    """A volume was transferred, and nobody told the ledger."""
    volume = world.site.add_volume(project, "data")
    world.told("volume", volume["id"], team)
    volume["os-vol-tenant-attr:tenant_id"] = other
    operation = world.teams.purge(ADMIN, team)
    assert purger.finish(operation).state == "done"
    assert owned(world, other) == {"volume": {volume["id"]}}
    assert world.resource("volume", volume["id"]).project_id == other


@pytest.mark.parametrize(
    ("kind", "add"),
    [
        ("stack", lambda site, project: site.add_stack(project, "theirs")),
        ("instance", lambda site, project: site.add_server(project, "web")),
        ("volume", lambda site, project: site.add_volume(project, "data")),
        ("router", lambda site, project: site.add_router(project, "way")),
        ("network", lambda site, project: site.add_network(project, "lan")),
    ],
)
def test_what_the_ledger_takes_for_a_teams(
    world, purger, team, other, kind, add
):
    """Its clock is ahead: it believes no later answer for now."""
    thing = add(world.site, world.site.projects[other])["id"]
    before = owned(world, other)
    world.told(kind, thing, team, ahead=timedelta(hours=1))
    operation = world.teams.purge(ADMIN, team)
    world.requests()
    purger.runs(3)
    assert written(world) == []
    assert owned(world, other) == before != {}
    row = world.operation(operation)
    assert f"{kind} {thing}: the cloud does not say that" in row.error


def test_only_backups_that_the_cloud_names_go(
    world, purger, team, project, other
):
    site = world.site
    field = "os-backup-project-attr:project_id"
    volume = site.add_volume(site.projects[other], "data")
    theirs = site.add_backup(volume, "theirs", **{field: other})["id"]
    ours = [site.add_backup(volume, n, **{field: team})["id"] for n in "ab"]
    world.told("backup", theirs, team)
    operation = world.teams.purge(ADMIN, team)
    world.requests()
    assert purger.finish(operation).state == "done"
    assert [*site.backups] == [theirs]
    deleted = [line for line in world.requests() if "DELETE /volume" in line]
    assert sorted(line.rpartition("/")[2] for line in deleted) == sorted(ours)


def test_how_often_a_purge_asks_for_one_thing(world, purger, team, project):
    volume = world.site.add_volume(project, "data")["id"]
    world.told("volume", volume, team)
    world.teams.purge(ADMIN, team)
    world.requests()
    assert purger.run().summary["gone"] == 1
    lines = [line for line in world.requests() if volume in line]
    methods = [line.partition(" ")[0] for line in lines]
    assert methods == ["GET", "GET", "DELETE", "GET"]  # and its snapshots


def test_many_backups_do_not_slow_each_other(world, purger, team, project):
    site = world.site
    volume = site.add_volume(site.admin, "data")
    field = "os-backup-project-attr:project_id"
    for name in "abcdefgh":
        site.add_backup(volume, name, **{field: team})
    world.told("backup", next(iter(site.backups)), team)
    world.teams.purge(ADMIN, team)
    purger.runs(8, seconds=1)
    assert not site.backups


@pytest.fixture
def broken(world, monkeypatch):
    """Let the database refuse whatever is told of a volume."""
    errors = [RuntimeError("INSERT INTO secrets")]
    reconcile = world.services.recorder.reconcile

    def refuse(sightings):
        sightings = list(sightings)
        if any(s.observation.ref.kind == "volume" for s in sightings):
            raise errors[0]
        return reconcile(sightings)

    monkeypatch.setattr(world.services.recorder, "reconcile", refuse)
    return errors


def test_what_nobody_foresaw_stops_one_purge_only(
    world, purger, team, project, other, broken
):
    world.told("volume", world.site.add_volume(project, "x")["id"], team)
    first = world.teams.purge(ADMIN, team)
    second = world.teams.purge(ADMIN, other)
    assert purger.finish(second).state == "done"
    row = world.operation(first)
    assert row.error == "RuntimeError: see the log"
    assert row.state == "accepted"
    done = purger.finish(first, runs=300)
    assert done.state == "failed"
    assert done.error == "left: 1 volume; RuntimeError: see the log"


# Half a team


def test_a_new_project_that_is_used_already_stays(world):
    """Somebody has a role in it, and was quick; another grant failed."""
    site = world.site
    ada, bob = (site.add_user(name)["id"] for name in ("ada", "bob"))

    def use(body):
        (project,) = [p for p in site.projects.values() if p is not site.admin]
        site.add_server(project, "quick")
        return body

    world.simulator.fault("PUT /identity.*", edit=use, times=1)
    world.simulator.fault(f"PUT /identity.*{bob}", status=403)
    with pytest.raises(
        CloudRefused, match=r"is left, for it has instances \(qui"
    ):
        world.teams.create(
            ADMIN, "CM_x", roles=[(ada, "member"), (bob, "member")]
        )
    assert "CM_x" in [p["name"] for p in site.projects.values()]
    assert site.servers


# Users


@pytest.fixture
def ada(world, team):
    user = world.users.create(ADMIN, "eve", password="secret")
    world.roles.assign(ADMIN, EVERY_PROJECT, team, user.id, "admin")
    return user.id


def join(world, team, role):
    """Let somebody else have a role of Keystone in the team."""
    site = world.site
    site.assign(site.add_user(f"a-{role}"), site.projects[team], role)


def test_the_last_one_who_works_somewhere_stays(world, team, cluster, ada):
    join(world, team, "reader")  # of a rating service, or the like
    world.requests()
    with pytest.raises(Conflict, match=r"Nobody but eve .*racks \(astro\)"):
        world.users.delete(ADMIN, ada)
    assert written(world) == []
    assert ada in world.site.users
    join(world, team, "member")
    world.users.delete(ADMIN, ada)
    assert ada not in world.site.users


def member_of(world, scope, role="member", **over):
    """Let eve have a role in another way than by her own assignment."""
    eve = world.users.create(ADMIN, "eve", password="secret").id
    world.site.groups["g1"] = [eve]
    world.site.role_assignments.append(
        {
            "role": {"id": f"role-{role}", "name": role},
            "group": {"id": "g1"},
            "scope": scope,
            **over,
        }
    )
    return eve


INHERITED = {"OS-INHERIT:inherited_to": "projects"}


@pytest.mark.parametrize("way", ["group", "domain"])
def test_who_works_by_group_or_inheritance(world, team, cluster, way):
    scope = {"project": {"id": team}}
    if way == "domain":
        scope = {"domain": {"id": "default"}, **INHERITED}
    eve = member_of(world, scope)
    with pytest.raises(Conflict, match=r"Nobody but eve .*racks \(astro\)"):
        world.users.delete(ADMIN, eve)
    join(world, team, "member")
    if way == "group":
        world.users.delete(ADMIN, eve)
        assert eve not in world.site.users


def test_others_who_work_by_group_count(world, team, cluster, ada):
    site = world.site
    member_of(world, {"project": {"id": team}})
    site.groups["g1"] = [site.add_user("zed")["id"]]
    world.users.delete(ADMIN, ada)
    assert ada not in site.users


def test_whom_the_ledger_knows_as_disabled_works_nowhere(
    world, team, cluster, ada
):
    site = world.site
    zed = site.add_user("zed", enabled=False)
    site.assign(zed, site.projects[team], "member")
    world.look("user", zed["id"])
    with pytest.raises(Conflict, match="Nobody but eve"):
        world.users.delete(ADMIN, ada)


def test_a_user_who_is_recorded_as_gone(world, cluster, ada):
    world.told("user", ada, None, says="gone", ahead=SOON)
    path = f"GET /identity/v3/users/{ada}"
    world.simulator.fault(path, status=404)
    world.requests()
    with pytest.raises(Conflict, match="Nobody but eve"):
        world.users.delete(ADMIN, ada)
    assert written(world) == []


def test_where_nothing_is_left_nobody_needs_to_work(world, team, ada):
    world.requests()
    world.users.delete(ADMIN, ada)
    lines = world.requests()
    assert [re.sub(r"\?.*", "", line) for line in lines[:2]] == [
        "GET /identity/v3/role_assignments"
    ] * 2
    assert len(lines) == 2 + 13 + 1
    assert ada not in world.site.users


@pytest.mark.parametrize(
    "line", ["GET /identity/v3/role_assignments", *SERVICES.values()]
)
@pytest.mark.parametrize("status", [403, 503])
def test_a_user_whose_work_can_not_be_asked_for(
    world, team, ada, line, status
):
    world.simulator.fault(line, status=status)
    with pytest.raises(Unasked):
        world.users.delete(ADMIN, ada)
    assert ada in world.site.users
