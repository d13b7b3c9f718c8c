"""A small cloud, told to the ledger piece by piece, and its projector."""

import itertools
from datetime import timedelta

from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.view.projector import Projector
from tests.functional import built

OURS = "p1"
FLAVOR = {"id": "f1", "name": "small", "vcpus": 2, "ram_mb": 2048}

_numbers = itertools.count()


class Clock:
    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


class World:
    """Each thing is told a second after the one before."""

    def __init__(self, store, recorder, start):
        self.store = store
        self.recorder = recorder
        self.clock = Clock(start)
        self.rules = built.RULES
        self.projector = Projector(store.projection, self.clock, self.rules)

    def tell(self, kind, name, says="alive", **facts):
        self.clock.moment += timedelta(seconds=1)
        self.recorder.record([self.observation(kind, name, says, **facts)])

    def observation(self, kind, name, says="alive", **facts):
        facts.setdefault("project_id", OURS)
        facts.setdefault("key", f"{kind}/{name}/{next(_numbers)}")
        return Observation(
            ref=Ref("north", kind, name),
            at=self.clock.moment,
            reported_at=self.clock.moment,
            received_at=self.clock.moment,
            says=says,
            **facts,
        )

    def project(self, name=OURS, called="CM_one"):
        self.tell("project", name, details={"name": called}, project_id=None)

    def stack(self, name, *members, state="CREATE_COMPLETE", **details):
        """Report a root stack, as a refresh does."""
        known = {
            "name": name,
            "state": state,
            "parent": "",
            "read_at": (self.clock.moment + timedelta(seconds=1)).isoformat(),
            "resources": [listed(*member.split("/")) for member in members],
        }
        project_id = details.pop("project_id", OURS)
        key = details.pop("key", f"look/{next(_numbers)}")
        self.tell(
            "stack",
            name,
            details={**known, **details},
            project_id=project_id,
            key=key,
        )

    def server(self, name, **facts):
        details = {"name": name, **facts.pop("details", {})}
        shape = {"state": "active", "flavor": FLAVOR, **facts.pop("shape", {})}
        self.tell("instance", name, shape=shape, details=details, **facts)

    def rack(self, *servers):
        """Show a rack c1 of our project, with servers."""
        self.project()
        for name in servers:
            self.server(name)
        self.stack("c1", *(f"instance/{name}" for name in servers))
        self.settle()

    def some(self, racks, servers):
        """Tell of several racks with servers, ports and addresses, in few
        transactions."""
        told = [
            self.observation(
                "project", OURS, details={"name": "CM_one"}, project_id=None
            )
        ]
        for rack in range(racks):
            names = [f"s-{rack}-{n}" for n in range(servers)]
            told += [one for name in names for one in self._server(name, rack)]
            told.append(self.observation("network", f"n-{rack}"))
            told.append(self._stack(rack, names))
        for first in range(0, len(told), 1000):
            self.recorder.record(told[first : first + 1000])

    def _server(self, name, rack):
        yield self.observation(
            "instance",
            name,
            shape={"state": "active", "flavor": FLAVOR},
            details={"name": name},
        )
        yield self.observation(
            "port",
            f"p-{name}",
            shape={"network_id": f"n-{rack}"},
            details={"device_id": name, "addresses": ["10.0.0.9"]},
        )
        yield self.observation(
            "floating_ip",
            f"f-{name}",
            details={"port_id": f"p-{name}", "address": "192.0.2.1"},
        )

    def _stack(self, rack, servers):
        resources = [listed("instance", name) for name in servers]
        resources.append(listed("network", f"n-{rack}"))
        details = {
            "name": f"c-{rack}",
            "state": "CREATE_COMPLETE",
            "parent": "",
            "resources": resources,
        }
        return self.observation("stack", f"c-{rack}", details=details)

    def run(self, limit=500):
        return self.projector.run(limit)

    def settle(self, limit=500):
        """Run until nothing is left to do; not for ever."""
        found = [self.run(limit) for _ in range(30)]
        assert not found[-1].more
        assert not self.store.projection.is_stale()
        return found

    def shown(self, noun, **filters):
        listing = Listing(equal(**filters), limit=10000)
        return {
            row.id: row for row in self.store.view.page(noun, listing).rows
        }

    def due(self):
        return self.store.refreshes.due(
            self.clock.moment + timedelta(days=1), 1000
        )

    def asked(self):
        return {refresh.ref[1:] for refresh in self.due()}

    def answer(self):
        """Let all refreshes be answered by nothing new."""
        for refresh in self.due():
            self.store.refreshes.answered(refresh)


def listed(kind, name):
    return {"kind": kind, "id": name, "name": name, "type": "OS::X"}
