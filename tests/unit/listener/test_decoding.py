"""What a message of Kafka holds: a notification, or what a letter can hold."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.listener.decoding import decode
from concertim_api.listener.intake import Delivery, dead_letter

NOW = datetime(2026, 1, 1, tzinfo=UTC)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)
NOTIFICATIONS = st.fixed_dictionaries(
    {"event_type": st.just("volume.create.end"), "payload": JSON}
)


def envelope(message):
    return {"oslo.version": "2.0", "oslo.message": json.dumps(message)}


def encoded(document):
    return json.dumps(document, ensure_ascii=False).encode("utf-8")


@given(NOTIFICATIONS)
def test_a_notification_is_the_same_in_any_wrapping(message):
    with_context = message | {"_context": {"auth_token": "secret"}}
    wrappings = (
        message,
        with_context,
        envelope(message),
        envelope(with_context),
        {"oslo.version": "2.0", "oslo.message": message},
    )
    for document in wrappings:
        assert decode(encoded(document)) == message


@pytest.mark.parametrize(
    "text",
    [
        '{"number": NaN}',
        '{"number": [1e400, -Infinity]}',
        '{"half of a character": "\\ud800"}',
    ],
)
def test_what_oslo_messaging_reads_is_read(text):
    """RabbitMQ's notifications may have it."""
    message = json.loads(text)
    with_context = text[:-1] + ', "_context": {"auth_token": "secret"}}'
    for document in (
        with_context,
        json.dumps({"oslo.version": "2.0", "oslo.message": with_context}),
    ):
        # NaN is not equal to itself.
        assert repr(decode(document.encode())) == repr(message)


@given(st.binary())
def test_any_bytes_become_something_that_json_can_hold(value):
    json.dumps(decode(value))


@given(st.text())
def test_any_text_in_an_envelope_does_so_too(text):
    value = encoded({"oslo.version": "2.0", "oslo.message": "text"})
    inner = json.dumps(text).encode()
    json.dumps(decode(value.replace(b'"text"', inner)))


@pytest.mark.parametrize(
    ("value", "content"),
    [
        (None, None),
        (b"", ""),
        (b"null", None),
        (b"[1]", [1]),
        (b'"text"', "text"),
        (b"\x00\xff no JSON", "\x00\\xff no JSON"),
        (b'{"event_type": ', '{"event_type": '),
        (b"[" * 100_000, "[" * 100_000),
        (encoded(envelope(None)), None),
        (encoded({"oslo.version": "2.0", "oslo.message": "{"}), "{"),
        (encoded({"oslo.message": "{}"}), {"oslo.message": "{}"}),
    ],
)
def test_what_is_no_notification_stays_to_be_looked_at(value, content):
    assert decode(value) == content


def test_a_letter_of_a_message_that_was_cut_has_no_secret():
    """oslo.utils masks what has plain quotes: in the envelope, none has."""
    message = {
        "event_type": "x",
        "payload": {"settings": json.dumps({"password": "hush"})},
        "_context": {"auth_token": "hush", "user": "me"},
    }
    content = {"message": decode(encoded(envelope(message))[:-2])}
    letter = dead_letter(Delivery(content, NOW, "north"), ValueError())
    assert "hush" not in letter.message["message"]
    assert '"event_type": "x"' in letter.message["message"]
