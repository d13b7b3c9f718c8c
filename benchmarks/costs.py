"""What the costs of one project take in a large ledger: CPU, by database.

usage: python -m benchmarks.costs [--periods N] [--projects N]
           [--backends NAME...]

Periods of a year are written as rows, and the costs of a month of one project
are asked for: in all, by day and rack, and in tiers. CPU milliseconds of this
process, the quickest of ten; the database's own are not in them. Beside it:
to read the same periods and do nothing with them.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import random
import tempfile
import time

import sqlalchemy as sa

from benchmarks.rating import tariff
from benchmarks.refold import services
from concertim_api.db.ledger import tables
from concertim_api.db.transactions import writer
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.services.billing.costs import Costs
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.common.listing import Scope, equal
from concertim_api.services.ledger.ports import Window
from tests.databases import at_hand, new_database

START = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
YEAR = 365 * 86400
MONTH = Window(START + 181 * DAY, START + 212 * DAY)
EACH = 6  # periods of a resource


class Prices:
    def __init__(self, tiers):
        self._prices = PriceList([tariff(tiers)])

    def prices(self):
        return self._prices


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--periods", type=int, default=1_000_000)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--backends", nargs="*", default=at_hand())
    options = parser.parse_args(argv)
    for backend in options.backends:
        with (
            tempfile.TemporaryDirectory() as folder,
            new_database(backend, folder) as url,
        ):
            built = services(url)
            fill(built.store, options.periods, options.projects)
            measure(built, backend)
            built.store.close()


def fill(store, periods, projects):
    """Write so many periods of servers."""
    numbers, rng = iter(range(periods // EACH)), random.Random(7)
    with writer(store.engine).begin() as connection:
        while batch := [*itertools.islice(numbers, 2000)]:
            rows = [resource(number, projects) for number in batch]
            connection.execute(sa.insert(tables.resources), rows)
            rows = [row for n in batch for row in shapes(n, projects, rng)]
            connection.execute(sa.insert(tables.periods), rows)


def resource(number, projects):
    return {
        "pk": number + 1,
        "region": "RegionOne",
        "kind": "instance",
        "resource_id": f"{number:032x}",
        "project_id": f"p{number % projects}",
        "name": f"node-{number}",
        "shape": "{}",
        "details": "{}",
        "corrected": 0,
        "generation": 1,
        "updated_at": START,
    }


def shapes(number, projects, rng):
    """Yield the periods of a server, within some weeks of the year."""
    first = rng.randrange(YEAR)
    cuts = sorted(rng.sample(range(20 * 86400), EACH + 1))
    for start, end in itertools.pairwise(cuts):
        size = rng.randrange(8)
        flavor = {
            "name": f"f{size}",
            "vcpus": size + 1,
            "ram_mb": 4096,
            "extra_specs": {"hw:cpu_policy": "dedicated"},
        }
        yield {
            "resource_pk": number + 1,
            "region": "RegionOne",
            "kind": "instance",
            "project_id": f"p{number % projects}",
            "start_at": START + datetime.timedelta(seconds=first + start),
            "end_at": START + datetime.timedelta(seconds=first + end),
            "state": "active",
            "type": flavor["name"],
            "vcpus": flavor["vcpus"],
            "ram_mb": flavor["ram_mb"],
            "disk_gb": 0,
            "is_usage": 1,
            "shape": json.dumps({"flavor": flavor, "state": "active"}),
        }


def measure(built, backend):
    """Print what costs of a project take."""
    store = built.store

    def costs(group, tiers=False):
        usage = RatedUsage(
            store.billed_usage, Prices(tiers), store.ledger, built.clock, KINDS
        )
        report = Costs(usage).report
        return lambda: report(Scope("p7"), (), MONTH, group)

    def read():
        filters = equal(project_id="p7")
        return store.billed_usage.periods(filters, MONTH, (), 10**5)

    print(f"{backend}: {len(read())} periods of the project in the month")
    for name, work in (
        ("read", read),
        ("in all", costs(["project_id"])),
        ("by day and rack", costs(["day", "rack_id"])),
        ("in tiers", costs(["project_id"], tiers=True)),
    ):
        print(f"  {name:16} {quickest(work):6.1f} ms CPU")


def quickest(work):
    """Return the CPU milliseconds of the quickest of ten rounds."""
    rounds = []
    for _ in range(10):
        start = time.process_time()
        work()
        rounds.append(time.process_time() - start)
    return 1000 * min(rounds)


if __name__ == "__main__":
    main()
