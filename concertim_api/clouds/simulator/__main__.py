"""Serve a simulated OpenStack on a loopback address, until interrupted.

Prints the [cloud] section of a configuration file that leads to it. For the
quick start and for development: all that it has is in memory.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading

from concertim_api.clouds.simulator import Simulator, Site, recordings
from concertim_api.domain.errors import Invalid


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m concertim_api.clouds.simulator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--recording",
        metavar="FILE",
        help="The listings that it repeats, such as demo/listings.json.gz; "
        "without them it has one project.",
    )
    parser.add_argument(
        "--stacks",
        metavar="FILE",
        help="What the stacks are made of, such as demo/stacks.jsonl.gz.",
    )
    parser.add_argument("--region", default="RegionOne")
    parser.add_argument(
        "--host", default="127.0.0.1", help="A loopback address."
    )
    parser.add_argument(
        "--port", type=int, default=0, help="A free one by default."
    )
    return parser.parse_args()


def main() -> None:
    args = _arguments()
    try:
        site = (
            recordings.site(args.recording, args.stacks)
            if args.recording
            else Site()
        )
        simulator = Simulator(site, args.region)
        simulator.start(args.host, args.port)
    except (Invalid, OSError) as exc:
        sys.exit(f"simulator: {exc}")
    sys.stdout.write(simulator.section())
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    simulator.stop()


if __name__ == "__main__":
    main()
