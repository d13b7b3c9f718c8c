"""What our commands cost at start-up, over those of openstack itself.

``openstack --help`` imports every command that is installed, so the help of
a single command is compared with that of another single one, too. The
commands take turns, so that all see the same machine; compared is the time
of the CPU, which is what they spend, for they wait for nothing.

    python benchmarks/cli_startup.py [--runs 11] [--most-ms 50]
"""

from __future__ import annotations

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

OPENSTACK = pathlib.Path(sys.executable).with_name("openstack")

#: Milliseconds: of the CPU, and until the end.
Times = tuple[float, float]

#: The ceiling, and ours.
PAIRS = (
    ("--help", "concertim --help"),
    ("token issue --help", "concertim usage show --help"),
)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument(
        "--most-ms",
        type=float,
        default=50.0,
        help="Fail if one of ours costs more than this over its ceiling.",
    )
    args = parser.parse_args(argv)
    found = measured([name for pair in PAIRS for name in pair], args.runs)
    for ceiling, ours in PAIRS:
        for name in (ceiling, ours):
            cpu, elapsed = found[name]
            print(
                f"openstack {name:28}{cpu:6.0f} ms CPU {elapsed:6.0f} elapsed"
            )
        difference = found[ours][0] - found[ceiling][0]
        ratio = found[ours][0] / found[ceiling][0]
        print(f"  difference {difference:+.0f} ms CPU, ratio {ratio:.3f}")
    worst = max(found[ours][0] - found[ceiling][0] for ceiling, ours in PAIRS)
    return int(worst > args.most_ms)


def measured(names: list[str], runs: int) -> dict[str, Times]:
    """Return the medians of each command."""
    for name in names:  # once, for the caches
        milliseconds(name)
    times: dict[str, list[Times]] = {name: [] for name in names}
    for _ in range(runs):
        for name in names:
            times[name].append(milliseconds(name))
    return {name: medians(found) for name, found in times.items()}


def medians(found: list[Times]) -> Times:
    cpu, elapsed = zip(*found, strict=True)
    return statistics.median(cpu), statistics.median(elapsed)


def milliseconds(name: str) -> Times:
    """Return what a command takes of the CPU, and how long it takes."""
    environ = {k: v for k, v in os.environ.items() if k[:3] != "OS_"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [OPENSTACK, *name.split()],
        stdout=subprocess.DEVNULL,
        env=environ,
        check=True,
    )
    elapsed = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime - before.ru_utime) + (
        after.ru_stime - before.ru_stime
    )
    return cpu * 1000, elapsed * 1000


if __name__ == "__main__":
    sys.exit(main())
