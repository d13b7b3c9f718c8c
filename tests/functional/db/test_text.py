"""Whatever text the cloud sends is kept as it is, and is only text."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.services.common.listing import Filter, Listing
from tests.properties import examples

_numbers = itertools.count()
T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def told(ref, **facts):
    return Observation(
        ref=ref,
        at=T0,
        reported_at=T0,
        key=f"text-{next(_numbers)}",
        says="alive",
        **facts,
    )


text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=1,
    max_size=60,
)


@given(name=text, value=text)
@example(name="'; DROP TABLE resources; --", value="\\' OR 1=1 -- ")
@example(name="\\", value="\\\\'")
@example(name="%s %(x)s %%", value=":name ? $1 {}")
@example(name='"`$\x1a\r\n\t', value="\u00bf'\u0027\u02bc\uff07")
@example(name="\U0001f4a9 é ü ß", value="\x7f\x01")
@examples(150)
def test_text_comes_back_as_it_was(recorder, store, name, value):
    ref = Ref("north", "volume", f"v-{next(_numbers)}")
    observation = told(
        ref, details={"name": name}, shape={"note": value}, project_id=name
    )
    recorder.record([observation])
    resource, periods, (kept, *_) = store.histories.history(ref)
    assert resource.name == name
    assert periods[0].shape == {"note": value}
    assert periods[0].project_id == name
    assert kept.details == {"name": name}
    listing = Listing(filters=(Filter("project_id", "eq", name),))
    assert ref.id in {row.id for row in store.ledger.resources(listing).rows}


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ("\0", "id"),
        ("a\0b", "name"),
        ("\ud800", "id"),
        ("\ud800", "name"),
        ("\ud800", "note"),
    ],
)
def test_what_no_database_keeps_is_refused(recorder, bad, where):
    ref = Ref("north", "volume", bad if where == "id" else "v")
    observation = told(
        ref,
        details={"name": bad if where == "name" else "x"},
        shape={"note": bad if where == "note" else "x"},
    )
    with pytest.raises(Invalid):
        recorder.record([observation])
