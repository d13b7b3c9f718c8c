"""What a cloud lists becomes what is known, and nothing is lost by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain.errors import Invalid, Unavailable
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.cloud.reading import (
    ListingPage,
    NotListed,
    Omission,
)
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.sync import ASKED_FOR, Stopped, Sync
from tests.fakes.memory import SyncStore

DAY0 = datetime(2026, 11, 1, tzinfo=UTC)


class Clock:
    """Each look at it is a minute later."""

    def __init__(self):
        self.minutes = 0

    def now(self):
        self.minutes += 1
        return DAY0 + timedelta(minutes=self.minutes)


class Cloud:
    """Lists what it has, a few to a page; breaks where it is told to."""

    region = "R"
    kinds = ("network", "instance")

    def __init__(self, clock):
        self.clock = clock
        self.has = {kind: {} for kind in self.kinds}
        self.broken = {}
        self.hidden = set()
        self.strange = []
        self.asked_for = []

    def listing(self, kind, read):
        began = self.clock.now()
        if isinstance(self.broken.get(kind), NotListed):
            raise self.broken[kind]
        listed = [i for i in self.has[kind] if i not in self.hidden]
        for start in range(0, max(len(listed), 1), 2):
            if kind in self.broken and start:
                raise self.broken[kind]
            page = [
                self.sighting(kind, one, began)
                for one in listed[start : start + 2]
            ]
            yield ListingPage(page, [] if start else self.strange)

    def look(self, kind, resource_id):
        self.asked_for.append(resource_id)
        if resource_id in self.broken:
            raise self.broken[resource_id]
        return [self.sighting(kind, resource_id, self.clock.now())]

    def changes(self, since):
        yield ListingPage(
            [self.sighting("instance", i, since) for i in self.has["instance"]]
        )

    def sighting(self, kind, resource_id, at):
        shape = self.has[kind].get(resource_id)
        return Sighting(
            Observation(
                ref=Ref(self.region, kind, resource_id),
                at=at,
                reported_at=at,
                received_at=at,
                key=f"{kind}-{resource_id}-{at.isoformat()}",
                says="absent" if shape is None else "alive",
                project_id="p1",
                shape=shape or {},
            )
        )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cloud(clock):
    made = Cloud(clock)
    made.has["network"]["n1"] = {"shared": False}
    made.has["instance"] = {f"s{n}": {"state": "active"} for n in range(10)}
    return made


@pytest.fixture
def store():
    return SyncStore()


@pytest.fixture
def sync(store, clock):
    return Sync(store, Recorder(store), clock)


def running(store, kind="instance"):
    return sorted(store.running("R", kind))


def test_what_changed_is_told_apart(sync, cloud):
    sync.run(cloud)
    cloud.has["instance"]["s1"] = {"state": "stopped"}
    cloud.has["instance"]["s10"] = {"state": "active"}
    assert sync.run(cloud).summary()["instance"] == {
        "listed": 11,
        "new": 1,
        "changed": 1,
        "unchanged": 9,
    }


def test_stacks_are_listed_with_the_marks_of_when_they_were_read(
    sync, cloud, store, monkeypatch
):
    marks, by_kind = {"c1": DAY0}, {}
    listing = cloud.listing

    def marked(kind, read):
        by_kind[kind] = read
        return listing(kind, read)

    monkeypatch.setattr(store, "read_marks", lambda region: marks)
    monkeypatch.setattr(cloud, "listing", marked)
    cloud.kinds = ("stack", "instance")
    cloud.has["stack"] = {}
    sync.run(cloud)
    assert by_kind == {"stack": marks, "instance": {}}


def test_what_is_missing_is_asked_for_and_then_absent(sync, cloud, store):
    sync.run(cloud)
    del cloud.has["instance"]["s3"]
    report = sync.run(cloud)
    assert report.summary()["instance"]["absent"] == 1
    assert report.outcome == "done"
    assert cloud.asked_for == ["s3"]
    assert "s3" not in running(store)


def test_a_listing_that_leaves_something_out_is_found_out(sync, cloud, store):
    sync.run(cloud)
    cloud.hidden = {"s4"}
    report = sync.run(cloud)
    assert report.outcome == "partial"
    assert report.summary()["instance"]["left_out"] == [
        {"id": "s4", "reason": "not listed, but there when asked for"}
    ]
    assert "s4" in running(store)


@pytest.mark.parametrize("left", [0, 1, 7])
def test_too_many_missing_are_not_believed(sync, cloud, store, left):
    sync.run(cloud)
    cloud.has["instance"] = dict(list(cloud.has["instance"].items())[:left])
    report = sync.run(cloud)
    assert report.outcome == "partial"
    assert report.summary()["instance"]["refused"] == 10 - left
    assert len(running(store)) == 10
    assert cloud.asked_for == []
    accepted = sync.run(cloud, ["instance"], accept_deletes=True)
    assert accepted.summary()["instance"]["absent"] == 10 - left
    assert len(running(store)) == left


def test_one_of_few_may_go(sync, cloud, store):
    cloud.has["instance"] = {"s1": {}, "s2": {}}
    sync.run(cloud)
    del cloud.has["instance"]["s1"]
    assert sync.run(cloud).summary()["instance"]["absent"] == 1
    # But the last one, of an empty listing, does not.
    del cloud.has["instance"]["s2"]
    assert sync.run(cloud).summary()["instance"]["refused"] == 1


def test_no_more_are_asked_for_than_promised(store, clock, cloud):
    sync = Sync(store, Recorder(store), clock, max_delete_ratio=1)
    cloud.has["instance"] = {f"s{n}": {} for n in range(ASKED_FOR + 9)}
    sync.run(cloud)
    cloud.has["instance"] = {"s0": {}}
    assert sync.run(cloud).summary()["instance"]["absent"] == ASKED_FOR
    assert sync.run(cloud).summary()["instance"]["absent"] == 8
    assert len(cloud.asked_for) == ASKED_FOR + 8


def test_a_listing_that_breaks_concludes_nothing(sync, cloud, store):
    sync.run(cloud)
    del cloud.has["instance"]["s9"]
    cloud.has["instance"]["s0"] = {"state": "stopped"}
    cloud.broken["instance"] = Unavailable("Nova answers 500")
    cloud.has["network"]["n2"] = {}
    report = sync.run(cloud)
    assert report.outcome == "partial"
    assert report.error == "instance: Nova answers 500"
    # Its first page counts, and so do the other kinds.
    assert report.summary()["instance"]["changed"] == 1
    assert report.summary()["network"]["new"] == 1
    assert "s9" in running(store)


def test_all_broken_is_failed(sync, cloud):
    cloud.has["network"] |= {"n2": {}, "n3": {}}
    for kind in cloud.kinds:
        cloud.broken[kind] = Unavailable("no route")
    assert sync.run(cloud).outcome == "failed"


def test_an_unforeseen_fault_stops_no_other_kind(sync, cloud):
    cloud.has["network"] |= {"n2": {}, "n3": {}}
    cloud.broken["network"] = ZeroDivisionError("secret")
    report = sync.run(cloud)
    assert report.error == "network: ZeroDivisionError: see the log"
    assert report.summary()["instance"]["new"] == 10


def test_what_could_not_be_understood_is_not_absent(sync, cloud, store):
    sync.run(cloud)
    cloud.hidden = {"s1"}
    cloud.strange = [Omission("s1", "id is missing"), Omission(None, "null")]
    report = sync.run(cloud)
    assert "s1" in running(store)
    assert report.outcome == "partial"
    assert report.summary()["instance"]["left_out_count"] == 2


def test_one_object_that_the_database_refuses(sync, cloud, store):
    add = store.add

    def refusing(observations):
        if any(o.ref.id == "s3" for o in observations):
            raise Invalid("id", "too long")
        add(observations)

    store.add = refusing
    report = sync.run(cloud)
    assert report.summary()["instance"]["new"] == 9
    assert report.summary()["instance"]["left_out"] == [
        {"id": "s3", "reason": "id: too long"}
    ]


def test_one_that_cannot_be_asked_for_waits(sync, cloud, store):
    sync.run(cloud)
    del cloud.has["instance"]["s3"], cloud.has["instance"]["s4"]
    cloud.broken["s3"] = Unavailable("time-out")
    report = sync.run(cloud)
    assert report.summary()["instance"]["left_out"] == [
        {"id": "s3", "reason": "time-out"}
    ]
    assert "s3" in running(store)
    assert "s4" not in running(store)


def test_a_dry_run_tells_and_changes_nothing(sync, cloud, store):
    report = sync.run(cloud, dry_run=True)
    assert report.summary()["instance"]["new"] == 10
    assert running(store) == []
    sync.run(cloud)
    del cloud.has["instance"]["s3"]
    dry = sync.run(cloud, dry_run=True)
    assert dry.summary()["instance"]["absent"] == 1
    assert "s3" in running(store)


def test_what_came_while_listing_is_not_absent(sync, cloud, store, clock):
    sync.run(cloud)
    listing = cloud.listing

    def slow(kind, read):
        yield from listing(kind, read)
        if kind == "instance":
            cloud.has[kind]["late"] = {}
            heard = cloud.sighting(kind, "late", clock.now())
            Recorder(store).record([heard.observation])

    cloud.listing = slow
    assert sync.run(cloud).outcome == "done"
    assert "late" in running(store)
    assert cloud.asked_for == []


def test_progress_is_told_and_may_stop_it(sync, cloud, store):
    told = []

    def progress(kind, listed):
        told.append((kind, listed))
        if listed >= 4:
            raise Stopped

    with pytest.raises(Stopped):
        sync.run(cloud, progress=progress)
    assert told == [("network", 1), ("instance", 2), ("instance", 4)]
    assert len(running(store)) == 4


def test_changes_are_recorded_and_nothing_is_missing(sync, cloud, store):
    sync.run(cloud)
    cloud.has["instance"] = {"s1": {"state": "stopped"}, "new": {}}
    report = sync.changes(cloud, DAY0 + timedelta(hours=9))
    assert report.summary() == {
        "instance": {"listed": 2, "new": 1, "changed": 1}
    }
    assert len(running(store)) == 11
