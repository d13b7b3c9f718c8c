"""concertim-manage: the database, recordings, retention, syncs by hand, named
keys, tariffs, and our entries in Keystone."""

from __future__ import annotations

import argparse
import functools
import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from oslo_config import cfg

from concertim_api import bootstrap
from concertim_api.cmd import (
    almanach,
    billing,
    development,
    errors,
    keys,
    keystone,
    ledger,
    sync,
    tariff,
)
from concertim_api.db import schema
from concertim_api.domain.errors import Invalid
from concertim_api.listener.intake import Counts
from concertim_api.listener.replay import replay
from concertim_api.services.jobs.job import Call
from concertim_api.services.ledger import feed
from concertim_api.services.ledger.ports import PeriodRow
from concertim_api.services.ledger.refolds import Refolder

PROG = "concertim-manage"


def db_sync(conf: cfg.ConfigOpts) -> None:
    """Upgrade the schema of the database."""
    schema.sync(conf, conf.command.revision)
    db_version(conf)


def db_version(conf: cfg.ConfigOpts) -> None:
    """Print the version of the schema."""
    version = schema.version(conf) or "none"
    newest = " (the newest)" if version == schema.head() else ""
    print(f"{version}{newest}")


def db_restored(conf: cfg.ConfigOpts) -> None:
    """Make a database that was restored from a backup safe for readers.

    Readers of the feed of changes hold cursors that the backup does not have
    yet. They are answered with 410 once, and read everything anew. Run it
    after each restore; more often is harmless.
    """
    services = bootstrap.services(conf)
    services.store.check()
    cursor = feed.begin_anew(services.store.feed, services.clock.now())
    print(f"The feed of changes begins anew, after the cursor {cursor}.")


def replay_files(conf: cfg.ConfigOpts) -> None:
    """Record the notifications in files, in any order, any number of times.

    Each line is one JSON object: a notification, or an object with it as
    "message", or with its form on the wire as "envelope". Files may be
    gzipped. Resources with many late notifications are brought up to date at
    the end.
    """
    from rich import console, progress

    services = bootstrap.services(conf)
    services.store.check()
    bootstrap.spare_collector()
    region = conf.command.region or conf.listener.region
    total = Counts()
    with progress.Progress(
        *progress.Progress.get_default_columns(),
        console=console.Console(stderr=True),
        disable=not sys.stderr.isatty(),
    ) as display:
        for path in conf.command.file:
            task = display.add_task(
                os.path.basename(path), total=_size(path) or None
            )
            total += replay(
                path,
                services.intake,
                region,
                functools.partial(_advance, display, task),
            )
    print(total)
    # Else answers would be wrong until an agent runs.
    refolder = Refolder(services.store.histories, services.recorder)
    while refolder.run(Call(services.clock.now())).summary["finished"]:
        pass


def _advance(display: Any, task: Any, completed: int) -> None:
    display.update(task, completed=completed)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError as exc:
        raise Invalid(path, str(exc.strerror)) from None


def dump_periods(conf: cfg.ConfigOpts) -> None:
    """Print every period, sorted, so that two databases can be compared.

    The output depends on the observations only, not on their order.
    """
    write = sys.stdout.write
    ledger = bootstrap.store(conf).ledger
    if before := ledger.archived_before():
        sys.stderr.write(f"What ended before {before} may be archived.\n")
    write("[")
    separator = "\n"
    for row in ledger.all_periods():
        write(separator + _period(row))
        separator = ",\n"
    write("\n]\n")


def _period(row: PeriodRow) -> str:
    import orjson

    return orjson.dumps(
        {
            "region": row.region,
            "kind": row.kind,
            "resource_id": row.resource_id,
            "project_id": row.project_id,
            "start": row.start,
            "end": row.end,
            "shape": orjson.Fragment(row.shape),
        },
        option=orjson.OPT_UTC_Z,
    ).decode()


#: What ``serve`` can serve.
_APPLICATIONS: Mapping[str | None, Callable[..., Any]] = {
    None: bootstrap.api,
    "almanach": bootstrap.almanach_dialect,
}


def serve(conf: cfg.ConfigOpts) -> None:
    """Serve the API on a loopback address: for development and the demo."""
    services = bootstrap.services(conf, bootstrap.clouds(conf))
    agent = (
        bootstrap.agent(conf, services) if conf.command.with_agent else None
    )
    with development.working(agent, conf.agent.stop_timeout):
        development.serve(
            _APPLICATIONS[conf.command.dialect](conf, services),
            conf.command.host,
            conf.command.port,
        )


def _add_parsers(subparsers: Any) -> None:
    _add_db(subparsers)
    _add_data(subparsers)
    _add_ledger(subparsers)
    keys.add_parsers(
        _group(subparsers, "key", "Keys of auth_strategy = key."), _command
    )
    tariff.add_parsers(
        _group(subparsers, "tariff", "What usage costs."), _command
    )
    billing.add_parsers(
        _group(subparsers, "billing", "What a billing system needs."),
        _command,
    )
    almanach.add_parsers(
        _group(subparsers, "almanach", "What an Almanach knew."), _command
    )
    keystone.add_parsers(
        _group(
            subparsers, "keystone", "Our user and our service in Keystone."
        ),
        _command,
    )
    server = _command(subparsers, "serve", serve)
    server.add_argument(
        "--host", default="127.0.0.1", help="A loopback address."
    )
    server.add_argument("--port", type=int, default=8990)
    server.add_argument(
        "--dialect",
        choices=["almanach"],
        help="Serve this dialect in the place of the API.",
    )
    server.add_argument(
        "--with-agent",
        action="store_true",
        help="Run the jobs of concertim-agent in this process, too.",
    )


def _add_db(subparsers: Any) -> None:
    actions = _group(subparsers, "db", "The schema of the database.")
    sync = _command(actions, "sync", db_sync)
    sync.add_argument(
        "revision", nargs="?", default="head", help="The newest by default."
    )
    _command(actions, "version", db_version)
    _command(actions, "restored", db_restored)


def _add_data(subparsers: Any) -> None:
    files = _command(subparsers, "replay", replay_files)
    files.add_argument("file", nargs="+", metavar="FILE")
    files.add_argument(
        "--region",
        metavar="NAME",
        help="The region of the notifications; [listener] region by default.",
    )
    periods = _command(subparsers, "periods", dump_periods)
    periods.add_argument("--format", choices=["json"], default="json")
    _add_sync(_command(subparsers, "sync", sync.run))


def _add_ledger(subparsers: Any) -> None:
    actions = _group(subparsers, "ledger", "What the ledger keeps.")
    person = _command(actions, "erase", ledger.erase)
    person.add_argument("user", metavar="USER-ID")
    person.add_argument(
        "--region",
        metavar="NAME",
        help="Needed only if several regions have the id.",
    )
    old = _command(actions, "archive", ledger.archive)
    old.add_argument(
        "--before",
        required=True,
        metavar="DATE",
        help="Archive resources that ended before this date; a date alone is "
        "its midnight, in UTC.",
    )
    old.add_argument(
        "--directory",
        default=".",
        metavar="PATH",
        help="The directory of the file; the current one by default.",
    )
    old.add_argument(
        "--dry-run",
        action="store_true",
        help="Print what would be archived, and change nothing.",
    )


def _add_sync(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--cloud",
        dest="region",
        metavar="REGION",
        help="Only this region; all by default.",
    )
    command.add_argument(
        "--kind",
        action="append",
        metavar="KIND",
        help="A kind, such as instance or stack; repeatable; all by default.",
    )
    command.add_argument(
        "--dry-run",
        action="store_true",
        help="Print what would be recorded, and store nothing.",
    )
    command.add_argument(
        "--accept-deletes",
        action="store_true",
        help="Believe that resources missing in the listings are gone, "
        "however many.",
    )


def _group(subparsers: Any, name: str, about: str) -> Any:
    parser = subparsers.add_parser(name, help=about, description=about)
    return parser.add_subparsers(dest="action", required=True)


def _command(
    subparsers: Any, name: str, run: Callable[[cfg.ConfigOpts], None]
) -> argparse.ArgumentParser:
    about = run.__doc__ or ""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=about.split("\n", 1)[0], description=about
    )
    parser.set_defaults(run=run)
    return parser


def register(conf: cfg.ConfigOpts) -> None:
    conf.register_cli_opt(
        cfg.SubCommandOpt(
            "command",
            title="Commands",
            help="The command. COMMAND --help shows more.",
            handler=_add_parsers,
        )
    )


def main() -> None:
    with errors.exit_with_message(PROG):
        # A command that fails says why in one line, and nothing more.
        conf = bootstrap.configure(
            sys.argv[1:], prog=PROG, register=register, level=logging.DEBUG
        )
        if conf.command.name is None:
            conf.print_help()
            sys.exit(2)
        conf.command.run(conf)
