"""What the broker's library makes of a message on the wire."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu import exceptions, serialization

from concertim_api import messaging

TYPE, ENCODING = "application/json", "utf-8"

DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


def loaded(text):
    assert messaging.oslo_messaging
    return serialization.loads(text, TYPE, ENCODING)


@given(DOCUMENTS)
def test_what_json_writes_is_read(document):
    assert loaded(json.dumps(document)) == document
    # UTF-8 has no half of a pair of surrogates.
    with contextlib.suppress(UnicodeEncodeError):
        text = json.dumps(document, ensure_ascii=False).encode()
        assert loaded(text) == document


@pytest.mark.parametrize(
    "text",
    [
        *("[NaN]", "[-Infinity]", '["\\ud800"]', '{"a": "\\ud800"}'),
        *(f'{{"a": {2**70 + 1}}}', f'{{"a": [{-(2**70) - 1}]}}'),
    ],
)
def test_what_only_json_reads_is_read(text):
    assert repr(loaded(text)) == repr(json.loads(text))


def test_an_envelope():
    message = json.dumps({"payload": {"id": 2**70 + 1}})
    envelope = {"oslo.version": "2.0", "oslo.message": message}
    assert loaded(json.dumps(envelope)) == envelope


@pytest.mark.parametrize("text", ["{", b"\xff", "[1]]"])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(exceptions.DecodeError):
        loaded(text)


@pytest.mark.parametrize("first", ["1", "NaN"])
def test_a_message_names_no_type(first):
    decimal = {"__type__": "decimal", "__value__": "1"}
    assert loaded(f"[{first}, {json.dumps(decimal)}]")[1] == decimal


def test_what_is_sent_can_be_read():
    kind, encoding, body = serialization.dumps({"a": "\xe9"}, "json")
    assert (kind, encoding) == (TYPE, ENCODING)
    assert json.loads(body) == {"a": "\xe9"}
