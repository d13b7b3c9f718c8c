"""What values each type takes, and refuses."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.api import types
from concertim_api.api.controllers.v1.corrections import Shape

MOMENT = datetime(2026, 11, 21, 2, 17, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T02:17:19Z",
        "2026-11-21T02:17:19",
        "2026-11-21 02:17:19",
        "2026-11-21T02:17:19.999999Z",
        "2026-11-21T03:17:19+01:00",
        "2026-11-21T03:17:19 01:00",  # a plus that nobody quoted
        "20261121T021719",
    ],
)
def test_times_in_many_forms(text):
    assert types.time.parse(text) == MOMENT


def test_a_date_is_its_midnight():
    assert types.time.parse("2026-11-21") == datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "2026-11-21T25:00:00",
        "1969-12-31T23:59:59Z",
        "9999-01-01",
        "0001-01-01T00:00:00+14:00",
        "1" * 10,
        "2026-11-21" + "0" * 50,
    ],
)
def test_what_is_no_time(text):
    with pytest.raises(ValueError, match="not"):
        types.time.parse(text)


@given(st.text(max_size=50))
def test_no_text_breaks_the_reading_of_times(text):
    try:
        found = types.time.parse(text)
    except ValueError:
        return
    assert found.tzinfo is UTC
    assert found.microsecond == 0


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_numbers(text):
    try:
        found = types.count.parse(text)
    except ValueError:
        return
    assert 0 <= found < 2**63


@pytest.mark.parametrize(
    ("datatype", "value", "problem"),
    [
        (types.text, 5, "not a text"),
        (types.text, "", "empty"),
        (types.text, "x" * 256, "longer"),
        (types.count, True, "whole"),
        (types.count, 1.0, "whole"),
        (types.count, "1", "whole"),
        (types.count, -1, "from 0"),
        (types.count, 2**63, "to"),
        (types.identifier, 0, "from 1"),
        (types.flag, "true", "true or false"),
        (types.flag, 1, "true or false"),
        (types.time, 5, "date and time"),
        (types.Choice("a", "b"), "c", "one of a, b"),
        (types.Choice("a", "b"), ["a"], "one of a, b"),
        (types.Several(types.text), "a", "not a list"),
        (types.Several(types.text), ["a", 5], "not a text"),
        (types.Several(types.text, max_items=1), ["a", "b"], "more than 1"),
    ],
)
def test_wrong_values(datatype, value, problem):
    with pytest.raises(ValueError, match=problem):
        datatype.validate(value)


@pytest.mark.parametrize(
    ("datatype", "texts", "problem"),
    [
        (types.count, ["1.0", "", " 1", "\u0661", "0x1", "9" * 30], "not"),
        (types.flag, ["True", "1", "yes", ""], "true or false"),
        (types.Words("a", "b"), ["", "a,,b", "d", "a,a"], "not one of|twice"),
    ],
)
def test_wrong_texts(datatype, texts, problem):
    for text in texts:
        with pytest.raises(ValueError, match=problem):
            datatype.parse(text)


def test_words():
    assert types.Words("a", "b", "c").parse("c,a") == ("c", "a")


def test_repeated_words():
    repeated = types.Repeated(types.count, most=2)
    assert repeated.parse(["1", "2"]) == [1, 2]
    with pytest.raises(ValueError, match="given more than 2 times"):
        repeated.parse(["1", "2", "3"])
    with pytest.raises(ValueError, match="not a whole number"):
        repeated.parse(["1", "x"])
    assert repeated.schema() == {
        "type": "array",
        "items": types.count.schema(),
        "maxItems": 2,
    }


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ("x", "object"),
        ({"flavor": "m1"}, "flavor is not an object"),
        ({"flavor": {"vcpus": "2"}}, "vcpus is not a whole number"),
        ({"flavor": {"vcpus": True}}, "vcpus is not a whole number"),
        ({"flavor": {"ram_mb": -1}}, "ram_mb is not from 0"),
        ({"flavor": {"disk_gb": 10**9}}, "disk_gb is not from 0"),
        ({"flavor": {"name": 5}}, "name is not a text"),
        ({"size_gb": 1.5}, "size_gb is not a whole number"),
        ({"state": ["active"]}, "state is not a text"),
        ({"state": "x" * 65}, "state is longer"),
        ({"note": "x" * 20000}, "longer than"),
    ],
)
def test_shapes_that_can_not_be_counted(shape, problem):
    with pytest.raises(ValueError, match=problem):
        Shape().validate(shape)


def test_a_shape_may_hold_more_than_is_counted():
    shape = {"flavor": {"vcpus": 2, "extra_specs": {"a": "b"}}, "more": [1]}
    assert Shape().validate(shape) == shape
