"""Who is let in: tokens of Keystone, named keys, and nobody from afar."""

from datetime import timedelta

import pytest
from keystoneauth1.fixture import V3Token
from keystonemiddleware import fixture

from concertim_api import bootstrap
from tests.functional.api import cloud
from tests.functional.caches import Client

ROLES = ["admin", "manager", "member", "reader"]


def _build(tmp_path, strategy):
    conf = cloud.configuration(tmp_path, auth_strategy=strategy)
    found = cloud.services(conf)
    return Client(bootstrap.api(conf, found)), found


def ask(client, path="/v1/periods", status=200, method="GET", **headers):
    answer = client.request(
        path,
        method=method,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
        expect_errors=True,
    )
    assert answer.status_int == status, answer.text
    if status >= 400:
        (error,) = answer.json["errors"]
        assert error["request_id"] == answer.headers["X-Openstack-Request-Id"]
    return answer


class TestKeystone:
    @pytest.fixture
    def tokens(self):
        with fixture.AuthTokenFixture() as found:
            for n, role in enumerate(ROLES):
                found.add_token_data(
                    token_id=role,
                    user_id=f"user-{role}",
                    project_id="p1",
                    role_list=ROLES[n:],
                )
            found.add_token_data(
                token_id="guest", user_id="u", project_id="p1", role_list=["x"]
            )
            yield found

    @pytest.fixture
    def client(self, tmp_path, tokens):
        client, found = _build(tmp_path, "keystone")
        yield client
        found.store.close()

    @pytest.mark.parametrize("role", ROLES[1:])
    def test_personas_of_a_project_see_their_project(self, client, role):
        periods = ask(client, X_Auth_Token=role).json["periods"]
        assert {period["project_id"] for period in periods} == {"p1"}

    def test_the_administrator_sees_every_project(self, client):
        periods = ask(client, X_Auth_Token="admin").json["periods"]
        assert {p["project_id"] for p in periods} == {"p1", "p2", None}

    @pytest.mark.parametrize(
        ("scope", "said"),
        [
            (V3Token.set_system_scope, "Your token is of the system"),
            (V3Token.set_domain_scope, "Your token is of a domain"),
        ],
    )
    @pytest.mark.parametrize("path", ["/v1/periods", "/v1/openapi.json"])
    def test_an_administrator_of_something_else_is_told_why_not(
        self, client, tokens, scope, said, path
    ):
        token = V3Token()
        token.add_role(name="admin")
        scope(token)
        tokens.add_token(token, "elsewhere")
        answer = ask(client, path, 403, X_Auth_Token="elsewhere")
        (error,) = answer.json["errors"]
        assert error["detail"].startswith("Policy does not allow concertim:")
        assert said in error["detail"]

    def test_nobody_else_is_told_of_scopes(self, client):
        answer = ask(client, status=403, X_Auth_Token="guest")
        (error,) = answer.json["errors"]
        assert error["detail"] == (
            "Policy does not allow concertim:periods:list for you; it takes "
            "the role admin or reader."
        )

    @pytest.mark.parametrize("token", ["wrong", ""])
    def test_no_token_of_keystone(self, client, token):
        answer = ask(client, status=401, X_Auth_Token=token)
        assert answer.json["errors"][0]["code"] == "concertim.unauthorized"
        assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")

    def test_a_keystone_that_cant_be_asked_is_not_the_callers_fault(
        self, tmp_path
    ):
        client, found = _build(tmp_path, "keystone")
        answer = ask(client, status=503, X_Auth_Token="any")
        assert answer.json["errors"][0]["code"] == "concertim.unavailable"
        assert answer.headers["Retry-After"]
        found.store.close()

    @pytest.mark.parametrize(
        "path", ["/v1/openapi.json", "/v1/regions", "/nothing", "//", "/v1//"]
    )
    def test_all_else_needs_one(self, client, path):
        ask(client, path, 401)

    def test_only_reading_is_open(self, client):
        ask(client, "/", 401, method="POST")

    def test_headers_that_a_caller_makes_up(self, client):
        made_up = {"X_Roles": "admin", "X_Project_Id": "p2"}
        ask(client, status=401, X_Identity_Status="Confirmed", **made_up)
        answer = ask(client, X_Auth_Token="reader", **made_up)
        assert {p["project_id"] for p in answer.json["periods"]} == {"p1"}


class TestKey:
    @pytest.fixture
    def built(self, tmp_path):
        client, found = _build(tmp_path, "key")
        yield client, found.keys
        found.store.close()

    def test_roles_imply_others(self, built):
        client, keys = built
        _key, secret = keys.create("boss", ["manager"], "p2")
        ask(client, X_Auth_Token=secret)

    def test_the_author_is_the_key(self, built):
        client, keys = built
        _key, secret = keys.create("root", ["admin"])
        answer = client.post_json(
            "/v1/corrections",
            {
                "action": "close",
                "kind": "instance",
                "resource_id": "s2",
                "start": "2026-11-10",
                "reason": "It burnt.",
            },
            headers={"X-Auth-Token": secret, "X-User-Id": "somebody"},
        )
        assert answer.json["author"] == "root"

    def test_no_key_in_force(self, built):
        client, keys = built
        key, secret = keys.create("gone", ["admin"])
        keys.revoke("gone")
        for wrong in (secret, key.digest, "x", "x" * 10000, ""):
            answer = ask(client, status=401, X_Auth_Token=wrong)
            assert answer.headers["WWW-Authenticate"].startswith("Key ")
        ask(client, status=401)

    def test_a_key_ends(self, built, monkeypatch):
        client, keys = built
        end = cloud.NOW + timedelta(hours=1)
        _key, secret = keys.create("brief", ["admin"], expires_at=end)
        ask(client, X_Auth_Token=secret)
        monkeypatch.setattr(cloud.FixedClock, "now", lambda self: end)
        ask(client, status=401, X_Auth_Token=secret)

    def test_headers_that_a_caller_makes_up(self, built):
        client, keys = built
        _key, secret = keys.create("billing", ["reader"], "p2")
        answer = ask(
            client,
            X_Auth_Token=secret,
            X_Roles="admin",
            X_Project_Id="p1",
            X_User_Domain_Id="x",
            OpenStack_System_Scope="all",
        )
        assert {p["project_id"] for p in answer.json["periods"]} == {"p2"}


class TestNoAuth:
    def test_a_reader_without_a_project(self, client):
        ask(client, status=403, X_Roles="reader")

    @pytest.mark.parametrize(
        "environ",
        [
            {"REMOTE_ADDR": "192.0.2.1"},
            {"REMOTE_ADDR": "::ffff:192.0.2.1"},
            {"REMOTE_ADDR": ""},
            {"REMOTE_ADDR": "localhost"},
            {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
            {"HTTP_X_FORWARDED_HOST": "localhost"},
            {"HTTP_FORWARDED": "for=127.0.0.1"},
            {"HTTP_VIA": "1.1 proxy"},
            {"HTTP_X_REAL_IP": "127.0.0.1"},
            {"HTTP_HOST": "rebound.example"},
            {"HTTP_HOST": "rebound.example:8080"},
            {"HTTP_HOST": "[2001:db8::1]:8080"},
        ],
    )
    def test_nobody_from_elsewhere(self, refused, environ):
        error = refused("GET", "/v1/periods", 403, **environ)
        assert error["code"] == "concertim.forbidden"

    @pytest.mark.parametrize(
        "environ",
        [
            {"REMOTE_ADDR": "127.0.0.2"},
            {"REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:8080"},
            {"HTTP_HOST": "127.0.0.1:8080"},
        ],
    )
    def test_this_machine_has_several_names(self, client, environ):
        client.get("/v1/periods", extra_environ=environ)

    def test_a_proxy_is_not_believed_to_be_here(self, tmp_path):
        conf = cloud.configuration(tmp_path, auth_strategy="noauth")
        found = cloud.services(conf)
        client = Client(bootstrap.api(conf, found))
        conf.set_override(
            "enable_proxy_headers_parsing", True, group="oslo_middleware"
        )
        client.get(
            "/v1/periods",
            headers={"X-Forwarded-For": "127.0.0.1"},
            extra_environ={"REMOTE_ADDR": "192.0.2.1"},
            status=403,
        )
        found.store.close()
