"""Whatever goes wrong, it is told in JSON, and without a secret."""

from __future__ import annotations

import json
import time

import pytest
import webtest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api import bootstrap
from concertim_api.api.dialects.concertim import app
from concertim_api.domain.errors import Invalid
from tests.functional.dialects.concertim.conftest import JWT_SECRET
from tests.properties import examples

OTHER_SECRET = "another secret, of thirty-two bytes"

#: Every route, as its callers write it; the numbers of the facts.
ROUTES = {
    ("POST", "/user"),
    ("DELETE", "/user"),
    ("PATCH", "/user"),
    ("POST", "/team"),
    ("DELETE", "/team"),
    ("GET", "/team/{project_id}/quotas"),
    ("GET", "/team/limits"),
    ("POST", "/team_role"),
    ("PATCH", "/team_role"),
    ("DELETE", "/team_role"),
    ("POST", "/update_status/{type}/{id}"),
    ("POST", "/key_pairs"),
    ("GET", "/key_pairs"),
    ("DELETE", "/key_pairs"),
    ("POST", "/get_draft_invoice"),
    ("POST", "/list_paginated_invoices"),
    ("POST", "/get_account_invoice"),
    ("POST", "/credits"),
    ("POST", "/get_credits"),
    ("POST", "/create_order"),
    ("POST", "/delete_order"),
    ("POST", "/add_order_tag"),
    ("GET", "/statistics"),
}

ROLE = {"project_id": "none", "user_id": "u1", "role": "root"}
DSA = {"name": "x", "key_type": "dsa"}

guarded = pytest.mark.parametrize(("method", "path"), sorted(ROUTES))


def bearer(token):
    return f"Bearer {token}"


def test_these_are_all(stage):
    found = app.table(
        stage.services, "RegionOne", stage.conf.concertim_dialect
    )
    assert {(r.method, r.path) for r in found} == {*ROUTES, ("GET", "/")}
    assert [str(r) for r in found if not r.guarded] == ["GET /"]
    assert len(ROUTES) == 23


def test_it_runs(stage):
    answer = stage.send("GET", "/")
    assert (answer.status_int, answer.text) == (200, "Running")
    assert answer.content_type == "text/plain"
    answer = stage.send("HEAD", "/")
    assert (answer.status_int, answer.body) == (200, b"")


@guarded
def test_all_else_needs_a_token(stage, method, path):
    now = int(time.time())
    headers = [
        None,
        "",
        stage.token(),
        "Bearer",
        "Basic " + stage.token(),
        bearer("x.y.z"),
        bearer(stage.token(exp=now - 60)),
        bearer(stage.token(exp=now + 3600)),
        bearer(stage.token(exp=None)),
        bearer(stage.token(OTHER_SECRET)),
    ]
    stage.cloud.requests.clear()
    for header in headers:
        more = {} if header is None else {"Authorization": header}
        body = json.dumps({"cloud_env": stage.operator}).encode()
        answer = stage.send(method, path, body, **more)
        assert answer.status_int == 401
        assert answer.json["error"] == "Unauthorized"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert stage.cloud.requests == []


def test_a_secret_is_changed_without_a_gap(stage):
    def known():
        return [
            stage.send(
                "GET", "/statistics", Authorization=bearer(stage.token(one))
            ).status_int
            for one in (JWT_SECRET, OTHER_SECRET)
        ]

    assert known() == [201, 401]
    stage.again(jwt_secrets=[JWT_SECRET, OTHER_SECRET])
    assert known() == [201, 201]
    stage.again(jwt_secrets=[OTHER_SECRET])
    assert known() == [401, 201]


@guarded
def test_what_is_missing_is_named(stage, method, path):
    """Also where there is no body at all."""
    found = app.table(
        stage.services, "RegionOne", stage.conf.concertim_dialect
    )
    (route,) = [r for r in found if (r.method, r.path) == (method, path)]
    for body in (b"", b"{}", b'{"unknown": {}}'):
        answer = stage.send(
            method, path, body, Authorization=bearer(stage.token())
        )
        if not route.needs:
            assert answer.status_int != 415
            continue
        assert answer.status_int == 415
        assert answer.json["error"] == "MissingRequiredArgs"
        told = answer.json["message"].partition(": ")[2].split(", ")
        assert told == list(route.needs)


@guarded
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff", b'"x"'])
def test_no_json(stage, method, path, body):
    answer = stage.send(
        method, path, body, Authorization=bearer(stage.token())
    )
    assert (answer.status_int, answer.json["error"]) == (400, "Invalid")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/team", 405),
        ("PUT", "/user", 405),
        ("OPTIONS", "/user", 405),
        ("POST", "/", 405),
        ("GET", "/v1/racks", 404),
        ("GET", "/team//quotas", 404),
        ("POST", "/update_status/racks", 404),
        ("POST", "/update_status/racks/a/b", 404),
        ("GET", "/%00", 400),
        ("GET", "/%ff", 400),
    ],
)
def test_paths_and_methods(stage, method, path, status):
    answer = stage.send(method, path, Authorization=bearer(stage.token()))
    assert answer.status_int == status
    assert ("Allow" in answer.headers) == (status == 405)


def test_slashes_at_the_end_mean_nothing(stage):
    assert stage.ask("GET", "/statistics/")


def test_head_is_get_without_its_body(stage):
    answer = stage.send(
        "HEAD", "/statistics", Authorization=bearer(stage.token())
    )
    assert (answer.status_int, answer.body) == (201, b"")
    assert int(answer.headers["Content-Length"]) > 0
    assert stage.send("HEAD", "/statistics").status_int == 401


def test_a_body_is_too_large(stage):
    answer = stage.send("POST", "/user", b"{" + b" " * 200_000 + b"}")
    assert (answer.status_int, answer.json["error"]) == (413, "TooLarge")


@pytest.mark.parametrize(
    ("environ", "status", "word"),
    [
        ({"CONTENT_LENGTH": "some"}, 400, "Invalid"),
        ({"CONTENT_LENGTH": "-1"}, 400, "Invalid"),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 411, "LengthRequired"),
    ],
)
def test_the_length_of_a_body_is_told(stage, environ, status, word):
    request = webtest.TestRequest.blank("/user", method="POST")
    request.environ.update(environ)
    answer = request.send(stage.app.app)
    assert (answer.status_int, answer.json["error"]) == (status, word)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "/team", {"name": "new"}, 403, "RefusedByCloud"),
        ("POST", "/team_role", {"team_role": ROLE}, 400, "Invalid"),
        ("POST", "/key_pairs", {"key_pair": {"name": "a/b"}}, 400, "Invalid"),
        ("POST", "/key_pairs", {"key_pair": DSA}, 400, "Invalid"),
    ],
)
def test_what_is_refused_is_passed_on(stage, method, path, body, status, word):
    """What the use cases refuse has tests of their own."""
    stage.cloud.fault("^POST /identity/v3/projects", status=403, body={})
    assert stage.refused(method, path, status, body)[0] == word


def test_a_cloud_that_repeats_a_secret(stage):
    """What it says is passed on, but for what was secret in the request."""
    password = stage.operator["password"]
    complaint = {"forbidden": {"message": f"not with {password} here"}}
    stage.cloud.fault("^GET .*/os-keypairs", status=403, body=complaint)
    told = stage.refused("GET", "/key_pairs", 403, env=stage.operator)
    assert "not with *** here" in told[1]


def test_a_mistake_of_ours(stage, monkeypatch):
    """What nobody foresaw is told to the log only."""

    def broken(caller, project_id):
        raise RuntimeError(f"with {stage.operator['password']}")

    monkeypatch.setattr(stage.services.operations, "actions", broken)
    answer = stage.send(
        "GET", "/statistics", Authorization=bearer(stage.token())
    )
    assert (answer.status_int, answer.json["error"]) == (500, "Internal")
    assert "RuntimeError" not in answer.text
    stage.secrets.discard(stage.operator["password"])  # our own mistake


@examples(200)
@given(data=st.data())
def test_whatever_is_sent(stage, data):
    """No request is answered with a 500, or with anything but JSON."""
    method, path = data.draw(st.sampled_from(sorted(ROUTES)))
    values = st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(max_size=8),
            st.just(stage.operator),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
        ),
        max_leaves=15,
    )
    document = data.draw(st.dictionaries(st.sampled_from(NAMES), values))
    if data.draw(st.booleans()):
        document["cloud_env"] = stage.operator
    part = data.draw(
        st.sampled_from(["instances", "racks", "networks", "x", "%2e%2e"])
    )
    place = path.format(type=part, id=part, project_id=part)
    answer = stage.send(
        method,
        place,
        json.dumps(document).encode(),
        Authorization=bearer(stage.token()),
    )
    assert answer.status_int != 500
    assert answer.status_int < 502


NAMES = sorted(
    {
        *("cloud_env", "auth_url", "user_id", "password", "project_id"),
        *("username", "name", "email", "user_info", "cloud_user_id"),
        *("new_data", "team_info", "billing_acct_id", "team_role", "role"),
        *("current_role", "new_role", "action", "key_pair", "key_type"),
        *("public_key", "keypair_name", "invoice", "invoices", "credits"),
        *("billing_account_id", "order", "order_id", "tag", "invoice_id"),
        *("tag_name", "tag_value", "amount", "tenant_id", "admin_user_id"),
    }
)


# Configuration


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"jwt_secrets": []}, "jwt_secrets"),
        ({"jwt_secrets": ["short"]}, "jwt_secrets"),
        ({"region": "elsewhere"}, "region"),
        ({"auth_urls": ["nonsense"]}, "auth_urls"),
    ],
)
def test_it_does_not_start_without(stage, options, named):
    with pytest.raises(Invalid, match=rf"\[concertim_dialect\] {named}"):
        stage.again(**options)


def test_it_does_not_start_without_a_cloud(stage):
    stage.conf.set_override("auth_type", None, "cloud")
    problem = r"\[concertim_dialect\] region: no cloud"
    with pytest.raises(Invalid, match=problem):
        stage.again()


def test_a_region_is_chosen(stage):
    stage.conf.set_override("regions", ["RegionOne", "Two"], "cloud")
    with pytest.raises(Invalid, match=r"\[concertim_dialect\] region: one of"):
        stage.again()
    stage.again(region="RegionOne")
    assert stage.ask("GET", "/statistics")


def test_requests_are_counted(stage):
    class Meter:
        told = ()

        def answered(self, method, route, status, seconds):
            self.told += ((method, route, status),)
            assert seconds >= 0

    meter, conf = Meter(), stage.conf
    built = app.build(conf, stage.services, bootstrap.clouds(conf), meter)
    stage.app = webtest.TestApp(built)
    stage.send("GET", "/")
    stage.send("GET", "/nowhere")
    stage.ask("GET", "/team/x/quotas", 404)
    stage.send("POST", "/user")
    assert meter.told == (
        ("GET", "compat:/", "2xx"),
        ("GET", "unrouted", "4xx"),
        ("GET", "compat:/team/{project_id}/quotas", "4xx"),
        ("POST", "compat:/user", "4xx"),
    )
