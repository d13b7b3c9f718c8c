"""Pages of rows that are all there already."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Invalid
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.view import past_rows

UNIQUE = ("id", "region")

ROWS = st.lists(
    st.builds(
        SimpleNamespace,
        id=st.sampled_from("abc"),
        region=st.sampled_from("rst"),
        name=st.sampled_from(["x", "y", ""]),
        start_u=st.none() | st.integers(1, 3),
    ),
    unique_by=lambda row: (row.id, row.region),
)
SORTS = st.lists(
    st.tuples(st.sampled_from(["id", "name", "start_u"]), st.booleans()),
    unique_by=lambda pair: pair[0],
    min_size=1,
    max_size=3,
).map(tuple)


@given(ROWS, SORTS, st.integers(1, 4))
def test_pages_together_are_the_whole(rows, sort, limit):
    whole = past_rows.page(rows, Listing(sort=sort, limit=100), UNIQUE)
    assert whole.marker is None
    seen, marker = [], None
    while True:
        page = past_rows.page(rows, Listing((), sort, limit, marker), UNIQUE)
        seen += page.rows
        marker = page.marker
        if marker is None:
            break
        assert len(page.rows) == limit
    assert seen == whole.rows
    assert sorted(map(str, seen)) == sorted(map(str, rows))


def test_falling_is_the_reverse_of_rising():
    rows = [SimpleNamespace(id=i, region="r") for i in "bca"]
    for falling in (False, True):
        page = past_rows.page(rows, Listing(sort=(("id", falling),)), UNIQUE)
        ids = [row.id for row in page.rows]
        assert ids == sorted("abc", reverse=falling)


@pytest.mark.parametrize("marker", [(), ("a",), (1, 2), ("a", "b", "c")])
def test_markers_that_are_not_ours(marker):
    rows = [SimpleNamespace(id="a", region="r")]
    with pytest.raises(Invalid, match=r"^marker: "):
        past_rows.page(
            rows, Listing(sort=(("id", False),), marker=marker), UNIQUE
        )


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("eq", "a", "a"),
        ("neq", "a", "bc"),
        ("in", ("a", "b"), "ab"),
        ("nin", ("a", "b"), "c"),
    ],
)
def test_conditions(operator, value, found):
    rows = [SimpleNamespace(id=i) for i in "abc"]
    asked = [Filter("id", operator, value)]
    assert "".join(r.id for r in past_rows.meeting(rows, asked)) == found
