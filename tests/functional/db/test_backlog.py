"""What waits, as the database tells it to who scrapes the agent."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.operations import Operation
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.ledger.ports import DeadLetter
from concertim_api.services.monitoring.backlog import Backlogs
from tests.fakes.clock import Clock


@pytest.fixture
def waiting(store, world, at):
    """A store in which something of each waits."""
    world.rack("s1")
    store.refreshes.ask([Ref("north", "stack", "c2")], at(0))
    (refresh,) = [r for r in store.refreshes.due(at(9), 9) if r.ref.id == "c2"]
    store.refreshes.postponed(refresh, at(5), "no answer")
    store.dead_letters.bury([letter(at)])
    store.operations.add(operation(at, look_at=at(2)))
    store.operations.add(operation(at, state="done"))
    store.operations.add(operation(at, state="done", announced_state="done"))
    store.jobs.save(
        JobRecord(
            "sync:north",
            interval=600,
            started_at=at(0),
            finished_at=at(1),
            outcome="done",
            summary={"stack": {"listed": 1}},
        )
    )
    return store


def operation(at, **more):
    return Operation(
        id=str(uuid.uuid4()),
        noun="rack",
        action="suspend",
        region="north",
        kind="stack",
        asked_at=at(0),
        **more,
    )


def letter(at):
    return DeadLetter(
        id=0,
        region="north",
        message_id="m",
        event_type="e",
        publisher_id=None,
        received_at=at(0),
        error="x",
        message={},
    )


def look(store, statements, *more):
    backlogs = Backlogs(
        store.jobs,
        store.refreshes,
        store.operations,
        store.dead_letters,
        Clock(datetime.now(UTC) + timedelta(minutes=1)),
        *more,
    )
    statements.clear()
    return backlogs.look()


def test_all_that_waits_in_six_statements(waiting, statements, at):
    kinds = {"north": ("stack",)}
    found = look(waiting, statements, kinds, waiting.bindings)
    assert len(statements) == 6
    assert found.push_due_since < found.at
    assert found.pushes == {
        "waiting": 2,
        "failing": 0,
        "refused": 0,
        "kept": 0,
    }
    assert found.refreshes["failing"] == 1
    assert found.operations == {"open": 1, "untold": 2}
    assert found.dead_letters == 1
    assert [job.name for job in found.jobs] == ["sync:north"]
    assert found.listed == {"north": at(1)}


def test_what_nobody_pushes_does_not_wait(waiting, statements):
    found = look(waiting, statements, {})
    assert len(statements) == 4
    assert (found.push_due_since, found.pushes) == (None, {})
