"""Asking a region what is left in a project: no answer is not "nothing"."""

from __future__ import annotations

import re

import pytest

from concertim_api.clouds.simulator import Site
from concertim_api.clouds.simulator.simulator import MORE_SERVICES
from concertim_api.domain.errors import Unasked
from tests.fakes.clock import Clock
from tests.fakes.cloud import served

#: Line of a request -> the service that is asked by it.
LISTINGS = {
    "GET /compute/.*/os-services": "compute",
    "GET /orchestration/.*/stacks": "orchestration",
    r"GET /compute/.*/servers/detail\?(?!.*SOFT)": "compute",
    r"GET /compute/.*/servers/detail\?.*SOFT_DELETED": "compute",
    "GET /volume/.*/backups": "block-storage",
    "GET /volume/.*/snapshots": "block-storage",
    "GET /volume/.*/volumes": "block-storage",
    "GET /network/.*/floatingips": "network",
    "GET /network/.*/routers": "network",
    "GET /network/.*/networks": "network",
    "GET /network/.*/ports": "network",
    r"GET /image/.*/images\?(?!.*hidden)": "image",
    r"GET /image/.*/images\?.*os_hidden": "image",
    "GET /load-balancer/": "load-balancer",
    "GET /share/": "shared-file-system",
}

#: What a cloud may do without.
OPTIONAL = ("load-balancer", "shared-file-system")


def without_its_list(body):
    return {key: None for key in body}


def with_a_next_page(body):
    (key, *_) = body
    link = {"rel": "next", "href": "http://nowhere/?marker=m"}
    return {key: [], f"{key}_links": [link], "next": "/v2/images?marker=m"}


def without_ids(body):
    return {key: [{"name": "nameless"}] for key in body}


def beside_it(name, value):
    return lambda body: {key: [] for key in body} | {name: value}


TROUBLES = {
    "created": {"answers": 201},
    "of somebody else": {"answers": 203},
    "a part": {"answers": 206},
    "cut short": {"edit": beside_it("truncated", True)},
    "an error beside it": {"edit": beside_it("error", {"code": 503})},
    "errors beside it": {"edit": beside_it("errors", [{"status": 503}])},
    "forbidden": {"status": 403, "body": {}},
    "not let in": {"status": 401, "body": {}},
    "not there": {"status": 404, "body": {}},
    "wrong": {"status": 400, "body": {}},
    "broken": {"status": 500},
    "away": {"status": 503},
    "redirected": {"status": 302, "headers": {"Location": "http://x/"}},
    "no answer": {"drop": True},
    "cut off on the wire": {"cut": "wire"},
    "half of the JSON": {"cut": "json"},
    "HTML": {"edit": lambda body: b"<html>Welcome</html>"},
    "nothing": {"edit": lambda body: b""},
    "null": {"edit": lambda body: None},
    "a list": {"edit": lambda body: []},
    "no list in it": {"edit": lambda body: {}},
    "null for a list": {"edit": without_its_list},
    "an end that is none": {"edit": with_a_next_page},
    "things without an id": {"edit": without_ids},
}


def with_all_services(simulator):
    simulator.services |= {name: MORE_SERVICES[name] for name in OPTIONAL}
    return simulator


@pytest.fixture
def simulator(simulator):
    return with_all_services(simulator)


@pytest.fixture
def make(connect, at_once):
    return lambda **options: connect(retries=0, **options).actions().remains


@pytest.fixture
def remains(make):
    return make()


@pytest.fixture
def project_id(simulator):
    return simulator.site.add_project("CM_astro")["id"]


def lists(simulator):
    return [
        line
        for line in simulator.requests
        if "limit=1" in line or "/os-services" in line
    ]


@pytest.mark.parametrize(
    ("absent", "most"), [((), 15), (("load-balancer",), 14), (OPTIONAL, 13)]
)
def test_each_kind_is_asked_for_once_and_one_of_it(
    simulator, remains, project_id, absent, most
):
    for name in absent:
        del simulator.services[name]
    for number in range(30):
        project = simulator.site.projects[project_id]
        simulator.site.add_cluster(project, f"c{number}", computes=1)
    left = remains.of(project_id)
    assert len(lists(simulator)) == len({*lists(simulator)}) == most
    services, *things = lists(simulator)
    assert services.rstrip("?") == "GET /compute/v2.1/os-services"
    assert all(project_id in line for line in things)
    assert len({one.kind for one in left}) == len(left) == 5
    simulator.requests.clear()
    remains.of(project_id)  # it has logged in, and knows the versions
    assert simulator.requests == lists(simulator)


def test_each_listing_is_of_one_service(simulator, remains, project_id):
    """So that the test below goes round none of them."""
    remains.of(project_id)
    matches = [
        [line for line in LISTINGS if re.search(line, request)]
        for request in lists(simulator)
    ]
    assert sorted(matches) == sorted([line] for line in LISTINGS)


@pytest.fixture(scope="module")
def troubled():
    """A simulator for many tests, with what asks it and a project."""
    clock = Clock()
    with (
        pytest.MonkeyPatch.context() as patched,
        served(Site(now=clock.now), clock) as (simulator, cloud),
    ):
        patched.setattr("concertim_api.clouds.openstack.service._WAIT", 0)
        yield with_all_services(simulator), cloud.actions().remains


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("line", LISTINGS)
def test_a_list_that_is_none_is_not_empty(troubled, line, trouble):
    simulator, remains = troubled
    simulator.faults.clear()
    fault = simulator.fault(line, **TROUBLES[trouble])
    with pytest.raises(Unasked) as raised:
        remains.of(simulator.site.admin["id"])
    assert fault.met
    assert raised.value.part == f"{LISTINGS[line]} of RegionOne"


def test_what_passes_is_asked_again(simulator, remains, project_id):
    simulator.fault("GET /compute/.*/servers", status=503, times=1)
    assert list(remains.of(project_id)) == []


@pytest.mark.parametrize("roles", [["reader"], ["member", "manager"], []])
def test_who_does_not_see_all_does_not_know(
    simulator, remains, project_id, roles
):
    """Neutron would answer with an empty list."""
    simulator.roles = roles
    simulator.site.add_network(simulator.site.projects[project_id], "lan")
    with pytest.raises(Unasked, match=r"identity.*\[cloud\] admin_roles"):
        remains.of(project_id)


def test_the_role_may_be_a_narrower_one(simulator, make, project_id):
    simulator.roles = ["watcher"]
    remains = make(admin_roles=["cloud_reader", "watcher"])
    assert list(remains.of(project_id)) == []
    simulator.roles = ["admin"]
    simulator.expire_tokens()
    with pytest.raises(Unasked, match="admin_roles"):
        make(admin_roles=["watcher"]).of(project_id)


@pytest.mark.parametrize("service", OPTIONAL)
def test_a_service_that_we_may_not_ask_is_not_absent(
    simulator, make, project_id, service, monkeypatch
):
    """The catalog has it, at an interface that is not ours."""
    catalog = simulator.catalog

    def with_one_hidden(project):
        rows = catalog(project)
        for row in rows:
            if row["type"] == service:
                row["endpoints"] = [
                    endpoint
                    for endpoint in row["endpoints"]
                    if endpoint["interface"] == "admin"
                ]
        return rows

    monkeypatch.setattr(simulator, "catalog", with_one_hidden)
    with pytest.raises(Unasked, match=service):
        make().of(project_id)


def test_load_balancers_under_the_name_of_their_project(
    simulator, make, project_id
):
    service = simulator.services.pop("load-balancer")
    simulator.services["octavia"] = service
    project = simulator.site.projects[project_id]
    simulator.site.add_load_balancer(project, "front")
    (left,) = make().of(project_id)
    assert (left.kind, left.name) == ("load_balancer", "front")


def test_a_catalog_that_is_empty_lacks_nothing(
    simulator, remains, project_id, monkeypatch
):
    monkeypatch.setattr(simulator, "catalog", lambda project: [])
    with pytest.raises(Unasked, match="the catalog is empty"):
        remains.of(project_id)


def test_a_keystone_that_does_not_answer(simulator, remains, project_id):
    simulator.fault("POST /identity/v3/auth/tokens", status=503)
    with pytest.raises(Unasked, match="Keystone answers 503"):
        remains.of(project_id)


def test_servers_of_a_cell_that_is_down(simulator, remains, project_id):
    """Nova leaves them out, and answers 200."""
    service = {"binary": "nova-compute", "host": "h2", "status": "UNKNOWN"}
    simulator.compute_services.append(service)
    with pytest.raises(Unasked, match=r"compute of .*h2.*cell that is down"):
        remains.of(project_id)


def test_a_nova_that_is_too_old_to_tell_of_cells(simulator, make, project_id):
    simulator.compute_versions = ("2.1", "2.68")
    assert list(make().of(project_id)) == []
    assert "2.68" in simulator.microversions


def test_heats_administrator_asks_without_its_policy(
    simulator, remains, project_id
):
    simulator.heat_lists_all = False
    assert list(remains.of(project_id)) == []
    assert len(lists(simulator)) == 16
    project = simulator.site.projects[project_id]
    simulator.site.add_stack(project, "astro")
    assert [one.kind for one in remains.of(project_id)] == ["stack"]


def test_who_is_none_of_heats_administrators_does_not(
    simulator, make, project_id
):
    simulator.roles = ["watcher"]
    simulator.heat_lists_all = False
    with pytest.raises(Unasked, match="orchestration"):
        make(admin_roles=["watcher"]).of(project_id)
