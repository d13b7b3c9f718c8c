"""Queries, markers and bodies: every word is checked, and named if bad."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.api import body, errors, query, types, versions
from concertim_api.api.context import Settings
from concertim_api.api.controllers.v1.corrections import Shape
from concertim_api.domain.errors import Invalid
from concertim_api.services.common.listing import Filter

SETTINGS = Settings(None, 10, 50, None)


class Thing(types.Item):
    id = types.identifier
    name = types.text
    size = types.count


LISTED = query.Query(
    filters={"name": types.text, "size": types.count, "on": types.flag},
    sort=("-size", "id"),
    arguments={"at": types.time},
)


def read(text, asked=LISTED, version=(1, 0)):
    return query.read(asked, text, SETTINGS, Thing, version)


def problem_of(text, asked=LISTED):
    with pytest.raises(Invalid) as raised:
        read(text, asked)
    return str(raised.value)


NEWER = query.Query(
    arguments={"at": types.time, "by": types.Repeated(types.text, most=2)},
    added={"by": (1, 2)},
)


def test_an_argument_that_came_later():
    assert read("by=a&by=b", NEWER, (1, 2)).values == {"by": ["a", "b"]}
    assert read("by=a", NEWER, (2, 0)).values == {"by": ["a"]}
    assert read("", NEWER, (1, 2)).values == {}
    assert problem_of("by=a", NEWER) == "by: unknown argument"
    with pytest.raises(Invalid, match=r"^by: given more than 2 times"):
        read("by=a&by=b&by=c", NEWER, (1, 2))


def test_nothing_asked():
    listing = read("").values["listing"]
    assert listing.limit == 10
    assert listing.sort == (("size", True),)
    assert listing.marker is None
    assert listing.filters == ()


def test_everything_asked():
    asked = read(
        "name=in:a,b&size=gte:5&on=neq:true&limit=50&sort=id,size:desc"
        "&fields=name,id&at=2026-11-21"
    )
    listing = asked.values["listing"]
    assert listing.filters == (
        Filter("name", "in", ("a", "b")),
        Filter("size", "gte", 5),
        Filter("on", "neq", True),
    )
    assert listing.sort == (("id", False), ("size", True))
    assert listing.limit == 50
    assert asked.fields == ("name", "id")
    assert asked.values["at"].year == 2026


@pytest.mark.parametrize(
    ("text", "value"), [("name=web:1", "web:1"), ("name=eq:in:a", "in:a")]
)
def test_what_is_no_operator_is_a_value(text, value):
    (condition,) = read(text).values["listing"].filters
    assert condition == Filter("name", "eq", value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour=red", "colour: unknown argument"),
        ("name=a&name=b", "name: given more than once"),
        ("=red", "query: unknown argument"),
        ("_method=DELETE", "_method: unknown argument"),
        ("name=", "name: must not be empty"),
        ("name=a%00b", "name: has a NUL character"),
        ("name=%ff", "query: not UTF-8, or too long"),
        ("name=" + "x" * 256, "name: longer than 255 characters"),
        ("name=gt:a", "name: the operator gt is not for this"),
        ("name=in:a,,b", "name: must not be empty"),
        ("size=big", "size: not a whole number"),
        ("size=like:5", "size: not a whole number"),
        ("size=in:1,x", "size: not a whole number"),
        ("size=in:" + "1," * 200 + "1", "size: more than 200 values"),
        ("on=maybe", "on: not true or false"),
        ("on=gt:true", "on: the operator gt is not for this"),
        ("at=yesterday", "at: not a date and time"),
        ("limit=0", "limit: not from 1 to 50"),
        ("limit=51", "limit: not from 1 to 50"),
        ("limit=ten", "limit: not a whole number"),
        ("sort=colour", "sort: not by one of id, size"),
        ("sort=id:up", "sort: after the colon: asc or desc"),
        ("sort=id,id:desc", "sort: id is given more than once"),
        ("fields=colour", "fields: not of id, name, size"),
        ("fields=", "fields: not of id, name, size"),
        ("marker=x", "marker: not of this list"),
        ("marker=", "marker: must not be empty"),
        ("&".join(f"a{n}=1" for n in range(101)), "query: not UTF-8"),
    ],
)
def test_bad_queries(text, problem):
    assert problem_of(text).startswith(problem)


def test_what_is_not_listed_has_no_pages():
    asked = query.Query(arguments={"at": types.time})
    assert problem_of("limit=5", asked) == "limit: unknown argument"


@given(st.text(max_size=60))
def test_no_query_breaks_the_reading(text):
    latin = text.encode().decode("latin-1")
    try:
        read(latin)
    except Invalid as problem:
        named = problem.field
    else:
        named = "nothing"
    assert named


SORT = (("start", False), ("name", True))


@given(
    st.lists(
        st.integers(-(2**63), 2**63 - 1)
        | st.text().filter(lambda text: "\x00" not in text),
        min_size=1,
    )
)
def test_markers_come_back(values):
    word = query.encode_marker(SORT, values)
    assert query.decode_marker(SORT, word) == tuple(values)
    assert word.isascii()
    assert not set(word) & set("=+/&?#")


def _word(document):
    text = base64.urlsafe_b64encode(orjson.dumps(document)).decode()
    return text.rstrip("=")


ORDER = "start:asc,name:desc"


@pytest.mark.parametrize(
    "word",
    [
        "",
        "x",
        "ä",
        "a b",
        "====",
        "////",
        _word(5),
        _word([]),
        _word([ORDER]),
        _word([ORDER, 5]),
        _word([ORDER, [[1]]]),
        _word([ORDER, [None]]),
        _word([ORDER, [True]]),
        _word([ORDER, [1.5]]),
        _word([ORDER, [2**63]]),
        _word([ORDER, ["a\x00b"]]),
        _word(["start:asc", [1, 2]]),
        _word([{}, [1, 2]]),
    ],
)
def test_markers_that_are_not_ours(word):
    with pytest.raises(Invalid, match=r"^marker: "):
        query.decode_marker(SORT, word)


class Wanted(types.Representation):
    name = types.required(types.text)
    size = types.count
    shape = Shape()


def body_problem(content, content_type="application/json"):
    with pytest.raises(Invalid) as raised:
        body.read(content_type, content, Wanted)
    return str(raised.value)


def test_a_body():
    found = body.read("", b'{"name": "a", "size": null}', Wanted)
    assert found == {"name": "a"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "body: missing"),
        (b"{", "body: not JSON"),
        (b"\xff", "body: not JSON"),
        (b'{"name": NaN}', "body: not JSON"),
        (b'{"name": "\\ud800"}', "body: not JSON"),
        pytest.param(
            b'{"shape":' + b"[" * 5000 + b"]" * 5000 + b"}",
            "body: not JSON",
            id="deep",
        ),
        (b"null", "body: not a JSON object"),
        (b"[]", "body: not a JSON object"),
        (b'"x"', "body: not a JSON object"),
        (b"3", "body: not a JSON object"),
        (b"{}", "name: missing"),
        (b'{"name": null}', "name: must not be null"),
        (b'{"name": 5}', "name: not a text"),
        (b'{"name": "a", "colour": 1}', "colour: unknown field"),
        (b'{"name": "a\\u0000b"}', "name: has a NUL character"),
        (b'{"name": "a", "size": "7"}', "size: not a whole number"),
        (b'{"name": "a", "size": 1e400}', "body: not JSON"),
        (b'{"name": "a", "size": 99999999999999999999}', "size: not a whole"),
        (
            b'{"name": "a", "shape": {"x": {"y": "\\u0000"}}}',
            "shape.x.y: has a NUL character",
        ),
        (
            b'{"name": "a", "shape": {"x\\u0000": 1}}',
            "shape: has a NUL character",
        ),
        (
            b'{"name": "a", "shape":' + b'{"x":' * 9 + b"1" + b"}" * 10,
            "shape",
        ),
    ],
)
def test_bad_bodies(content, problem):
    assert body_problem(content).startswith(problem)


class Wished(types.Representation):
    kinds = types.Several(types.text)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", {}),
        (b"{}", {}),
        (b'{"kinds": null}', {}),
        (b'{"kinds": ["a"]}', {"kinds": ["a"]}),
    ],
)
def test_a_body_that_needs_nothing(content, found):
    assert body.read("", content, Wished) == found


def test_a_body_that_is_not_json_says_so():
    with pytest.raises(errors.UnsupportedMediaType):
        body.read("text/plain", b"{}", Wanted)


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, "1.0"),
        ("", "1.0"),
        ("concertim 1.0", "1.0"),
        ("concertim 1.1", "1.1"),
        ("CONCERTIM LATEST", "1.4"),
        ("compute 2.1", "1.0"),
        ("compute 2.1, concertim latest", "1.4"),
    ],
)
def test_microversions(header, version):
    assert versions.requested(header) == version


@pytest.mark.parametrize(
    "text",
    ["1", "one", "1.", ".1", "1.0.0", "-1.0", "1.-0", "1e3.0", "\u0661.1"],
)
def test_microversions_that_can_not_be_read(text):
    with pytest.raises(Invalid, match=r"^OpenStack-API-Version: "):
        versions.requested(f"concertim {text}")
