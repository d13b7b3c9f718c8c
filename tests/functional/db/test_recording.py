"""record() on a database means what fold means, in few statements."""

import dataclasses as dc
import json
import random
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.history import fold
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.ledger.ports import Window
from tests.properties import examples
from tests.unit.domain.ledger.histories import histories, shuffled, split

FLAVOR = {"id": "1", "name": "m1.small", "vcpus": 2, "ram_mb": 2048}


def _as_of(facts, ref):
    """The same facts of a resource of its own."""
    return [
        dc.replace(fact, ref=ref, key=f"{ref.id}/{fact.key}") for fact in facts
    ]


def _periods(store, ref):
    return tuple(store.histories.history(ref)[1])


@examples(100)
@given(facts=histories(corrections=True), seed=st.integers(0, 2**32))
def test_any_order_any_repetition_any_split_is_the_fold(
    store, recorder, facts, seed
):
    rng = random.Random(seed)
    ref = Ref("north", "instance", str(uuid.uuid4()))
    facts = _as_of(facts, ref)
    for batch in split(shuffled(facts, rng), rng):
        recorder.record(batch)
    row, periods, observations = store.histories.history(ref)
    expected = fold(facts)
    assert tuple(periods) == expected.periods
    assert fold(observations) == expected
    life = store.transactions.write(lambda ledger: ledger.lives([ref]))[ref]
    assert life == expected.life
    assert (row.start, row.end) == (life.start, life.end)


@examples(15)
@given(many=st.lists(histories(corrections=True), min_size=5, max_size=30))
def test_batches_of_many_resources(store, recorder, many):
    rng = random.Random(0)
    run = uuid.uuid4().hex
    refs = [Ref("north", "instance", f"{run}-{n}") for n in range(len(many))]
    all_facts = [
        fact
        for facts, ref in zip(many, refs, strict=True)
        for fact in _as_of(facts, ref)
    ]
    for batch in split(shuffled(all_facts, rng), rng):
        recorder.record(batch)
    for facts, ref in zip(many, refs, strict=True):
        assert _periods(store, ref) == fold(_as_of(facts, ref)).periods


def _stored(store, *facts):
    def receipts(ledger):
        ledger.lives([fact.ref for fact in facts])
        return ledger.receipts([fact.id for fact in facts])

    return store.transactions.write(receipts)


def test_one_message_id_of_two_regions_is_two_facts(store, recorder, tell):
    north = tell(0, key="m-1", size_gb=1)
    south = tell(9, key="m-1", size_gb=2, ref=north.ref._replace(region="s"))
    assert recorder.record([north]).new == {north.id}
    assert _stored(store, south) == {}
    assert recorder.record([south]).new == {south.id}
    for fact in (north, south):
        assert recorder.record([fact]).known == {fact.id}
        assert _periods(store, fact.ref) == fold([fact]).periods


def test_one_message_id_of_two_regions_in_a_batch(store, recorder, tell):
    regions = [Ref(name, "instance", "a") for name in ("north", "south")]
    facts = [tell(0, key="m-1", ref=ref) for ref in regions]
    assert len(recorder.record(facts).new) == 2
    assert _stored(store, *facts).keys() == {fact.id for fact in facts}


def test_a_sync_mends_what_a_clock_ahead_said(store, recorder, tell, at):
    first = tell(0, flavor=FLAVOR, state="on")
    ahead = tell(9000, flavor=FLAVOR, state="off", received=10)
    recorder.record([first, ahead])
    seen = tell(600, flavor=FLAVOR, state="on", source="listing")
    assert recorder.reconcile([Sighting(seen)]).changed == 1
    periods = _periods(store, first.ref)
    states = [(period.start, period.shape["state"]) for period in periods]
    assert states == [(at(0), "on"), (at(70), "off"), (at(600), "on")]
    assert recorder.reconcile([Sighting(tell(700, "absent"))]).absent == 1
    assert _periods(store, first.ref)[-1].end == at(700)


def test_what_ends_at_the_end_of_time_does_not_run(store, recorder, tell, at):
    first = tell(0, size_gb=1)
    end = dc.replace(tell(9, "gone"), at=datetime.max.replace(tzinfo=UTC))
    recorder.record([first, end])
    row, [period], [_, observation] = store.histories.history(first.ref)
    assert (row.end, period.end) == (at(69), at(69))
    assert observation.reason.startswith("dated 9999-12-31T23:59:59")
    running = Listing(equal(running=True))
    assert not store.ledger.periods(running, Window()).rows


def test_the_first_receipt_of_a_message_counts(store, recorder, tell, at):
    copies = [
        tell(9000, size_gb=2, key="m", received=received)
        for received in (300, 100, 200, 9000)
    ]
    for copy, start in zip(copies, (360, 160, 160, 160), strict=True):
        recorded = recorder.record([tell(0, size_gb=1, key="first"), copy])
        assert (copy.id in recorded.known) == (copy is not copies[0])
        assert _periods(store, copy.ref)[1].start == at(start)
        _, periods, facts = store.histories.history(copy.ref)
        assert fold(facts).periods == tuple(periods)
    assert facts[1] == copies[1]


def test_a_late_resize_is_spliced_into_the_past(store, recorder, tell, at):
    first = tell(0, size_gb=1)
    recorder.record([first, tell(50, "gone")])
    recorder.record([tell(20, size_gb=2), tell(30, size_gb=1)])
    assert [(p.start, p.end) for p in _periods(store, first.ref)] == [
        (at(0), at(20)),
        (at(20), at(30)),
        (at(30), at(50)),
    ]


def test_a_refuted_absence_joins_two_periods(store, recorder, tell, at):
    first = tell(0, size_gb=1)
    recorder.record([first, tell(10, size_gb=2), tell(20, size_gb=3)])
    recorder.record([tell(10, size_gb=1), tell(5, size_gb=2, key="late")])
    recorder.record([tell(5, size_gb=1, key="later", reported=6)])
    starts = [p.start for p in _periods(store, first.ref)]
    assert starts == [
        p.start for p in fold(store.histories.history(first.ref)[2]).periods
    ]


def test_a_period_that_turns_out_empty_is_dropped(store, recorder, tell):
    first = tell(0, size_gb=1)
    recorder.record([first])
    recorder.record([tell(0, "gone", reported=1)])
    assert _periods(store, first.ref) == ()


def test_period_ids_stay_when_a_period_ends(store, recorder, tell):
    recorder.record([tell(0, size_gb=1)])
    before = store.ledger.periods(Listing(), Window()).rows
    recorder.record([tell(9, "gone")])
    after = store.ledger.periods(Listing(), Window()).rows
    assert [row.id for row in before] == [row.id for row in after]
    assert before[0].end is None
    assert after[0].end is not None


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=1,
    max_size=60,
)


@given(text=TEXT)
@example("'; DROP TABLE resources; --")
@example("\\' OR 1=1 -- ")
@example("\\")
@example("\\\\'")
@example('it\'s "quoted" \\ 100% %s %(x)s :name ? $1 {} ;--')
@example('"`$\x1a\r\n\t')
@example("\u00bf'\u0027\u02bc\uff07")
@example("\U0001f4a9 é ü ß")
@example("\x7f\x01")
@example("Zoë 漢字 🚀 trailing ")
@examples(150)
def test_text_comes_back_as_it_went(store, recorder, tell, text):
    unique = f"{uuid.uuid4()} {text}"
    fact = tell(
        0,
        name=unique,
        key=unique,
        project_id=text,
        details={"name": text, text: [text, None, 1.5, True]},
        source=text,
        state=text,
        other={text: text},
    )
    recorder.record([fact])
    row, [period], [observation] = store.histories.history(fact.ref)
    assert observation == fact
    assert (row.id, row.name) == (unique, text)
    assert period.project_id == text
    assert period.shape == fact.shape
    assert _stored(store, fact) == {fact.id: fact.received_at}
    listing = Listing(equal(resource_id=unique, project_id=text))
    [listed] = store.ledger.periods(listing, Window()).rows
    assert listed.name == text


def test_ids_differ_by_case_accent_and_space(store, recorder, tell):
    names = ["key", "Key", "kéy", "key "]
    recorder.record([tell(0, name=name, key=name) for name in names])
    found = store.ledger.resources(Listing()).rows
    assert [row.id for row in found] == sorted(names)
    assert [len(store.ledger.find(name)) for name in names] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("key", {"key": "k" * 256}),
        ("id", {"name": "i" * 256}),
        ("project_id", {"project_id": "p" * 256}),
        ("state", {"state": "s" * 65}),
        ("id", {"name": "nul\0"}),
        ("id", {"name": "\ud800"}),
        ("name", {"details": {"name": "a\0b"}}),
        ("shape", {"note": "\ud800"}),
        ("shape", {"number": 2**70}),
        ("details", {"details": {"text": "\ud800"}}),
        ("shape", {"text": "x" * 2**20}),
    ],
)
def test_what_does_not_fit_is_refused_whole(
    store, recorder, tell, field, wrong
):
    given = {"key": "k", **wrong}
    with pytest.raises(Invalid) as refused:
        recorder.record([tell(0, name="fine"), tell(1, **given)])
    assert refused.value.field == field
    assert store.ledger.resources(Listing()).rows == []


MIB = "x" * 2**20


def test_details_that_are_too_large_are_left_out_of_a_fact(
    store, recorder, tell
):
    details = {"name": "n" * 300, "state": "s" * 65, "text": MIB, "host": "h"}
    fact = tell(1, name="b", key="k", size_gb=5, details=details)
    assert len(recorder.record([tell(0, name="a"), fact]).new) == 2
    _, row = store.ledger.resources(Listing()).rows
    kept = {"name": "n" * 254 + "…", "state": "s" * 63 + "…", "host": "h"}
    assert (row.name, json.loads(row.details)) == (kept["name"], kept)
    assert [p.shape for p in _periods(store, fact.ref)] == [{"size_gb": 5}]
    (_, observation) = store.histories.observations(Listing()).rows
    assert observation.reason == (
        "name is cut: it had 300 characters; "
        "state is cut: it had 65 characters; "
        "text is left out: it had 1048588 bytes"
    )


def test_a_listing_that_is_too_large_is_news_once(store, recorder, tell):
    details = {"name": "n" * 300, "text": MIB}
    for second in range(3):
        fact = tell(second, name="b", key=f"k{second}", details=details)
        counts = recorder.reconcile([Sighting(fact)])
        assert (counts.new, counts.unchanged) == (not second, bool(second))


def test_details_that_are_too_large_together_are_left_out(
    store, recorder, tell
):
    for second, name in enumerate("ab"):
        details = {"name": "b", name: "x" * 2**19, f"small {name}": 1}
        recorder.record([tell(second, key=name, size_gb=5, details=details)])
    (row,) = store.ledger.resources(Listing()).rows
    assert [*json.loads(row.details)] == ["b", "name", "small a", "small b"]
    assert not row.end


def test_what_changes_is_stale_until_it_is_settled(store, recorder, tell):
    def settle(work):
        found = work.stale(10)
        work.settle(found, ())
        return [held.fact.ref.id for held in found]

    recorder.record([tell(0, state="on", name="a"), tell(0, name="b")])
    assert store.projection.is_stale()
    assert sorted(store.projection.project(settle)) == ["a", "b"]
    assert not store.projection.is_stale()
    recorder.record([tell(1, state="on", name="a"), tell(1, name="b")])
    assert not store.projection.is_stale()
    recorder.record([tell(2, state="off", name="a"), tell(2, name="b")])
    recorder.record([tell(3, state="off", name="a")])
    assert store.projection.project(settle) == ["a"]
    recorder.record([tell(4, details={"host": "h"}, name="b")])
    assert store.projection.project(settle) == ["b"]
    recorder.record([tell(5, "gone", name="b")])
    assert store.projection.project(settle) == ["b"]
    assert store.projection.project(settle) == []


def test_statements_of_a_batch_of_known_resources(recorder, tell, statements):
    names = [f"i-{n}" for n in range(600)]
    recorder.record([tell(0, name=name, flavor=FLAVOR) for name in names])
    created = len(statements)
    statements.clear()
    recorder.record([tell(9, name=name, state="off") for name in names])
    # lives (3), known, add, save, put, cursors, feed
    assert created == 9
    # lives now takes one
    assert len(statements) == 7
    statements.clear()
    recorder.record([tell(9, name=name, state="off") for name in names])
    assert len(statements) == 2


def test_statements_of_a_batch_that_is_folded(recorder, tell, statements):
    names = [f"i-{n}" for n in range(300)]
    for moment, size in ((0, 1), (20, 2), (30, 1)):
        recorder.record([tell(moment, name=n, size_gb=size) for n in names])
    statements.clear()
    late = [tell(20, "alive", n, size_gb=1, reported=21) for n in names]
    recorder.record([*late, *(tell(9, name=f"new-{n}") for n in names)])
    assert len(statements) <= 12
    assert any("DELETE" in text for text in statements)


def test_statements_of_a_batch_with_copies_received_before(
    recorder, tell, statements
):
    names = [f"i-{n}" for n in range(300)]

    def ahead(received):
        return [
            tell(900, name=n, size_gb=3, key=n, received=received)
            for n in names
        ]

    for moment, size in ((0, 1), (20, 2), (30, 1)):
        recorder.record([tell(moment, name=n, size_gb=size) for n in names])
    recorder.record(ahead(30))
    statements.clear()
    late = [tell(20, "alive", n, size_gb=1, reported=21) for n in names]
    more = [tell(9, name=f"new-{n}") for n in names[:100]]
    recorder.record([*ahead(15), *late, *more])
    assert len(statements) == 13
    statements.clear()
    recorder.record(ahead(20))
    assert len(statements) == 2
