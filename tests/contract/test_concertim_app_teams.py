"""The simulated front end keeps to the facts: teams, users, templates."""

from __future__ import annotations

from datetime import date

import pytest
from werkzeug.test import Client

from tests.contract.concertim import App
from tests.contract.concertim.asking import Asker

NOBODY = {"error": "You need to sign in or sign up before continuing."}
TODAY = "2024-05-15"
NOW = 1715774400.0  # noon of that day


class Clock:
    def __init__(self):
        self.time = NOW

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
    """An admin and a member of team-a, and another."""
    for login, role in (("chief", "admin"), ("hand", "member"), ("other", "")):
        user = app.seed.user(login)
        if role:
            app.seed.role(user, team, role)


def sign_in(app, login, password="password"):
    user = {"login": login, "password": password}
    return Client(app).post("/users/sign_in.json", json={"user": user})


def id_of(app, user):
    return next(u.id for u in app.model.users.values() if u.login == user)


class TestTeams:
    def test_list(self, root, team):
        assert root.get("/teams") == (
            200,
            [
                {
                    "id": team.id,
                    "name": "team-a",
                    "project_id": "project-a",
                    "billing_acct_id": None,
                    "billing_period_start": None,
                    "billing_period_end": None,
                    "cost": "0.0",
                    "credits": "0.0",
                }
            ],
        )

    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ({"cost": 12}, {"cost": "12.0"}),
            ({"cost": "12.50"}, {"cost": "12.5"}),
            ({"cost": None}, {"cost": None}),
            ({"cost": ""}, {"cost": None}),
            ({"credits": -3.25}, {"credits": "-3.25"}),
            ({"credits": "30.5"}, {"credits": "30.5"}),
            ({"project_id": " p2 "}, {"project_id": "p2"}),
            ({"project_id": None}, {"project_id": None}),
            ({"billing_acct_id": "a"}, {"billing_acct_id": "a"}),
            ({"name": "b", "status": "x", "id": "y"}, {"name": "team-a"}),
            (
                {
                    "billing_period_start": "2024-05-01",
                    "billing_period_end": "2024-06-01",
                },
                {
                    "billing_period_start": "2024-05-01",
                    "billing_period_end": "2024-06-01",
                },
            ),
        ],
    )
    def test_update(self, root, team, sent, shown):
        before = root.get("/teams")[1][0]
        answer = root.patch(f"/teams/{team.id}", {"team": sent})
        assert answer == (200, {**before, **shown})
        assert root.get("/teams")[1] == [answer[1]]

    @pytest.mark.parametrize(
        ("sent", "field", "message"),
        [
            ({"project_id": "taken"}, "project_id", "has already been taken"),
            ({"project_id": "x" * 256}, "project_id", "is too long"),
            ({"billing_acct_id": "taken"}, "billing_acct_id", "been taken"),
            ({"cost": -1}, "cost", "greater than or equal to 0"),
            ({"cost": "None"}, "cost", "is not a number"),
            ({"credits": None}, "credits", "can't be blank"),
            ({"credits": "None"}, "credits", "is not a number"),
            (
                {"billing_period_start": "2024-05-01"},
                "billing_period_end",
                "can't be blank",
            ),
            (
                {"billing_period_end": "2024-06-01"},
                "billing_period_start",
                "can't be blank",
            ),
            (
                {
                    "billing_period_start": TODAY,
                    "billing_period_end": TODAY,
                },
                "billing_period_end",
                "after",
            ),
            (
                {
                    "billing_period_start": "2024-05-16",
                    "billing_period_end": "2024-06-01",
                },
                "billing_period_start",
                "future",
            ),
            (
                {
                    "billing_period_start": "2024-05-01",
                    "billing_period_end": "2024-05-14",
                },
                "billing_period_end",
                "past",
            ),
        ],
    )
    def test_refused_updates(self, app, root, team, sent, field, message):
        app.seed.team("team-b", "taken", billing_acct_id="taken")
        before = root.get("/teams")
        status, document = root.patch(f"/teams/{team.id}", {"team": sent})
        assert status == 422
        assert message in document[field][0]
        assert root.get("/teams") == before

    def test_an_old_period_is_not_looked_at_again(self, app, root, team):
        period = {
            "billing_period_start": "2024-05-01",
            "billing_period_end": "2024-06-01",
        }
        path = f"/teams/{team.id}"
        assert root.patch(path, {"team": period})[0] == 200
        app.clock.time += 30 * 86400
        root.headers["Authorization"] = app.token()
        body = {"team": {**period, "cost": 1}}
        assert root.patch(path, body)[1]["cost"] == "1.0"

    def test_a_start_to_come_is_not_looked_at_again(self, app, root):
        period = {
            "billing_period_start": date(2025, 1, 1),
            "billing_period_end": date(2025, 2, 1),
        }
        team = app.seed.team("team-b", **period)
        body = {"team": {"billing_period_start": "2025-01-01", "cost": 1}}
        assert root.patch(f"/teams/{team.id}", body)[0] == 200

    def test_delete_marks_it_and_asks_the_cloud(self, app, root, team):
        assert root.delete(f"/teams/{team.id}") == (200, {})
        assert root.delete(f"/teams/{team.id}") == (200, {})
        assert app.model.jobs == [("team", team.id)]
        assert app.model.teams[team.id].deleted_at
        app.run_jobs()
        assert root.get("/teams") == (200, [])

    def test_delete_needs_recurse_where_there_are_racks(self, app, root, team):
        app.seed.device(app.seed.rack(team, "c1"), "n1")
        status, document = root.delete(f"/teams/{team.id}")
        assert status == 422
        (error,) = document["errors"]
        assert error["status"] == "422"
        assert error["title"] == "Unprocessable Content"
        assert root.delete(f"/teams/{team.id}?recurse=true") == (200, {})
        app.run_jobs()
        assert not app.model.racks
        assert not app.model.devices

    def test_delete_needs_a_cloud(self, app, root, team):
        app.model.cloud_configured = False
        assert root.delete(f"/teams/{team.id}")[0] == 422
        assert not app.model.teams[team.id].deleted_at


class TestUsers:
    def test_list(self, app, people, root, team):
        found = {user["login"]: user for user in root.get("/users")[1]}
        assert set(found) == {"admin", "chief", "hand", "other"}
        role = next(
            r
            for r in app.model.roles.values()
            if r.user_id == id_of(app, "hand")
        )
        assert found["hand"] == {
            "id": role.user_id,
            "login": "hand",
            "name": "hand",
            "fullname": "hand",
            "email": "hand@host",
            "cloud_user_id": None,
            "root": False,
            "status": "active",
            "team_roles": [
                {
                    "team_role": {
                        "id": role.id,
                        "team_id": team.id,
                        "user_id": role.user_id,
                    }
                }
            ],
        }
        assert "cloud_user_id" not in found["admin"]
        assert found["admin"]["root"] is True
        assert found["admin"]["team_roles"] == []

    def test_update(self, app, people, root):
        path = f"/users/{id_of(app, 'hand')}"
        answer = root.patch(path, {"user": {"cloud_user_id": "k1"}})
        assert answer[0] == 200
        assert answer[1]["cloud_user_id"] == "k1"
        path = f"/users/{id_of(app, 'other')}"
        answer = root.patch(path, {"user": {"cloud_user_id": "k1"}})
        taken = {"cloud_user_id": ["has already been taken"]}
        assert answer == (422, taken)

    def test_root_has_no_cloud_user(self, app, root):
        path = f"/users/{id_of(app, 'admin')}"
        assert root.patch(path, {"user": {"cloud_user_id": "k1"}})[0] == 422

    @pytest.mark.parametrize("name", ["project_id", "cost", "credits"])
    def test_columns_that_are_gone_are_500(self, app, root, people, name):
        path = f"/users/{id_of(app, 'hand')}"
        assert root.patch(path, {"user": {name: 1}})[0] == 500

    def test_delete_ends_the_sessions(self, app, people, root):
        hand, path = Asker(app, "hand"), f"/users/{id_of(app, 'hand')}"
        assert sign_in(app, "hand").status_code == 201
        assert root.delete(path) == (200, {})
        assert hand.get("/users/current") == (401, NOBODY)
        assert sign_in(app, "hand").status_code == 401
        found = {user["login"]: user for user in root.get("/users")[1]}
        assert found["hand"]["status"] == "pending deletion"
        app.run_jobs()
        assert "hand" not in {u["login"] for u in root.get("/users")[1]}

    def test_delete_of_one_with_racks_is_422(self, app, people, root, team):
        app.seed.rack(team)
        path = f"/users/{id_of(app, 'hand')}"
        status, document = root.delete(path)
        assert status == 422
        assert document["errors"][0]["title"] == "Unprocessable Content"
        assert root.delete(f"/users/{id_of(app, 'other')}")[0] == 200

    def test_root_stays(self, app, root):
        assert root.delete(f"/users/{id_of(app, 'admin')}")[0] == 403


class TestTemplates:
    def test_list_hides_that_of_racks(self, root):
        found = root.get("/templates")[1]
        assert [(t["name"], t["tag"], t["height"]) for t in found] == [
            ("network", "network", 1),
            ("volume", "volume", 2),
        ]

    def test_create(self, root):
        sent = {
            "name": "m1.small",
            "description": "A flavor",
            "height": "2",
            "foreign_id": "f1",
            "vcpus": "1",
            "ram": 2048,
            "disk": None,
        }
        status, document = root.post(
            "/templates", {"template": {**sent, "version": 1, "depth": 1}}
        )
        assert status == 200
        shown = {**sent, "height": 2, "vcpus": 1, "tag": None}
        assert document == {**shown, "id": document["id"]}
        assert root.get("/templates")[1][-1] == document

    @pytest.mark.parametrize(
        ("sent", "errors"),
        [
            ({"name": None}, {"name": ["can't be blank"]}),
            ({"name": "network"}, {"name": ["has already been taken"]}),
            ({"tag": "volume"}, {"tag": ["has already been taken"]}),
            ({"disk": 0}, {"disk": ["must be greater than 0"]}),
            ({"vcpus": "0"}, {"vcpus": ["must be greater than 0"]}),
            ({"ram": -1}, {"ram": ["must be greater than 0"]}),
            ({"ram": "None"}, {"ram": ["is not a number"]}),
            ({"ram": 1.5}, {"ram": ["must be an integer"]}),
            (
                {"height": 7},
                {"images": ["No images found for template height"]},
            ),
            (
                {"name": "x" * 256},
                {"name": ["is too long (maximum is 255 characters)"]},
            ),
            (
                {"description": "x" * 256},
                {"description": ["is too long (maximum is 255 characters)"]},
            ),
        ],
    )
    def test_refused(self, app, root, sent, errors):
        before = app.snapshot()
        body = {"template": {"name": "m1", "height": 2, **sent}}
        assert root.post("/templates", body) == (422, errors)
        assert app.snapshot() == before

    @pytest.mark.parametrize("height", [None, 0, "tall"])
    def test_a_height_is_a_number_above_0(self, root, height):
        body = {"template": {"name": "m1", "height": height}}
        status, document = root.post("/templates", body)
        assert status == 422
        assert document["height"]

    @pytest.mark.parametrize("height", range(1, 7))
    def test_there_are_images_for_heights_of_1_to_6(self, root, height):
        body = {"template": {"name": "m1", "height": height}}
        assert root.post("/templates", body)[0] == 200

    def test_update_keeps_the_height(self, app, root):
        template = app.seed.template("m1", height=2)
        sent = {"height": 3, "tag": "x", "ram": 1, "disk": 2, "name": "m2"}
        status, document = root.patch(
            f"/templates/{template.id}", {"template": sent}
        )
        assert status == 200
        assert document["height"] == 2
        assert document["tag"] is None
        assert (document["ram"], document["disk"]) == (1, 2)
        assert document["name"] == "m2"

    def test_delete_of_one_in_use_is_422(self, app, root, team):
        device = app.seed.device(app.seed.rack(team), "n1")
        path = f"/templates/{device.template_id}"
        message = "devices have been created from this template"
        assert root.delete(path) == (422, {"errors": message})
        assert root.delete(f"{path}?recurse=true") == (200, {})
        assert not app.model.devices

    def test_delete(self, app, root):
        template = app.seed.template("m1")
        assert root.delete(f"/templates/{template.id}") == (200, {})
        assert template.id not in app.model.templates
