"""No answer of any route is kept for others, whoever asks for whatever."""

import functools
import types

import pytest
from keystoneauth1 import loading
from keystoneauth1.fixture import V3Token
from keystonemiddleware import fixture

from concertim_api import bootstrap
from concertim_api.api.types import Document
from concertim_api.clouds.simulator.identities import BUILT_IN, Identity
from tests.functional import caches
from tests.functional.api import cloud, operable
from tests.functional.api.conftest import LOOPBACK
from tests.integration.owned import Owned
from tests.unit.policies.test_policies import ROUTES

READ = [route for route in ROUTES if route.method == "GET"]
TAGGED = [
    route
    for route in READ
    if route.endpoint.single or isinstance(route.endpoint.returns, Document)
]
VERSIONS = ["", "/", "/v1", "/v1/"]


class Site:
    """The API on what two projects own, under each auth strategy."""

    def __init__(self, folder):
        self.simulator, simulated = operable.cloud()
        clouds = {"RegionOne": simulated}
        conf = self._configuration(folder, "noauth")
        cloud.services(conf, observed=False).store.close()
        installation = types.SimpleNamespace(conf=folder / "concertim.conf")
        self.owned = Owned(installation, {"physics": "p1", "biology": "p2"})
        self.services = bootstrap.services(conf, clouds)
        simulated.actions().keypairs.create("laptop")
        self.clients = {}
        for strategy in ("noauth", "key", "keystone"):
            conf = self._configuration(folder, strategy)
            self.clients[strategy] = caches.Client(
                bootstrap.api(conf, self.services), extra_environ=LOOPBACK
            )

    def _configuration(self, folder, strategy):
        conf = cloud.configuration(
            folder, auth_strategy=strategy, max_limit=50
        )
        group = "keystone_authtoken"
        loading.register_auth_conf_options(conf, group)
        conf.set_override("auth_type", "none", group)
        return conf

    def path(self, route):
        ids = {name: self._id(name) for name in route.ids}
        query = self.owned.query(route)
        if route.path == "/v1/quotas":
            query = "?project_id=p1"
        return route.path.format(**ids) + query

    @functools.cache  # noqa: B019 -- letters have an id each
    def _id(self, name):
        return self.owned.id(name, "physics")

    def ask(self, route, strategy="noauth", method=None, **headers):
        body = self.owned.body(route, "physics")
        headers = {n.replace("_", "-"): v for n, v in headers.items()}
        headers.setdefault("OpenStack-API-Version", "concertim latest")
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.clients[strategy].request(
            self.path(route),
            method=method or route.method,
            body=(body or "").encode(),
            headers=headers,
            expect_errors=True,
        )


def take(tokens, simulator):
    """Let Keystone's middleware and the cloud take the token "good"."""
    token = V3Token(user_id="u", project_id="p1")
    token.add_role("admin")
    token["token"]["catalog"] = simulator.catalog("p1")
    tokens.add_token(token, "good")
    simulator.accounts.tokens["good"] = Identity(
        BUILT_IN, simulator.site.projects["p1"], ("admin",), sees_all=True
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with fixture.AuthTokenFixture() as tokens:
        made = Site(tmp_path_factory.mktemp("site"))
        take(tokens, made.simulator)
        yield made
        made.services.store.close()


@pytest.mark.parametrize("route", READ, ids=str)
def test_what_is_read(site, route):
    answer = site.ask(route)
    assert answer.status_int == 200, answer.text
    assert (caches.said(answer)[2] is not None) is (route in TAGGED)
    assert caches.said(site.ask(route, method="HEAD")) == caches.said(answer)
    assert site.ask(route, "keystone", X_Auth_Token="good").status_int == 200


@pytest.mark.parametrize("route", TAGGED, ids=str)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_known_says_the_same_again(site, route, method):
    whole = site.ask(route, method=method)
    known = site.ask(route, method=method, If_None_Match=whole.headers["ETag"])
    assert (known.status_int, known.body) == (304, b"")
    assert caches.said(known) == caches.said(whole)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_whoever_asks_however(site, route):
    """Every answer is looked at; here, that these are among them."""
    statuses = {
        site.ask(route, strategy, method, **headers).status_int
        for strategy in site.clients
        for method in (None, "HEAD", "OPTIONS", "PUT")
        for headers in (
            {},
            {"X_Auth_Token": "good"},
            {"X_Roles": "reader", "X_Project_Id": "p2"},
            {"OpenStack_API_Version": "concertim 9.0"},
            {"Origin": "http://dashboard.example"},
        )
    }
    assert statuses >= {200, 401, 405, 406}


@pytest.mark.parametrize("path", VERSIONS)
@pytest.mark.parametrize("strategy", ["noauth", "key", "keystone"])
def test_versions_may_be_kept_by_everybody(site, path, strategy):
    client = site.clients[strategy]
    for headers in ({}, {"X-Auth-Token": "x"}):
        for method in ("GET", "HEAD"):
            answer = client.request(path, method=method, headers=headers)
            assert answer.headers["Cache-Control"] == "public, max-age=60"
    refused = client.request(path, method="POST", expect_errors=True)
    assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/%ff", 400),
        ("OPTIONS", "/v1/racks", 200),
        ("OPTIONS", "/healthcheck", 200),
        ("GET", "/healthcheck", 200),
        ("HEAD", "/healthcheck", 200),
        ("POST", "/healthcheck", 404),
    ],
)
def test_what_is_no_route(client, method, path, status):
    """Of errors of routes, test_errors asks with such a client, too."""
    answer = client.request(path, method=method, expect_errors=True)
    assert answer.status_int == status


def test_a_preflight_says_what_it_depends_on(client):
    answer = client.options(
        "/v1/racks",
        headers={
            "Origin": "http://dashboard.example",
            "Access-Control-Request-Method": "GET",
        },
    )
    assert answer.headers["Access-Control-Allow-Origin"]
    assert "origin" in caches.said(answer)[1]
