"""Every route, asked by everybody: what tests/access.py says is so.

With tokens of a real Keystone, behind Apache.
"""

from __future__ import annotations

import pytest

from tests import access
from tests.integration.apache import Site
from tests.integration.callers import KINDS, Callers
from tests.integration.conftest import ON_THE_CLOUD
from tests.integration.keystone import guarded
from tests.integration.owned import SHARED, Owned
from tests.unit.policies.test_policies import ROUTES

pytestmark = ON_THE_CLOUD

OWN = [
    route
    for route in ROUTES
    if access.ROUTES[str(route)]["reader"] in ("own", "public")
]
#: What the cloud is asked for, of which there is none here.
ACTING = [
    route
    for route in ROUTES
    if (route.path.endswith("/action") and "/v1/invoices" not in route.path)
    or route.path.startswith(
        ("/v1/keypairs", "/v1/limits", "/v1/quotas", "/v1/statistics")
    )
    or (
        route.method != "GET"
        and route.path.startswith(("/v1/teams", "/v1/users"))
    )
]
#: What a project does with what it has.
OWN_ACTING = [
    route
    for route in ROUTES
    if route.ids
    and route not in OWN
    and access.ROUTES[str(route)]["manager"] == "own"
]
#: Whose body names what a project has.
NAMING = ("POST /v1/orders", "POST /v1/credits", "GET /v1/invoices/draft")
LISTS_OF_A_PROJECT = [
    route for route in ROUTES if "project_id" in route.endpoint.query.filters
]


@pytest.fixture(scope="module")
def callers(keystone):
    with Callers(keystone) as made:
        yield made


class Asked:
    """The API on what two projects own."""

    def __init__(self, site, callers, owned):
        self._site = site
        self._callers = callers
        self.owned = owned

    def ask(self, name, route, project, query=None):
        """Let somebody ask for something of a project."""
        ids = {i: self.owned.id(i, project) for i in route.ids}
        return self._ask(name, route, ids, project, query)

    def ask_for_nothing(self, name, route):
        """Let somebody ask for what there is not."""
        ids = {i: self.owned.missing(i) for i in route.ids}
        return self._ask(name, route, ids, "physics")

    def health(self, name):
        """Let somebody ask for the health of the service."""
        headers = self._callers.headers(name)
        return self._site.ask("/healthcheck", **headers)

    def _ask(self, name, route, ids, project, query=None):
        path = route.path.format(**ids)
        if query is None:
            query = self.owned.query(route, project)
        path += query
        body = self.owned.body(route, project)
        headers = self._callers.headers(name)
        headers["OpenStack_API_Version"] = "concertim latest"
        if body is not None:
            headers["Content_Type"] = "application/json"
        answer = self._site.ask(path, route.method, body, **headers)
        answer.ids = ids
        return answer


@pytest.fixture(scope="module")
def api(keystone, callers, memcached):
    made = []
    keystone.forget()

    def fill(installation):
        made.append(Owned(installation, callers.projects))

    with guarded(keystone, memcached, fill, public="http://api.example") as (
        apache,
        _user,
    ):
        url = apache.start()["CONCERTIM_API_URL"]
        yield Asked(Site(url), callers, *made)


@pytest.mark.parametrize("route", ROUTES, ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_everybody_gets_what_is_theirs(api, name, route):
    kind = KINDS[name]
    answer = access.ROUTES[str(route)][kind.persona]
    for project in api.owned.projects:
        found = api.ask(name, route, project)
        status = expected(route, answer, kind, project)
        assert found.status == status, found.body
        if status >= 400:
            check_refusal(found, route, kind)
        else:
            check_shown(found, route, answer, kind, api.owned)


def expected(route, answer, kind, project):
    """Return the status for who asks for something of a project."""
    if answer in ("401", "403"):
        return int(answer)
    if not SHARED.keys().isdisjoint(route.ids):
        return 200
    seen = {"own": kind.project, "public": "physics"}.get(answer, project)
    if (route.ids or str(route) in NAMING) and seen != project:
        return 404
    return 501 if route in ACTING else route.endpoint.status


def check_refusal(found, route, kind):
    error = found.error()
    if found.status == 401:
        assert found.headers["www-authenticate"].startswith("Keystone uri=")
    if found.status == 403:
        assert route.endpoint.policy in error["detail"]
        of = {"domain": "a domain", "system": "the system"}
        _, told, scope = error["detail"].partition("Your token is of ")
        assert bool(told) is (kind.persona in of)
        assert scope.startswith(of.get(kind.persona, ""))


def check_shown(found, route, answer, kind, owned):
    """Nothing of another project is shown; in lists, all else is."""
    text = found.body.decode()
    for project, project_id in owned.projects.items():
        if answer in ("own", "public") and project != kind.project:
            assert project_id not in text
    if route.ids or route.method != "GET" or answer == "yes":
        return
    if str(route) in NAMING:
        return
    seen = {
        "own": {kind.project},
        "public": {"physics"},
        "all": owned.projects,
    }
    for project, word in owned.words(route).items():
        assert (f'"{word}"' in text) is (project in seen[answer]), project
    if answer == "all":
        assert any(rows_of(found))


def rows_of(found):
    """Return what a list holds: the first of its fields."""
    return next(iter(found.json().values()))


@pytest.mark.parametrize(
    "route",
    [r for r in OWN if r.ids and SHARED.keys().isdisjoint(r.ids)],
    ids=str,
)
@pytest.mark.parametrize("name", ["reader of nothing", "manager of physics"])
def test_what_is_anothers_is_like_what_is_not(api, name, route):
    theirs = api.ask(name, route, "biology")
    nothing = api.ask_for_nothing(name, route)
    assert theirs.status == nothing.status == 404
    assert told(theirs) == told(nothing)


def told(found):
    """Return what an error says, but for the id asked for."""
    error = found.error()
    (asked,) = found.ids.values()
    return {
        **error,
        "request_id": None,
        "detail": error["detail"].replace(str(asked), "ID"),
    }


@pytest.mark.parametrize(
    "route",
    [
        r
        for r in ROUTES
        if r.ids and r not in (*OWN, *OWN_ACTING) and r not in ACTING
    ],
    ids=str,
)
def test_who_may_not_ask_does_not_learn_what_there_is(api, route):
    for name in ("manager of physics", "admin of the system"):
        assert api.ask_for_nothing(name, route).status == 403
    assert api.ask_for_nothing("somebody without a token", route).status == 401
    assert api.ask_for_nothing("admin of the cloud", route).status == 404


@pytest.mark.parametrize("route", OWN_ACTING, ids=str)
def test_who_may_not_act_does_not_learn_what_there_is(api, route):
    for name in ("reader of nothing", "admin of the system"):
        assert api.ask_for_nothing(name, route).status == 403
    theirs = api.ask("manager of physics", route, "biology")
    nothing = api.ask_for_nothing("manager of physics", route)
    assert theirs.status == nothing.status == 404
    assert told(theirs) == told(nothing)


@pytest.mark.parametrize("route", LISTS_OF_A_PROJECT, ids=str)
@pytest.mark.parametrize("project", ["physics", "biology"])
def test_who_asks_for_a_project_gets_no_other(api, route, project):
    """Whoever has nothing there gets an empty list, and no error."""
    given = f"project_id={api.owned.projects[project]}"
    query = f"{api.owned.query(route) or '?'}&{given}"
    callers = {
        name: kind
        for name, kind in KINDS.items()
        if access.ROUTES[str(route)][kind.persona] in ("all", "own")
    }
    for name, kind in callers.items():
        found = api.ask(name, route, project, query)
        assert found.status == 200, found.body
        owners = {row["project_id"] for row in rows_of(found)}
        theirs = kind.persona == "admin" or kind.project == project
        assert owners == ({api.owned.projects[project]} if theirs else set())


@pytest.mark.parametrize("name", KINDS)
def test_everybody_learns_of_the_health_and_some_learn_more(api, name):
    answer = api.health(name)
    assert answer.status == 200
    level = access.ROUTES["GET /healthcheck"][KINDS[name].persona]
    detailed = {"detail" in check for check in answer.json()["checks"]}
    assert detailed == {level == "all"}


def test_only_who_sees_every_project_learns_how_much_a_region_has(api):
    (route,) = (r for r in ROUTES if str(r) == "GET /v1/regions")
    for name, known in {
        "admin of a project": {True},
        "manager of physics": {False},
    }.items():
        rows = rows_of(api.ask(name, route, "physics"))
        assert {row["resources"] is not None for row in rows} == known
