"""Connections: made by oslo.db from ``conf``, each database set up to wait
a bounded time, and to lock what is read for writing."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg
from oslo_db.sqlalchemy import engines, exc_filters
from sqlalchemy import event, exc, pool
from sqlalchemy.engine import URL, Engine, make_url

from concertim_api.db.transactions import begin, refuse_the_parents

#: Seconds: for a connection, for an answer, and for a lock.
CONNECT, ANSWER, LOCK = 10, 60, 15


#: Module of a driver -> the package with it, where their names differ.
_PACKAGES = {
    "MySQLdb": "mysqlclient",
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
    "pymysql": "PyMySQL",
}


def create(conf: cfg.ConfigOpts) -> Engine:
    """Return the engine for [database]. It connects when it is used.

    Raises ``cfg.Error``, which names the option, if it is no database of
    ours, or its driver is not installed.
    """
    url = _url(conf)
    makers = {
        "sqlite": _sqlite,
        "mysql": _mariadb,
        "mariadb": _mariadb,
        "postgresql": _postgresql,
    }
    make = makers.get(url.get_backend_name())
    if make is None:
        raise _refusal(f"{url.get_backend_name()} is not supported")
    try:
        return make(conf, url)
    except exc.NoSuchModuleError:
        raise _refusal(f"there is no driver {url.drivername}") from None
    except ModuleNotFoundError as error:
        name = str(error.name)
        raise _refusal(
            f"the driver of {url.drivername} is not installed: pip install "
            f"{_PACKAGES.get(name, name)}"
        ) from None


def _refusal(problem: str) -> cfg.Error:
    return cfg.ConfigFileValueError(f"[database] connection: {problem}")


def place(conf: cfg.ConfigOpts) -> str:
    """Return where the database is, without user and password."""
    url = _url(conf)
    port = f":{url.port}" if url.port else ""
    server = f"{url.host}{port}/" if url.host else ""
    return f"{url.get_backend_name()} {server}{url.database or ''}"


def _url(conf: cfg.ConfigOpts) -> URL:
    try:
        return make_url(conf.database.connection)
    except (exc.ArgumentError, ValueError):
        # Not its text, which may hold the password.
        raise _refusal("not a URL of a database") from None


def _sqlite(conf: cfg.ConfigOpts, url: URL) -> Engine:
    """SQLite, with the connections kept open.

    oslo.db opens it anew for each transaction. That costs more than most
    transactions do, and closing the last connection empties the WAL.
    """
    in_file = bool(url.database) and url.database != ":memory:"
    engine = sa.create_engine(
        url,
        poolclass=pool.QueuePool if in_file else pool.StaticPool,
        connect_args={"timeout": LOCK, "check_same_thread": False},
        **(_sizes(conf) if in_file else {}),
    )
    exc_filters.register_engine(engine)
    if in_file:
        event.listen(engine, "do_connect", _make_file)
    event.listen(engine, "connect", _set_up(conf))
    event.listen(engine, "checkout", refuse_the_parents)
    event.listen(engine, "begin", begin)
    return engine


def _set_up(conf: cfg.ConfigOpts) -> Callable[[Any, Any], None]:
    synchronous = "FULL" if conf.database.sqlite_synchronous else "OFF"

    def set_up(connection: Any, record: Any) -> None:
        record.info["pid"] = os.getpid()
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA cache_size = -32768")

    return set_up


def _make_file(dialect: Any, record: Any, args: Any, kwargs: Any) -> None:
    """Make a file that only its owner reads: SQLite would let all read it.

    SQLite's other files beside it get the same mode.
    """
    path = pathlib.Path(args[0])
    # What stands in the way, SQLite says better: it can't open the file.
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if "uri" not in kwargs:
            path.touch(mode=0o600)


def _mariadb(conf: cfg.ConfigOpts, url: URL) -> Engine:
    url = _with_defaults(
        url.update_query_dict({"charset": "utf8mb4"}),
        connect_timeout=str(CONNECT),
        read_timeout=str(ANSWER),
        write_timeout=str(ANSWER),
    )
    engine = _engine(conf, url)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
            )
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {LOCK}")
            # ``bulk.literal`` relies on backslashes.
            cursor.execute(
                "SET SESSION sql_mode = "
                "REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')"
            )

    return engine


def _postgresql(conf: cfg.ConfigOpts, url: URL) -> Engine:
    limits = {
        "default_transaction_isolation": "read\\ committed",
        "statement_timeout": f"{ANSWER}s",
        "lock_timeout": f"{LOCK}s",
    }
    return _engine(
        conf,
        _with_defaults(
            url,
            connect_timeout=str(CONNECT),
            tcp_user_timeout=str(ANSWER * 1000),
            options=" ".join(f"-c {k}={v}" for k, v in limits.items()),
        ),
    )


def _with_defaults(url: URL, **query: str) -> URL:
    return url.update_query_dict({**query, **url.query})


def _engine(conf: cfg.ConfigOpts, url: URL) -> Engine:
    options = conf.database
    engine: Engine = engines.create_engine(
        url,
        mysql_sql_mode=options.mysql_sql_mode,
        mysql_wsrep_sync_wait=options.mysql_wsrep_sync_wait,
        connection_recycle_time=options.connection_recycle_time,
        connection_debug=options.connection_debug,
        connection_trace=options.connection_trace,
        connection_parameters=options.connection_parameters,
        max_retries=options.max_retries,
        retry_interval=options.retry_interval,
        **_sizes(conf, "max_"),
    )
    return engine


def _sizes(conf: cfg.ConfigOpts, prefix: str = "") -> dict[str, Any]:
    sizes = {
        f"{prefix}pool_size": conf.database.max_pool_size,
        "max_overflow": conf.database.max_overflow,
        "pool_timeout": conf.database.pool_timeout or CONNECT,
    }
    return {k: v for k, v in sizes.items() if v is not None}
