"""Sightings and events, in any order, tell one story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger import history
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.ledger.recorder import ReconcileCounts, Recorder
from tests.fakes.ledger import MemoryStore

DAY0 = datetime(2026, 11, 1, tzinfo=UTC)
REF = Ref("R", "instance", "s1")


def at(seconds):
    return DAY0 + timedelta(seconds=seconds)


def told(seconds, says="alive", flavor="small", **fields):
    return Observation(
        ref=REF,
        at=at(seconds),
        reported_at=at(seconds),
        received_at=at(seconds),
        key=f"{seconds}-{says}-{flavor}-{fields.get('source', '')}",
        says=says,
        project_id="p1",
        shape={"flavor": {"name": flavor}} if says == "alive" else {},
        **fields,
    )


def seen(seconds, *args, changed_at=None, **fields):
    return Sighting(
        told(seconds, *args, source="listing", **fields),
        None if changed_at is None else at(changed_at),
    )


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def recorder(store):
    return Recorder(store)


def periods(store):
    return [
        (p.start, p.end, p.shape["flavor"]["name"]) for p in store.stored(REF)
    ]


def test_what_is_known_is_not_stored_again(recorder, store):
    recorder.record([told(0)])
    assert recorder.reconcile([seen(600)]) == ReconcileCounts(unchanged=1)
    assert len(store.history(REF)[2]) == 1


def test_a_missed_resize_is_dated_by_the_cloud(recorder, store):
    recorder.record([told(0)])
    outcome = recorder.reconcile([seen(600, flavor="big", changed_at=333)])
    assert outcome == ReconcileCounts(changed=1)
    assert periods(store) == [
        (at(0), at(333), "small"),
        (at(333), None, "big"),
    ]


def test_an_end_is_exact_and_outranks_absence(recorder, store):
    recorder.record([told(0)])
    assert recorder.reconcile([seen(600, "absent")]) == ReconcileCounts(
        absent=1
    )
    assert recorder.reconcile([seen(500, "gone")]) == ReconcileCounts(gone=1)
    assert recorder.reconcile([seen(500, "gone")]) == ReconcileCounts(
        unchanged=1
    )
    assert recorder.reconcile([seen(700, "absent")]) == ReconcileCounts(
        unchanged=1
    )
    assert periods(store) == [(at(0), at(500), "small")]


_FACTS = st.builds(
    told,
    st.integers(0, 9),
    st.sampled_from(["alive", "alive", "gone", "absent", "restored"]),
    st.sampled_from(["small", "big"]),
)


@given(st.lists(_FACTS, max_size=8), st.integers(10, 200))
def test_a_second_look_never_finds_news(facts, later):
    store = MemoryStore()
    recorder = Recorder(store)
    recorder.record(facts)
    recorder.reconcile([seen(later, flavor="big")])
    before = store.stored(REF)
    assert recorder.reconcile([seen(later, flavor="big")]) == ReconcileCounts(
        unchanged=1
    )
    folded = history.fold(store.history(REF)[2])
    assert list(folded.periods) == before == store.stored(REF)
