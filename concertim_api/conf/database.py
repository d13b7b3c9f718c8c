"""[database]: where data is stored. The options are oslo.db's."""

import os
import pathlib

from oslo_config import cfg
from oslo_db import options

CONNECTION = "sqlite:///$state_path/concertim.sqlite"

#: Connections that each process keeps: one for each thread of a usual one.
#: Others are closed after each use, and opening one takes longer than most
#: statements.
POOL_SIZE = 10


def _state_path() -> str:
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return str(pathlib.Path(base).expanduser() / "concertim")


opts: list[cfg.Opt] = [
    cfg.StrOpt(
        "state_path",
        default=_state_path(),
        sample_default="/var/lib/concertim",
        help="The directory that holds the SQLite database, unless "
        "[database]/connection names another one. It is made when it is "
        "missing, readable by its owner only.",
    ),
]


def set_defaults() -> None:
    """Give oslo.db's own options our defaults, for sample files too."""
    cfg.set_defaults(
        options.database_opts, connection=CONNECTION, max_pool_size=POOL_SIZE
    )


def register_opts(conf: cfg.ConfigOpts) -> None:
    conf.register_opts(opts)
    options.set_defaults(conf, connection=CONNECTION, max_pool_size=POOL_SIZE)
    # Nothing waits for the database at start: until it answers, requests
    # get 503, and the listener leaves its messages with the broker.
    conf.set_default("max_retries", 0, group="database")


def list_opts() -> list[tuple[str | None, list[cfg.Opt]]]:
    return [(None, opts)]
