"""Lists: every row once, by every order, by an index."""

import random

import pytest

from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.ledger.ports import Window
from tests.functional.listings import walk

ROWS = 97


@pytest.fixture
def some(store, recorder, tell):
    """Resources with equal names, equal times, and some without either."""
    rng = random.Random(3)
    facts = []
    for n in range(ROWS):
        name = rng.choice(("web", "db", "Ä", None))
        fact = {
            "ref": Ref(
                rng.choice(("north", "south")),
                rng.choice(("instance", "volume")),
                f"r-{n % 60}-{n // 60}",
            ),
            "project_id": rng.choice(("p", "q", None)),
            "details": {"name": name} if name else {},
            "size_gb": rng.choice((1, 2)),
        }
        facts.append(tell(rng.randrange(4), key=f"a{n}", **fact))
        if rng.random() < 0.5:
            gone = rng.randrange(5, 8)
            facts.append(tell(gone, "gone", key=f"g{n}", ref=fact["ref"]))
    rng.shuffle(facts)
    for n in range(0, len(facts), 20):
        recorder.record(facts[n : n + 20])
    return facts


def _orders(*names):
    return [((name, down),) for name in names for down in (False, True)]


def _sorted_as_asked(rows, sort, value):
    (name, down), *_ = sort
    found = [value(row, name) for row in rows]
    return found == sorted(found, reverse=down)


@pytest.mark.parametrize(
    "sort",
    [
        (),
        *_orders("start", "end", "id"),
        (("start", True), ("end", False)),
        (("end", False), ("start", True), ("id", True)),
    ],
)
@pytest.mark.parametrize("limit", [7, ROWS])
def test_periods_page_by_page(store, some, at, sort, limit):
    rows = walk(lambda x: store.ledger.periods(x, Window()), limit, sort=sort)
    assert len(rows) == ROWS
    assert len({row.id for row in rows}) == ROWS
    forever = at(10**9)
    assert _sorted_as_asked(
        rows,
        sort or (("start", False),),
        lambda row, name: getattr(row, name) or forever,
    )


@pytest.mark.parametrize("sort", [(), *_orders("id", "name", "updated_at")])
@pytest.mark.parametrize("limit", [7, ROWS])
def test_resources_page_by_page(store, some, sort, limit):
    rows = walk(store.ledger.resources, limit, sort=sort)
    refs = {(row.region, row.kind, row.id) for row in rows}
    assert len(rows) == len(refs) == ROWS
    assert _sorted_as_asked(
        rows,
        sort or (("id", False),),
        lambda row, name: getattr(row, name) or "",
    )


@pytest.mark.parametrize("sort", _orders("id", "name", "updated_at"))
def test_resources_of_a_moment_page_by_page(store, some, at, sort):
    rows = walk(lambda x: store.ledger.resources_at(x, at(4)), 7, sort=sort)
    assert len({row.id for row in rows}) == len(rows) == ROWS
    later = store.ledger.resources_at(Listing(limit=1000), at(9)).rows
    assert {row.end for row in later} == {None}


@pytest.mark.parametrize("sort", _orders("reported_at", "received_at"))
def test_observations_page_by_page(store, some, sort):
    rows = walk(store.histories.observations, 7, sort=sort)
    assert sorted(row.key for row in rows) == sorted(o.key for o in some)
    assert _sorted_as_asked(rows, sort, getattr)
    told = {fact.key: fact for fact in some}
    assert rows[0].shape == told[rows[0].key].shape
    assert rows[0].ref == told[rows[0].key].ref


@pytest.mark.parametrize(
    "marker", [(1,), (1, 2, 3), ("1", 2), (1, None), (1, 2**63), (1.5, 2)]
)
def test_a_marker_of_another_list_is_refused(store, marker):
    with pytest.raises(Invalid) as refused:
        store.ledger.periods(Listing(marker=marker), Window())
    assert refused.value.field == "marker"


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(), "abc"),
        (Window(start=5), "bc"),
        (Window(end=5), "ab"),
        (Window(start=5, end=6), "b"),
        (Window(start=10, end=20), "c"),
        (Window(start=0, end=1), "a"),
        (Window(start=-5, end=0), ""),
    ],
)
def test_windows_are_half_open(store, recorder, tell, at, window, expected):
    recorder.record(
        [
            tell(0, name="a"),
            tell(5, "gone", name="a"),
            tell(4, name="b"),
            tell(10, "gone", name="b"),
            tell(10, name="c"),
        ]
    )
    bounds = [None if n is None else at(n) for n in (window.start, window.end)]
    rows = store.ledger.periods(Listing(), Window(*bounds)).rows
    assert "".join(sorted(row.resource_id for row in rows)) == expected


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("project_id", "eq", "p", "a"),
        ("project_id", "eq", None, "c"),
        ("project_id", "neq", "p", "bc"),
        ("project_id", "neq", None, "ab"),
        ("project_id", "in", ("p", None), "ac"),
        ("project_id", "in", (), ""),
        ("project_id", "nin", ("p", "x"), "bc"),
        ("project_id", "nin", ("p", None), "b"),
        ("resource_id", "gt", "a", "bc"),
        ("resource_id", "lte", "b", "ab"),
        ("running", "eq", True, "bc"),
        ("running", "neq", True, "a"),
        ("end", "eq", None, "bc"),
        ("end", "neq", None, "a"),
        ("kind", "eq", "instance", "abc"),
        ("region", "eq", "south", ""),
        ("state", "eq", "active", "b"),
        ("state", "neq", "active", "ac"),
    ],
)
def test_filters(store, recorder, tell, field, operator, value, expected):
    recorder.record(
        [
            tell(0, name="a", project_id="p"),
            tell(5, "gone", name="a"),
            tell(4, name="b", project_id="q", state="active"),
            tell(10, name="c"),
        ]
    )
    asked = Listing((Filter(field, operator, value),))
    rows = store.ledger.periods(asked, Window()).rows
    assert "".join(sorted(row.resource_id for row in rows)) == expected
    rows = store.ledger.resources(asked).rows
    if field != "end":
        assert "".join(sorted(row.id for row in rows)) == expected


def test_unknown_fields_are_our_own_mistake(store):
    with pytest.raises(KeyError):
        store.ledger.periods(Listing((Filter("colour", "eq", 1),)), Window())
    with pytest.raises(KeyError):
        store.ledger.resources(Listing(sort=(("colour", False),)))


def test_all_periods_come_in_one_order(store, some):
    rows = list(store.ledger.all_periods())
    keys = [(r.region, r.kind, r.resource_id, r.start) for r in rows]
    assert keys == sorted(keys)
    assert len(keys) == ROWS


def test_look_ups(store, recorder, tell, at):
    flavor, volume = Ref("north", "flavor", "1"), Ref("south", "volume", "1")
    recorder.record(
        [
            tell(0, ref=flavor, details={"name": "m1"}),
            tell(3, ref=volume, details={"name": "m1"}),
        ]
    )
    assert store.ledger.names("flavor", ["1", "2"]) == {"1": "m1"}
    assert store.ledger.names("flavor", []) == {}
    assert store.ledger.ids("flavor", ["m1", "m2"]) == ["1"]
    assert [row.kind for row in store.ledger.find("1")] == ["flavor", "volume"]
    assert [dict(row) for row in store.ledger.regions()] == [
        {"name": "north", "resources": 1, "newest_observation": at(0)},
        {"name": "south", "resources": 1, "newest_observation": at(3)},
    ]
    assert set(store.histories.histories([flavor])) == {flavor}
    with pytest.raises(NotFound):
        store.histories.history(Ref("west", "flavor", "1"))
