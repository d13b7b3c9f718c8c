"""Only the requests that concern a middleware pass it."""

import re

import pytest

from concertim_api.api import middleware

GET = {"REQUEST_METHOD": "GET"}
POST = {"REQUEST_METHOD": "POST"}


def answers(text, noted=None):
    """Return an application that answers so."""

    def application(environ, start_response):
        if noted is not None:
            noted.append(dict(environ))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [text]

    return application


def asked(application, environ):
    """Return the headers and the body of an answer."""
    heard = []
    body = application(environ, lambda status, headers: heard.append(headers))
    return dict(heard[0]), b"".join(body)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (GET, False),
        (GET | {"CONTENT_LENGTH": ""}, False),
        (GET | {"CONTENT_LENGTH": "0"}, False),
        (GET | {"CONTENT_LENGTH": "7"}, True),
        (POST | {"CONTENT_LENGTH": "0"}, False),
        (POST | {"CONTENT_LENGTH": "7"}, True),
        (POST | {"wsgi.input_terminated": True}, True),
        ({"REQUEST_METHOD": "DELETE"}, True),
    ],
)
def test_who_may_have_a_body(environ, expected):
    assert middleware.may_have_body(environ) is expected


@pytest.mark.parametrize("of", ["PROTO", "HOST", "FOR", "PREFIX"])
def test_who_was_forwarded(of):
    assert middleware.is_forwarded({f"HTTP_X_FORWARDED_{of}": "x"})
    assert middleware.is_forwarded({"HTTP_FORWARDED": "for=::1"})
    assert not middleware.is_forwarded({"HTTP_HOST": "x"})


def test_who_comes_from_a_browser():
    assert middleware.is_of_a_browser(GET | {"HTTP_ORIGIN": "http://x"})
    assert middleware.is_of_a_browser({"REQUEST_METHOD": "OPTIONS"})
    assert not middleware.is_of_a_browser(GET)


def test_the_others_do_not_pass():
    passed = middleware.Only(
        lambda environ: "HTTP_ORIGIN" in environ,
        lambda application, conf: answers(f"by {conf}".encode()),
        answers(b"not"),
        "the middleware",
    )
    assert asked(passed, GET)[1] == b"not"
    assert asked(passed, {"HTTP_ORIGIN": ""})[1] == b"by the middleware"


def test_every_request_has_an_id_of_its_own():
    seen = []
    named = middleware.RequestId(answers(b"", seen))
    told = [
        asked(named, dict(GET))[0]["x-openstack-request-id"] for _ in range(2)
    ]
    assert told == [environ["openstack.request_id"] for environ in seen]
    assert len(set(told)) == 2
    assert all(re.fullmatch(r"req-[0-9a-f-]{36}", name) for name in told)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("req-01234567-89ab-cdef-0123-456789abcdef", True),
        ("req-01234567-89ab-cdef-0123-456789abcdef; x", False),
        ("req-1", False),
        ("", False),
    ],
)
def test_the_id_of_another_service_is_kept_if_it_is_one(name, kept):
    seen = []
    named = middleware.RequestId(answers(b"", seen))
    headers, _ = asked(named, GET | {"HTTP_X_OPENSTACK_REQUEST_ID": name})
    assert headers["x-openstack-request-id"] != name
    assert seen[0].get("openstack.global_request_id") == (
        name if kept else None
    )
