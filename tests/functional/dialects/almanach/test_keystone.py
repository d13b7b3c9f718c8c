"""Callers with a token of Keystone: never any token."""

import pytest
import requests

from concertim_api import bootstrap
from concertim_api.clouds.simulator.simulator import Simulator
from tests.functional import built
from tests.functional.dialects.almanach.conftest import SMALL, Stage


class Cloud:
    """A Keystone, and the dialect that asks it."""

    def __init__(self, folder, simulator):
        self.simulator = simulator
        login = dict(simulator.login())
        lines = [f"{name} = {value}" for name, value in login.items()]
        path = folder / "concertim.conf"
        built.configured(folder)
        section = ["[keystone_authtoken]", *lines, ""]
        text = "\n".join([path.read_text(), *section])
        path.write_text(text)
        conf = bootstrap.configure(default_config_files=[str(path)])
        self.stage = Stage(conf)
        self.stage.again(auth_strategies=["keystone"])

    def token(self, role, name="CM_physics"):
        """Return the token of a user with a role in a project, and its id."""
        project = self.simulator.site.add_project(name)
        roles = {project["id"]: [role]}
        user = self.simulator.add_user(f"{role}-{name}", "secret", roles)
        answer = requests.post(
            f"{self.simulator.url}/identity/v3/auth/tokens",
            json={
                "auth": {
                    "identity": {
                        "methods": ["password"],
                        "password": {
                            "user": {"id": user["id"], "password": "secret"}
                        },
                    },
                    "scope": {"project": {"id": project["id"]}},
                }
            },
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"], project["id"]


@pytest.fixture
def cloud(tmp_path):
    with Simulator() as simulator:
        yield Cloud(tmp_path, simulator)


def status(stage, token, project="p1", status=200):
    path = f"/v1/project/{project}/entities?start=2026-11-01"
    return stage.ask("GET", path, status, token)


def test_an_admin_reads_and_writes_all(cloud):
    stage = cloud.stage
    stage.say("instance", "s1", 1, flavor=SMALL)
    token, _ = cloud.token("admin")
    assert len(status(stage, token)) == 1
    body = {"date": "2026-11-02T00:00:00Z"}
    stage.ask("DELETE", "/v1/instance/s1", 202, token, body)


def test_a_member_reads_the_own_project_and_writes_nothing(cloud):
    stage = cloud.stage
    stage.say("instance", "s1", 1, flavor=SMALL)
    token, project = cloud.token("member")
    assert status(stage, token) == []
    assert status(stage, token, project) == []
    body = {"date": "2026-11-02T00:00:00Z"}
    stage.ask("DELETE", "/v1/instance/s1", 403, token, body)


def test_a_token_that_keystone_does_not_know(cloud):
    status(cloud.stage, "junk", status=401)
    status(cloud.stage, "", status=401)


def test_headers_of_identity_are_not_believed(cloud):
    answer = cloud.stage.app.get(
        "/v1/project/p1/entities?start=2026-11-01",
        headers={
            "X-Roles": "admin",
            "X-User-Id": "x",
            "X-Identity-Status": "Confirmed",
        },
        expect_errors=True,
    )
    assert answer.status_int == 401


def test_keys_and_tokens_together(cloud):
    stage = cloud.stage
    token, _ = cloud.token("admin")
    status(stage, stage.admin, status=401)
    stage.again(auth_strategies=["keystone", "key"])
    status(stage, stage.admin)
    status(stage, token)
    status(stage, "junk", status=401)


def test_a_keystone_that_does_not_answer(cloud):
    cloud.simulator.__exit__(None, None, None)
    answer = status(cloud.stage, "any", status=503)
    assert "try again later" in answer["error"]
