"""``python -m tests.contract.concertim``: a front end to try things on."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys

from tests.contract.concertim.app import App
from tests.contract.concertim.flavours import FLAVOURS
from tests.contract.concertim.server import Server


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m tests.contract.concertim",
        description="Serve a front end on the loopback until it is ended. "
        "Its URL is the first line; sign in as admin with admin.",
    )
    parser.add_argument("--port", type=int, default=0, metavar="N")
    parser.add_argument("--flavour", choices=FLAVOURS, default="orders")
    parser.add_argument(
        "--team",
        "--teams",
        dest="teams",
        nargs="+",
        action="extend",
        default=[],
        type=_team,
        metavar="NAME=PROJECT_ID",
    )
    parser.add_argument(
        "--cluster-type",
        dest="cluster_types",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="what a rack of the flavour of hours may be",
    )
    parser.add_argument(
        "--request-log",
        metavar="FILE",
        help="where each request becomes a line of JSON, passwords and all",
    )
    return parser


def _team(text):
    name, equals, project_id = text.partition("=")
    if not (name and equals and project_id):
        raise argparse.ArgumentTypeError(f"not NAME=PROJECT_ID: {text}")
    return name, project_id


def main(argv=None):
    args = _parser().parse_args(argv)
    ends = {signal.SIGTERM, signal.SIGINT}
    # Before any thread is made, so that none of them takes the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with contextlib.ExitStack() as stack:
        log = None
        if args.request_log:
            log = stack.enter_context(open(args.request_log, "a"))
        app = App(args.flavour, log=log)
        for name, project_id in args.teams:
            app.seed.team(name, project_id)
        for name in args.cluster_types:
            app.seed.cluster_type(name)
        server = stack.enter_context(Server(app, port=args.port))
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait(ends)


if __name__ == "__main__":
    sys.exit(main())
