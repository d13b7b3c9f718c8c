"""Paths into payloads."""

import pytest

from concertim_api.domain.paths import pick


@pytest.mark.parametrize(
    ("payload", "path", "expected"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a": [{"b": 1}]}, "a.0.b", 1),
        ({"a": [1]}, "a.1", None),
        ({"a": [1]}, "a.²", None),
        ({"a": 1}, "a.b", None),
        (
            {"nova_object.data": {"a": {"nova_object.data": {"b": 1}}}},
            "a.b",
            1,
        ),
    ],
)
def test_paths(payload, path, expected):
    assert pick(payload, path) == expected
