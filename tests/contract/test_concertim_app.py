"""The simulated front end keeps to the facts: sessions, permissions."""

from __future__ import annotations

import uuid

import pytest
from werkzeug.test import Client

from tests.contract.concertim import App
from tests.contract.concertim.asking import Asker

NOBODY = {"error": "You need to sign in or sign up before continuing."}
UNKNOWN = "00000000-0000-0000-0000-000000000000"


class Clock:
    def __init__(self):
        self.time = 1715774400.0

    def __call__(self):
        return self.time


@pytest.fixture
def app():
    return App(clock=Clock())


@pytest.fixture
def root(app):
    return Asker(app)


@pytest.fixture
def team(app):
    return app.seed.team("team-a", "project-a")


@pytest.fixture
def people(app, team):
    """One of each: their devices, racks and teams are team-a's."""
    for login, role in (("chief", "admin"), ("hand", "member"), ("other", "")):
        user = app.seed.user(login)
        if role:
            app.seed.role(user, team, role)
    logins = {"root": "admin", "nobody": None}
    return {
        name: Asker(app, logins.get(name, name))
        for name in ("root", "chief", "hand", "other", "nobody")
    }


def login(app, path="/users/sign_in.json", **user):
    user = {"login": "admin", "password": "admin"} | user
    return Client(app).post(path, json={"user": user})


def id_of(app, user):
    return next(u.id for u in app.model.users.values() if u.login == user)


class TestSessions:
    @pytest.mark.parametrize(
        "path", ["/users/sign_in.json", "/accounts/sign_in.json"]
    )
    def test_login_is_201_with_the_token_in_a_header(self, app, path):
        response = login(app, path)
        assert response.status_code == 201
        assert response.get_json()["login"] == "admin"
        token = response.headers["Authorization"]
        assert token.startswith("Bearer eyJ")
        assert token.count(".") == 2
        asker = Asker(app, None)
        asker.headers["Authorization"] = token
        assert asker.get("/users/current")[1]["login"] == "admin"

    @pytest.mark.parametrize(
        "body",
        [
            {"user": {"login": "admin", "password": "wrong"}},
            {"user": {"login": "who", "password": "admin"}},
            {"user": "admin"},
            {},
        ],
    )
    def test_bad_credentials_are_401(self, app, body):
        response = Client(app).post("/users/sign_in.json", json=body)
        assert response.status_code == 401
        assert response.get_json() == {"error": "Invalid Login or password."}
        assert "Authorization" not in response.headers

    def test_a_token_lasts_a_day(self, app, root):
        app.clock.time += 86399
        assert root.get("/teams")[0] == 200
        app.clock.time += 1
        assert root.get("/teams") == (401, NOBODY)

    @pytest.mark.parametrize("which", ["all", "admin's"])
    def test_a_token_must_be_on_the_list(self, app, root, which):
        app.revoke_tokens(id_of(app, "admin") if which != "all" else None)
        assert root.get("/teams") == (401, NOBODY)

    def test_tokens_of_others_stay_on_the_list(self, app, root, people):
        app.revoke_tokens(id_of(app, "hand"))
        assert people["hand"].get("/teams")[0] == 401
        assert root.get("/teams")[0] == 200

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda token: token[:-2],
            lambda token: token.replace("Bearer ", "Basic "),
            lambda token: token.replace("Bearer ", ""),
            lambda token: "Bearer a.b",
            lambda token: "Bearer a.b.c",
            lambda token: "Bearer é.é.é",
        ],
    )
    def test_a_token_that_is_none_is_401(self, app, root, spoil):
        root.headers["Authorization"] = spoil(app.token())
        assert root.get("/teams") == (401, NOBODY)

    def test_a_token_of_another_secret_is_401(self, app, root):
        other = App(clock=app.clock, secret="other")
        other.model.users, other.sessions._allowed = (
            app.model.users,
            app.sessions._allowed,
        )
        root.headers["Authorization"] = other.token()
        assert root.get("/teams") == (401, NOBODY)

    @pytest.mark.parametrize(
        "path", ["/teams", "/users/current", "/racks/x", "/nothing"]
    )
    def test_all_below_api_v1_needs_the_token(self, app, path):
        assert Asker(app, None).get(path) == (401, NOBODY)


class TestEnvelopes:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PATCH", "/teams/{}"),
            ("DELETE", "/teams/{}"),
            ("PATCH", "/users/{}"),
            ("DELETE", "/users/{}"),
            ("PATCH", "/templates/{}"),
            ("DELETE", "/templates/{}"),
            ("GET", "/racks/{}"),
            ("PATCH", "/racks/{}"),
            ("PUT", "/racks/{}"),
            ("DELETE", "/racks/{}"),
            ("GET", "/devices/{}"),
            ("PATCH", "/devices/{}"),
            ("DELETE", "/devices/{}"),
        ],
    )
    def test_an_unknown_record_is_404(self, root, method, path):
        answer = root.ask(method, path.format(UNKNOWN), {"rack": {"a": 1}})
        assert answer == (404, {"errors": {"record": ["Not found"]}})

    @pytest.mark.parametrize(
        ("method", "path", "name"),
        [
            ("POST", "/templates", "template"),
            ("POST", "/racks", "rack"),
            ("PATCH", "/teams/{team}", "team"),
            ("PATCH", "/users/{user}", "user"),
        ],
    )
    @pytest.mark.parametrize("body", [None, {}, [], {"x": 1}, "blank"])
    def test_a_missing_outer_key_is_400(
        self, app, root, team, method, path, name, body
    ):
        path = path.format(team=team.id, user=id_of(app, "admin"))
        body = {name: {}} if body == "blank" else body
        status, document = root.ask(method, path, body)
        assert status == document["status"] == 400
        assert document["error"].startswith("param is missing")
        assert set(document) == {"status", "error"}

    def test_other_mistakes_are_listed_with_their_status(self, root):
        for answer in (
            root.post("/racks", {"rack": "c1"}),
            root.get("/nothing"),
            # There is a route to make teams, but nothing behind it.
            root.post("/teams", {"team": {"name": "b"}}),
        ):
            (error,) = answer[1]["errors"]
            assert set(error) == {"status", "title", "description"}
            assert error["status"] == str(answer[0])

    def test_a_body_that_is_no_json_is_400(self, app, root):
        response = Client(app).post(
            "/api/v1/racks",
            data="{",
            content_type="application/json",
            headers=root.headers,
        )
        assert response.status_code == 400

    def test_403_is_listed(self, people, team):
        status, document = people["hand"].patch(
            f"/teams/{team.id}", {"team": {"project_id": "x"}}
        )
        assert status == 403
        (error,) = document["errors"]
        assert (error["status"], error["title"]) == ("403", "Not Authorized")
        assert error["description"]


def _matrix():
    """Yield who asks what, and the status that they get.

    The order is: root, team admin, team member, other user, anonymous.
    """
    whole = {"rack": {"status": "STOPPED"}}
    rows = [
        ("GET", "/racks/{rack}", None, (200, 200, 200, 403)),
        ("PATCH", "/racks/{rack}", whole, (200, 200, 403, 403)),
        ("PUT", "/racks/{rack}", whole, (200, 200, 403, 403)),
        ("DELETE", "/racks/{rack}?recurse=true", None, (200, 200, 403, 403)),
        ("POST", "/racks", "rack", (200, 422, 403, 403)),
        ("GET", "/devices/{device}", None, (200, 200, 200, 403)),
        ("PATCH", "/devices/{device}", "device", (200, 200, 403, 403)),
        ("DELETE", "/devices/{device}", None, (200, 200, 403, 403)),
        ("POST", "/nodes", "node", (200, 200, 403, 403)),
        ("GET", "/templates", None, (200, 200, 200, 200)),
        ("POST", "/templates", "template", (200, 403, 403, 403)),
        ("PATCH", "/templates/{template}", "template", (200, 403, 403, 403)),
        ("DELETE", "/templates/{volume}", None, (200, 403, 403, 403)),
        ("PATCH", "/teams/{team}", "team", (200, 403, 403, 403)),
        ("DELETE", "/teams/{team}?recurse=true", None, (200, 403, 403, 403)),
        ("PATCH", "/users/{hand}", "user", (200, 403, 200, 403)),
        ("DELETE", "/users/{hand}?recurse=true", None, (200, 403, 403, 403)),
        ("GET", "/users/current", None, (200, 200, 200, 200)),
        ("GET", "/data-source-maps", None, (200, 403, 403, 403)),
    ]
    names = ("root", "chief", "hand", "other", "nobody")
    for method, path, body, statuses in rows:
        for who, status in zip(names, (*statuses, 401), strict=True):
            yield pytest.param(
                method, path, body, who, status, id=f"{method}-{path}-{who}"
            )


class TestPermissions:
    @pytest.mark.parametrize(
        ("method", "path", "body", "who", "status"), list(_matrix())
    )
    def test_matrix(self, app, people, team, method, path, body, who, status):
        rack = app.seed.rack(team, "c1")
        device = app.seed.device(rack, "n1")
        ids = {
            "team": team.id,
            "rack": rack.id,
            "device": device.id,
            "template": device.template_id,
            "volume": next(
                t.id for t in app.model.templates.values() if t.tag == "volume"
            ),
            "hand": id_of(app, "hand"),
        }
        bodies = {
            "rack": {
                "rack": {
                    "team_id": team.id,
                    "name": "c2",
                    "status": "ACTIVE",
                    "order_id": "o2",
                }
            },
            "device": {"device": {"status": "STOPPED"}},
            "node": {
                "template_id": device.template_id,
                "device": {
                    "name": "n2",
                    "type": "Instance",
                    "status": "ACTIVE",
                    "location": {"rack_id": rack.id, "start_u": 9},
                },
            },
            "template": {"template": {"name": "m2", "height": 1}},
            "team": {"team": {"project_id": "p2"}},
            "user": {"user": {"cloud_user_id": "k1"}},
        }
        body = bodies[body] if isinstance(body, str) else body
        answer = people[who].ask(method, path.format(**ids), body)
        assert answer[0] == status, answer

    @pytest.mark.parametrize(
        ("who", "count"),
        [("root", 2), ("chief", 1), ("hand", 1), ("other", 0)],
    )
    @pytest.mark.parametrize("path", ["/teams", "/racks", "/devices"])
    def test_lists_are_of_ones_own(self, app, people, team, who, count, path):
        for team_ in (team, app.seed.team("team-b")):
            app.seed.device(app.seed.rack(team_, "c1"), "n1")
        assert len(people[who].get(path)[1]) == count

    def test_others_see_themselves_only(self, people):
        for who in ("chief", "hand", "other"):
            (user,) = people[who].get("/users")[1]
            assert user["login"] == who

    def test_an_order_is_roots_to_change(self, app, people, team):
        rack = app.seed.rack(team, "c1", order_id="o1")
        body = {"rack": {"order_id": "o2"}}
        for who, order_id in (("chief", "o1"), ("root", "o2")):
            answer = people[who].patch(f"/racks/{rack.id}", body)
            assert answer[0] == 200
            assert answer[1]["order_id"] == order_id


def test_ids_are_uuids(app, root, team):
    app.seed.device(app.seed.rack(team), "n1")
    ids = [
        item["id"]
        for path in ("/teams", "/users", "/templates", "/racks", "/devices")
        for item in root.get(path)[1]
    ]
    assert len(set(ids)) == 7
    assert all(str(uuid.UUID(row_id)) == row_id for row_id in ids)
