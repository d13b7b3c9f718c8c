"""Today's front end, before a real Keystone: users, teams, roles, load."""

from __future__ import annotations

import os
import sys
import uuid

import pytest
from keystoneauth1.exceptions import Unauthorized

from tests.databases import new_database
from tests.functional.dialects.concertim.callers import Failed
from tests.integration import compat_site
from tests.integration.conftest import ON_THE_CLOUD, needed

CLIENTS = 30

pytestmark = ON_THE_CLOUD


@pytest.fixture(scope="module")
def dialect(keystone):
    """At the end, its log is searched for all secrets."""
    needed("CONCERTIM_TEST_MYSQL")
    with (
        new_database("mariadb", None) as database,
        compat_site.spoken(keystone, database) as made,
    ):
        yield made
        log = made.apache.log("concertim-dialect.log")
        log += made.apache.log("concertim-dialect-access.log")
    assert "PATCH /user answered 201" in log
    assert not [one for one in made.secrets if one in log]


@pytest.fixture
def login(request):
    return f"{request.node.name[:20]}-{uuid.uuid4().hex[:8]}"


def held(keystone, team, user_id):
    """Return the names of somebody's roles in a team, as Keystone says."""
    found = keystone.identity.role_assignments(
        scope_project_id=team["project_id"], user_id=user_id
    )
    names = {role.id: role.name for role in keystone.identity.roles()}
    return {names[assignment.role["id"]] for assignment in found}


def enter(keystone, user_id, password, team):
    """Log in as a user; raises Unauthorized."""
    connection = keystone.connect(
        username=None,
        user_domain_name=None,
        project_name=None,
        project_domain_name=None,
        user_id=user_id,
        password=password,
        project_id=team["project_id"],
    )
    return connection.session.get_token()


def test_the_life_of_a_user(dialect, keystone, login):
    front_end, password = dialect.front_end, dialect.password()
    known = {}
    for _ in range(3):  # as if each answer was lost
        user_id = front_end.sign_up(login, password)
        known = team = front_end.create_team(f"{login}_team", **known)
        front_end.grant(team, user_id, "admin")
    user = keystone.identity.get_user(user_id)
    assert (user.name, user.email) == (f"CM_{login}", f"{login}@example.org")
    project = keystone.identity.get_project(team["project_id"])
    assert project.name == f"CM_{login}_team"
    assert held(keystone, team, user_id) == {"manager"}
    assert enter(keystone, user_id, password, team)
    front_end.change_role(team, user_id, "admin", "member")
    assert held(keystone, team, user_id) == {"member"}
    new = dialect.password()
    front_end.change_user(user_id, email="new@example.org", password=new)
    assert keystone.identity.get_user(user_id).email == "new@example.org"
    assert enter(keystone, user_id, new, team)
    with pytest.raises(Unauthorized):
        enter(keystone, user_id, password, team)
    for _ in range(2):
        front_end.revoke(team, user_id, "member")
    assert held(keystone, team, user_id) == set()
    for _ in range(2):
        front_end.delete_team(team)
        front_end.delete_user(user_id)
    assert keystone.identity.find_user(f"CM_{login}") is None
    assert keystone.identity.find_project(f"CM_{login}_team") is None


def test_what_keystone_refuses(dialect, keystone, login):
    """Who is no administrator creates nobody; a wrong password, too."""
    front_end, password = dialect.front_end, dialect.password()
    user_id = front_end.sign_up(login, password)
    team = front_end.create_team(f"{login}_team")
    front_end.grant(team, user_id, "member")
    own = front_end.of_user(user_id, password, team)
    wrong = {**own, "password": dialect.password()}
    for env, status in ((own, 403), (wrong, 401)):
        with pytest.raises(Failed) as failed:
            front_end.call("POST", "/team", {"name": "more"}, env)
        assert failed.value.status == status
        assert failed.value.message
    front_end.delete_team(team)
    front_end.delete_user(user_id)


def test_apache_says_what_is_wrong_in_json(dialect):
    for size, status in ((2_000_000, 413), (200_000, 413)):
        told = dialect.send("POST", "/user", {}, b" " * size)
        assert told[:2] == (status, "application/json")
        assert b'"message":' in told[2]
    assert dialect.send("GET", "/", {}, None)[0] == 200


def test_thirty_clients(dialect, keystone):
    """No 5xx. How soon they are answered, benchmarks/compat.py bounds."""
    seconds = float(os.environ.get("CONCERTIM_COMPAT_SECONDS", "10"))
    token = keystone.admin.session.get_token()
    with compat_site.users(dialect, CLIENTS) as made:
        ours = [compat_site.through_us(dialect, one) for one in made]
        theirs = [compat_site.directly(keystone, token, one) for one in made]
        compat_site.load(ours, 2)  # each process logs in, and discovers
        statuses, direct = compat_site.load(theirs, seconds)
        assert statuses == {200}
        statuses, through = compat_site.load(ours, seconds)
        assert statuses == {201}
    ratio = compat_site.p95(through) / compat_site.p95(direct)
    sys.stdout.write(f"p95 is {ratio:.1f} times Keystone's own\n")
