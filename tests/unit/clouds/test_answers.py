"""Answers that are JSON, more or less."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.clouds.openstack import service


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"name": "a\\u0000b"}', {"name": "a\ufffdb"}),
        (b'{"name": "\\ud800"}', {"name": "\ufffd"}),
        (b'{"name": "a\\uDFFFb"}', {"name": "a\ufffdb"}),
        (b'{"\\ud800": ["\\udc00"]}', {"\ufffd": ["\ufffd"]}),
        (b'{"name": "\\ud83d\\ude00"}', {"name": "\U0001f600"}),
        (b'{"name": "\\ud83d\\ude00\\ud83d"}', {"name": "\U0001f600\ufffd"}),
        ('{"name": "Zürich"}'.encode(), {"name": "Zürich"}),
        (b'{"name": "\xff\xfe"}', {"name": "\ufffd\ufffd"}),
        (b'{"name": "\\\\u0000"}', {"name": "\\u0000"}),
        (b'{"size": NaN}', None),
        (b" [] ", []),
    ],
)
def test_what_no_database_keeps_is_replaced(content, expected):
    found = service.parsed(content)
    if expected is None:
        assert isinstance(found, dict)
    else:
        assert found == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"  ", b"<html>", b'{"a": ', b"nonsense", b"[" * 100_000],
)
def test_what_is_no_json_is_garbled(content):
    with pytest.raises(service.Garbled):
        service.parsed(content)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values, st.booleans())
def test_all_that_is_read_can_be_kept(value, ascii_only):
    found = service.parsed(
        json.dumps(value, ensure_ascii=ascii_only).encode(
            errors="surrogatepass"
        )
    )
    text = json.dumps(found, ensure_ascii=False)
    assert "\0" not in text
    text.encode()
