"""Texts of a predecessor are read, and never run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.frontend import legacy


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("None", None),
        ("True", True),
        ("False", False),
        ("12", 12),
        ("['10.0.0.1', '10.0.0.2']", ["10.0.0.1", "10.0.0.2"]),
        ("[]", []),
        ("{}", {}),
        (
            "[('a', {'output_key': 'a', 'output_value': 1})]",
            [("a", {"output_key": "a", "output_value": 1})],
        ),
        ("10.0.0.1, 10.0.0.2", "10.0.0.1, 10.0.0.2"),
        ("net:1.2.3.4", "net:1.2.3.4"),
        ("ubuntu", "ubuntu"),
        ("", ""),
        (None, None),
        ({"id": 1}, {"id": 1}),
        (7, 7),
    ],
)
def test_what_a_text_means(text, value):
    assert legacy.plain(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "[x for x in (1, 2)]",
        "print(1)",
        "().__class__",
        "'a' * 10",
        "lambda: 1",
        "f'{1}'",
        "(" * 9000,
        "[" * 9000 + "]" * 9000,
        "-" * 9000 + "1",
        "9" * 100_000,
        "{'a': 1}[\x00]",
        "\x00",
        "'\ud800'",
    ],
)
def test_what_is_no_literal_stays_a_text(text):
    assert legacy.plain(text) == text


@given(st.text())
def test_any_text_is_read(text):
    legacy.plain(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_what_was_written_is_read_back(value):
    text = str(value)
    if isinstance(value, str):
        return
    assert legacy.plain(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("None", None),
        ("", None),
        ("  ", None),
        (None, None),
        ("ubuntu", "ubuntu"),
        ("0", "0"),
        (12, "12"),
    ],
)
def test_a_text_that_says_something(value, text):
    assert legacy.text(value) == text
