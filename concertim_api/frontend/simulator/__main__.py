"""The front end of the quick start, as a program."""

from __future__ import annotations

import argparse
import signal
import sys

from concertim_api.frontend.simulator.app import App
from concertim_api.frontend.simulator.server import Server


def _team(text):
    name, equals, project_id = text.partition("=")
    if not (name and equals and project_id):
        raise argparse.ArgumentTypeError(f"not NAME=PROJECT_ID: {text}")
    return name, project_id


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m concertim_api.frontend.simulator",
        description="Serve a front end on the loopback until it is ended. "
        "Its URL is the first line; sign in as admin with admin.",
    )
    parser.add_argument(
        "--teams", nargs="*", default=[], type=_team, metavar="NAME=PROJECT_ID"
    )
    args = parser.parse_args(argv)
    ends = {signal.SIGTERM, signal.SIGINT}
    # Before any thread is made, so that none of them takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    app = App()
    for name, project_id in args.teams:
        app.seed.team(name, project_id)
    with Server(app) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait(ends)


if __name__ == "__main__":
    sys.exit(main())
