"""What callers had the cloud do, and what was announced of it."""

import dataclasses as dc
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from concertim_api.domain.errors import NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing
from tests.functional.listings import walk


@pytest.fixture
def log(store):
    return store.operations


def ids(rows):
    return [uuid.UUID(row.id).int for row in rows]


def test_it_comes_back_as_it_went(log, operation, at):
    full = operation(
        arguments={"server_ids": ["a", "ü"], "size_gb": 5, "force": True},
        state="accepted",
        error="n\u00fcchts",
        answered_at=at(1),
        finished_at=at(2) + timedelta(microseconds=1),
        looks=7,
    )
    bare = operation(
        1,
        resource_id=None,
        name=None,
        project_id=None,
        user_id=None,
        request_id=None,
        look_at=None,
    )
    for saved in (full, bare):
        log.add(saved)
        assert log.get(saved.id) == saved


def test_what_is_saved_is_kept(log, operation, at):
    log.add(operation())
    log.add(operation(1))
    accepted = operation(
        state="accepted", resource_id="new", answered_at=at(1), looks=1
    )
    log.save(accepted)
    assert log.get(accepted.id) == accepted
    assert log.get(operation(1).id) == operation(1)


def test_the_first_end_counts(log, operation, at):
    """A slow answer comes when an agent has found the verdict."""
    log.add(operation())
    ended = operation().finished("done", None, at(2))
    log.save(ended)
    log.save(operation(state="accepted", answered_at=at(3)))
    log.save(operation().finished("failed", "refused", at(4)))
    assert log.get(ended.id) == ended


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"state": "done", "finished": 12}, False),
        ({"state": "done", "finished": 10}, True),
        ({"state": "failed"}, True),
        ({"action": "stop"}, True),
        ({"resource_id": "s-2"}, True),
        ({"kind": "volume"}, True),
        ({"region": "south"}, True),
    ],
)
def test_an_operation_is_alone(log, operation, at, more, expected):
    values = {"resource_id": "s-1", "action": "start", **more}
    if second := values.pop("finished", None):
        values["finished_at"] = at(second)
    log.add(operation(9, **values))
    subject = operation(10, resource_id="s-1", action="stop")
    log.add(dc.replace(subject, state="accepted"))
    assert log.is_alone(subject) is expected


def test_what_leaves_no_trace_is_not_alone_beside_the_same(log, operation):
    """Whose trace would it be?"""
    values = {"resource_id": "s-1", "action": "reboot", "state": "accepted"}
    for number in (9, 10):
        log.add(operation(number, **values))
    first, second = (operation(number, **values) for number in (9, 10))
    assert not log.is_alone(first)
    assert not log.is_alone(second)


# Two that change one thing


def asked(operation, number, **more):
    """Return what is asked of one server; the cloud has 5 minutes."""
    values = {"resource_id": "s-1", "look_at": later(operation(number))}
    return operation(number, **{**values, **more})


def later(operation):
    return operation.asked_at + timedelta(minutes=5)


def test_the_first_has_what_it_changes(log, operation):
    first = asked(operation, 1)
    assert log.add(first) is None
    second = asked(operation, 2, action="destroy")
    assert log.add(second) == first
    with pytest.raises(NotFound):
        log.get(second.id)


def test_who_has_an_answer_has_it_no_longer(log, operation, at):
    first = asked(operation, 1)
    log.add(first)
    log.save(dc.replace(first, state="accepted", answered_at=at(2)))
    assert log.add(asked(operation, 2)) is None
    # What becomes of the first takes nothing from the second.
    log.save(first.finished("done", None, at(3)))
    assert log.add(asked(operation, 3)) == asked(operation, 2)


def test_who_never_answers_has_it_for_a_while(log, operation, at):
    first = asked(operation, 1)
    log.add(first)
    in_time = later(first) - timedelta(microseconds=1)
    assert log.add(asked(operation, 2, asked_at=in_time)) == first
    second = asked(operation, 3, asked_at=later(first), look_at=None)
    assert log.add(second) is None
    assert log.add(asked(operation, 4, asked_at=later(first))) == second
    assert log.get(first.id) == first


@pytest.mark.parametrize(
    "other",
    [
        {"resource_id": "s-2"},
        {"kind": "volume"},
        {"arguments": {"user_id": "ann"}},
        {"resource_id": None},
        {"state": "failed", "look_at": None},
    ],
)
def test_what_is_not_the_same(log, operation, other):
    log.add(asked(operation, 1))
    assert log.add(asked(operation, 2, **other)) is None


def test_of_many_at_once_one_is_first(log, operation):
    """Eight threads, twenty times."""
    with ThreadPoolExecutor(8) as pool:
        for turn in range(0, 160, 8):
            start = threading.Barrier(8)

            def add(number, resource_id=f"s-{turn}", start=start):
                start.wait(30)
                return log.add(
                    asked(operation, number, resource_id=resource_id)
                )

            answers = list(pool.map(add, range(turn, turn + 8)))
            (first,) = [n for n, row in enumerate(answers) if row is None]
            ids = {row.id for row in answers if row is not None}
            assert ids == {operation(turn + first).id}


def test_what_a_claim_costs(log, operation, statements):
    statements.clear()
    log.add(asked(operation, 1))
    assert len(statements) == 1
    statements.clear()
    log.add(asked(operation, 2))
    assert len(statements) == 3


# Whether a user was changed


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),  # it waits for its answer
        ({"answered_at": 1}, True),
        ({"answered_at": 2}, False),
        ({"state": "failed", "finished_at": 1}, True),
        ({"state": "unsure", "finished_at": 2}, False),
        ({"noun": "instance"}, True),
        ({"resource_id": "bob"}, True),
    ],
)
def test_a_user_is_unchanged(log, operation, at, values, expected):
    moments = ("answered_at", "finished_at")
    values = {
        name: at(value) if name in moments else value
        for name, value in values.items()
    }
    log.add(operation(**{"noun": "user", "resource_id": "ann", **values}))
    assert log.is_unchanged("ann", at(2)) is expected


def test_what_nobody_has_heard_of(log, operation):
    log.save(operation())
    with pytest.raises(NotFound, match="not found"):
        log.get(operation().id)


def test_long_and_odd_words_are_kept_as_far_as_they_can(log, operation):
    log.add(operation(error="\0" + "e" * 9999, name="n" * 999))
    saved = log.get(operation().id)
    assert saved.error.startswith("\ufffdeee")
    assert (len(saved.error), len(saved.name)) == (4000, 255)


def test_of_another_project(log, operation):
    log.add(operation())
    own = [Filter("project_id", "eq", "p1")]
    assert log.get(operation().id, own).project_id == "p1"
    with pytest.raises(NotFound):
        log.get(operation().id, [Filter("project_id", "eq", "p2")])


# Pages


@pytest.fixture
def many(log, operation):
    for n in range(7):
        log.add(
            operation(
                n,
                project_id=f"p{n % 2}",
                action=("stop", "start")[n % 2],
                state="done" if n < 4 else "asked",
            )
        )


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_page_by_page(log, many, limit, descending):
    rows = walk(log.page, limit, sort=(("asked_at", descending),))
    assert ids(rows) == sorted(range(7), reverse=descending)


def test_those_of_one_moment_are_not_lost_between_pages(log, operation, at):
    for n in range(5):
        log.add(operation(n, asked_at=at(0)))
    assert sorted(ids(walk(log.page, 3))) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("field", "operator", "value", "found"),
    [
        ("project_id", "eq", "p1", [5, 3, 1]),
        ("action", "eq", "stop", [6, 4, 2, 0]),
        ("action", "in", ("stop", "start"), [6, 5, 4, 3, 2, 1, 0]),
        ("state", "neq", "done", [6, 5, 4]),
        ("resource_id", "eq", "r-3", [3]),
        ("noun", "eq", "rack", []),
        ("user_id", "eq", "ann", [6, 5, 4, 3, 2, 1, 0]),
        ("request_id", "eq", "req-2", []),
        ("region", "eq", "south", []),
    ],
)
def test_by_fields(log, many, field, operator, value, found):
    listing = Listing((Filter(field, operator, value),))
    assert ids(log.page(listing).rows) == found


def test_by_time(log, many, at):
    listing = Listing(
        (Filter("asked_at", "gte", at(2)), Filter("asked_at", "lt", at(4)))
    )
    assert ids(log.page(listing).rows) == [3, 2]


# Looking after them


def test_those_that_are_not_finished_the_most_urgent_first(log, operation, at):
    for n, look_at in enumerate([at(30), None, at(10), at(20)]):
        log.add(operation(n, look_at=look_at))
    assert ids(log.unfinished(9)) == [2, 3, 0]
    assert ids(log.unfinished(2)) == [2, 3]


def test_each_state_is_announced_once(log, operation):
    log.add(operation())
    assert ids(log.unannounced(9)) == [0]
    log.set_announced(log.unannounced(9))
    assert log.unannounced(9) == []
    assert log.get(operation().id).announced_state == "asked"
    log.save(operation(looks=3))
    assert log.unannounced(9) == []  # its state is the same
    log.save(operation(state="accepted"))
    (saved,) = log.unannounced(9)
    assert (saved.state, saved.announced_state) == ("accepted", "asked")
    log.set_announced([saved])
    assert log.unannounced(9) == []


def test_what_changed_while_it_was_announced_is_announced_again(
    log, operation
):
    log.add(operation())
    (announced,) = log.unannounced(9)
    log.save(operation(state="done"))
    log.set_announced([announced])
    (saved,) = log.unannounced(9)
    assert (saved.state, saved.announced_state) == ("done", "asked")


def test_who_saves_need_not_know_what_was_announced(log, operation):
    """Who asks for an operation holds it as it began, and an agent may have
    told of it meanwhile."""
    log.add(operation())
    log.set_announced(log.unannounced(9))
    log.save(operation(state="accepted", announced_state=None))
    assert log.get(operation().id).announced_state == "asked"
    log.save(operation(state="asked", announced_state="done"))
    assert log.unannounced(9) == []
    assert log.get(operation().id).announced_state == "asked"


def test_the_oldest_is_announced_first(log, operation, at):
    for n in (2, 0, 1):
        log.add(operation(n))
    assert ids(log.unannounced(9)) == [0, 1, 2]
    assert ids(log.unannounced(2)) == [0, 1]
    log.set_announced([])
    assert len(log.unannounced(9)) == 3


# What is known of resources


def test_what_is_seen_of_resources(log, recorder, tell, at):
    recorder.record([tell(0), tell(60, key="later")])
    ref = tell(0).ref
    evidence = log.evidence([ref, Ref("north", "instance", "nobody")])
    assert set(evidence) == {ref}
    assert evidence[ref].reported_at == tell(60).reported_at
    assert evidence[ref].shape == tell(0).shape
    assert not evidence[ref].is_ended
    assert not evidence[ref].is_whole
    assert log.evidence([]) == {}


def test_an_end_is_seen(log, recorder, tell):
    recorder.record([tell(0), tell(60, "gone", key="end")])
    ref = tell(0).ref
    assert log.evidence([ref])[ref].is_ended


def test_what_an_agent_has_of_several_regions_is_kept_apart(
    log, recorder, tell
):
    here = tell(0)
    there = dc.replace(here, ref=here.ref._replace(region="x"), key="there")
    recorder.record([here, there])
    assert set(log.evidence([here.ref])) >= {here.ref}
    assert set(log.evidence([here.ref, there.ref])) == {here.ref, there.ref}


# In the end


def test_what_is_finished_is_forgotten_in_time(log, operation, at):
    for n in range(6):
        log.add(operation(n, state="done", look_at=None))
    log.add(operation(7, asked_at=at(-9)))  # open, however old it is
    assert log.forget(at(0), 9) == 0
    assert log.forget(at(4), 3) == 3
    assert log.forget(at(4), 3) == 1
    assert log.forget(at(4), 3) == 0
    assert ids(log.page(Listing()).rows) == [5, 4, 7]
