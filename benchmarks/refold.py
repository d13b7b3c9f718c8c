"""A late observation on a resource with many periods: CPU, by their number.

A server was stopped and started again and again; then comes a fact of its
first second, which changes each of its periods. CPU seconds of this process,
on SQLite: of the transaction that records the fact, and of all that follows
until the periods are what was observed. Each figure is the median of the
runs, which go by turns. The ratio of the largest to the smallest is that of
their numbers, if the work is linear.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.ledger.history import fold
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.services.jobs.job import Call
from concertim_api.services.ledger.refolds import Refolder
from tests.databases import new_database

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--periods", type=int, nargs=2, default=(5000, 20_000))
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args(argv)
    costs = {periods: [] for periods in asked.periods}
    with (
        tempfile.TemporaryDirectory() as folder,
        new_database("sqlite", folder) as url,
    ):
        built = services(url)
        for run in range(asked.runs):
            for periods in asked.periods:
                ref = Ref("north", "instance", f"server-{periods}-{run}")
                costs[periods].append(cost(built, ref, periods))
    medians = []
    for periods, each in costs.items():
        first, rest = map(statistics.median, zip(*each, strict=True))
        medians.append(first + rest)
        print(
            f"{periods:7,} periods: {first:6.3f} s in the first transaction, "
            f"{rest:6.3f} s after it"
        )
    few, many = asked.periods
    print(
        f"{many / few:.1f} times the periods cost "
        f"{medians[1] / medians[0]:.2f} times the CPU"
    )


def services(url):
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("connection", url, "database")
    schema.sync(conf)
    return bootstrap.services(conf)


def cost(built, ref, periods):
    """Return CPU seconds: of the first transaction, and of the others."""
    facts = [switched(ref, number) for number in range(periods)]
    for first in range(0, periods, 500):
        built.recorder.record(facts[first : first + 500])
    late = told(ref, SINCE, "late", size_gb=1)
    began = time.process_time()
    built.recorder.record([late])
    recorded = time.process_time()
    refolder = Refolder(built.store.histories, built.recorder)
    while not refolder.run(Call(SINCE)).idle:
        pass
    ended = time.process_time()
    stored = built.store.histories.history(ref)[1]
    assert tuple(stored) == fold([*facts, late]).periods
    return recorded - began, ended - recorded


def switched(ref, number):
    at = SINCE + timedelta(minutes=number)
    state = "stopped" if number % 2 else "active"
    return told(ref, at, str(number), state=state)


def told(ref, at, key, **shape):
    flavor = {"id": "1", "name": "m1", "vcpus": 4, "ram_mb": 8192}
    return Observation(
        ref=ref,
        at=at,
        reported_at=at + timedelta(seconds=0.5),
        received_at=at + timedelta(seconds=0.5),
        key=f"{ref.id}-{key}",
        says="alive",
        project_id="p1",
        shape={"flavor": flavor, **shape},
        details={"name": ref.id, "host": "compute-1"},
    )


if __name__ == "__main__":
    main()
