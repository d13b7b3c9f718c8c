"""A whole site: Apache, Keystone, a broker, a database, a cache, a cloud, a
front end, and its users. What the API, the command and the front end show is
what the cloud lists; also after each of these parts was away for a while.

``CONCERTIM_TEST_OUTAGE`` is for how many seconds, ``CONCERTIM_TEST_CLIENTS``
is how many clients ask meanwhile.
"""

from __future__ import annotations

import dataclasses as dc
import datetime
import os
import pathlib
import sys
import tempfile
import time
import uuid

import pytest

from concertim_api.frontend import simulator
from tests.integration.conftest import ON_THE_CLOUD, needed
from tests.integration.keystone import guarded
from tests.integration.listed import instant
from tests.integration.site import Whole, new_tokens
from tests.integration.site_cluster import Cluster
from tests.integration.site_load import Bustle, Clients
from tests.integration.site_parts import Parts
from tests.integration.watched import ALL
from tests.waiting import wait_for

OUTAGE = float(os.environ.get("CONCERTIM_TEST_OUTAGE", 8))
CLIENTS = int(os.environ.get("CONCERTIM_TEST_CLIENTS", 4))

#: How many others come meanwhile, with tokens that the API does not know.
NEW = 8

#: How many right answers, one after the other, say that a client is well.
WELL = 3

pytestmark = ON_THE_CLOUD


@dc.dataclass(frozen=True)
class Outage:
    """What is answered while a part is away: to tokens that are known, and
    to new ones. ``busy``: things go on in the cloud; ``heard``: and we hear
    of them meanwhile."""

    known: int
    new: int
    health: int = 200
    busy: bool = True
    heard: bool = True


#: The cache is the last: who has missed it, does without it for minutes.
OUTAGES = {
    "database": Outage(503, 503, health=503, heard=False),
    "keystone": Outage(200, 503),
    "broker": Outage(200, 200, busy=False),  # nor can the cloud do anything
    "cache": Outage(200, 200),
}


@pytest.fixture(scope="module")
def parts(cloud):
    needed("CONCERTIM_TEST_MYSQL")  # then we can have another one
    # Not below pytest's own folder, which is its user's only.
    with tempfile.TemporaryDirectory(prefix="concertim-site-") as folder:
        made = Parts(cloud, pathlib.Path(folder))
        yield made
        made.own.end()


@pytest.fixture(scope="module")
def project(cloud):
    made = cloud.project(f"CM_site_{uuid.uuid4().hex[:8]}")
    yield made
    made.leave()


@pytest.fixture(scope="module")
def site(cloud, parts, project):
    cloud.forget()
    parts.own.make_database()
    with (
        simulator.serve() as server,
        guarded(
            cloud, parts.own, lambda _: None, public="http://api.example"
        ) as (apache, user),
    ):
        server.app.url = server.url
        server.app.seed.team(project.name, project.id)
        made = Whole(apache, user, cloud, parts.own.database, server.app)
        yield made
        apache.installation.stop_all()


@pytest.fixture(scope="module")
def member(site, project):
    return site.command(**project.login)


@pytest.fixture(scope="module")
def cluster(site, project, member):
    made = Cluster(site, project, member)
    made.same("created")
    return made


def test_a_stack_is_soon_a_rack_everywhere(cluster):
    """By notifications: what else would show it comes once an hour."""
    sys.stdout.write(f"the rack appeared after {cluster.seconds:.2f} s\n")
    assert cluster.rack()["device_count"] == 6


def test_everybody_sees_what_is_theirs(site, cluster, member, cloud):
    """By the catalog, with a login of Keystone."""
    assert cloud.endpoints() == {"public": site.url, "internal": site.url}
    admin = site.command(**cloud.login["auth"])
    everything = admin.json("rack", "list", "--all-projects")
    assert cluster.id in {rack["id"] for rack in everything}
    assert [rack["id"] for rack in member.json("rack", "list")] == [cluster.id]
    assert admin.json("job", "list")
    assert admin.json("sync", "run", "--wait")
    for refused in (("job", "list"), ("sync", "run")):
        answer = member(*refused)
        assert answer.status == 1
        assert "concertim:" in answer.err
    with cloud.person("member") as other:
        stranger = site.command(
            username=other.name,
            password=other.password,
            project_name=other.name,
        )
        assert stranger.json("rack", "list") == []
        assert stranger.json("device", "list", "--all-projects") == []
        assert stranger("rack", "show", cluster.id).status == 1


def test_what_happens_in_the_cloud_is_shown_everywhere(cluster):
    server, volume = cluster.member("compute-0"), cluster.member("archive-0")
    cluster.project.act(server, "stop_server", "SHUTOFF")
    devices = cluster.same("stopped")[cluster.id]["devices"]
    assert devices[server]["status"] == "STOPPED"
    cluster.project.act(server, "start_server", "ACTIVE")
    cluster.same("started")
    cluster.project.attach(server, volume)
    devices = cluster.same("attached")[cluster.id]["devices"]
    assert volume in devices[server]["details"]["volume_details"]
    cluster.project.detach(server, volume)
    cluster.same("detached")
    cluster.await_ledger(server)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", OUTAGES)
def test_an_outage_passes(cluster, parts, part):
    site, expected = cluster.site, OUTAGES[part]
    server, before = cluster.member("compute-0"), site.processes()
    bustle = Bustle(cluster.project, server)
    with load(cluster) as clients:
        clients.await_answers(WELL, 200)
        if expected.busy:
            with bustle:
                # Nova knows its token then, without Keystone, too.
                wait_for(
                    f"server {server} to be turned twice",
                    lambda: bustle.turns,
                    lambda turns: turns >= 2,
                )
                gone, back = during(clients, parts, part, cluster, server)
                await_view(cluster, server, back)
                print_lateness(cluster, server, gone)
        else:
            during(clients, parts, part, cluster, server)
    check_answers(clients)
    parts.clouds.await_health()
    assert site.processes() == before
    cluster.await_ledger(server)  # what was told meanwhile has been heard
    cluster.same(f"after the outage of the {part}")
    cluster.turn(server)
    cluster.await_ledger(server)
    assert site.complaints() == []


def load(cluster):
    """Return clients with tokens of now: those that the API knows already
    are asked for again, some minutes after they were."""
    tokens = []
    for one in (cluster.project, cluster.site.keystone.admin):
        one.session.invalidate()
        tokens.append(one.session.get_token())
    return Clients(cluster.site.api, tokens, CLIENTS)


def during(clients, parts, part, cluster, server):
    """Take the part away, and see to it that what can be answered is; and
    that what happens is heard of meanwhile, if it can be.

    Return since when it was away, and since when it is back.
    """
    expected, gone = OUTAGES[part], datetime.datetime.now(datetime.UTC)
    new = new_tokens(cluster.site.keystone, cluster.project, NEW)
    with parts.without(part):
        begin = time.monotonic() + 1
        clients.join(new, OUTAGE)
        clients.await_answers(1)
        if expected.busy and expected.heard:
            await_news(cluster, server, gone)
        health = cluster.site.api.ask("/healthcheck")
        end = time.monotonic()
    back, began = datetime.datetime.now(datetime.UTC), time.monotonic()
    clients.await_answers(WELL, 200)
    sys.stdout.write(f"{part}: well after {time.monotonic() - began:.1f} s\n")
    assert health.status == expected.health, health.body
    assert set(clients.statuses(begin, end)) == {expected.known}
    newcomers = wait_for(
        f"{NEW} answers to new tokens",
        clients.newcomers,
        lambda newcomers: len(newcomers) == NEW,
    )
    assert expected.new in {request.status for request in newcomers}
    # Not all are answered before the part is back.
    assert {*clients.statuses(begin, end, is_new=True)} <= {expected.new}
    return gone, back


def await_news(cluster, server, gone):
    """Wait until something is stored that was said of a server since."""
    wait_for(
        f"what was said of server {server} since {gone} to be stored",
        lambda: max(cluster.site.told_of("instance", server)),
        lambda latest: latest > (gone, gone),
    )


def await_view(cluster, server, back):
    """Wait until what happens is shown again."""
    wait_for(
        f"server {server} to be shown as it became after {back}",
        lambda: instant(cluster.site.get(f"devices/{server}")["updated_at"]),
        lambda updated_at: updated_at > back,
    )
    took = datetime.datetime.now(datetime.UTC) - back
    sys.stdout.write(f"news are shown after {took.total_seconds():.1f} s\n")


def print_lateness(cluster, server, gone):
    late = wait_for(
        f"what was said of server {server} since {gone} to be stored",
        lambda: [
            received - reported
            for reported, received in cluster.site.told_of("instance", server)
            if reported > gone
        ],
    )
    latest = max(late).total_seconds()
    sys.stdout.write(f"{len(late)} notifications, {latest:.1f} s at most\n")


def check_answers(clients):
    """Each is right, or says in the one document that it can't be."""
    for line in clients.summary():
        sys.stdout.write(f"{line}\n")
    for one in clients.asked:
        assert one.status in (200, 503), one
        if one.status == 503:
            error = one.answer.error()
            assert error["code"] == "concertim.unavailable"
            assert error["detail"]
            assert one.answer.headers["retry-after"]


def test_what_is_gone_is_gone_everywhere(cluster):
    """The last one."""
    servers = [cluster.member("login"), cluster.member("compute-0")]
    begun = datetime.datetime.now(datetime.UTC)
    cluster.project.delete_stack(cluster.id)
    assert cluster.id not in cluster.same("gone")
    cluster.site.check_ends(begun, *servers)

    def kinds():
        rows = cluster.site.get(
            "periods", project_id=cluster.project.id, limit=ALL
        )["periods"]
        return {
            "ended": {row["kind"] for row in rows if row["end"]},
            "lasting": {row["kind"] for row in rows if not row["end"]},
        }

    wait_for(
        "all but the project to have ended",
        kinds,
        lambda kinds: (
            kinds["ended"] >= {"instance", "volume"}
            and kinds["lasting"] <= {"project"}
        ),
    )
