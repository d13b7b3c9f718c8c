"""Who had a resource before a transfer sees no name that came after it."""

import pytest

from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.ledger.ports import Window
from tests.functional.listings import walk

#: Moments, owners and names of a resource; None: no name was observed.
LIFE = [
    (0, "p1", "first"),
    (5, "p1", "mine"),
    (10, "p2", None),
    (15, "p2", 'theirs "ü" 漢'),
    (20, "p3", "last"),
]


def lived(tell, life, **more):
    return [
        tell(
            at,
            project_id=project,
            details={} if name is None else {"name": name},
            **more,
        )
        for at, project, name in life
    ]


def names(store, project=None):
    filters = () if project is None else (of(project),)
    page = store.ledger.periods(Listing(filters), Window())
    return [row.name for row in page.rows]


def of(project):
    return Filter("project_id", "eq", project)


def test_each_owner_sees_names_of_its_time(store, recorder, tell):
    recorder.record(lived(tell, LIFE))
    assert names(store, "p1") == ["mine"]
    assert names(store, "p2") == ['theirs "ü" 漢']
    assert names(store, "p3") == ["last"]
    assert names(store) == ["mine", 'theirs "ü" 漢', "last"]


@pytest.mark.parametrize("name", [None, "", 5, ["x"]])
def test_without_a_name_it_has_none(store, recorder, tell, name):
    first = tell(0, project_id="p1", details={"name": name})
    recorder.record([first, *lived(tell, [(10, "p2", "secret")])])
    assert "secret" not in names(store, "p1")
    if not name:
        assert names(store, "p1") == [None]


def test_what_only_ends_names_nothing(store, recorder, tell):
    """A name in the message of the second of the transfer is the next's."""
    life = [(0, "p1", None), (10, "p2", "secret")]
    corrected = tell(3, "amend", details={"name": "secret"}, size_gb=2)
    recorder.record([*lived(tell, life), corrected])
    assert "secret" not in names(store, "p1")


def test_who_gets_it_back_sees_its_name(store, recorder, tell):
    life = [(0, "p1", "old"), (10, "p2", "secret"), (20, "p1", "new")]
    recorder.record(lived(tell, life))
    assert names(store, "p1") == ["new", "new"]
    assert names(store, "p2") == ["secret"]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (Filter("name", "eq", "last"), 0),
        (Filter("name", "neq", "mine"), 0),
        (Filter("name", "in", ("last", None)), 0),
        (Filter("name", "eq", "mine"), 1),
    ],
)
def test_nobody_finds_by_a_later_name(
    store, recorder, tell, at, condition, count
):
    recorder.record(lived(tell, LIFE))
    listing = Listing((of("p1"), condition))
    page = store.ledger.resources_at(listing, at(7))
    assert [row.name for row in page.rows] == ["mine"] * count


def test_a_later_name_is_in_no_marker(store, recorder, tell, at):
    for n in range(3):
        life = [(0, "p1", f"mine-{n}"), (10, "p2", f"secret-{2 - n}")]
        recorder.record(lived(tell, life, name=f"r-{n}"))
    listing = Listing((of("p1"),), sort=(("name", False),), limit=1)
    page = store.ledger.resources_at(listing, at(5))
    assert "secret" not in str(page.marker)
    rows = walk(
        lambda page: store.ledger.resources_at(page, at(5)),
        1,
        filters=listing.filters,
        sort=listing.sort,
    )
    assert [row.name for row in rows] == ["mine-0", "mine-1", "mine-2"]


def test_it_costs_one_statement(store, recorder, tell, statements):
    recorder.record(lived(tell, LIFE))
    statements.clear()
    assert names(store, "p1") == ["mine"]
    assert len(statements) == 1
