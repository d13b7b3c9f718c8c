"""Telling others what becomes of operations."""

import dataclasses as dc
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.operations import FINAL, STATES, Operation
from concertim_api.services.jobs.job import Outcome
from concertim_api.services.operations.announcements import (
    Announcements,
    announcements,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def new_operation(**more):
    asked = {
        "id": str(uuid.UUID(int=1)),
        "noun": "rack",
        "action": "suspend",
        "region": "RegionOne",
        "kind": "stack",
        "resource_id": "s-1",
        "project_id": "p-1",
        "user_id": "u-1",
        "asked_at": NOW,
        **more,
    }
    return Operation(**asked)


def types(operation):
    return [said.event_type for said in announcements(operation)]


@pytest.mark.parametrize(
    ("state", "announced_state", "phases"),
    [
        ("asked", None, ["start"]),
        # It was done before anybody was told that it started.
        ("done", None, ["start", "end"]),
        # That the cloud took it is no news.
        ("accepted", "asked", []),
    ],
)
def test_what_is_told(state, announced_state, phases):
    operation = new_operation(state=state, announced_state=announced_state)
    assert types(operation) == [f"concertim.rack.suspend.{p}" for p in phases]


@pytest.mark.parametrize("state", ["failed", "unsure"])
def test_what_failed_is_an_error(state):
    operation = new_operation(
        state=state, announced_state="accepted", error="Heat says no"
    )
    (said,) = announcements(operation)
    assert said.event_type == "concertim.rack.suspend.error"
    assert said.is_error
    assert said.payload["state"] == state
    assert said.payload["error"] == "Heat says no"


def test_who_did_what_is_told():
    end = NOW + timedelta(seconds=3)
    operation = new_operation(
        state="done",
        announced_state="asked",
        finished_at=end,
        request_id="req-1",
        arguments={"hard": True},
    )
    (said,) = announcements(operation)
    assert said.at == end
    assert said.payload == {
        "operation_id": operation.id,
        "noun": "rack",
        "action": "suspend",
        "region": "RegionOne",
        "resource_id": "s-1",
        "name": None,
        "project_id": "p-1",
        "user_id": "u-1",
        "request_id": "req-1",
        "arguments": {"hard": True},
        "state": "done",
        "error": None,
    }


@given(st.sampled_from(STATES), st.none() | st.sampled_from(STATES))
def test_a_repetition_is_known_by_its_id(state, announced):
    operation = new_operation(state=state, announced_state=announced)
    again = announcements(dc.replace(operation))
    assert announcements(operation) == again
    assert len({said.message_id for said in again}) == len(again)


@given(st.lists(st.sampled_from(sorted(set(STATES) - FINAL)), max_size=3))
def test_each_phase_is_told_once_whatever_the_states_between(between):
    types_, announced = [], None
    for state in ("asked", *between, "done"):
        operation = new_operation(state=state, announced_state=announced)
        types_ += types(operation)
        announced = state
    assert types_ == [
        "concertim.rack.suspend.start",
        "concertim.rack.suspend.end",
    ]


class Log:
    def __init__(self, *operations):
        self._operations = list(operations)
        self.noted = []

    def unannounced(self, limit):
        return self._operations[:limit]

    def set_announced(self, operations):
        self.noted += [operation.id for operation in operations]


class Bus:
    def __init__(self, broken_after=10**9):
        self.types = []
        self._left = broken_after

    def announce(self, announcement):
        if not self._left:
            raise Unavailable("the message bus: OSError")
        self._left -= 1
        self.types.append(announcement.event_type)


def test_what_could_not_be_told_is_told_later():
    log = Log(
        new_operation(id="1"), new_operation(id="2"), new_operation(id="3")
    )
    bus = Bus(broken_after=1)
    result = Announcements(log, bus).run()
    assert result == Outcome(
        "failed", {"announced": 1}, "the message bus: OSError"
    )
    assert log.noted == ["1"]


def test_half_of_what_was_to_be_told_is_not_told():
    """The end is still to come: both come again, with the same ids."""
    log = Log(new_operation(id="1", state="done"))
    bus = Bus(broken_after=1)
    result = Announcements(log, bus).run()
    assert bus.types == ["concertim.rack.suspend.start"]
    assert (result.summary, log.noted) == ({"announced": 0}, [])
    assert (result.outcome, result.idle) == ("failed", False)


def test_many_are_told_in_turns():
    log = Log(*(new_operation(id=str(n)) for n in range(250)))
    result = Announcements(log, Bus()).run()
    assert result == Outcome(summary={"announced": 200}, more=True)


def test_without_news_there_is_nothing_to_do():
    assert Announcements(Log(), Bus()).run().idle
