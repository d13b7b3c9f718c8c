"""Lists that come in pages, also strange ones."""

from __future__ import annotations

import pytest

from concertim_api.clouds.simulator import COLLECTIONS
from concertim_api.domain.errors import Unavailable
from tests.functional.clouds.conftest import listed


@pytest.fixture
def site(simulator):
    site = simulator.site
    network = site.add_network(site.admin, "net")
    for number in range(20):
        server = site.add_server(site.admin, f"s{number}", network=network)
        site.add_volume(site.admin, f"v{number}", server=server)
        site.add_image(f"i{number}")
        site.add_stack(site.admin, f"stack{number}")
    return site


@pytest.mark.parametrize("size", [1, 3, 19, 20, 21, 1000])
@pytest.mark.parametrize(
    "kind", ["instance", "volume", "port", "image", "stack"]
)
def test_none_is_lost_whatever_the_size_of_a_page(
    simulator, connect, site, kind, size
):
    seen, left_out = listed(connect(page_size=size), kind)
    assert seen.keys() == getattr(site, COLLECTIONS[kind]).keys()
    assert left_out == []


def test_a_service_has_a_limit_of_its_own(simulator, cloud, site):
    simulator.max_limit = 7
    seen, _ = listed(cloud, "instance")
    assert len(seen) == 20
    assert simulator.count("GET /compute/v2.1/servers") == 3


def test_keystone_may_give_pages_too(simulator, cloud, site):
    for number in range(5):
        site.add_user(f"u{number}")

    def paged(body):
        users = body["users"]
        after = simulator.requests[-1].rpartition("marker=")[2]
        ids = [user["id"] for user in users]
        start = ids.index(after) + 1 if after in ids else 0
        body["users"] = users[start : start + 2]
        last = body["users"][-1]["id"]
        more = start + 2 < len(users)
        body["links"]["next"] = more and f"http://x/v3/users?marker={last}"
        return body

    simulator.fault("/users", edit=paged)
    seen, _ = listed(cloud, "user")
    assert seen.keys() == site.users.keys()


def test_a_list_that_keystone_cut_off_is_none(simulator, cloud, site):
    def cut(body):
        return {**body, "truncated": True}

    simulator.fault("/users", edit=cut)
    with pytest.raises(Unavailable, match="cut off by the service's own lim"):
        listed(cloud, "user")


def test_links_lead_nowhere_but_to_the_next_page(simulator, connect, site):
    """Their hosts are as a service behind a proxy sees itself."""

    def abroad(body):
        for link in body.get("servers_links", ()):
            link["href"] = link["href"].replace("127.0.0.1", "evil.example")
        return body

    simulator.fault("/servers", edit=abroad)
    seen, _ = listed(connect(page_size=6), "instance")
    assert len(seen) == 20


def test_pages_that_go_in_a_circle_end(simulator, connect, site):
    def circle(body):
        body["servers_links"] = [
            {"rel": "next", "href": f"?marker={body['servers'][-1]['id']}"}
        ]
        return body

    simulator.fault("/servers", edit=lambda body: circle(first or body))
    first = None
    cloud = connect(page_size=6)
    pages = cloud.listing("instance", {})
    first = {"servers": list(site.servers.values())[:6]}
    with pytest.raises(Unavailable, match="go in a circle"):
        list(pages)
    assert simulator.count("GET /compute/v2.1/servers") <= 3


def test_pages_that_repeat_themselves_end(simulator, connect, site):
    """Even if each of them claims to lead to another one."""
    numbers = iter(range(1000))

    def repeated(body):
        body = {"servers": list(site.servers.values())[:6]}
        body["servers_links"] = [
            {"rel": "next", "href": f"?marker={next(numbers)}"}
        ]
        return body

    simulator.fault("/servers", edit=repeated)
    simulator.fault("marker", status=200)
    with pytest.raises(Unavailable):
        listed(connect(page_size=6), "instance")
    assert next(numbers) < 5


def test_an_empty_page_is_the_last_one(simulator, cloud, site):
    simulator.fault(
        "/servers",
        edit=lambda _: {
            "servers": [],
            "servers_links": [{"rel": "next", "href": "?marker=x"}],
        },
    )
    assert listed(cloud, "instance") == ({}, [])


@pytest.mark.parametrize(
    "links", [7, None, "x", [None], [{}], [{"rel": "next"}], {"next": 7}]
)
def test_links_of_any_form_are_harmless(simulator, cloud, site, links):
    simulator.fault(
        "/servers", edit=lambda body: {**body, "servers_links": links}
    )
    assert len(listed(cloud, "instance")[0]) == 20


def test_what_moves_between_pages_comes_once(simulator, connect, site):
    cloud = connect(page_size=6)
    pages = cloud.listing("port", {})
    seen = [s.observation.ref.id for s in next(pages).sightings]
    doubled = site.ports[seen[0]]
    simulator.fault(
        "/ports",
        edit=lambda body: {**body, "ports": [doubled, *body["ports"]]},
    )
    for page in pages:
        seen += [s.observation.ref.id for s in page.sightings]
    assert sorted(seen) == sorted(site.ports)


@pytest.mark.parametrize("kind", ["port", "volume", "instance"])
def test_the_last_of_a_page_may_be_deleted(simulator, connect, site, kind):
    """Where the marker is gone we go on from the one before."""
    things = getattr(site, COLLECTIONS[kind])
    pages = connect(page_size=6).listing(kind, {})
    seen = [s.observation.ref.id for s in next(pages).sightings]
    for resource_id in seen[-2:]:
        del things[resource_id]
    for page in pages:
        seen += [s.observation.ref.id for s in page.sightings]
    assert set(things) <= set(seen)
    assert len(seen) == len(set(seen)) == 20


def test_who_deletes_more_than_that_is_asked_later(simulator, connect, site):
    pages = connect(page_size=6).listing("port", {})
    for sighting in next(pages).sightings:
        del site.ports[sighting.observation.ref.id]
    with pytest.raises(Unavailable, match="not found"):
        list(pages)


def test_each_page_is_of_its_own_moment(simulator, connect, site, clock):
    moments = []
    for page in connect(page_size=6).listing("instance", {}):
        moments.append({s.observation.reported_at for s in page.sightings})
        clock.advance(seconds=3)
    assert [len(found) for found in moments] == [1, 1, 1, 1]
    assert len(set.union(*moments)) == 4
