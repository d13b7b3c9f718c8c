"""Whatever goes wrong, the answer is the one error document."""

import io
import logging
import pathlib

import pytest
import webob
import webtest

from concertim_api import bootstrap
from concertim_api.domain.errors import Unavailable


def test_what_nobody_expected_is_logged_and_not_said(
    refused, monkeypatch, caplog
):
    def fail(*args, **kwargs):
        raise RuntimeError("mysql://user:password@host")

    monkeypatch.setattr(
        "concertim_api.services.ledger.regions.Regions.list", fail
    )
    error = refused("GET", "/v1/regions", 500)
    assert error["code"] == "concertim.internal"
    assert "password" not in str(error)
    assert "password" in caplog.text


def test_a_database_that_does_not_answer(
    refused, client, services, monkeypatch, caplog
):
    def fail(*args, **kwargs):
        raise Unavailable("the database at db.internal does not answer")

    monkeypatch.setattr(services.store.ledger, "regions", fail)
    monkeypatch.setattr(services.store, "check", fail)
    with caplog.at_level(logging.WARNING):
        error = refused("GET", "/v1/regions", 503)
    assert error["code"] == "concertim.unavailable"
    assert "internal" not in error["detail"]
    assert "db.internal" in caplog.text
    answer = client.get("/v1/regions", status=503)
    assert int(answer.headers["Retry-After"]) > 0
    health = client.get("/healthcheck", status=503).json
    assert health["checks"][0]["ok"] is False
    assert "does not answer" in health["checks"][0]["reason"]
    assert health["errors"][0]["code"] == "concertim.unavailable"
    assert client.head("/healthcheck", status=503).body == b""


def test_a_server_that_is_taken_out(conf, client, tmp_path):
    path = pathlib.Path(tmp_path) / "out"
    conf.set_override("disable_by_file_path", str(path), group="healthcheck")
    client.get("/healthcheck", status=200)
    path.touch()
    health = client.get("/healthcheck", status=503).json
    assert health["checks"][0]["reason"] == "disabled by file"


def test_a_database_that_somebody_must_mend(client, services, caplog):
    """The caller is not asked to wait for it."""
    with services.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE resources RENAME TO lost")
    answer = client.get("/v1/regions", status=503)
    assert "Retry-After" not in answer.headers
    (error,) = answer.json["errors"]
    assert error["code"] == "concertim.unavailable"
    assert error["detail"].endswith("tell your administrator.")
    assert "has lost its tables" in caplog.text


def test_a_database_without_our_schema(conf, client, services):
    with services.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    health = client.get("/healthcheck", status=503).json
    reason = health["checks"][0]["reason"]
    assert "lost alembic_version: restore a backup" in reason


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1//periods", 404, "not_found"),
        ("GET", "/v1/periods//", 404, "not_found"),
        ("GET", "/v1/periods/1/nothing", 404, "not_found"),
        ("GET", "/v1/periods/1/2/3", 404, "not_found"),
        ("GET", "/v1/periods/0", 404, "not_found"),
        ("GET", "/v1/periods/99999999999999999999", 404, "not_found"),
        ("GET", "/v1/periods/__init__", 404, "not_found"),
        ("GET", "/v1/periods/_periods", 404, "not_found"),
        ("GET", "/v1/_route", 404, "not_found"),
        ("GET", "/__class__", 404, "not_found"),
        ("GET", "/v1/resources/" + "x" * 256, 404, "not_found"),
        ("GET", "/v1/resources/%ff", 400, "invalid"),
        ("GET", "/v1/resources/a%00b", 400, "invalid"),
        ("GET", "/v1/periods?_method=DELETE", 400, "invalid"),
        ("DELETE", "/v1/periods", 405, "method_not_allowed"),
        ("POST", "/v1/periods/1", 405, "method_not_allowed"),
        ("PATCH", "/", 405, "method_not_allowed"),
        ("TRACE", "/v1/", 405, "method_not_allowed"),
        ("GET", "/v1/dead-letters/1/replay", 405, "method_not_allowed"),
        ("POST", "/v1/racks/x.svg", 405, "method_not_allowed"),
        ("GET", "/v1/racks/.svg", 404, "not_found"),
        ("GET", "/v1/racks/x.png", 404, "not_found"),
        ("GET", "/v1/racks/x.svg/history", 404, "not_found"),
        ("GET", "/v1/devices/x.svg", 404, "not_found"),
        ("GET", "/v1/racks/x?limit=1", 400, "invalid"),
        ("GET", "/v1/racks?marker=x", 400, "invalid"),
        ("GET", "/v1/jobs/x?at=2026-11-20", 400, "invalid"),
        ("POST", "/v1/jobs/x/run", 404, "not_found"),
        ("POST", "/v1/dead-letters/x/replay", 404, "not_found"),
        ("DELETE", "/v1/dead-letters?before=x", 400, "invalid"),
        ("POST", "/v1/dead-letters/1/replay?x=1", 400, "invalid"),
    ],
)
def test_bad_paths_and_methods(refused, method, path, status, slug):
    assert refused(method, path, status)["code"] == f"concertim.{slug}"


def test_a_form_does_not_change_the_method(refused, client):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"_method=DELETE"
    refused("POST", "/v1/dead-letters/1", 405, body, headers)
    client.get("/v1/dead-letters/1", status=200)


@pytest.mark.parametrize("accept", ["text/html", "image/png", "x", "*/*"])
def test_the_answer_is_json_whatever_is_accepted(client, accept):
    answer = client.get("/v1/regions", headers={"Accept": accept})
    assert answer.content_type == "application/json"


def test_a_head_has_no_body(client):
    answer = client.head("/v1/periods/1")
    assert answer.body == b""
    assert answer.headers["ETag"]


POST = ("POST", "/v1/corrections")


def test_a_body_that_is_too_large(refused):
    error = refused(*POST, 413, b'{"x":"' + b"x" * 200_000 + b'"}')
    assert error["code"] == "concertim.too_large"


def test_a_body_without_an_end(refused, client):
    error = refused(
        *POST,
        411,
        headers={"Transfer-Encoding": "chunked", "Content-Length": ""},
    )
    assert error["code"] == "concertim.length_required"


def test_a_body_that_the_server_ends(client):
    # Without a length, but the server knows where it ends.
    request = client.RequestClass.blank(
        POST[1],
        method="POST",
        environ={"REMOTE_ADDR": "127.0.0.1", "wsgi.input_terminated": True},
    )
    request.body_file = io.BytesIO(b"x" * 200_000)
    answer = client.do_request(request, expect_errors=True)
    assert answer.status_int == 413
    assert answer.json["errors"][0]["code"] == "concertim.too_large"


@pytest.mark.parametrize("length", ["many", "-1", "1.5", "\u0661"])
def test_a_length_that_is_none(conf, services, length):
    request = webob.Request.blank(
        POST[1], method="POST", environ={"REMOTE_ADDR": "127.0.0.1"}
    )
    request.environ["CONTENT_LENGTH"] = length
    answer = request.get_response(bootstrap.api(conf, services))
    assert answer.status_int == 400
    assert answer.json["errors"][0]["detail"].startswith("Content-Length: ")


def test_a_body_of_another_type(refused):
    refused(*POST, 415, b"{}", {"Content-Type": "text/plain"})


@pytest.mark.parametrize(
    ("body", "problem"),
    [(b"", "missing"), (b"{", "not JSON"), (b"[]", "not a JSON object")],
)
def test_a_body_that_is_no_object(refused, body, problem):
    assert refused(*POST, 400, body)["detail"] == f"body: {problem}"


GOOD = {
    "action": "add",
    "resource_id": "new",
    "kind": "instance",
    "start": "2026-11-02T00:00:00Z",
    "end": "2026-11-03T00:00:00Z",
    "project_id": "p1",
    "shape": {"flavor": {"vcpus": 2}},
    "reason": "Lost.",
}
NOTHING = object()


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"action": "drop"}, "action: not one of add, close, rewrite"),
        ({"action": None}, "action: must not be null"),
        ({"action": NOTHING}, "action: missing"),
        ({"kind": "starship"}, "kind: starship is not a known kind"),
        ({"resource_id": 5}, "resource_id: not a text"),
        ({"resource_id": ""}, "resource_id: must not be empty"),
        ({"start": "2027-01-01"}, "start: must not be in the future"),
        ({"end": "2027-01-01"}, "end: must not be in the future"),
        ({"end": "2026-11-02"}, "end: must be after start"),
        ({"end": None, "start": "2026-11-21T12:00:00Z"}, "start: must be in"),
        ({"start": "soon"}, "start: not a date and time"),
        ({"start": 5}, "start: not a date and time"),
        ({"reason": " "}, "reason: must say something"),
        ({"reason": "x" * 2001}, "reason: longer than 2000 characters"),
        ({"project_id": NOTHING}, "project_id: needed"),
        ({"shape": {"flavor": {"vcpus": "2"}}}, "shape: vcpus is not a whole"),
        ({"shape": []}, "shape: not an object"),
        ({"shape": {"a": [1, "\x00"]}}, "shape.a: has a NUL character"),
        ({"name": "a\x00"}, "name: has a NUL character"),
        ({"region": "x" * 65}, "region: longer than 64 characters"),
        ({"author": "eve"}, "author: unknown field"),
        ({"action": "close"}, "end: not with the action close"),
        (
            {"action": "close", "end": NOTHING},
            "shape: not with the action close",
        ),
        (
            {"action": "rewrite", "project_id": NOTHING, "shape": {}},
            "shape: needed, or project_id",
        ),
    ],
)
def test_bad_corrections(client, services, changed, detail):
    body = {
        name: value
        for name, value in {**GOOD, **changed}.items()
        if value is not NOTHING
    }
    answer = client.post_json(POST[1], body, status=400)
    assert answer.json["errors"][0]["detail"].startswith(detail)
    assert client.get("/v1/corrections").json["corrections"] == []


def test_errors_can_be_read_by_pages_of_other_origins(client):
    answer = client.get(
        "/v1/resources/nothing",
        headers={"Origin": "http://dashboard.example"},
        status=404,
    )
    assert (
        answer.headers["Access-Control-Allow-Origin"]
        == "http://dashboard.example"
    )


def test_links_begin_where_the_service_is_public(conf, services):
    conf.set_override(
        "public_endpoint", "https://cloud.example/usage/", group="api"
    )
    client = webtest.TestApp(
        bootstrap.api(conf, services),
        extra_environ={"REMOTE_ADDR": "127.0.0.1"},
    )
    found = client.get("/v1/periods?limit=1").json["links"][0]["href"]
    assert found.startswith("https://cloud.example/usage/v1/periods?limit=1&")
