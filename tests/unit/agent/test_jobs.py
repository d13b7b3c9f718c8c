"""What each job does when it is called."""

import dataclasses as dc
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from concertim_api import bootstrap
from concertim_api.services.billing.system import Billing
from concertim_api.services.cloud.reading import Omission
from concertim_api.services.common.offers import offers
from concertim_api.services.jobs.job import Call, Outcome, Stopped
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.ledger import sync as syncs
from concertim_api.services.ledger.server_changes import OVERLAP
from concertim_api.services.ledger.sync_report import Report
from concertim_api.services.push import pusher as pushers
from concertim_api.services.push.frontend import FrontEndAway

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

CONF = """
[database]
connection = sqlite://
[agent]
view_interval = 0.2
refresh_interval = 0.5
refold_interval = 0.7
changes_interval = 60
sync_interval = 600
[frontend]
push_interval = 0.3
[operations]
interval = 0.4
[billing]
orders_interval = 50
settle_interval = 55
invoices_interval = 45
"""


class Sync(syncs.Sync):
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


class Pusher(pushers.Pusher):
    """Says what it was asked, and what it is told to."""

    def __init__(self, *outcomes):
        self.asked = []
        self.outcomes = list(outcomes)

    def run(self, **asked):
        self.asked.append(asked)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "concertim.conf"
    path.write_text(CONF)
    found = bootstrap.unread()
    found([], default_config_files=[str(path)])
    return found


@pytest.fixture
def built(conf, store, sync):
    """The real services, which ask no database while nothing runs."""
    regions = ("north", "south")
    clouds = {name: SimpleNamespace(region=name) for name in regions}
    found = dc.replace(
        bootstrap.services(conf, clouds), sync=sync, front_end=object()
    )
    found.store.jobs = store
    yield found
    found.store.close()


def test_without_billing_there_are_none_of_its_jobs(conf, built):
    built = dc.replace(built, billing=Billing(is_owed=False))
    names = {job.name for job in offers("jobs", conf, built)}
    assert names.isdisjoint({"orders", "settle", "invoices"})


@pytest.fixture
def table(conf, built):
    return {job.name: job for job in offers("jobs", conf, built)}


def test_each_region_has_jobs_of_its_own(table):
    assert {name: job.interval for name, job in table.items()} == {
        "view": 0.2,
        "refresh": 0.5,
        "refold": 0.7,
        "push": 0.3,
        "operations": 0.4,
        "announce": 0.4,
        "purge": 0.4,
        "orders": 50,
        "settle": 55,
        "invoices": 45,
        "sync:north": 600,
        "changes:north": 60,
        "sync:south": 600,
        "changes:south": 60,
    }
    assert {name for name, job in table.items() if job.continual} == {
        *("view", "refresh", "refold", "push"),
        *("operations", "announce", "purge", "invoices"),
    }


def test_without_a_front_end_there_is_no_push(conf, built):
    without = dc.replace(built, front_end=None)
    assert "push" not in {job.name for job in offers("jobs", conf, without)}


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
    sync.report.kind("volume").leave_out([Omission("v1", "no size")])
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


@pytest.mark.parametrize(
    "record",
    [
        synced(finished_at=None),
        synced(summary={}),
        synced(summary={"instance": {"error": "x"}}),
        synced(summary={"instance": {"skipped": "x"}}),
    ],
)
def test_before_the_first_sync_there_is_nothing_to_compare(
    table, sync, store, record
):
    found = table["changes:north"].run(Call(NOW))
    store.records["sync:north"] = record
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


def test_the_push_is_told_what_was_asked():
    pusher = Pusher(Outcome())
    call = Call(NOW, {"accept_deletes": True, "survey": True}, lambda: True)
    pusher.job(call)
    assert pusher.asked == [
        {
            "accept_deletes": True,
            "retry": False,
            "look": True,
            "is_stopping": call.stopping,
        }
    ]


def test_a_front_end_that_is_away_is_a_failure_and_no_outage():
    """Of the push; the database is somebody else."""
    outcome = Pusher(FrontEndAway("it answers 503")).job(Call(NOW))
    assert (outcome.outcome, outcome.error, outcome.idle) == (
        "failed",
        "the front end: it answers 503",
        False,
    )


def test_what_was_confirmed_is_confirmed_for_all_of_it():
    """However many runs that takes; what else was asked, once."""
    pusher = Pusher(
        Outcome(summary={"deleted": 9, "kept": 0}, more=True),
        Outcome(summary={"deleted": 0, "kept": 0}, idle=True),
    )
    outcome = pusher.job(Call(NOW, {"accept_deletes": True, "survey": True}))
    assert outcome == Outcome(summary={"deleted": 9, "kept": 0})
    assert [(a["accept_deletes"], a["look"]) for a in pusher.asked] == [
        (True, True),
        (True, False),
    ]
