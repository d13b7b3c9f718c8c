"""Users, teams and roles in a real Keystone, by way of the API.

Behind Apache, with everybody's own tokens: what an administrator asks is
done with the administrator's; what the manager of a team asks, with the
service's.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import uuid

import pytest
from keystoneauth1 import exceptions, session
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import v3

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.errors import Unavailable
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import EVERY_PROJECT
from tests.integration.apache import Site
from tests.integration.conftest import ON_THE_CLOUD
from tests.integration.keystone import guarded

pytestmark = ON_THE_CLOUD

PASSED = "Tr0ub4dor-" + secrets.token_urlsafe(9)


class World:
    """The API, and whom it made: nobody of them is left afterwards."""

    def __init__(self, keystone, apache, url):
        self.keystone = keystone
        self.identity = keystone.identity
        self.conf = apache.installation.conf
        self.apache = apache
        self._site = Site(url)
        self._suffix = uuid.uuid4().hex[:8]
        self.undone = contextlib.ExitStack()
        self.admin = keystone.admin.session.get_token()
        self.secrets = {
            PASSED,
            "another password",
            "mine now",
            self.admin,
            keystone.login["auth"]["password"],
        }

    def name(self, name):
        return f"{name}-{self._suffix}"

    def ask(self, method, path, body=None, token=None):
        self.secrets.add(token or self.admin)
        headers = {"X_Auth_Token": token or self.admin}
        if body is not None:
            headers["Content_Type"] = "application/json"
            body = json.dumps(body)
        return self._site.ask(path, method, body, **headers)

    def user(self, name, **more):
        """Create a user; return the answer."""
        asked = {"name": self.name(name), "password": PASSED, **more}
        answer = self.ask("POST", "/v1/users", asked)
        if answer.status == 201:
            user_id = answer.json()["id"]
            self.undone.callback(self._forget, "user", user_id)
        return answer

    def team(self, name, **more):
        """Create a team; return the answer."""
        asked = {"name": self.name(f"CM_{name}"), **more}
        answer = self.ask("POST", "/v1/teams", asked)
        if answer.status == 201:
            team_id = answer.json()["id"]
            self.undone.callback(self._forget, "project", team_id)
        return answer

    def _forget(self, noun, thing_id):
        getattr(self.identity, f"delete_{noun}")(thing_id)

    def lets_in(self, user_id, password, **scope):
        """Log in; return the token's roles, or None."""
        auth = v3.Password(
            self.keystone.url,
            user_id=user_id,
            password=password,
            **scope or {"unscoped": True},
        )
        try:
            access = auth.get_access(session.Session())
        except exceptions.Unauthorized:
            return None
        return set(access.role_names) if scope else set()

    def roles(self, team_id, user_id):
        """Return what Keystone says: names of roles."""
        found = self.identity.role_assignments(
            scope_project_id=team_id, user_id=user_id, include_names=True
        )
        return sorted(one.role["name"] for one in found)


@pytest.fixture(scope="module")
def world(keystone, memcached):
    """At the end, its log is searched for all secrets."""

    def prepare(installation):
        installation.configure("DEFAULT", debug=True)
        installation.configure(
            "cloud",
            auth_type="v3password",
            regions=keystone.region,
            **keystone.login["auth"],
        )
        schema.sync(read(installation.conf))

    keystone.forget()
    with guarded(
        keystone, memcached, prepare, public="http://api.example"
    ) as (apache, _user):
        url = apache.start()["CONCERTIM_API_URL"]
        made = World(keystone, apache, url)
        with made.undone:
            yield made
        log = apache.log()
    assert "DEBUG" in log
    assert not [one for one in made.secrets if one in log]


def read(file):
    return bootstrap.configure(["--config-file", str(file)])


@pytest.fixture(scope="module")
def ada(world):
    answer = world.user("ada", email="ada@example.org")
    assert answer.status == 201, answer.body
    return answer.json()["id"]


@pytest.fixture(scope="module")
def team(world, ada):
    roles = [{"user_id": ada, "role": "admin"}]
    answer = world.team("physics", roles=roles)
    assert answer.status == 201, answer.body
    return answer.json()["id"]


@pytest.fixture(scope="module")
def manager(world, ada, team):
    """The token of the team's manager."""
    auth = v3.Password(
        world.keystone.url, user_id=ada, password=PASSED, project_id=team
    )
    return auth.get_access(session.Session()).auth_token


def test_a_user_is_created_once(world, ada):
    user = world.identity.get_user(ada)
    assert user.description == "Concertim Managed User"
    assert user.email == "ada@example.org"
    assert world.lets_in(ada, PASSED) == set()
    again = world.user("ada", password="another password")
    assert again.status == 201
    assert again.json()["id"] == ada
    assert world.lets_in(ada, "another password") is None
    assert world.lets_in(ada, PASSED) == set()


def test_a_user_is_changed_and_goes(world):
    eve = world.user("eve").json()["id"]
    path = f"/v1/users/{eve}"
    changed = world.ask("PATCH", path, {"password": PASSED + "2"})
    assert changed.status == 200
    assert PASSED not in changed.body.decode()
    assert world.lets_in(eve, PASSED) is None
    assert world.lets_in(eve, PASSED + "2") == set()
    assert world.ask("PATCH", path, {"enabled": False}).status == 200
    assert world.lets_in(eve, PASSED + "2") is None
    assert world.ask("DELETE", path).status == 204
    assert world.ask("DELETE", path).status == 204
    assert world.identity.find_user(eve) is None


def test_a_name_that_somebody_else_has(world):
    theirs = world.identity.create_user(
        name=world.name("root"), password=PASSED, domain_id="default"
    )
    world.undone.callback(world.identity.delete_user, theirs)
    answer = world.user("root", password="mine now")
    assert answer.status == 409
    assert "did not create" in answer.error()["detail"]
    for method, body in (
        ("PATCH", {"password": "mine now"}),
        ("DELETE", None),
    ):
        refused = world.ask(method, f"/v1/users/{theirs.id}", body)
        assert refused.status == 409
    assert world.lets_in(theirs.id, PASSED) == set()
    assert world.lets_in(theirs.id, "mine now") is None


def test_the_admin_of_a_team_manages_it_and_no_more(world, ada, team):
    assert world.roles(team, ada) == ["manager"]
    roles = world.lets_in(ada, PASSED, project_id=team)
    assert "manager" in roles
    assert "admin" not in roles
    project = world.identity.get_project(team)
    assert project.description == "Concertim Managed Project"


def test_a_team_is_completed_and_not_made_twice(world, ada, team):
    bob = world.user("bob").json()["id"]
    roles = [{"user_id": bob, "role": "member"}]
    again = world.team("physics", roles=roles)
    assert again.status == 201, again.body
    assert again.json()["id"] == team
    assert again.json()["roles"] == {ada: ["manager"], bob: ["member"]}
    assert world.roles(team, bob) == ["member"]


def test_a_team_of_nobody_is_not_made(world):
    roles = [{"user_id": uuid.uuid4().hex, "role": "member"}]
    answer = world.team("half", roles=roles)
    assert answer.status == 409, answer.body
    assert world.identity.find_project(world.name("CM_half")) is None


def test_a_project_of_somebody_else(world):
    name = world.name("CM_theirs")
    theirs = world.identity.create_project(name=name, domain_id="default")
    world.undone.callback(world.identity.delete_project, theirs)
    answer = world.team("theirs")
    assert answer.status == 409
    assert "did not create" in answer.error()["detail"]


def test_the_manager_says_who_is_what(world, manager, team):
    carl = world.user("carl").json()["id"]
    path = f"/v1/teams/{team}/roles"
    body = {"user_id": carl, "role": "member"}
    told = world.ask("POST", path, body, token=manager)
    assert told.status == 200, told.body
    assert told.json()["roles"] == ["member"]
    assert world.roles(team, carl) == ["member"]
    listed = world.ask("GET", path, token=manager).json()["roles"]
    assert {"member"} in [
        {*one["roles"]} for one in listed if one["user_id"] == carl
    ]
    gone = f"{path}?user_id={carl}&role=member"
    assert world.ask("DELETE", gone, token=manager).status == 204
    assert world.ask("DELETE", gone, token=manager).status == 204
    assert world.roles(team, carl) == []


@pytest.mark.parametrize("role", ["owner", "reader", "manager"])
def test_the_manager_gives_nothing_else(world, manager, ada, team, role):
    body = {"user_id": ada, "role": role}
    path = f"/v1/teams/{team}/roles"
    refused = world.ask("POST", path, body, token=manager)
    assert refused.status == 400
    assert refused.error()["detail"] == "role: not one of admin, member"
    assert world.roles(team, ada) == ["manager"]


def test_the_manager_does_nothing_elsewhere(world, manager, ada):
    other = world.team("other").json()["id"]
    path = f"/v1/teams/{other}/roles"
    body = {"user_id": ada, "role": "member"}
    assert world.ask("POST", path, body, token=manager).status == 404
    query = f"?user_id={ada}"
    assert world.ask("DELETE", path + query, token=manager).status == 404
    assert world.ask("GET", path, token=manager).status == 404
    assert world.roles(other, ada) == []


def test_a_manager_by_keystone_of_a_project_that_is_no_team(world, keystone):
    with keystone.person("manager") as person:
        world.identity.update_project(
            person.project, name=person.name.removeprefix("CM_")
        )
        token = v3.Password(
            keystone.url,
            user_id=person.id,
            password=person.password,
            project_id=person.project.id,
        ).get_token(session.Session())
        path = f"/v1/teams/{person.project.id}/roles"
        body = {"user_id": person.id, "role": "member"}
        assert world.ask("POST", path, body, token=token).status == 404
        assert world.roles(person.project.id, person.id) == ["manager"]


def test_a_role_changes_without_a_gap(world, team):
    dora = world.user("dora").json()["id"]
    path = f"/v1/teams/{team}/roles"
    first = {"user_id": dora, "role": "member"}
    assert world.ask("POST", path, first).status == 200
    seen, over = [], threading.Event()

    def look():
        while not over.is_set():
            seen.append(world.roles(team, dora))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for role in ("admin", "member") * 4:
            body = {"user_id": dora, "role": role}
            told = world.ask("POST", path, body)
            assert told.status == 200
            assert told.json()["role"] == role
    finally:
        over.set()
        looking.join()
    assert len(seen) > 8
    assert all(seen), "somebody had no role"
    assert world.roles(team, dora) == ["member"]


def test_what_was_done_is_told(world, ada, team):
    answer = world.ask("GET", f"/v1/operations?resource_id={team}")
    found = {one["action"] for one in answer.json()["operations"]}
    assert {"create", "assign"} <= found
    assert PASSED not in world.ask("GET", "/v1/operations").body.decode()


def test_an_empty_team_goes(world):
    team = world.team("empty").json()["id"]
    path = f"/v1/teams/{team}"
    assert world.ask("DELETE", path).status == 204
    assert world.identity.find_project(team) is None
    assert world.ask("DELETE", path).status == 204
    assert world.ask("DELETE", f"{path}?purge=true").status == 404


@pytest.mark.timeout(600)
def test_a_team_with_a_cluster_that_nobody_told_of(world, keystone):
    """No agent has run, and nobody listens: the cloud itself is asked."""
    project = keystone.project(world.name("CM_busy"))
    world.secrets.add(project.login["password"])
    try:
        stack = project.create_stack("cluster", compute_count=1)
        project.await_stack(stack, "CREATE_COMPLETE")
        answer = world.ask("DELETE", f"/v1/teams/{project.id}")
        assert answer.status == 409
        for text in ("racks (cluster)", "instances (", "networks ("):
            assert text in answer.error()["detail"]
        assert world.identity.get_project(project.id).is_enabled
        project.await_stack(stack, "CREATE_COMPLETE")
    finally:
        project.leave()


# What goes wrong between us and Keystone


@pytest.fixture
def direct(world, tmp_path):
    """The services themselves, on a database of their own."""
    place = tmp_path / "concertim.conf"
    text = world.conf.read_text()
    place.write_text(
        f"{text}\n[database]\nconnection = sqlite:///{tmp_path}/d"
    )
    conf = read(place)
    schema.sync(conf)
    services = bootstrap.services(conf, bootstrap.clouds(conf))
    yield services
    services.store.close()


@pytest.fixture
def lost(monkeypatch):
    """Lose the answers to requests, once each, after Keystone did them."""
    sent, losing = Adapter.request, []

    def send(adapter, path, method, **more):
        answer = sent(adapter, path, method, **more)
        order = method, path.removeprefix("/v3").split("/")[1]
        if order in losing:
            losing.remove(order)
            raise exceptions.ConnectFailure("the answer is lost")
        return answer

    monkeypatch.setattr(Adapter, "request", send)
    return losing


def test_repetitions_after_answers_that_were_lost(world, direct, lost):
    caller = Caller("an-admin")
    name, team_name = world.name("fred"), world.name("CM_lost")
    lost.append(("POST", "users"))
    with pytest.raises(Unavailable):
        direct.user_actions.create(caller, name, password=PASSED)
    fred = direct.user_actions.create(caller, name, password="other").id
    world.undone.callback(world.identity.delete_user, fred)
    assert world.lets_in(fred, PASSED) == set()

    lost.append(("POST", "projects"))
    roles = [(fred, "member")]
    with pytest.raises(Unavailable):
        direct.team_actions.create(caller, team_name, roles=roles)
    team = direct.team_actions.create(caller, team_name, roles=roles).id
    assert world.roles(team, fred) == ["member"]

    lost.append(("PUT", "projects"))
    told = direct.role_actions.assign(
        caller, EVERY_PROJECT, team, fred, "admin"
    )
    assert told.roles == ["manager"]
    assert world.roles(team, fred) == ["manager"]

    lost.append(("DELETE", "projects"))
    direct.team_actions.delete(caller, team)
    assert world.identity.find_project(team) is None
    assert not lost


def test_no_log_holds_a_password(world, ada):
    """The last one: all that was written is searched, the database too."""
    world.apache.settle()
    texts = [
        path.read_text(errors="replace")
        for path in world.apache.folder.rglob("*")
        if path.is_file()
    ]
    assert any(ada in text for text in texts)
    assert not any(PASSED in text for text in texts)
