"""What the answers of Kill Bill mean: statuses, codes and Java classes."""

import json

import pytest

from concertim_api.billing.killbill.client import (
    Client,
    KillBillRefused,
    Options,
)
from concertim_api.services.billing.system import BillingAway
from tests.unit.http.server import serving


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def client(server):
    options = Options(server.url, "us", "s3cr3t", "key", "s3cr3t", timeout=5)
    return Client(options)


def answer(server, status, body, kind="application/json"):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(text)}\r\n\r\n"
    )
    server.answer(head.encode() + text, path="/1.0/kb/accounts")


def document(code=None, name="", cause=None, message="no"):
    return {
        "className": f"org.killbill.{name}",
        "code": code,
        "message": message,
        "causeClassName": cause,
        "causeMessage": None,
        "stackTrace": [],
    }


INTEGRITY = "java.sql.SQLIntegrityConstraintViolationException"


@pytest.mark.parametrize(
    ("status", "body", "is_duplicate"),
    [
        (404, document(3003), False),
        (409, document(3000), True),
        (400, document(1015), True),
        (500, document(cause=INTEGRITY), True),
        (500, document(1031), False),
        (500, document(name="IllegalStateException"), False),
        (500, document(name="UnableToExecuteStatementException"), False),
        (400, document(50000), False),
        (400, b"<html>", False),
        (404, b"", False),
    ],
)
def test_a_refusal(server, client, status, body, is_duplicate):
    answer(server, status, body)
    with pytest.raises(KillBillRefused) as caught:
        client.call("POST", "/accounts", {})
    assert caught.value.status == status
    assert caught.value.is_duplicate is is_duplicate


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, document(name="UnableToObtainConnectionException")),
        (500, b"<html>broken"),
        (502, b""),
        (503, b""),
        (504, b""),
        (408, b""),
        (429, b""),
        (401, b"<html>"),
        (302, b""),
    ],
)
def test_what_may_pass(server, client, status, body):
    answer(server, status, body)
    with pytest.raises(BillingAway) as caught:
        client.call("POST", "/accounts", {})
    assert "s3cr3t" not in str(caught.value)


def test_a_long_message_is_cut(server, client):
    answer(server, 400, document(1, message="x" * 10**5))
    with pytest.raises(KillBillRefused) as caught:
        client.call("POST", "/accounts", {})
    assert len(str(caught.value)) < 400


def test_numbers_are_exact(server, client):
    answer(server, 200, b'{"amount": 0.123456789012345678}')
    amount = client.get("/accounts")["amount"]
    assert str(amount) == "0.123456789012345678"


def test_what_is_no_json_is_no_answer(server, client):
    answer(server, 200, b"<html>", "text/html")
    with pytest.raises(BillingAway, match="no JSON"):
        client.get("/accounts")
