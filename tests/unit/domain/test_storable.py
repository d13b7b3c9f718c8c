"""What others send, made fit for every database."""

import orjson
import pytest
from hypothesis import given

from concertim_api.db.ledger.rows import is_storable
from concertim_api.domain.storable import DEEPEST, storable, text
from tests import hostile


@given(hostile.VALUES)
def test_everything_becomes_json_that_comes_back(value):
    kept = storable(value)
    encoded = orjson.dumps(kept)
    assert orjson.loads(encoded) == kept
    assert b"\\u0000" not in encoded
    assert is_storable(kept)


@given(hostile.VALUES)
def test_what_is_kept_once_is_kept_as_it_is(value):
    assert storable(storable(value)) == storable(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": [1, 1.5, None, True, "é"]}, {"a": [1, 1.5, None, True, "é"]}),
        ("a\0b\ud800", "a\ufffdb\ufffd"),
        ({"\udc00": (1, 2)}, {"\ufffd": [1, 2]}),
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (-(2**63) - 1, "-9223372036854775809"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (b"\x80", "b'\\x80'"),
    ],
)
def test_what_is_replaced_says_what_it_was(value, kept):
    assert storable(value) == kept


def test_an_integer_that_python_prints_for_nobody():
    assert storable(10**5000) == "(an integer of 16610 bits)"


def test_what_is_too_deep_is_cut_there():
    kept = storable(hostile.nested(DEEPEST + 1))
    for _ in range(DEEPEST):
        (kept,) = kept
    assert kept == "(nested too deep to be kept)"
    assert storable(hostile.nested(DEEPEST)) == hostile.nested(DEEPEST)


def test_numbers_that_are_none_are_found_anywhere():
    assert is_storable({"a": [1.5, {"b": None}], "c": "inf"})
    assert not is_storable({"a": [1.5, {"b": float("nan")}]})


def test_a_text_keeps_its_characters():
    assert text("Zürich \U0001f600\n") == "Zürich \U0001f600\n"
