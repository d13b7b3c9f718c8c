"""Settling a month: CPU seconds and memory of the agent, by database.

usage: python -m benchmarks.settlement [--orders N] [--resources N]
           [--backends NAME...]

So many teams with an account, an order and a rack each, and servers with six
periods in the month, are settled for 30 days: each day as it ends, and all
days at once, each in a process of its own. CPU seconds are of that process;
the database's are not in them. Beside it, to see what of it is ours: the same
periods are rated day by day, from memory.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import multiprocessing
import random
import resource
import tempfile
import time
import uuid

import sqlalchemy as sa

from benchmarks import rating
from benchmarks.refold import services
from concertim_api.db.billing import tables as billing
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.transactions import writer
from concertim_api.db.view import tables as view
from concertim_api.domain.billing.rating import Rater, Span
from concertim_api.domain.billing.tariff import PriceList
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.billing.settlement import Settler
from concertim_api.services.jobs.job import Call
from concertim_api.services.ledger.ports import Window
from tests.databases import at_hand, new_database
from tests.fakes.clock import Clock

START = rating.MONTH.start
DAYS, EACH = 30, 6


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--backends", nargs="*", default=at_hand())
    options = parser.parse_args(argv)
    for backend in options.backends:
        for ends in (range(1, DAYS + 1), [DAYS]):
            with (
                tempfile.TemporaryDirectory() as folder,
                new_database(backend, folder) as url,
            ):
                fill(url, options.orders, options.resources)
                words = in_process(settle, url, ends)
                print(f"{backend}, {len(ends)} times: {words}")
                if len(ends) == 1:
                    words = in_process(rate, url, ())
                    print(f"{backend}, rated only: {words}")


def in_process(work, *arguments):
    """Return what a function returns in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(work, arguments)


def fill(url, orders, resources):
    """Write teams with all that they have."""
    store, rng = services(url).store, random.Random(7)
    with writer(store.engine).begin() as connection:
        for first in range(0, resources, 1000):
            numbers = range(first, min(first + 1000, resources))
            rows = [server(n, orders) for n in numbers]
            connection.execute(sa.insert(ledger.resources), rows)
            rows = [row for n in numbers for row in periods(n, orders, rng)]
            connection.execute(sa.insert(ledger.periods), rows)
            rows = [slot(n, orders, resources) for n in numbers]
            connection.execute(sa.insert(view.slots), rows)
        for table, make in (
            (ledger.resources, lambda n: rack(n, resources)),
            (billing.accounts, account),
            (billing.orders, order),
        ):
            rows = [make(n) for n in range(orders)]
            connection.execute(sa.insert(table), rows)
    store.close()


def named(kind, number, project):
    return {
        "region": "RegionOne",
        "kind": kind,
        "resource_id": f"{kind}-{number}",
        "project_id": f"p{project}",
        "name": f"{kind}-{number}",
        "shape": "{}",
        "details": "{}",
        "corrected": 0,
        "generation": 1,
        "updated_at": START,
    }


def server(number, orders):
    return {"pk": number + 1, **named("instance", number, number % orders)}


def rack(number, resources):
    return {"pk": resources + number + 1, **named("stack", number, number)}


def slot(number, orders, resources):
    return {
        "device_pk": number + 1,
        "rack_pk": resources + number % orders + 1,
        "since_at": START,
        "start_u": 1,
        "height_u": 1,
    }


def account(number):
    return {
        "id": str(uuid.UUID(int=number)),
        "project_id": f"p{number}",
        "created_at": START,
    }


def order(number):
    return {
        "id": str(uuid.UUID(int=10**9 + number)),
        "account_id": str(uuid.UUID(int=number)),
        "project_id": f"p{number}",
        "made_by": "agent",
        "state": "live",
        "region": "RegionOne",
        "stack_id": f"stack-{number}",
        "is_live": 1,
        "tags": "{}",
        "created_at": START,
    }


def periods(number, orders, rng):
    """Yield the periods of a server: from some moment on, to the end."""
    cuts = sorted(rng.sample(range(DAYS * 86400), EACH))
    size = rng.randrange(8)
    flavor = {"name": f"f{size}", "vcpus": size + 1, "ram_mb": 4096}
    for place, (start, end) in enumerate(
        itertools.pairwise([*cuts, DAYS * 86400])
    ):
        yield {
            "resource_pk": number + 1,
            "region": "RegionOne",
            "kind": "instance",
            "project_id": f"p{number % orders}",
            "start_at": START + datetime.timedelta(seconds=start),
            "end_at": START + datetime.timedelta(seconds=end),
            "state": rating.STATES[place % 3],
            "type": flavor["name"],
            "vcpus": flavor["vcpus"],
            "ram_mb": flavor["ram_mb"],
            "disk_gb": 0,
            "is_usage": 1,
            "shape": json.dumps({"flavor": flavor}),
        }


class Prices:
    def prices(self):
        return PriceList([rating.tariff(tiers=False)])


def settle(url, ends):
    """Settle the days up to each of some; return what it took."""
    store, clock = services(url).store, Clock(START)
    usage = RatedUsage(
        store.billed_usage, Prices(), store.ledger, clock, KINDS
    )
    settler = Settler(
        store.settlements, usage, clock, datetime.timedelta(seconds=0)
    )
    start, records = time.process_time(), 0
    for day in ends:
        clock.time = START + datetime.timedelta(days=day, hours=1)
        outcome = settler.run(Call(clock.time))
        while not outcome.idle:
            records += outcome.summary["records"]
            outcome = settler.run(Call(clock.time))
    seconds = time.process_time() - start
    store.close()
    return f"{seconds:.1f} s CPU, {memory()} MB, {records:,} records"


def rate(url, _):
    """Rate the same day by day, from memory; return what it took."""
    store = services(url).store
    window = Window(START, START + datetime.timedelta(days=DAYS))
    rows = store.billed_usage.periods((), window, (), 10**7)
    rater, lines = Rater(rating.tariff(tiers=False)), 0
    start = time.process_time()
    for n in range(DAYS):
        day = START + n * rating.DAY
        lines += sum(1 for _ in rater.lines(rows, Span(day, day + rating.DAY)))
    seconds = time.process_time() - start
    store.close()
    return f"{seconds:.1f} s CPU, {len(rows):,} periods, {lines:,} lines"


def memory():
    """Return the most that this process had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
