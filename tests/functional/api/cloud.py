"""A small cloud that has been observed, and the application that shows it.

Two projects: *physics* (p1) and *biology* (p2). ``NOW`` is when all tests
happen.
"""

import dataclasses as dc
from datetime import UTC, datetime, timedelta

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.payloads.facts import Untranslatable
from concertim_api.services.access import keys
from concertim_api.services.billing.accounts import Accounts
from concertim_api.services.jobs import jobs
from concertim_api.services.ledger import (
    corrections,
    dead_letters,
    periods,
    usage,
)
from concertim_api.services.ledger.ports import DeadLetter
from concertim_api.services.push import pushes
from tests.functional import built

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY0 = datetime(2026, 11, 1, tzinfo=UTC)

SMALL = {
    "id": "f1",
    "name": "m1.small",
    "vcpus": 2,
    "ram_mb": 2048,
    "disk_gb": 20,
}
LARGE = {
    **SMALL,
    "id": "f2",
    "name": "m1.large",
    "vcpus": 8,
    "ram_mb": 16384,
    "extra_specs": {
        "pci_passthrough:alias": "a100:2,t4:1",
        "resources:VGPU": "1",
        "trait:CUSTOM_SSD": "required",
        "site:share": "0.333333",
    },
}


class FixedClock:
    """A clock that stands still."""

    def now(self):
        return NOW


def at(hours):
    return DAY0 + timedelta(hours=hours)


def said(resource_id, hours, says="alive", kind="instance", **fields):
    """Return an observation, some hours after day 0."""
    region = fields.pop("region", "RegionOne")
    fields.setdefault("project_id", "p1")
    fields.setdefault("key", f"{region}-{kind}-{resource_id}-{hours}-{says}")
    return Observation(
        ref=Ref(region, kind, resource_id),
        at=at(hours),
        reported_at=at(hours),
        received_at=at(hours),
        says=says,
        **fields,
    )


def server(resource_id, hours, flavor=SMALL, state="active", **fields):
    return said(
        resource_id,
        hours,
        shape={"flavor": flavor, "state": state},
        details={"name": f"name-of-{resource_id}"},
        **fields,
    )


OBSERVATIONS = [
    # A server of physics that was resized and then deleted.
    server("s1", 0),
    server("s1", 24, LARGE, region_rule="transport"),
    said("s1", 48, "gone"),
    # One that runs.
    server("s2", 12),
    # One of biology that was stopped, and one elsewhere.
    server("s3", 6, project_id="p2"),
    server("s3", 30, state="stopped", project_id="p2"),
    server("s4", 6, project_id="p2", region="RegionTwo"),
    # A volume of biology, given to physics.
    said(
        "v1",
        10,
        kind="volume",
        project_id="p2",
        shape={"type": "t1", "size_gb": 100},
        details={"name": "secret-of-biology"},
    ),
    said(
        "v1",
        20,
        kind="volume",
        shape={"type": "t1", "size_gb": 100},
        details={"name": "data"},
    ),
    said(
        "t1",
        1,
        kind="volume_type",
        project_id=None,
        details={"name": "ssd"},
    ),
    # One id that means two things.
    server("twin", 3),
    server("twin", 3, region="RegionTwo"),
]

LETTERS = [
    DeadLetter(
        id=0,
        region="RegionOne",
        message_id=f"m{n}",
        event_type=event_type,
        publisher_id="compute.node-1",
        received_at=at(n),
        error="payload: no instance_id",
        message={"event_type": event_type, "n": n},
        origin={"transport": "bus", "topic": "cloud-x.info"} if n else None,
    )
    for n, event_type in enumerate(
        ["compute.broken", "known.now", "ignored.now", "volume.broken"]
    )
]


def translate(message, region, received_at, region_rule):
    """Translate what the letters hold."""
    if message["event_type"].endswith("broken"):
        raise Untranslatable("payload: no instance_id")
    if message["event_type"] == "ignored.now":
        return []
    return [server("s9", 100, key="from-a-letter")]


def configuration(folder, **api):
    """Return a configuration with its database in a folder."""
    lines = [
        "[listener]",
        "region = RegionOne",
        "[api]",
        *(f"{name} = {value}" for name, value in api.items()),
        "[keystone_authtoken]",
        "www_authenticate_uri = http://keystone.example/identity",
        "[cors]",
        "allowed_origin = http://dashboard.example",
    ]
    return built.configured(folder, "\n".join(lines))


def services(conf, observed=True, clouds=None):
    """Return services on a new database, at ``NOW``; but operations have
    moments of their own, by which they are in order."""
    schema.sync(conf)
    found = bootstrap.services(conf, clouds)
    clock, store = FixedClock(), found.store
    if observed:
        found.recorder.record(OBSERVATIONS)
        store.dead_letters.bury(LETTERS)
    balances = dc.replace(found.invoices.balances, clock=clock)
    return dc.replace(
        found,
        accounts=Accounts(store.accounts, store.ledger, balances, clock),
        invoices=dc.replace(found.invoices, balances=balances),
        month_close=dc.replace(found.month_close, clock=clock),
        periods=periods.Periods(store.ledger, clock, KINDS),
        usage=usage.UsageTotals(store.usage, store.ledger, clock, KINDS),
        corrections=corrections.Corrections(
            store.ledger,
            store.histories,
            found.recorder,
            clock,
            KINDS,
            "RegionOne",
        ),
        dead_letters=dead_letters.DeadLetters(
            store.dead_letters, found.recorder, translate
        ),
        jobs=jobs.Jobs(store.jobs, clock, KINDS),
        pushes=pushes.Pushes(store.bindings, clock),
        keys=keys.Keys(store.keys, clock),
        health=dc.replace(found.health, clock=clock),
        status=dc.replace(found.status, clock=clock),
    )
