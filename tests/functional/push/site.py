"""A small cloud whose view is pushed."""

import datetime as dt

from concertim_api.frontend.concertim import ConcertimApp
from concertim_api.frontend.session import Options
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.push.pusher import Pusher
from tests.functional.db.clouds import FLAVOR, OURS, World, listed

T0 = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

WRITES = ("POST /api", "PATCH", "PUT", "DELETE")


class Site(World):
    """A cloud with a team, a flavor, and what is to push its view."""

    def __init__(self, store, recorder, app):
        super().__init__(store, recorder, T0)
        self.app = app
        self.team = app.seed.team("one", OURS)
        self.options = {"order_ids": "stack"}
        self.pusher = self.new_pusher()

    def new_pusher(self, **settings):
        """Return what an agent has that starts now."""
        front_end = ConcertimApp(
            Options(
                self.app.url,
                "admin",
                "admin",
                timeout=5,
                retries=1,
                retry_wait=0,
            ),
            stack_as_order=self.options["order_ids"] == "stack",
        )
        settings.setdefault("regions", ("north",))
        return Pusher(
            self.store.bindings,
            self.store.view,
            self.store.projection,
            self.store.jobs,
            front_end,
            self.clock,
            **settings,
        )

    def founded(self):
        """Tell of a project with a flavor."""
        self.project()
        self.flavor(FLAVOR["id"], "small", disk_gb=0)
        return self

    def flavor(self, flavor_id, name, **shape):
        """Tell of a flavor that everybody may use."""
        self.tell(
            "flavor",
            flavor_id,
            shape={**FLAVOR, "name": name, "is_public": True, **shape},
            details={"name": name},
            project_id=None,
        )
        return self

    def stops(self, *servers):
        """Tell that servers were stopped, and show it."""
        for name in servers:
            self.server(name, shape={"state": "stopped"})
        return self.shows()

    def cluster(self, name="c1", servers=2, **details):
        """Tell of a stack with a network, a volume and servers."""
        members = [f"instance/{name}-s{n}" for n in range(servers)]
        for member in members:
            self.server(member.partition("/")[2])
        self.tell(
            "volume",
            f"{name}-v",
            shape={"size_gb": 5, "state": "available"},
            details={"name": f"{name}-v"},
        )
        self.tell(
            "network",
            f"{name}-n",
            shape={"state": "ACTIVE"},
            details={"name": f"{name}-n", "mtu": 1442},
        )
        members += [f"volume/{name}-v", f"network/{name}-n"]
        self.stack(name, *members, **details)
        return self

    def renamed_stack(self, stack_id, called, *members):
        """Report a stack whose name is not its id."""
        details = {
            "name": called,
            "state": "CREATE_COMPLETE",
            "parent": "",
            "read_at": "2099-01-01T00:00:00+00:00",
            "resources": [listed(*member.split("/")) for member in members],
        }
        self.tell("stack", stack_id, details=details)

    def shows(self):
        """Bring the view up to date."""
        self.settle()
        return self

    def push(self, *, until_done=True, **options):
        """Push; return what the runs came to, added up."""
        self.clock.moment = max(self.clock.moment, now())
        total = {}
        for _ in range(20):
            outcome = self.pusher.run(**options)
            options = {}
            counts = {**outcome.summary, "more": outcome.more}
            for name, count in counts.items():
                total[name] = total.get(name, 0) + count
            if not (until_done and outcome.more):
                break
        return {name: count for name, count in total.items() if count}

    def later(self, **passed):
        self.clock.moment = max(self.clock.moment, now())
        self.clock.moment += dt.timedelta(**passed)
        return self

    def writes(self):
        """Return the requests that write, and forget all of them."""
        writes = [
            f"{e.method} {e.path}"
            for e in list(self.app.requests)
            if f"{e.method} {e.path}".startswith(WRITES)
        ]
        self.app.requests.clear()
        return writes

    def there(self):
        return self.app.snapshot(ids=False)

    def pushes(self, **filters):
        listing = Listing(equal(**filters), limit=5000)
        return list(self.store.bindings.pushes(listing).rows)

    def synced(self, without=None):
        """Note that the region was listed, wholly or without a kind."""
        moment = max(self.clock.moment, now())
        kinds = ("stack", "instance", "volume", "network", "flavor")
        self.store.jobs.save(
            JobRecord(
                "sync:north",
                started_at=moment,
                finished_at=moment,
                outcome="done",
                summary={kind: {} for kind in kinds if kind != without},
            )
        )
        return self


def now():
    return dt.datetime.now(dt.UTC)
