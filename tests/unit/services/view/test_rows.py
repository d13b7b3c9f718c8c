"""Rows of the view from its objects, and back."""

import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import UnionType

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Device, Rack, User
from concertim_api.domain.view.slots import Slot
from concertim_api.services.view.rows import NOUNS, from_row, to_row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)

#: What a field of a type may hold. No moment has less than a microsecond.
BY_TYPE = {
    typing.Any: JSON,
    int: st.integers(0, 2**31),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    Slot: st.builds(Slot, st.integers(1, 99), st.integers(1, 9)),
}


def values(hint):
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is UnionType:
        return st.none() | values(inner[0])
    if origin is tuple:
        return st.lists(values(inner[0])).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values(inner[0]), values(inner[1]))
    return BY_TYPE.get(hint, st.from_type(hint))


@st.composite
def things(draw):
    """Draw any thing that the view shows, with a value for each field."""
    noun = draw(st.sampled_from([*NOUNS]))
    fields = {
        name: draw(values(hint))
        for name, hint in typing.get_type_hints(noun).items()
    }
    if noun is Device:
        fields["rack"] = Ref(fields["ref"].region, "stack", fields["rack"].id)
    return noun(**fields)


@given(things())
def test_a_row_shows_all_of_a_thing(thing):
    assert from_row(type(thing), to_row(thing)) == thing


@given(things())
def test_what_is_equal_is_equal_text(thing):
    copy = from_row(type(thing), to_row(thing))
    assert to_row(copy) == to_row(thing)


USER = User(
    ref=Ref("north", "user", "u1"),
    name="ann",
    label="Ann",
    email=None,
    enabled=True,
)


def test_a_field_is_a_column_or_in_the_body():
    row = to_row(USER)
    assert row[:6] == ("user", "north", "user", "u1", None, "ann")
    assert row.body == '{"email":null,"enabled":true,"label":"Ann"}'
    assert row[7:] == (None,) * 5


def test_what_an_older_release_did_not_write_has_its_default():
    rack = Rack(
        ref=Ref("north", "stack", "c1"),
        **dict.fromkeys(("project_id", "state", "owner")),
        **dict.fromkeys(
            ("name", "stack_name", "description", "status", "status_reason"),
            "",
        ),
        **dict.fromkeys(("height_u", "used_u", "device_count"), 1),
        outputs={},
        messages=(),
    )
    row = to_row(rack)
    body = orjson.loads(row.body)
    del body["cost"]
    older = row._replace(body=orjson.dumps({**body, "later": 1}).decode())
    assert from_row(Rack, older) == rack


def test_a_row_without_what_it_needs_is_refused():
    with pytest.raises(TypeError, match="label"):
        from_row(User, to_row(USER)._replace(body="{}"))
