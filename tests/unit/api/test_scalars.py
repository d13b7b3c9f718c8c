"""What only bodies have: secrets, and objects of a few fields."""

from datetime import date
from decimal import Decimal

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


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        (types.day, "2026-11-21", date(2026, 11, 21)),
        (types.month, "2026-11", date(2026, 11, 1)),
        (types.amount, "0", Decimal(0)),
        (types.amount, "12.50", Decimal("12.50")),
        (types.amount, "9" * 15 + "." + "9" * 12, Decimal("9" * 27) / 10**12),
    ],
)
def test_days_months_and_amounts(declared, text, value):
    assert declared.validate(text) == declared.parse(text) == value


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        *((types.day, t) for t in ("2026-11", "2026-02-30", "20261121", "")),
        *((types.day, t) for t in ("1969-12-31", "2026-W01-1", "٢٠٢٦-11-21")),
        *((types.month, t) for t in ("2026-13", "2026-11-01", "0001-01")),
        *((types.month, t) for t in ("2026-1", "November", " 2026-11")),
        *((types.amount, t) for t in ("-1", "+1", "1.", ".5", "1e3", "NaN")),
        *((types.amount, t) for t in ("1" * 16, "٣", "1,5", " 1", "1\n")),
    ],
)
def test_what_is_none(declared, text):
    with pytest.raises(ValueError, match=r"^not (an?|in) "):
        declared.validate(text)


@pytest.mark.parametrize("declared", [types.day, types.month, types.amount])
@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}])
def test_what_is_no_text(declared, value):
    with pytest.raises(ValueError, match=r"^not an? "):
        declared.validate(value)
