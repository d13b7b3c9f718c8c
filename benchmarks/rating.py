"""What it costs to rate a month: CPU seconds of this process.

usage: python -m benchmarks.rating [--projects N] [--resources N]
           [--periods N] [--tiers]

Rates the usage of a month at once, and day by day, and compares the two to
the last digit. The periods are in memory: the ledger is not read. With
--tiers, the prices of one rule fall with what a project used in the month.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from concertim_api.domain.billing import tariff_document
from concertim_api.domain.billing.amounts import recorded
from concertim_api.domain.billing.rating import Rater, Span, UsagePeriod
from concertim_api.domain.billing.tariff import Profile, Tariff
from concertim_api.domain.ledger.kinds import KINDS

MONTH = Span(
    datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
)
DAY = timedelta(days=1)
STATES = ("active", "stopped", "shelved_offloaded")


def tariff(tiers: bool) -> Tariff:
    """Return the prices of four flavors, vCPUs, memory and volumes."""
    memory = [{"up_to": "5000", "price": "0.004"}, {"price": "0.003"}]
    rules = [
        ("vCPU", "compute", {}, "vcpu_hour", "0.012"),
        ("memory", "memory", {}, "ram_gib_hour", memory if tiers else "0.004"),
        *(
            (f"f{n}", "compute", {"type": f"f{n}"}, "hour", f"0.{n}")
            for n in range(1, 5)
        ),
        ("shelved", "compute", {"state": "shelved*"}, "hour", "0.001"),
    ]
    document = {
        "name": "benchmark",
        "currency": "EUR",
        "valid_from": "2020-01-01",
        "rules": [
            {
                "name": name,
                "unit": unit,
                "for": {"kind": "instance", **conditions},
                "count": count,
                "price": price,
            }
            for name, unit, conditions, count, price in rules
        ],
    }
    return tariff_document.read(document, KINDS)


def history(
    projects: int, resources: int, periods: int, random_: random.Random
) -> Iterator[UsagePeriod]:
    """Yield periods: of each resource as many, one after the other."""
    seconds = int((MONTH.end - MONTH.start).total_seconds())
    each = periods // resources
    for resource in range(resources):
        cuts = sorted(random_.sample(range(seconds), each))
        flavor = random_.randrange(8)
        for place, start in enumerate(cuts):
            is_last = place == each - 1
            yield UsagePeriod(
                resource,
                MONTH.start + timedelta(seconds=start),
                None
                if is_last
                else MONTH.start + timedelta(seconds=cuts[place + 1]),
                Profile(
                    "instance",
                    f"f{flavor}",
                    STATES[place % 3],
                    "RegionOne",
                    vcpus=flavor + 1,
                    ram_mb=4096 * (flavor + 1),
                    project=f"p{resource % projects}",
                ),
            )


def totals(
    rater: Rater, periods: list[UsagePeriod], *spans: Span
) -> dict[tuple[str, str], int]:
    """Return the exact amount of each project and unit."""
    sums: dict[tuple[str, str], int] = {}
    for span in spans:
        for line in rater.lines(periods, span):
            if line.rule:
                key = line.period.profile.project, line.rule.unit
                sums[key] = sums.get(key, 0) + line.amount
    return sums


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--periods", type=int, default=60_000)
    parser.add_argument("--tiers", action="store_true")
    args = parser.parse_args()
    prices = tariff(args.tiers)
    periods = [
        *history(args.projects, args.resources, args.periods, random.Random(7))
    ]
    days = [
        Span(MONTH.start + n * DAY, MONTH.start + (n + 1) * DAY)
        for n in range(31)
    ]
    sums = []
    for name, spans in (("at once", [MONTH]), ("day by day", days)):
        start = time.process_time()
        sums.append(totals(Rater(prices), periods, *spans))
        seconds = time.process_time() - start
        print(f"{name}: {seconds:.2f} s CPU, {len(periods):,} periods")
    if sums[0] != sums[1]:
        raise SystemExit("the days do not cost what the month does")
    print(f"equal; in all {recorded(sum(sums[0].values()))} EUR")


if __name__ == "__main__":
    main()
