"""A small site whose processes may die, and whose cloud is known."""

from __future__ import annotations

import contextlib
import dataclasses as dc
import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from unittest import mock

import orjson

from concertim_api.db.store import SqlStore
from concertim_api.db.transactions import Transactions
from concertim_api.domain.ledger import history
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting, absence, key_of
from concertim_api.frontend.session import Session
from concertim_api.services.cloud.reading import ListingPage
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.refresh import Refresher
from concertim_api.services.ledger.sync import Sync
from concertim_api.services.push.frontend import FrontEndAway
from tests.functional.db.clouds import FLAVOR, OURS, listed
from tests.functional.push.site import Site

REGION = "north"
_ALL = Listing(limit=10000)

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


class Cloud:
    """What is true: things by kind and id, as its APIs would list them."""

    region = REGION
    kinds = ("project", "flavor", "network", "instance", "stack")

    def __init__(self, clock):
        self.clock = clock
        self.things = {}

    def put(self, kind, name, **facts):
        facts.setdefault("project_id", OURS)
        self.things[kind, name] = facts

    def listing(self, kind, read):
        names = [name for of, name in self.things if of == kind]
        yield ListingPage([self._sighting(kind, name) for name in names])

    def changes(self, since):
        return iter(())

    def look(self, kind, resource_id):
        if (kind, resource_id) in self.things:
            return [self._sighting(kind, resource_id)]
        ref = Ref(REGION, kind, resource_id)
        return [absence(ref, self.clock.now(), "look")]

    def _sighting(self, kind, name):
        at = self.clock.now()
        ref = Ref(REGION, kind, name)
        return Sighting(
            Observation(
                ref=ref,
                at=at.replace(microsecond=0),
                reported_at=at,
                received_at=at,
                key=key_of("listing", ref, at),
                says="alive",
                **self.things[kind, name],
            )
        )


class FatedSite(Site):
    """A site, what is true of it, and the messages on their way."""

    def __init__(self, conf, app, fate):
        self.fate = fate
        self.conf = conf
        store = SqlStore(conf)
        super().__init__(store, Recorder(store.transactions), app)
        self.cloud = Cloud(self.clock)
        self.mail = []
        self._numbers = itertools.count()
        self.pusher = self.new_pusher(concurrency=1)
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

    # What happens in the cloud; each sends a message

    def has(self, kind, name, **facts):
        """Put a thing into the cloud, or change it."""
        self.cloud.put(kind, name, **facts)
        self._send(kind, name, "alive", self.cloud.things[kind, name])

    def loses(self, kind, name):
        facts = self.cloud.things.pop((kind, name))
        self._send(kind, name, "gone", {"project_id": facts["project_id"]})

    def server_is(self, server_id, state="active", flavor=FLAVOR, name=None):
        self.has(
            "instance",
            server_id,
            shape={"state": state, "flavor": flavor},
            details={"name": name or server_id},
        )

    def stack_is(self, stack_id, *members, state="CREATE_COMPLETE", name=None):
        self.has(
            "stack",
            stack_id,
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

    def restart(self):
        """Start all processes anew."""
        self.fate.is_dead = False
        self.store.close()
        self.store = SqlStore(self.conf)
        self.recorder = Recorder(self.store.transactions)
        self.projector = type(self.projector)(
            self.store.projection, self.clock, self.rules
        )
        self.pusher = self.new_pusher(concurrency=1)

    def comes_to_rest(self):
        """Let all that is on its way arrive, and all processes run until
        nothing is left to do. Nobody dies any more."""
        self.fate.kills_at = self.fate.stale_at = 0
        self.restart()
        self.app.faults.clear()
        while self.mail:
            self.deliver()
        for step in (self.sync, self.settle, self.refresh, self.settle):
            step()
        for _ in range(9):
            counts = self.later(minutes=11).push(
                accept_deletes=True, retry=True, look=True
            )
            if counts.keys() <= {"surveys", "unchanged"}:
                return
        raise AssertionError(f"it comes to no rest: {counts}")

    # What is to be compared

    def shows(self):
        """Return what the front end shows, without what it owes to the past:
        the place of a device, the ending of a name that was taken, and a
        template that nothing is made of any more."""
        snapshot = self.there()
        for device in snapshot["devices"].values():
            del device["location"]["start_u"], device["location"]["end_u"]
        return orjson.loads(_ENDING.sub(b"", orjson.dumps(snapshot)))

    def histories(self):
        """Return the stored periods of each resource, and what they are to
        be by the law: two dictionaries."""

        def read(ledger):
            refs = {Ref(REGION, *thing) for thing in self._ever()}
            ledger.lives(refs)
            return ledger.periods(refs), ledger.observations(refs, 10**6)

        stored, facts = self.store.transactions.write(read)
        return stored, {
            ref: list(history.fold(facts[ref]).periods) for ref in facts
        }

    def _ever(self):
        return [
            (row.kind, row.id)
            for row in self.store.ledger.resources(_ALL).rows
        ]
