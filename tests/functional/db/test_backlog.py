"""What waits, as the database tells it to who scrapes the agent."""

from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.ledger.ports import Change
from concertim_api.services.monitoring.backlog import Backlogs
from concertim_api.services.monitoring.ports import Heartbeat
from tests.fakes.clock import Clock
from tests.functional.db.conftest import letter


@pytest.fixture
def waiting(store, world, operation, at):
    """A store in which something of each waits."""
    world.rack("s1")
    store.refreshes.ask([Ref("north", "stack", "c2")], at(0))
    (refresh,) = [r for r in store.refreshes.due(at(9), 9) if r.ref.id == "c2"]
    store.refreshes.postponed(refresh, at(5), "no answer")
    store.transactions.write(unfinished)
    store.dead_letters.bury([letter(at)])
    store.operations.add(operation(1))
    store.operations.add(operation(2, state="done", look_at=None))
    told = {"state": "done", "announced_state": "done", "look_at": None}
    store.operations.add(operation(3, **told))
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
    soon = datetime.now(UTC) + timedelta(seconds=30)
    for region, beat_at in (("north", soon), ("south", at(0))):
        store.heartbeats.beat(
            Heartbeat(
                name="host-1:7",
                region=region,
                started_at=at(0),
                beat_at=beat_at,
            )
        )
    store.heartbeats.beat(
        Heartbeat(
            name="host-1:8",
            region="north",
            started_at=at(0),
            beat_at=soon,
            ended_at=soon,
        )
    )
    return store


def unfinished(ledger):
    """Leave a resource unfinished."""
    ref = Ref("north", "instance", "s1")
    life = ledger.lives([ref])[ref]._replace(unfinished=True)
    ledger.save([Change(ref, life)])


def look(store, statements, *more):
    backlogs = Backlogs(
        store.jobs,
        store.refreshes,
        store.histories,
        store.operations,
        store.dead_letters,
        store.heartbeats,
        Clock(datetime.now(UTC) + timedelta(minutes=1)),
        *more,
    )
    statements.clear()
    return backlogs.look()


def test_all_that_waits_in_ten_statements(waiting, statements, at):
    kinds = {"north": ("stack",)}
    found = look(
        waiting,
        statements,
        kinds,
        waiting.bindings,
        waiting.settlements,
        waiting.postings,
    )
    assert len(statements) == 10
    assert found.push_due_since < found.at
    assert found.pushes == {
        "waiting": 2,
        "failing": 0,
        "refused": 0,
        "kept": 0,
    }
    assert found.refreshes["failing"] == 1
    assert found.refolds == 1
    assert found.operations == {"open": 1, "untold": 2}
    assert found.settlements == {"waiting": 0, "failing": 0, "overdue": 0}
    assert found.postings == {"waiting": 0, "refused": 0}
    assert found.dead_letters == 1
    assert found.listeners == {"north": 1, "south": 0}
    assert [job.name for job in found.jobs] == ["sync:north"]
    assert found.listed == {"north": at(1)}


def test_what_nobody_pushes_does_not_wait(waiting, statements):
    found = look(waiting, statements, {})
    assert len(statements) == 6
    assert (found.push_due_since, found.pushes) == (None, {})
    assert found.settlements == found.postings == {}
