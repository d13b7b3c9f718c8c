"""What a resource was at a moment, out of all that was said of it."""

import dataclasses as dc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger import history
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.view.moments import ResourceRecord

REF = Ref("here", "instance", "a")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def word(minutes, says="alive", **facts):
    return Observation(
        ref=REF,
        at=at(minutes),
        reported_at=at(minutes),
        received_at=at(minutes),
        key=facts.pop("key", f"{minutes}-{says}"),
        says=says,
        **facts,
    )


def record_of(*words):
    return ResourceRecord(REF, history.fold(words).periods, words)


def test_each_moment_has_its_facts():
    record = record_of(
        word(0, project_id="p", shape={"n": 1}, details={"name": "a"}),
        word(5, shape={"n": 2}),
        word(7, details={"name": "b", "host": "h"}),
        word(9, "gone"),
    )
    assert record.at(at(-1)) is None
    assert record.at(at(0)).shape == {"n": 1}
    assert record.at(at(4)).details == {"name": "a"}
    fact = record.at(at(6))
    assert (fact.shape, fact.details) == ({"n": 2}, {"name": "a"})
    assert (fact.start, fact.updated_at) == (at(0), at(5))
    assert record.at(at(8)).details == {"name": "b", "host": "h"}
    assert record.at(at(9)) is None


def test_what_was_found_late_was_so_from_the_beginning():
    record = record_of(
        word(9, since=at(0), details={"name": "a", "task": "x"}),
        word(12, details={"task": None}),
    )
    assert record.at(at(3)).details == {"name": "a", "task": "x"}
    assert record.at(at(13)).details == {"name": "a", "task": None}


def test_a_name_that_was_told_late_was_always_its_own():
    record = record_of(
        word(0, details={"host": "h"}), word(9, details={"name": "a"})
    )
    assert record.at(at(1)).label == "a"
    assert record.details_at(at(1)) == {"host": "h", "name": "a"}


def test_a_name_of_the_next_owner_was_never_that_of_the_first():
    record = record_of(
        word(0, project_id="p"),
        word(5, project_id="q"),
        word(9, project_id="q", details={"name": "secret"}),
    )
    assert [record.at(at(n)).label for n in (1, 6, 9)] == ["", "", "secret"]
    assert record.details_at(at(1)) == {}
    labels = [fact.label for _, fact in record.changes()]
    assert labels == ["", "", "secret"]


def test_a_name_that_came_with_its_project_was_always_its_own():
    record = record_of(word(0), word(9, project_id="p", details={"name": "a"}))
    assert record.at(at(1)).label == "a"


def test_of_what_is_around_anything_told_late_counts():
    record = record_of(
        word(0, details={"tags": ["old"]}),
        word(5, details={"tags": ["new"], "domain_id": "d"}),
    )
    assert record.details_at(at(1)) == {"tags": ["old"], "domain_id": "d"}
    assert record.details_at(at(6))["tags"] == ["new"]
    assert "domain_id" not in record.at(at(1)).details


def test_what_is_known_by_its_end_alone():
    record = record_of(word(9, "gone", since=at(0), details={"name": "a"}))
    assert record.at(at(5)).label == "a"
    assert record.at(at(9)) is None


def test_what_a_person_said_counts():
    observation = word(9, "set", project_id="p", details={"name": "by hand"})
    record = record_of(dc.replace(observation, at=at(2)))
    assert record.at(at(1)) is None
    assert record.at(at(5)).label == "by hand"
    assert record.at(at(15)).label == "by hand"


def test_nothing_is_known():
    assert ResourceRecord(REF, (), ()).at(NOON) is None
    assert ResourceRecord(REF, (), ()).details_at(NOON) == {}
    assert [*ResourceRecord(REF, (), ()).changes()] == []


def test_changes():
    record = record_of(
        word(0, details={"name": "a"}),
        word(5, shape={"n": 2}),
        word(9, "gone"),
        word(20, "restored"),
    )
    assert [(moment, fact is None) for moment, fact in record.changes()] == [
        (at(0), False),
        (at(5), False),
        (at(9), True),
        (at(20), False),
    ]


WORDS = st.lists(
    st.builds(
        word,
        st.integers(0, 50),
        st.sampled_from(["alive", "gone", "absent", "restored"]),
        key=st.uuids().map(str),
        shape=st.sampled_from([{}, {"n": 1}, {"n": 2}]),
        details=st.sampled_from([{}, {"name": "a"}, {"name": "b"}]),
    ),
    max_size=8,
)


@given(WORDS)
def test_changes_and_moments_agree(words):
    record = record_of(*words)
    for moment, fact in record.changes():
        then = record.at(moment)
        assert fact == (then and dc.replace(then, updated_at=None))


@given(WORDS)
def test_the_latest_moment_is_what_is(words):
    life = history.fold(words).life
    fact = record_of(*words).at(at(1000))
    assert (fact is not None) == (life.runs and life.start != life.end)
    if fact is not None:
        assert fact.shape == life.shape


@pytest.mark.parametrize("count", [2000])
def test_many_words_take_no_more_than_they_must(count):
    words = [word(n, details={"n": n}) for n in range(count)]
    record = ResourceRecord(REF, history.fold(words).periods, words)
    assert sum(1 for _ in record.changes()) == count
