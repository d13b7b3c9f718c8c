"""What an answer to a creation means, if it can't be read."""

from __future__ import annotations

import pytest

from concertim_api.frontend.session import Options, Session
from concertim_api.services.push.frontend import FrontEndAway, FrontEndUnsure
from tests.unit.http.server import serving

OK = b"HTTP/1.1 201 Created\r\nAuthorization: token\r\nContent-Length: "

ANSWERS = {
    "cut off": [OK + b'100\r\nConnection: close\r\n\r\n{"id":', False],
    "no gzip": [OK + b"2\r\nContent-Encoding: gzip\r\n\r\n{}"],
    "too long": [OK + b"3\r\n\r\n[1]"],
    "too slow": [OK + b"2\r\n\r\n{", *[None] * 100, b"}"],
}


@pytest.fixture
def server():
    with serving() as server:
        server.answer(OK + b"2\r\n\r\n{}", path="/users/sign_in.json")
        yield server


@pytest.fixture
def session(server):
    options = Options(
        *(server.url, "us", "secret"), timeout=0.5, retry_wait=0, max_bytes=2
    )
    return Session(options)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_creation_may_have_been_done(server, session, answer):
    server.answer(*ANSWERS[answer], path="/racks")
    with pytest.raises(FrontEndUnsure):
        session.call("POST", "/racks", {})
    assert sum("/racks" in line for line in server.requests) == 1


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_question_is_asked_again(server, session, answer):
    server.answer(*ANSWERS[answer], path="/racks")
    with pytest.raises(FrontEndAway) as caught:
        session.call("GET", "/racks")
    assert not isinstance(caught.value, FrontEndUnsure)
    requests = sum("/racks" in line for line in server.requests)
    assert requests == (1 if answer == "too long" else 3)


def test_an_answer_that_is_too_long_names_the_option(server, session):
    server.answer(*ANSWERS["too long"], path="/racks")
    with pytest.raises(FrontEndAway, match=r"\[frontend\] max_answer_mb$"):
        session.call("GET", "/racks")


def test_an_app_may_ask_for_a_longer_wait(server):
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    server.answer(busy, path="/racks")
    options = Options(server.url, "us", "secret", retries=1, retry_wait=0)
    waits = []
    session = Session(options, sleep=waits.append)
    with pytest.raises(FrontEndAway):
        session.call("GET", "/racks")
    assert waits == [1]
