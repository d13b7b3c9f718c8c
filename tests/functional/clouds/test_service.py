"""A service that does not answer as it should."""

from __future__ import annotations

import contextlib
import json
import logging
import socket

import pytest

from concertim_api.domain.errors import Unavailable, in_full
from concertim_api.services.cloud.reading import NotListed
from tests.functional.clouds.conftest import listed

SERVERS = "/servers/detail"


@pytest.fixture
def site(simulator):
    for number in range(7):
        simulator.site.add_server(simulator.site.admin, f"server-{number}")
    return simulator.site


def test_nothing_is_asked_before_it_must_be(simulator, cloud):
    assert simulator.requests == []
    list(cloud.listing("network", {}))
    assert simulator.requests == [
        "POST /identity/v3/auth/tokens",
        "GET /network/v2.0/networks?limit=1000",
    ]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(simulator, cloud, site, waits, status):
    simulator.fault(SERVERS, status=status, times=3)
    seen, left_out = listed(cloud, "instance")
    assert len(seen) == 7
    assert left_out == []
    assert waits == [0.5, 1, 2]


def test_waits_double_up_to_the_longest(simulator, connect, site, waits):
    cloud = connect(retries=6, retry_wait=1, retry_wait_max=5)
    simulator.fault(SERVERS, status=503)
    with pytest.raises(Unavailable, match="it answers 503"):
        listed(cloud, "instance")
    assert waits == [1, 2, 4, 5, 5, 5]
    assert simulator.count("GET /compute/v2.1/servers") == 7


def test_a_service_may_ask_for_longer_waits(simulator, cloud, site, waits):
    simulator.fault(SERVERS, status=429, headers={"Retry-After": "7"}, times=1)
    simulator.fault(
        SERVERS, status=429, headers={"Retry-After": "3600"}, times=1
    )
    simulator.fault(
        SERVERS, status=429, headers={"Retry-After": "Sat, 21 Nov"}, times=1
    )
    assert len(listed(cloud, "instance")[0]) == 7
    assert waits == [7, 10, 2]


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"cut": "wire"}, "Connection broken"),
        ({"cut": "json"}, "is no JSON, or cut off"),
        ({"drop": True}, "Remote end closed connection"),
        ({"status": 200, "body": b"<html>Login</html>"}, "no JSON but HTML"),
        ({"status": 200, "body": b""}, "its answer is empty"),
    ],
)
def test_half_an_answer_is_none(simulator, cloud, site, fault, problem):
    simulator.fault(SERVERS, times=2, **fault)
    assert len(listed(cloud, "instance")[0]) == 7
    simulator.fault(SERVERS, **fault)
    with pytest.raises(Unavailable) as refused:
        listed(cloud, "instance")
    assert problem in in_full(refused.value)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        *(
            ({"edit": lambda _, body=body: body}, "there are no servers in it")
            for body in (
                *([], {}, None, "servers", 7),
                *({"servers": None}, {"servers": {"a": 1}}),
            )
        ),
        # What may not pass has a reason, or none.
        (
            {"status": 401, "body": {"error": {"message": "no"}}},
            "it answers 401: no",
        ),
        (
            {"status": 403, "body": {"forbidden": {"message": "Policy"}}},
            r"not allowed \(403\): Policy",
        ),
        *(
            ({"status": 409, "body": body}, "it answers 409$")
            for body in (b"", b"[]", b"{", b'{"a": [1]}', b"{}")
        ),
    ],
)
def test_what_will_not_pass_is_told_at_once(
    simulator, cloud, site, waits, fault, reason
):
    simulator.fault(SERVERS, **fault)
    with pytest.raises(Unavailable, match=reason):
        listed(cloud, "instance")
    assert waits == []
    # A token that is not good enough is tried anew, once.
    assert simulator.logins == (2 if fault.get("status") == 401 else 1)


def test_a_service_that_takes_too_long(simulator, connect, site):
    cloud = connect(timeout=0.2, retries=1)
    simulator.fault(SERVERS, delay=0.6)
    with pytest.raises(
        Unavailable, match=r"no answer within \[cloud\] timeout"
    ):
        listed(cloud, "instance")
    assert simulator.count("GET /compute/v2.1/servers") == 2


def test_a_cloud_that_is_away(simulator, connect, site):
    cloud = connect()
    simulator.stop()
    for kind in cloud.kinds:
        with pytest.raises(Unavailable, match="connection failed") as away:
            listed(cloud, kind)
        assert "Unable to establish connect" in away.value.detail
    simulator._server.server_close()


def test_tls_that_is_none(simulator, connect, waits):
    url = simulator.url.replace("http:", "https:")
    with pytest.raises(Unavailable, match="TLS fails") as refused:
        listed(connect(auth_url=f"{url}/identity/v3"), "network")
    assert "SSL" in refused.value.detail
    assert waits == []


def test_a_wrong_password(simulator, connect):
    cloud = connect(password="battery staple")
    with pytest.raises(Unavailable, match="Keystone refuses our login") as e:
        listed(cloud, "network")
    assert e.value.detail == (
        f"user {simulator.login()['username']} of [cloud], auth_url "
        f"{simulator.url}/identity/v3"
    )


def test_keystone_may_be_away_too(simulator, cloud, site, waits):
    simulator.fault("auth/tokens", status=503, times=2)
    assert len(listed(cloud, "instance")[0]) == 7
    assert len(waits) == 2


def test_a_token_that_expires_in_the_middle(simulator, connect, site):
    cloud = connect(page_size=2)
    pages = cloud.listing("instance", {})
    seen = len(next(pages).sightings)
    simulator.expire_tokens()
    seen += sum(len(page.sightings) for page in pages)
    assert seen == 7
    assert simulator.logins == 2


def test_a_service_that_the_catalog_lacks(simulator, cloud):
    del simulator.services["compute"]
    for kind in ("instance", "flavor"):
        with pytest.raises(
            NotListed,
            match="the catalog has no service of type compute in region Reg",
        ):
            listed(cloud, kind)
        with pytest.raises(NotListed):
            cloud.look(kind, "x")
    with pytest.raises(NotListed):
        list(cloud.changes(simulator.site.now()))


def test_a_service_of_another_region(simulator, connect):
    with pytest.raises(NotListed, match="in region Elsewhere"):
        listed(connect(regions=["Elsewhere"]), "network")


def test_a_login_without_a_project(simulator, cloud):
    simulator.services.clear()
    with pytest.raises((Unavailable, NotListed)):
        listed(cloud, "network")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_our_token_is_not_led_away(simulator, cloud, site, status):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.settimeout(0.1)
        url = f"http://127.0.0.1:{stranger.getsockname()[1]}/"
        simulator.fault(SERVERS, status=status, headers={"Location": url})
        with pytest.raises(Unavailable, match="it redirects us"):
            listed(cloud, "instance")
        with contextlib.suppress(TimeoutError), stranger.accept()[0]:
            pytest.fail("the driver went there")


def test_a_page_for_people_is_no_word_on_a_server(simulator, cloud, site):
    """A proxy that has lost the service answers 404 to everything."""
    simulator.fault("/servers/", status=404, body=b"<html>Not Found</html>")
    with pytest.raises(Unavailable, match="404"):
        cloud.look("instance", next(iter(site.servers)))


def test_an_object_that_cannot_be_read_is_not_absent(simulator, cloud, site):
    broken = next(iter(site.servers.values()))
    broken["metadata"] = 7
    broken["flavor"] = None
    with pytest.raises(Unavailable, match="flavor is missing"):
        cloud.look("instance", broken["id"])
    simulator.fault("/servers/", edit=lambda _: [])
    with pytest.raises(Unavailable, match="unforeseen form"):
        cloud.look("instance", broken["id"])


def test_no_secret_is_in_a_log_or_an_error(simulator, connect, site, caplog):
    caplog.set_level(logging.DEBUG)
    cloud = connect(retries=1)
    secret = next(iter(site.servers.values()))
    secret["OS-EXT-SRV-ATTR:user_data"] = "cGFzc3dvcmQ="
    site.add_stack(
        site.admin,
        "s",
        outputs=[{"output_key": "pw", "output_value": "hunter2"}],
    )
    for kind in cloud.kinds:
        listed(cloud, kind)
    cloud.look("stack", next(iter(site.stacks)))

    def echo(token):
        return {"error": {"message": f"bad token {token}"}}

    for status in (400, 403, 409, 500):
        simulator.faults.clear()
        simulator.fault(SERVERS, status=status, body=echo("secret-token-1"))
        with pytest.raises(Unavailable) as failed:
            listed(cloud, "instance")
        assert "bad token ***" in str(failed.value)
    for hidden in (
        simulator.password,
        "secret-token-1",
        "cGFzc3dvcmQ=",
        "hunter2",
    ):
        assert hidden not in caplog.text
    assert "compute of RegionOne: GET" in caplog.text


def test_a_complaint_is_short_and_of_one_line(simulator, cloud, site):
    simulator.fault(
        SERVERS, status=409, body={"x": {"message": "a\nb " + "c" * 999}}
    )
    with pytest.raises(Unavailable) as failed:
        listed(cloud, "instance")
    assert "a b ccc" in str(failed.value)
    assert len(str(failed.value)) < 400


# Microversions


def test_the_newest_that_both_know_is_used(simulator, connect, site):
    simulator.compute_versions = ("2.1", "2.60")
    flavor = site.add_flavor("x", swap=0, description="small")
    seen, left_out = listed(connect(), "flavor")
    assert left_out == []
    assert seen[flavor["id"]].details["description"] == "small"
    # Extra specs are told from 2.61 on, and no swap was "" before 2.75.
    assert "extra_specs" not in seen[flavor["id"]].shape
    assert seen[flavor["id"]].shape["swap_mb"] == 0
    assert len(listed(connect(), "instance")[0]) == 7


def test_newer_ones_than_we_know_are_not(simulator, connect, site):
    simulator.compute_versions = ("2.1", "2.999")
    simulator.volume_versions = ("3.0", "3.999")
    cloud = connect()
    assert len(listed(cloud, "instance")[0]) == 7
    listed(cloud, "volume")
    assert simulator.microversions == {"2.96", "3.70"}


def test_a_nova_that_is_too_old_is_told(simulator, connect, site):
    simulator.compute_versions = ("2.1", "2.46")
    with pytest.raises(
        Unavailable, match=r"too old: it has microversions up to 2\.46, not 2"
    ):
        listed(connect(), "instance")


def test_an_old_cinder_has_types_by_name(simulator, connect):
    simulator.volume_versions = ("3.0", "3.60")
    site = simulator.site
    kind = site.add_volume_type("ssd")
    one = site.add_volume(site.admin, "one")
    other = site.add_volume(site.admin, "other", volume_type="deleted")
    cloud = connect()
    seen, _ = listed(cloud, "volume")
    assert seen[one["id"]].shape["type"] == kind["id"]
    assert "type" not in seen[other["id"]].shape
    listed(cloud, "volume")
    assert sum("/types" in line for line in simulator.requests) == 1


def test_a_service_without_microversions(simulator, connect):
    simulator.compute_versions = ("", "")
    with pytest.raises(Unavailable, match="does not say which microvers"):
        listed(connect(), "instance")


def test_versions_are_asked_for_once(simulator, cloud, site):
    for _ in range(3):
        listed(cloud, "instance")
        listed(cloud, "volume")
    assert simulator.requests.count("GET /compute/v2.1") == 1
    assert simulator.requests.count("GET /volume/v3") == 1


@pytest.mark.parametrize(
    ("service", "path", "kind"),
    [
        ("network", "/network/v2.0", "network"),
        ("image", "/image/v2", "image"),
        ("identity", "/identity/v3", "user"),
        ("orchestration", "/orchestration", "stack"),
        ("block-storage", "/volume", "volume"),
        ("compute", "/compute", "instance"),
    ],
)
def test_endpoints_with_and_without_versions(
    simulator, connect, service, path, kind
):
    simulator.services[service] = path
    listed(connect(), kind)


# Flavors


def test_servers_know_the_ids_of_flavors_for_a_minute(
    simulator, cloud, site, clock
):
    flavors = "GET /compute/v2.1/flavors/detail"
    listed(cloud, "flavor")
    listed(cloud, "instance")
    cloud.look("instance", next(iter(site.servers)))
    assert simulator.count(flavors) == 1
    clock.advance(seconds=61)
    new = site.add_flavor("new", vcpus=3)
    server = site.add_server(site.admin, "x", new)
    seen, _ = listed(cloud, "instance")
    assert seen[server["id"]].shape["flavor"]["id"] == new["id"]
    assert simulator.count(flavors) == 2


def test_a_flavor_of_the_same_name_is_not_the_same(simulator, cloud, site):
    old = site.add_flavor("hpc", vcpus=4)
    server = site.add_server(site.admin, "x", old)
    del site.flavors[old["id"]]
    site.add_flavor("hpc", vcpus=8)
    seen, _ = listed(cloud, "instance")
    flavor = seen[server["id"]].shape["flavor"]
    assert "id" not in flavor
    assert (flavor["name"], flavor["vcpus"]) == ("hpc", 4)


def test_servers_are_of_use_without_flavors(simulator, cloud, site):
    simulator.fault("/flavors", status=403)
    seen, left_out = listed(cloud, "instance")
    assert len(seen) == 7
    assert left_out == []


def test_but_not_now_without_and_then_with_them(simulator, cloud, site):
    """A shape that gains an id is another one: it would begin a period."""
    simulator.fault("/flavors", status=500)
    with pytest.raises(Unavailable, match="GET /flavors/detail"):
        listed(cloud, "instance")
    simulator.faults.clear()
    seen, _ = listed(cloud, "instance")
    assert all("id" in v.shape["flavor"] for v in seen.values())


def test_projects_are_of_use_without_roles(simulator, cloud, site):
    simulator.fault(
        "role_assignments", status=403, body={"error": {"message": "No."}}
    )
    seen, left_out = listed(cloud, "project")
    assert len(seen) == 1
    assert "roles" not in seen[site.admin["id"]].details
    assert [lost.id for lost in left_out] == [None]
    assert "not allowed (403): No." in left_out[0].reason
    (looked,) = cloud.look("project", site.admin["id"])
    assert "roles" not in looked.observation.details


@pytest.mark.parametrize("body", [None, [], {}, {"role_assignments": 7}])
def test_roles_that_are_none(simulator, cloud, site, body):
    simulator.fault("role_assignments", edit=lambda _: body)
    seen, left_out = listed(cloud, "project")
    assert len(seen) == 1
    assert "there are no role_assignments" in left_out[0].reason


def test_roles_elsewhere_are_not_of_a_project(simulator, cloud, site):
    ada = site.add_user("ada")
    site.assign(ada, site.admin, "reader")
    site.role_assignments += [
        {"role": {"name": "admin"}, "user": ada, "scope": {"system": {}}},
        {"role": {"name": "admin"}, "user": ada, "scope": {"domain": {}}},
        {"role": {"name": "admin"}, "group": ada, "scope": {"project": {}}},
        {"role": {}, "user": ada, "scope": {"project": site.admin}},
        None,
        7,
    ]
    seen, left_out = listed(cloud, "project")
    assert left_out == []
    assert seen[site.admin["id"]].details["roles"] == {ada["id"]: ["reader"]}


def test_a_listing_with_names_that_no_database_keeps(simulator, cloud):
    server = simulator.site.add_server(simulator.site.admin, "x")

    def edit(body):
        return (
            json.dumps(body)
            .replace('"name": "x"', '"name": "x\\ud800\\u0000y"')
            .encode()
        )

    simulator.fault("/servers", edit=edit)
    seen, left_out = listed(cloud, "instance")
    assert seen[server["id"]].details["name"] == "x\ufffd\ufffdy"
    assert left_out == []
