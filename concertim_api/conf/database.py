"""[database]: where data is stored. The options are oslo.db's."""

import math
import os
import pathlib
from typing import Any

from oslo_config import cfg
from oslo_db import options

CONNECTION = "sqlite:///$state_path/concertim.sqlite"

#: Connections that each process keeps: one for each thread of a usual one.
#: Others are closed after each use, and opening one takes longer than most
#: statements.
POOL_SIZE = 10

#: Connections that a process may have beside them: a thread that streams a
#: list has two. oslo.db's 50 would be more than a PostgreSQL as it is
#: installed has for three processes.
MAX_OVERFLOW = 10


_DEFAULTS: dict[str, Any] = {
    "connection": CONNECTION,
    "max_pool_size": POOL_SIZE,
    "max_overflow": MAX_OVERFLOW,
}


def _state_path() -> str:
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return str(pathlib.Path(base).expanduser() / "concertim")


opts: list[cfg.Opt] = [
    cfg.StrOpt(
        "state_path",
        default=_state_path(),
        sample_default="/var/lib/concertim",
        help="The directory of the SQLite database, unless "
        "[database]/connection names another one. It is made when it is "
        "missing, readable by its owner only.",
    ),
]


def set_defaults() -> None:
    """Give oslo.db's own options our defaults, for sample files too."""
    cfg.set_defaults(options.database_opts, **_DEFAULTS)


def register_opts(conf: cfg.ConfigOpts) -> None:
    conf.register_opts(opts)
    options.set_defaults(conf, **_DEFAULTS)
    # Nothing waits for the database at start: until it answers, requests
    # get 503, and the listener leaves its messages with the broker.
    conf.set_default("max_retries", 0, group="database")


def most_connections(conf: cfg.ConfigOpts) -> float:
    """Return how many connections the pools of our processes may have.

    One agent and one process of the API are counted beside the listener's:
    what there is more of, only others know.
    """
    size, overflow = conf.database.max_pool_size, conf.database.max_overflow
    if size == 0 or overflow < 0:  # SQLAlchemy's "no limit"
        return math.inf
    return float((size + overflow) * (conf.listener.workers + 2))


def list_opts() -> list[tuple[str | None, list[cfg.Opt]]]:
    return [(None, opts)]
