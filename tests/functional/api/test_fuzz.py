"""Whatever is sent, nothing fails, and every error is the one document.

Requests are made from the API's own description: fit ones and unfit ones.
"""

import re

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from concertim_api import bootstrap
from concertim_api.api.controllers import root
from concertim_api.api.routing import routes
from tests.functional.api import cloud, operable, view

HEADERS = {
    "X-Roles": "admin",
    "X-Project-Id": "p1",
    "OpenStack-API-Version": "concertim latest",
}
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
    answer = case.call(headers=HEADERS)
    check_error(answer)
    case.validate_response(
        answer, checks=[not_a_server_error, response_schema_conformance]
    )
