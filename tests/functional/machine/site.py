"""A small site whose processes may die, and whose cloud is known."""

from __future__ import annotations

import contextlib
import dataclasses as dc
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest import mock

import orjson
import sqlalchemy as sa

from concertim_api.db.operations import table
from concertim_api.db.transactions import Transactions
from concertim_api.domain.errors import ConcertimError, Unavailable
from concertim_api.domain.ledger import history
from concertim_api.domain.ledger.observations import Ref
from concertim_api.frontend.session import Session
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.refresh import Refresher
from concertim_api.services.ledger.sync import Sync
from concertim_api.services.operations.announcements import Announcements
from concertim_api.services.operations.by_id import ResourceActions
from concertim_api.services.operations.devices import DeviceActions
from concertim_api.services.operations.keypairs import Keypairs
from concertim_api.services.operations.operations import Operations
from concertim_api.services.operations.outcomes import Outcomes
from concertim_api.services.operations.racks import RackActions
from concertim_api.services.push.frontend import FrontEndAway
from concertim_api.services.view.projector import Projector
from tests.functional.db.clouds import FLAVOR, OURS, listed
from tests.functional.machine.cloud import DOES, REGION, Cloud, possible
from tests.functional.push.site import Site

_ALL = Listing(limit=10000)

#: Later than now: the time of a site does not depend on that of the test.
_START = datetime(2100, 1, 1, tzinfo=UTC)

#: The first letters of an id, at the end of a name.
_ENDING = re.compile(rb"-[0-9a-f]{8}\b")
LARGE = {**FLAVOR, "id": "f2", "name": "large", "vcpus": 8}


class Died(BaseException):
    """The process was killed here: nothing of it goes on."""


@dc.dataclass
class Fate:
    """Kills the process at one of its writes, before or after it.

    A write is a transaction, or a request that changes the front end. Who
    is dead writes nothing until it is started again. ``stale_at``: the
    number of a listing of the front end that is answered as the one before.
    """

    kills_at: int = 0
    when: str = "before"
    stale_at: int = 0
    writes: int = 0
    reads: int = 0
    is_dead: bool = False
    _answers: dict[str, object] = dc.field(default_factory=dict)

    def write(self, work: Callable[[], object]) -> object:
        self.writes += not self.is_dead
        strikes = self.writes == self.kills_at and not self.is_dead
        if self.is_dead or (strikes and self.when == "before"):
            self.is_dead = True
            raise Died
        result = work()
        if strikes:
            self.is_dead = True
            raise Died
        return result

    def read(self, path: str, work: Callable[[], object]) -> object:
        self.reads += 1
        earlier = self._answers.get(path, [])
        self._answers[path] = answer = work()
        return earlier if self.reads == self.stale_at else answer

    @contextlib.contextmanager
    def rules(self):
        """Let it decide over all that is written meanwhile."""
        change, call = Transactions.change, Session.call

        def fated_change(transactions, work):
            return self.write(lambda: change(transactions, work))

        def fated_call(session, method, path, body=None):
            def send():
                return call(session, method, path, body)

            if method == "GET":
                return self.read(path, send)
            return self.write(send)

        with (
            mock.patch.object(Transactions, "change", fated_change),
            mock.patch.object(Session, "call", fated_call),
        ):
            yield self


class Bus(list):
    """The announcements that others got."""

    is_away = False

    def announce(self, announcement):
        if self.is_away:
            raise Unavailable("the broker does not answer")
        self.append(announcement)


class FatedSite(Site):
    """A site, what is true of it, and the messages on their way.

    ``heard``: request -> when its caller got what: an error, or None.
    ``ends``: operation -> its end.
    """

    def __init__(self, store, app, fate):
        self.fate = fate
        super().__init__(store, Recorder(store.transactions), app)
        self.clock.moment = _START
        self.cloud = Cloud(self.clock, fate.write, self._send)
        self.mail = []
        self.bus = Bus()
        self.heard, self.ends = {}, {}
        self._numbers = itertools.count()
        self._start()
        self.cloud.put(
            "project", OURS, details={"name": "CM_one"}, project_id=None
        )
        for flavor in (FLAVOR, LARGE):
            self.cloud.put(
                "flavor",
                flavor["id"],
                shape={**flavor, "is_public": True, "disk_gb": 0},
                details={"name": flavor["name"]},
                project_id=None,
            )

    # What others do in the cloud; each sends a message

    def server_is(self, server_id, state="active", flavor=FLAVOR, name=None):
        self.cloud.changes_to(
            ("instance", server_id),
            shape={"state": state, "flavor": flavor},
            details={"name": name or server_id},
        )

    def stack_is(self, stack_id, *members, state="CREATE_COMPLETE", name=None):
        self.cloud.changes_to(
            ("stack", stack_id),
            details={
                "name": name or stack_id,
                "state": state,
                "parent": "",
                "read_at": (self.clock.moment + timedelta(1)).isoformat(),
                "resources": [listed(*m.split("/")) for m in members],
            },
        )

    def _send(self, kind, name, says, facts):
        self.clock.moment += timedelta(seconds=1)
        message = self.observation(
            kind, name, says, key=f"message-{next(self._numbers)}", **facts
        )
        self.mail.append(message)

    # What our processes do

    def deliver(self, index=0, *, again=False):
        message = self.mail[index]
        self.recorder.record([message])
        if not again:
            self.mail.remove(message)

    def sync(self):
        self.later(seconds=1)
        report = Sync(self.store.sync, self.recorder, self.clock).run(
            self.cloud, accept_deletes=True
        )
        assert report.result().outcome == "done", report

    def refresh(self):
        self.later(seconds=1)
        Refresher(
            self.store.refreshes,
            self.recorder,
            {REGION: self.cloud},
            self.clock,
            concurrency=1,
        ).run()

    def settle(self):
        """Bring the view up to date."""
        while self.projector.run(500).more:
            pass
        assert not self.store.projection.is_stale()

    def push_some(self):
        """Push, as an agent does: what fails is tried again later."""
        with contextlib.suppress(FrontEndAway):
            self.push(until_done=False, accept_deletes=True)

    def ask(self, thing, action):
        """Have the cloud do something; note what the caller hears."""
        request_id = f"request-{next(self._numbers)}"
        caller = Caller("ann", "Ann", OURS, request_id, request_id)
        try:
            self._ask(caller, thing, action)
        except ConcertimError as error:
            self.heard[request_id] = self.clock.now(), type(error)
        else:
            self.heard[request_id] = self.clock.now(), None

    def _ask(self, caller, thing, action):
        kind, name = thing
        if kind != "key_pair":
            self.actions.act(caller, Ref(REGION, kind, name), action)
        elif action == "create":
            self.keypairs.create(caller, name, public_key="ssh-rsa AAAA")
        else:
            self.keypairs.delete(caller, name)

    def follow(self):
        """Let an agent follow the operations. What ended stays so."""
        self.later(seconds=2)
        self.outcomes.run()
        self.operations()

    def announce(self):
        self.announcements.run()

    def operations(self):
        """Return all operations. The end of none has changed."""
        rows = self.store.operations.page(_ALL).rows
        for row in rows:
            if row.finished_at is not None or row.id in self.ends:
                end = row.state, row.finished_at
                assert self.ends.setdefault(row.id, end) == end, row
        return rows

    def restart(self):
        """Start all processes anew."""
        self.fate.is_dead = False
        self.store.close()
        self._start()

    def _start(self):
        """Build what a process has. Our queries have no memory, so they are
        those of the first one."""
        store, clock, clouds = self.store, self.clock, {REGION: self.cloud}
        self.recorder = Recorder(store.transactions)
        self.projector = Projector(store.projection, clock, self.rules)
        self.pusher = self.new_pusher(concurrency=1)
        log = store.operations
        operations = Operations(log, self.recorder, clouds, clock)
        self.actions = ResourceActions(
            store.ledger,
            operations,
            RackActions(store.view, operations),
            DeviceActions(store.view, operations),
        )
        self.keypairs = Keypairs(operations)
        self.outcomes = Outcomes(
            log,
            store.histories,
            self.recorder,
            clouds,
            clock,
            timeout=timedelta(minutes=3),
            keep=None,
        )
        self.announcements = Announcements(log, self.bus)

    def comes_to_rest(self):
        """Let all that is on its way arrive, and all processes run until
        nothing is left to do. Nobody dies any more."""
        self.fate.kills_at = self.fate.stale_at = 0
        self.restart()
        self.app.faults.clear()
        self._cloud_comes_to_rest()
        while self.mail:
            self.deliver()
        self._operations_come_to_rest()
        for step in (self.sync, self.settle, self.refresh, self.settle):
            step()
        for _ in range(9):
            counts = self.later(minutes=11).push(
                accept_deletes=True, retry=True, look=True
            )
            if counts.keys() <= {"surveys", "unchanged"}:
                return
        raise AssertionError(f"it comes to no rest: {counts}")

    def _cloud_comes_to_rest(self):
        cloud, self.bus.is_away = self.cloud, False
        cloud.way, cloud.meanwhile, cloud.silences = DOES, None, 0
        for thing in [*cloud.works]:
            if thing in cloud.works:
                cloud.finishes(thing)
        for request in cloud.post:
            cloud.arrives(*request)
        cloud.post.clear()

    def _operations_come_to_rest(self):
        """An agent looks all the time, as long as anything is open."""
        for _ in range(40):
            if not self.store.operations.unfinished(1):
                break
            self.later(seconds=30)
            self.follow()
        self.announce()

    # What is to be compared

    def shows(self):
        """Return what the front end shows, without what it owes to the past:
        the place of a device, the ending of a name that was taken, and a
        template that nothing is made of any more."""
        snapshot = self.there()
        for device in snapshot["devices"].values():
            del device["location"]["start_u"], device["location"]["end_u"]
        return orjson.loads(_ENDING.sub(b"", orjson.dumps(snapshot)))

    def unlawful(self):
        """Return the resources whose stored periods are others than those
        that the law makes of their observations, with both."""

        def read(ledger):
            refs = {Ref(REGION, *thing) for thing in self._ever()}
            ledger.lives(refs)
            return ledger.periods(refs), ledger.observations(refs, 10**6)

        stored, facts = self.store.transactions.write(read)
        lawful = {ref: [*history.fold(facts[ref]).periods] for ref in facts}
        return {
            ref: (stored[ref], periods)
            for ref, periods in lawful.items()
            if stored[ref] != periods
        }

    def is_fair(self):
        """Whether each operation has an end that agrees with what the cloud
        did, was announced, and claims nothing any more."""
        for row in self.operations():
            states = possible(self.cloud, self.heard, row)
            deed = self.cloud.deeds.get(row.request_id)
            assert row.state in states, (states, row, deed)
            phase = "end" if row.state == "done" else "error"
            assert self._phases(row) == {"start", phase}, row
        claims = sa.select(table.c.id).where(table.c.claim.is_not(None))
        with self.store.engine.connect() as connection:
            assert not connection.execute(claims).all()
        return True

    def _phases(self, operation):
        return {
            announcement.event_type.rpartition(".")[2]
            for announcement in self.bus
            if announcement.payload["operation_id"] == operation.id
        }

    def _ever(self):
        return [
            (row.kind, row.id)
            for row in self.store.ledger.resources(_ALL).rows
        ]
