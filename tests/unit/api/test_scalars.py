"""What only bodies have: secrets, and objects of a few fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.api import body, types
from concertim_api.api.types import Record, Secret
from concertim_api.domain.errors import Invalid

ROLE = Record(user_id=types.text, role=types.text)


@given(st.text(min_size=1, max_size=4096).filter(lambda t: "\0" not in t))
def test_a_secret_is_taken_as_it_is(secret):
    assert Secret(max_length=4096).validate(secret) == secret


@pytest.mark.parametrize("value", [4711, ["a-secret"], {"a": "secret"}, ""])
def test_a_complaint_does_not_repeat_a_secret(value):
    class Body(types.Representation):
        password = Secret(max_length=3)

    for wrong in (value, "a-secret", "a\0secret"):
        with pytest.raises(Invalid) as told:
            body._fields({"password": wrong}, Body)
        assert "secret" not in str(told.value)


def test_a_secret_is_described_as_one():
    schema = Secret(max_length=3).schema()
    assert (schema["format"], schema["writeOnly"]) == ("password", True)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], "not an object"),
        ("a", "not an object"),
        ({}, "user_id is missing"),
        ({"user_id": "u", "role": None}, "role is missing"),
        ({"user_id": "u", "role": 5}, "role: not a text"),
        ({"user_id": "u", "role": "r", "more": 1}, "more is unknown"),
        ({"user_id": "", "role": "r"}, "user_id: must not be empty"),
    ],
)
def test_records_that_are_none(value, problem):
    with pytest.raises(ValueError, match=f"^{problem}$"):
        ROLE.validate(value)


def test_a_record():
    value = {"user_id": "u", "role": "r"}
    assert ROLE.validate(value) == value
    assert ROLE.schema()["required"] == ["user_id", "role"]
    assert ROLE.schema()["additionalProperties"] is False
