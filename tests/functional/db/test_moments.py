"""Resources of a past moment: what was observed until then, and how much of
it is read."""

import dataclasses as dc
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.domain.ledger.observations import Ref, details_at
from concertim_api.services.common.listing import Filter, Listing, Scope
from concertim_api.services.ledger import resources as services
from concertim_api.services.ledger.resources import NamedResource, Resources
from tests.properties import examples
from tests.unit.domain.ledger.histories import GRID, histories, second

MANY = 6


@pytest.fixture
def resources(store):
    return Resources(store.ledger, store.histories, KINDS)


@pytest.fixture
def few(monkeypatch):
    """A page may read as many observations as one resource has, mostly."""
    monkeypatch.setattr(services, "_OBSERVATIONS", MANY)


def all_pages(resources, listing, at):
    while True:
        page = resources.list(Scope(None), listing, at)
        yield page.rows
        if page.marker is None:
            return
        listing = dc.replace(listing, marker=page.marker)


def expected(store, row, at):
    """Return details and the last report, by all observations."""
    ref = Ref(row.region, row.kind, row.id)
    observations = store.histories.history(ref)[2]
    return (
        details_at(observations, at),
        max(o.reported_at for o in observations if o.at <= at),
    )


def reads(statements):
    """Count the statements that read observations, but for a name of one."""
    return sum(
        "FROM observations" in text and "FROM periods" not in text
        for text in statements
    )


@pytest.mark.usefixtures("few")
@examples(60)
@given(
    many=st.lists(histories(), min_size=1, max_size=6),
    moment=st.integers(0, GRID),
)
def test_it_is_what_all_observations_say(
    store, recorder, resources, many, moment
):
    run = uuid.uuid4().hex
    for number, facts in enumerate(many):
        ref = Ref("north", "instance", f"{run}-{number}")
        recorder.record(
            dc.replace(
                fact,
                ref=ref,
                key=f"{ref.id}/{fact.key}",
                since=None,
                details={"name": fact.key, "abc"[n % 3]: n},
            )
            for n, fact in enumerate(facts)
        )
    at = second(moment)
    ids = tuple(f"{run}-{number}" for number in range(len(many)))
    listing = Listing((Filter("id", "in", ids),), limit=5)
    rows = [row for page in all_pages(resources, listing, at) for row in page]
    alive = store.ledger.resources_at(dc.replace(listing, limit=99), at).rows
    assert [row.id for row in rows] == [row.resource_id for row in alive]
    for row, period in zip(rows, alive, strict=True):
        assert (row.details, row.updated_at) == expected(store, row, at)
        assert (row.shape, row.start) == (period.shape, period.start)


@pytest.fixture
def busy(recorder, tell):
    """Thirty servers that were renamed three times; the first one oftener."""
    for number in range(30):
        name = f"i-{number:02}"
        recorder.record(
            tell(n, name=name, key=f"{name}-{n}", details={"name": f"{n}"})
            for n in range(3 if number else 50)
        )


@pytest.mark.usefixtures("busy")
def test_a_page_is_shorter_where_it_would_read_too_much(
    store, resources, monkeypatch, statements, at
):
    read = []
    histories_until = store.histories.histories_until

    def noted(refs, until, limit):
        read.append((len(refs), limit))
        return histories_until(refs, until, limit)

    monkeypatch.setattr(store.histories, "histories_until", noted)
    monkeypatch.setattr(services, "_OBSERVATIONS", 20)
    pages = all_pages(resources, Listing(limit=30), at(60))
    assert [row.name for row in next(pages)] == ["49"]
    assert read == [(30, 20), (3, 20), (1, None)]
    assert reads(statements) == 3
    rest = [row for page in pages for row in page]
    assert len(rest) == 29
    assert {row.name for row in rest} == {"2"}


@pytest.mark.usefixtures("busy")
def test_one_takes_its_own_observations_and_those_until_then(
    resources, statements, at
):
    page = resources.get(Scope(None), NamedResource("i-00"), at(30))
    assert [row.name for row in page.rows] == ["30"]
    assert reads(statements) == 1


@pytest.mark.usefixtures("few")
def test_an_id_in_two_regions_stays_ambiguous(recorder, resources, tell, at):
    for region in ("north", "south"):
        ref = Ref(region, "instance", "a")
        recorder.record(tell(n, ref=ref, size_gb=n) for n in range(MANY))
    with pytest.raises(services.Ambiguous, match=r"north.*south"):
        resources.get(Scope(None), NamedResource("a"), at(30))
