"""The kit serves a dialect with another log-in and other documents."""

import json

import pytest
import webtest

from concertim_api import conf as options
from concertim_api.api.dialects import app
from concertim_api.api.dialects.dialect import (
    Dialect,
    DialectError,
    Errors,
    Reply,
    Route,
    body_of,
    note_secret,
)
from concertim_api.api.errors import Unauthorized
from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.services.cloud.acting import Caller

TOKEN = "a token of Keystone"


class Mandatory(DialectError):
    """A field is missing. By this dialect, that is a 400."""

    status, slug = 400, "mandatory"


def check(environ):
    token = environ.get("HTTP_X_AUTH_TOKEN", "")
    note_secret(environ, token)
    if token != TOKEN:
        raise Unauthorized("no")


def read(environ, route):
    body = body_of(environ)
    fields = json.loads(body) if body else {}
    for name in route.needs:
        if name not in fields:
            raise Mandatory(f"The '{name}' param is mandatory")
    return fields


def login(request):
    return Caller(
        user_id=request.environ["HTTP_X_AUTH_TOKEN"],
        user_name=None,
        request_id=request.request_id,
    )


def refused(problem):
    if problem.status == 401:
        return Reply(text="Unauthorized", status=401)
    return Reply({"error": problem.detail}, problem.status)


def create(request):
    if request.fields["size"] < 0:
        raise Invalid("size", f"not for {request.caller().user_id}")
    return Reply(status=201)


def listing(request):
    return Reply([request.path["project"], request.query])


def entity(request):
    raise NotFound(f"Entity {request.path['id']} not found")


@pytest.fixture
def client():
    routes = [
        route
        for prefix in ("/v1", "")
        for route in (
            Route("GET", f"{prefix}/info", lambda _: Reply({}), guarded=False),
            Route("GET", f"{prefix}/project/{{project}}/volumes", listing),
            Route("POST", f"{prefix}/volume", create, ("size",)),
            Route("GET", f"{prefix}/entity/{{id}}", entity),
        )
    ]
    errors = Errors(refused, "Keystone")
    dialect = Dialect(routes, check, read, login, errors)
    conf = options.new()
    conf([], project="concertim")
    return webtest.TestApp(app.build(conf, dialect, "second"))


def test_a_route_without_a_token(client):
    assert client.get("/v1/info").json == client.get("/info").json == {}


def test_another_log_in(client):
    answer = client.get("/info/", headers={"X-Auth-Token": "other"})
    assert answer.status_int == 200
    answer = client.get(
        "/entity/x", headers={"X-Auth-Token": "other"}, status=401
    )
    assert answer.text == "Unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Keystone"


def test_other_documents(client):
    client.extra_environ["HTTP_X_AUTH_TOKEN"] = TOKEN
    answer = client.get("/project/p/volumes?start=2026-01-01&end=")
    assert answer.json == ["p", {"start": "2026-01-01", "end": ""}]
    answer = client.post("/v1/volume", '{"size": 1}', status=201)
    assert (answer.body, answer.headers.get("Content-Type")) == (b"", None)
    answer = client.post("/v1/volume", "{}", status=400)
    assert answer.json == {"error": "The 'size' param is mandatory"}
    answer = client.get("/v1/entity/e1", status=404)
    assert answer.json == {"error": "Entity e1 not found"}
    answer = client.get("/v1/nothing", status=404)
    assert answer.json == {"error": "There is nothing at this path."}
    answer = client.delete("/v1/volume", status=405)
    assert answer.headers["Allow"] == "POST"


def test_no_answer_holds_a_secret(client):
    client.extra_environ["HTTP_X_AUTH_TOKEN"] = TOKEN
    answer = client.post("/volume", '{"size": -1}', status=400)
    assert answer.json == {"error": "size: not for ***"}
