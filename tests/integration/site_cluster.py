"""A cluster that all see: in the API, by the command, in the front end."""

from __future__ import annotations

import datetime
import sys
import time
import uuid

from tests.integration.listed import instant
from tests.integration.site import by_the_api, by_the_app, by_the_command
from tests.waiting import wait_for, wait_until_same

SECOND = datetime.timedelta(seconds=1)

#: What a server is after what was done to it.
BECOMES = {"create": "active", "stop": "stopped", "start": "active"}


class Cluster:
    """The stack of all these tests, and how it is looked at."""

    def __init__(self, site, project, member):
        self.site = site
        self.project = project
        self._member = member
        self.name = f"cluster-{uuid.uuid4().hex[:8]}"
        self.id = project.create_stack(self.name, compute_count=1)
        wait_for(
            f"the API to show stack {self.id}",
            site.racks,
            lambda racks: self.id in racks,
        )
        wait_for(
            f"the front end to show stack {self.id}",
            lambda: str(site.app.snapshot()["racks"]),
            lambda racks: self.id in racks,
        )
        shown_at = datetime.datetime.now(datetime.UTC)
        told_at = site.told_at("stack", self.id)
        self.seconds = (shown_at - told_at).total_seconds()
        assert member.json("rack", "show", self.id)["name"] == self.name
        project.await_stack(self.id, "CREATE_COMPLETE")

    def rack(self):
        return self.site.racks()[self.id]

    def member(self, name):
        (found,) = (
            device["id"]
            for device in self.rack()["devices"].values()
            if device["label"] in (name, f"{self.name}-{name}")
        )
        return found

    def same(self, step):
        """Wait until all three show what the cloud lists."""
        racks = self.site.same(step)
        expected = by_the_api(
            {
                rack_id: rack
                for rack_id, rack in racks.items()
                if rack["project_id"] == self.project.id
            }
        )
        began = time.monotonic()
        wait_until_same(
            f"racks and devices ({step})",
            api=lambda: expected,
            front_end=lambda: by_the_app(self.site.app),
        )
        took = time.monotonic() - began
        sys.stdout.write(f"{step}: pushed {took:.1f} s later\n")
        assert by_the_command(self._member) == expected
        return racks

    def turn(self, server):
        """Stop what runs, or start it: life goes on."""
        if self.rack()["devices"][server]["status"] == "STOPPED":
            self.project.act(server, "start_server", "ACTIVE")
        else:
            self.project.act(server, "stop_server", "SHUTOFF")
        self.same("and turned once more")

    def await_ledger(self, server):
        """Wait until the ledger has what Nova says was done to a server:
        all, in order, and each when it was done, to a second."""
        began = time.monotonic()
        wait_for(
            f"the ledger to have what Nova did to server {server}",
            lambda: [*untrue(self, server)],
            lambda complaints: not complaints,
        )
        took = time.monotonic() - began
        sys.stdout.write(f"the ledger is true after {took:.1f} s more\n")


def untrue(cluster, server):
    """Yield where the ledger is not as Nova says."""
    place = f"/servers/{server}/os-instance-actions"
    actions = cluster.site.keystone.get("compute", place, "2.79")
    done = [
        (BECOMES[one["action"]], one["start_time"], one["updated_at"])
        for one in reversed(actions["instanceActions"])
        if one["action"] in BECOMES
    ]
    found = cluster.site.get("periods", resource_id=server, sort="start")
    kept = [p for p in found["periods"] if p["state"] != "building"]
    states = [period["state"] for period in kept]
    if states != [state for state, *_ in done]:
        yield f"{done}, but {states}"
        return
    if [p["end"] for p in kept] != [*[p["start"] for p in kept[1:]], None]:
        yield f"gaps: {kept}"
    for period, (_, begun, ended) in zip(kept, done, strict=True):
        start = instant(period["start"])
        if not instant(begun) - SECOND <= start <= instant(ended) + SECOND:
            yield f"{begun} - {ended}, but {period}"
