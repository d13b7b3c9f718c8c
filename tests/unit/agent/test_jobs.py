"""What each job does when it is called."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from concertim_api.agent import jobs
from concertim_api.agent.jobs import OVERLAP, Call, Intervals
from concertim_api.domain.errors import Unavailable
from concertim_api.services.cloud.reading import LeftOut
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.ledger.refresh import Refreshed
from concertim_api.services.ledger.sync import Stopped
from concertim_api.services.ledger.sync_report import Report
from concertim_api.services.operations.announcements import Announced
from concertim_api.services.operations.outcomes import Looked
from concertim_api.services.push.frontend import Away
from concertim_api.services.push.pusher import Pushed
from concertim_api.services.view.projector import Projected

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Sync:
    """Says what it was asked, and what it is told to."""

    def __init__(self):
        self.asked = []
        self.report = Report("north")
        self.report.kind("instance").listed = 3

    def run(self, cloud, kinds, *, accept_deletes, progress):
        self.asked.append((cloud.region, kinds, accept_deletes))
        progress("instance", 3)
        return self.report

    def changes(self, cloud, since, progress):
        self.asked.append((cloud.region, since))
        progress("instance", 3)
        return self.report


@pytest.fixture
def sync():
    return Sync()


@pytest.fixture
def projector():
    return SimpleNamespace(run=Projected)


@pytest.fixture
def refresher():
    return SimpleNamespace(run=lambda limit: Refreshed())


@pytest.fixture
def pusher():
    return Pusher()


class Pusher:
    """Says what it was asked, and what it is told to."""

    def __init__(self):
        self.asked = None
        self.found = Pushed()

    def run(self, **asked):
        self.asked = asked
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def outcomes():
    return SimpleNamespace(run=Looked)


@pytest.fixture
def announcements():
    return SimpleNamespace(run=Announced)


@pytest.fixture
def table(store, sync, projector, refresher, pusher, outcomes, announcements):
    clouds = {
        region: SimpleNamespace(region=region) for region in ("north", "south")
    }
    made = jobs.table(
        Intervals(
            view=0.2,
            refresh=0.5,
            changes=60,
            sync=600,
            push=0.3,
            operations=0.4,
        ),
        store,
        projector,
        refresher,
        sync,
        clouds,
        pusher,
        outcomes,
        announcements,
    )
    return {job.name: job for job in made}


def test_each_region_has_jobs_of_its_own(table):
    assert {name: job.interval for name, job in table.items()} == {
        "view": 0.2,
        "refresh": 0.5,
        "push": 0.3,
        "operations": 0.4,
        "announce": 0.4,
        "sync:north": 600,
        "changes:north": 60,
        "sync:south": 600,
        "changes:south": 60,
    }
    assert [name for name, job in table.items() if job.continual] == [
        "view",
        "refresh",
        "push",
        "operations",
        "announce",
    ]


def test_a_sync_does_what_was_asked(table, sync):
    table["sync:south"].run(Call(NOW))
    asked = {"kinds": ["stack"], "accept_deletes": True}
    found = table["sync:north"].run(Call(NOW, asked))
    assert sync.asked == [
        ("south", None, False),
        ("north", ["stack"], True),
    ]
    assert (found.outcome, found.summary) == (
        "done",
        {"instance": {"listed": 3}},
    )


def test_a_sync_ends_between_two_pages(table):
    with pytest.raises(Stopped):
        table["sync:north"].run(Call(NOW, stopping=lambda: True))


def test_a_sync_tells_what_went_wrong(table, sync):
    sync.report.kind("stack").error = "Heat does not answer"
    sync.report.kind("volume").leave_out([LeftOut("v1", "no size")])
    found = table["sync:north"].run(Call(NOW))
    assert found.outcome == "partial"
    assert found.error == "stack: Heat does not answer"
    assert found.summary["volume"]["left_out"] == [
        {"id": "v1", "reason": "no size"}
    ]


def synced(at=NOW - HOUR, summary=None, **settings):
    return JobRecord(
        "sync:north",
        **{
            "started_at": at,
            "finished_at": at + timedelta(minutes=1),
            "outcome": "done",
            **settings,
        },
        summary={"instance": {"listed": 3}} if summary is None else summary,
    )


def changed(until):
    return JobRecord(
        "changes:north", summary={"until": until.isoformat(), "instance": {}}
    )


@pytest.mark.parametrize(
    ("records", "since"),
    [
        ([synced()], NOW - HOUR),
        ([synced(), changed(NOW - HOUR / 2)], NOW - HOUR / 2),
        # The sync did not see when a server went.
        ([synced(), changed(NOW - 2 * HOUR)], NOW - 2 * HOUR),
        ([changed(NOW - HOUR)], NOW - HOUR),
        # Of what was not listed to its end, nothing follows.
        (
            [
                synced(summary={"instance": {"error": "x"}}),
                changed(NOW - 2 * HOUR),
            ],
            NOW - 2 * HOUR,
        ),
        # One that runs may not have come to the servers yet.
        (
            [
                synced(finished_at=NOW - 3 * HOUR),
                changed(NOW - 2 * HOUR),
            ],
            NOW - 2 * HOUR,
        ),
    ],
)
def test_changes_are_asked_for_since_all_was_known(
    table, sync, store, records, since
):
    store.records = {record.name: record for record in records}
    found = table["changes:north"].run(Call(NOW))
    assert sync.asked == [("north", since - OVERLAP)]
    assert found.summary["until"] == NOW.isoformat()
    assert found.summary["instance"] == {"listed": 3}
    assert found.idle


def test_before_the_first_sync_there_is_nothing_to_compare(table, sync, store):
    found = table["changes:north"].run(Call(NOW))
    store.records["sync:north"] = synced(finished_at=None)
    assert table["changes:north"].run(Call(NOW)) == found
    assert found.idle
    assert found.summary == {"waits": "sync:north"}
    assert not sync.asked


def test_after_a_failure_nothing_is_left_unasked(table, sync, store):
    store.records["sync:north"] = synced()
    sync.report.kind("instance").error = "Nova does not answer"
    found = table["changes:north"].run(Call(NOW))
    assert found.outcome == "failed"
    assert found.summary["until"] == (NOW - HOUR).isoformat()


def test_what_the_projector_asks_for_wakes_the_refreshes(table, projector):
    assert table["view"].run(Call(NOW)).idle
    projector.run = lambda: Projected(projected=9, asked=2, more=True)
    found = table["view"].run(Call(NOW))
    assert (found.idle, found.more, found.wakes) == (
        False,
        True,
        ("refresh",),
    )
    assert (found.summary["projected"], found.summary["asked"]) == (9, 2)


def test_what_cant_be_shown_is_told(table, projector):
    projector.run = lambda: Projected(projected=9, failed=1)
    found = table["view"].run(Call(NOW))
    assert (found.outcome, found.error) == ("partial", "1 can't be shown")


def test_news_of_a_refresh_wakes_the_view(table, refresher):
    assert table["refresh"].run(Call(NOW)).idle
    refresher.run = lambda limit: Refreshed(news=2, nothing=1)
    found = table["refresh"].run(Call(NOW))
    assert (found.idle, found.more, found.wakes) == (
        False,
        False,
        ("view",),
    )
    refresher.run = lambda limit: Refreshed(failed=limit)
    assert table["refresh"].run(Call(NOW)).more


def test_a_database_that_is_down_is_no_outcome(table, refresher):
    def run(limit):
        raise Unavailable("the database does not answer")

    refresher.run = run
    with pytest.raises(Unavailable):
        table["refresh"].run(Call(NOW))


@pytest.mark.parametrize(
    ("found", "woken"),
    [
        (Projected(written=1), ("push",)),
        (Projected(dropped=1, asked=1), ("push", "refresh")),
        (Projected(projected=1), ()),
    ],
)
def test_what_the_view_shows_anew_wakes_the_push(
    table, projector, found, woken
):
    projector.run = lambda: found
    assert table["view"].run(Call(NOW)).wakes == woken


def test_the_push_says_what_it_came_to(table, pusher):
    assert table["push"].run(Call(NOW)).idle
    pusher.found = Pushed(created=2, failed=1, troubled=3, more=True)
    found = table["push"].run(Call(NOW))
    assert (found.outcome, found.idle, found.more) == ("partial", False, True)
    assert found.summary["created"] == 2
    assert found.error == "3 can't be pushed: see push list"


def test_the_push_is_told_what_was_asked(table, pusher):
    asked = {"accept_deletes": True, "survey": True}
    call = Call(NOW, asked, lambda: True)
    table["push"].run(call)
    assert pusher.asked == {
        "accept_deletes": True,
        "retry": False,
        "look": True,
        "is_stopping": call.stopping,
    }


def test_a_front_end_that_is_away_is_a_failure_and_no_outage(table, pusher):
    """Of the push; the database is somebody else."""
    pusher.found = Away("it answers 503")
    found = table["push"].run(Call(NOW))
    assert (found.outcome, found.error) == (
        "failed",
        "the front end: it answers 503",
    )


def test_without_a_front_end_there_is_no_push(
    store, sync, projector, refresher
):
    intervals = Intervals(
        view=1, refresh=1, changes=1, sync=1, push=1, operations=1
    )
    made = jobs.table(intervals, store, projector, refresher, sync, {}, None)
    assert [job.name for job in made] == ["view", "refresh"]


def test_what_was_confirmed_is_confirmed_for_all_of_it(table, pusher):
    """However many runs that takes; what else was asked, once."""
    runs = [Pushed(deleted=9, more=True), Pushed(deleted=2)]
    told = []

    def run(**asked):
        told.append((asked["accept_deletes"], asked["look"]))
        return runs[len(told) - 1]

    pusher.run = run
    asked = {"accept_deletes": True, "survey": True}
    found = table["push"].run(Call(NOW, asked))
    assert found.summary["deleted"] == 11
    assert told == [(True, True), (True, False)]


def test_old_trouble_is_told_while_nothing_else_is_done(table, pusher):
    pusher.found = Pushed(troubled=2)
    found = table["push"].run(Call(NOW))
    assert (found.outcome, found.idle) == ("partial", True)
    assert found.error == "2 can't be pushed: see push list"


def test_an_operation_that_was_asked_for_may_have_changed_the_view(
    table, outcomes
):
    outcomes.run = lambda: Looked(done=1, asked=1)
    found = table["operations"].run(Call(NOW))
    assert (found.idle, found.wakes) == (False, ("view",))
    assert found.summary["done"] == 1


def test_operations_that_nobody_could_be_told_of_are_a_failure(
    table, announcements
):
    announcements.run = lambda: Announced(3, error="the message bus: OSError")
    found = table["announce"].run(Call(NOW))
    assert (found.outcome, found.error) == (
        "failed",
        "the message bus: OSError",
    )
    assert found.summary == {"told": 3}
    assert not found.idle


def test_without_news_of_operations_there_is_nothing_to_do(table):
    assert table["operations"].run(Call(NOW)).idle
    assert table["announce"].run(Call(NOW)).idle
