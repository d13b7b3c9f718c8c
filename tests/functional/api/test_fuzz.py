"""Whatever is sent, nothing fails, and every error is the one document.

Requests are made from the API's own description: fit ones, unfit ones, and
words that a person would not think of.
"""

import re

import hypothesis
import pytest
import schemathesis
import werkzeug
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from concertim_api import bootstrap
from concertim_api.api.controllers import root
from concertim_api.api.routing import routes
from tests.functional.api import cloud, operable, view

CODE = re.compile(r"concertim\.[a-z_]+")
SETTINGS = hypothesis.settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    conf = cloud.configuration(
        tmp_path_factory.mktemp("fuzz"), auth_strategy="noauth", max_limit=50
    )
    clouds = {"RegionOne": operable.cloud()[1]}
    services = cloud.services(conf, clouds=clouds)
    view.shown(services)
    view.pushed(services)
    application = bootstrap.api(conf, services)

    def here(environ, start_response):
        environ["REMOTE_ADDR"] = "127.0.0.1"
        return application(environ, start_response)

    yield here
    services.store.close()


@pytest.fixture(scope="module")
def schema(app):
    return schemathesis.openapi.from_wsgi(
        "/v1/openapi.json", app, headers={"X-Roles": "admin"}
    )


def check_error(answer):
    """Check that an answer is no 500, and its error the one document."""
    assert answer.status_code not in (401, 403, 500), answer.text
    if answer.status_code < 400:
        return
    (error,) = answer.json()["errors"]
    assert error["status"] == answer.status_code
    assert CODE.fullmatch(error["code"])
    (request_id,) = answer.headers["x-openstack-request-id"]
    assert error["request_id"] == request_id
    assert error["detail"]
    assert "Traceback (most recent" not in answer.text


class NoServices:
    def __getattr__(self, name):
        return None


ROUTES = routes(root.build(NoServices()))
WORDS = (
    st.text(max_size=20)
    | st.sampled_from(["in:a,b", "gte:", "neq:1", "in:", "2026-11-21", "true"])
    | st.integers().map(str)
    | st.floats().map(str)
    | st.datetimes().map(str)
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.datetimes().map(str),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.text(max_size=8), each, max_size=3)
    ),
    max_leaves=6,
)


FIT, UNFIT = (
    schemathesis.GenerationMode.POSITIVE,
    schemathesis.GenerationMode.NEGATIVE,
)


@pytest.mark.parametrize(
    ("route", "mode"),
    [(route, FIT) for route in ROUTES]
    + [(route, UNFIT) for route in ROUTES if route.endpoint.policy],
    ids=str,
)
@SETTINGS
@hypothesis.given(data=st.data())
def test_requests_from_the_description(schema, route, mode, data):
    operation = schema[route.path][route.method]
    case = data.draw(operation.as_strategy(generation_mode=mode))
    answer = case.call(headers={"X-Roles": "admin", "X-Project-Id": "p1"})
    check_error(answer)
    case.validate_response(
        answer, checks=[not_a_server_error, response_schema_conformance]
    )


@pytest.mark.parametrize("route", ROUTES, ids=str)
@SETTINGS
@hypothesis.given(data=st.data())
def test_words_that_nobody_thinks_of(app, route, data):
    names = [*route.endpoint.query.names, "colour", ""]
    query = data.draw(
        st.lists(st.tuples(st.sampled_from(names), WORDS), max_size=4)
    )
    path = re.sub(
        r"\{\w+\}", lambda match: data.draw(WORDS) or "x", route.path
    )
    client = werkzeug.test.Client(app)
    answer = client.open(
        path="/" + path.lstrip("/").replace("?", "%3F"),
        method=route.method,
        query_string=werkzeug.datastructures.MultiDict(query),
        json=_body(route, data) if route.endpoint.body else None,
        headers={"X-Roles": "admin"},
    )
    assert answer.status_code not in (401, 403, 500), answer.text
    if answer.status_code >= 400:
        (error,) = answer.json["errors"]
        assert CODE.fullmatch(error["code"])


def _body(route, data):
    if route.path.endswith("/run"):
        kinds = data.draw(st.lists(st.sampled_from(["volume", "x"])) | JSON)
        return {
            "accept_deletes": data.draw(JSON),
            "kinds": kinds,
            "retry": data.draw(st.booleans() | JSON),
            "survey": data.draw(st.booleans()),
        }
    fields = sorted(
        {"action", "resource_id", "kind", "start", "end", "shape", "reason"}
    )
    good = {
        "action": data.draw(st.sampled_from(["add", "close", "rewrite"])),
        "resource_id": "fuzz",
        "kind": "instance",
        "start": "2026-11-02",
        "project_id": "p1",
        "reason": "fuzz",
    }
    bad = data.draw(st.dictionaries(st.sampled_from(fields), JSON, max_size=2))
    return {**good, **bad} if data.draw(st.booleans()) else data.draw(JSON)
