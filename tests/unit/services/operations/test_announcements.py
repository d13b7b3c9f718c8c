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


def operation(**more):
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


def types(one):
    return [said.event_type for said in announcements(one)]


def test_what_is_asked_for_starts():
    assert types(operation()) == ["concertim.rack.suspend.start"]


def test_what_was_done_before_anybody_was_told_started_and_ended():
    assert types(operation(state="done", finished_at=NOW)) == [
        "concertim.rack.suspend.start",
        "concertim.rack.suspend.end",
    ]


@pytest.mark.parametrize("state", ["failed", "unsure"])
def test_what_failed_is_an_error(state):
    one = operation(state=state, told="accepted", error="Heat says no")
    (said,) = announcements(one)
    assert said.event_type == "concertim.rack.suspend.error"
    assert said.is_error
    assert said.payload["state"] == state
    assert said.payload["error"] == "Heat says no"


def test_that_the_cloud_took_it_is_no_news():
    assert types(operation(state="accepted", told="asked")) == []


def test_who_did_what_is_told():
    end = NOW + timedelta(seconds=3)
    one = operation(
        state="done",
        told="asked",
        finished_at=end,
        request_id="req-1",
        arguments={"hard": True},
    )
    (said,) = announcements(one)
    assert said.at == end
    assert said.payload == {
        "operation_id": one.id,
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
def test_a_repetition_is_known_by_its_id(state, told):
    one = operation(state=state, told=told)
    again = announcements(dc.replace(one))
    assert announcements(one) == again
    assert len({said.message_id for said in again}) == len(again)


@given(st.lists(st.sampled_from(sorted(set(STATES) - FINAL)), max_size=3))
def test_each_phase_is_told_once_whatever_the_states_between(between):
    said, told = [], None
    for state in ("asked", *between, "done"):
        one = operation(state=state, told=told)
        said += types(one)
        told = state
    assert said == [
        "concertim.rack.suspend.start",
        "concertim.rack.suspend.end",
    ]


class Log:
    def __init__(self, *untold):
        self._untold = list(untold)
        self.noted = []

    def untold(self, limit):
        return self._untold[:limit]

    def told(self, operations):
        self.noted += [one.id for one in operations]


class Bus:
    def __init__(self, broken_after=10**9):
        self.said = []
        self._left = broken_after

    def announce(self, announcement):
        if not self._left:
            raise Unavailable("the message bus: OSError")
        self._left -= 1
        self.said.append(announcement.event_type)


def test_what_could_not_be_told_is_told_later():
    log = Log(operation(id="1"), operation(id="2"), operation(id="3"))
    bus = Bus(broken_after=1)
    found = Announcements(log, bus).run()
    assert found == Outcome("failed", {"told": 1}, "the message bus: OSError")
    assert log.noted == ["1"]


def test_half_of_what_was_to_be_told_is_not_told():
    """The end is still to come: both come again, with the same ids."""
    log = Log(operation(id="1", state="done"))
    bus = Bus(broken_after=1)
    found = Announcements(log, bus).run()
    assert bus.said == ["concertim.rack.suspend.start"]
    assert (found.summary, log.noted) == ({"told": 0}, [])
    assert (found.outcome, found.idle) == ("failed", False)


def test_many_are_told_in_turns():
    log = Log(*(operation(id=str(n)) for n in range(250)))
    found = Announcements(log, Bus()).run()
    assert found == Outcome(summary={"told": 200}, more=True)


def test_without_news_there_is_nothing_to_do():
    assert Announcements(Log(), Bus()).run().idle
