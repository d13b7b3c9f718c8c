"""Rows become JSON as their types say."""

import collections
import json
from datetime import UTC, date, datetime
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.api import openapi, render, types
from concertim_api.api.controllers import root
from concertim_api.api.controllers.v1 import (
    devices,
    periods,
    racks,
    teams,
    templates,
    users,
)
from concertim_api.api.expose import RelatedUrl
from concertim_api.api.routing import routes
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import project
from concertim_api.domain.view.model import Fact, RackContext, Rules
from concertim_api.services.view.past_rows import PastRow
from concertim_api.services.view.rows import to_row
from tests.properties import examples
from tests.unit.policies.test_policies import ROUTES, NoServices


def _every_type():
    """Return every type that is rendered, and those within."""
    found = {}

    def add(datatype):
        if types.item_of(datatype) is not None:
            add(types.item_of(datatype))
        elif isinstance(datatype, types.Document):
            pass
        elif types.is_representation(datatype):
            found[datatype.__name__] = datatype
            for declared in types.fields(datatype).values():
                add(declared)

    for route in ROUTES:
        if route.endpoint.returns is not None:
            add(route.endpoint.returns)
    return sorted(found.values(), key=lambda datatype: datatype.__name__)


JSON_TEXT = st.dictionaries(
    st.text(max_size=5), st.integers(0, 9) | st.text(max_size=5), max_size=3
).map(lambda value: json.dumps(value))

TIMES = st.datetimes(
    datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)
)


def _values(declared):
    """Return a strategy for values of a type, as services give them."""
    item = types.item_of(declared)
    if types.is_representation(item):
        return st.lists(_objects(item), max_size=2)
    if item is not None:
        return st.lists(_scalars(item), max_size=2)
    if types.is_representation(declared):
        return _objects(declared)
    if isinstance(declared, types.Choice):
        return _scalars(declared)
    return st.none() | _scalars(declared)


MONEY = types.Money, types.Amount


def _scalars(declared):
    if isinstance(declared, types.Choice):
        return st.sampled_from(declared.words)
    by_type = {
        types.Text: st.text(min_size=1, max_size=10),
        types.Whole: st.integers(1, 2**53),
        types.Flag: st.booleans(),
        types.Time: TIMES,
        types.Day: st.dates(date(1971, 1, 1)),
        types.Number: st.floats(0, 1e6),
        types.Quantity: st.decimals(
            0, 10**9, places=6, allow_nan=False, allow_infinity=False
        ),
        types.Attributes: JSON_TEXT,
    }
    kind = type(declared)
    return by_type[types.Quantity if kind in MONEY else kind]


def _objects(datatype):
    return st.fixed_dictionaries(
        {
            types.attribute(n): _values(d)
            for n, d in types.fields(datatype).items()
        }
    ).map(lambda fields: SimpleNamespace(**fields))


def _as_json(declared, value):
    """Return what a value looks like in JSON, by its type."""
    item = types.item_of(declared)
    if value is None:
        return None
    if item is not None:
        return [_as_json(item, each) for each in value]
    if types.is_representation(declared):
        return {
            name: _as_json(field, getattr(value, types.attribute(name)))
            for name, field in types.fields(declared).items()
        }
    if isinstance(declared, types.Attributes):
        return json.loads(value)
    if isinstance(declared, types.Time | types.Day):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(declared, types.Quantity) else value


@pytest.mark.parametrize("datatype", _every_type(), ids=lambda t: t.__name__)
@examples(10)
@given(data=st.data())
def test_every_type_is_rendered(datatype, data):
    value = data.draw(_objects(datatype))
    document = orjson.loads(render.dumps(render.row(datatype, value)))
    assert document == _as_json(datatype, value)


def _fact(kind):
    return Fact(ref=Ref("r", kind, "x"))


_SHOWN = project.project_rack(
    _fact("stack"), [_fact("instance")], RackContext(), None, Rules()
)
THINGS = {
    "rack": _SHOWN.rack,
    "device": _SHOWN.devices[0],
    "template": project.template(_fact("flavor"), Rules()),
    "team": project.team(_fact("project")),
    "user": project.user(_fact("user")),
}

PERIOD = {name: None for name in types.fields(periods.Period)}


def test_named_tuples_are_read_by_place():
    layout = [*reversed(PERIOD), "more"]
    row = collections.namedtuple("row", layout)(**PERIOD, more=1)
    assert list(render.rows(periods.Period, [row])) == [PERIOD]


def test_chosen_and_computed_fields():
    row = SimpleNamespace(**{**PERIOD, "id": 5})
    (found,) = render.rows(
        periods.Period, [row], ("id", "type"), {"type": lambda r: r.id + 1}
    )
    assert found == {"id": 5, "type": 6}


@pytest.mark.parametrize("count", [0, 1, 249, 250, 251, 600])
def test_a_page_is_streamed_in_chunks(count):
    made = []
    found = ({"id": made.append(n) or n} for n in range(count))
    stream = render.streamed("things", found, {"links": []})
    assert next(stream) == b'{"things":['
    assert not made
    rest = list(stream)
    assert len(rest) == 1 + -(-count // 250)
    assert orjson.loads(b'{"things":[' + b"".join(rest)) == {
        "things": [{"id": n} for n in range(count)],
        "links": [],
    }


def test_no_rows():
    assert list(render.rows(periods.Period, [])) == []


def test_stored_json_passes_as_it_is():
    row = SimpleNamespace(**{**PERIOD, "shape": '{"b":1,  "a":2}'})
    assert b'"shape":{"b":1,  "a":2}' in render.dumps(
        render.row(periods.Period, row)
    )


DEVICE = {name: None for name in types.fields(devices.Device)}
BODY = ("label", "details", "created_at")


def _with_body(**body):
    """Return a row that has some fields in its body."""
    columns = [name for name in DEVICE if name not in BODY]
    row = collections.namedtuple("row", [*columns, "body"])
    return row(**dict.fromkeys(columns), body=orjson.dumps(body).decode())


STORED = {"label": "é", "details": {"a": [1]}, "created_at": None}


def test_what_is_no_column_is_in_the_body():
    row = _with_body(**STORED)
    whole = {**DEVICE, **STORED}
    assert render.row(devices.Device, row) == whole
    unread = render.dumps([*render.rows(devices.Device, [row, row])])
    assert orjson.loads(unread) == [whole, whole]


def test_some_of_what_is_in_the_body():
    (found,) = render.rows(
        devices.Device,
        [_with_body(**STORED)],
        ("id", "label", "facing"),
        {"facing": lambda row: "f"},
    )
    assert found == {"id": None, "label": "é", "facing": "f"}


def test_what_is_computed_stands_beside_the_body():
    found = render.rows(
        devices.Device, [_with_body(**STORED)], None, {"id": lambda row: "x"}
    )
    assert orjson.loads(render.dumps([*found]))[0]["id"] == "x"


@pytest.mark.parametrize(
    ("datatype", "thing"),
    [
        (racks.Rack, "rack"),
        (devices.Device, "device"),
        (templates.Template, "template"),
        (teams.Team, "team"),
        (users.User, "user"),
    ],
)
def test_a_body_holds_what_is_declared_and_nothing_else(datatype, thing):
    """It is passed on unread."""
    told = to_row(THINGS[thing])
    columns = {*PastRow._fields, "team", "facing"}
    assert set(orjson.loads(told.body)) == {
        name for name in types.fields(datatype) if name not in columns
    }


def test_words_of_python():
    class Move(types.Representation):
        from_ = types.named("from", types.text)
        to = types.text

    row = SimpleNamespace(from_="a", to="b")
    assert render.row(Move, row) == {"from": "a", "to": "b"}
    named = collections.namedtuple("move", ["to", "from_"])("b", "a")
    assert render.row(Move, named) == {"from": "a", "to": "b"}


def test_links_are_links():
    assert orjson.loads(render.dumps(RelatedUrl("next", "/x"))) == {
        "rel": "next",
        "href": "/x",
    }


def test_what_is_no_json_is_our_mistake():
    with pytest.raises(TypeError):
        render.dumps({"x": object()})


def test_the_description_is_complete():
    tree = root.build(NoServices())
    described = openapi.describe(tree)
    for route in routes(tree):
        operation = described.paths[route.path][route.method.lower()]
        assert operation["description"]
    assert {t.__name__ for t in _every_type()} <= set(
        described.components["schemas"]
    )
