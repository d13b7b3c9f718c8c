"""The version of the schema, and how it becomes the newest."""

from __future__ import annotations

import functools
import pathlib

import alembic.command
import alembic.config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from oslo_config import cfg
from sqlalchemy.engine import Connection

from concertim_api.db import engine as engines
from concertim_api.db import jobs, keys, listeners, operations, tables
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.push import tables as push
from concertim_api.db.transactions import translated, writer
from concertim_api.db.view import tables as view

#: Who declares tables: all of them are in ``metadata``.
DECLARING = (ledger, view, push, operations, jobs, listeners, keys)

metadata = tables.metadata

_MIGRATIONS = pathlib.Path(__file__).parent / "migrations"


def sync(conf: cfg.ConfigOpts, revision: str = "head") -> None:
    """Bring the schema of [database] to a revision, making it if need be.

    Raises Unavailable if the database can't be reached.
    """
    engine = engines.create(conf)
    try:
        with translated(), writer(engine).begin() as connection:
            upgrade(connection, revision)
    finally:
        engine.dispose()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema of a connection to a revision."""
    config = _config()
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, revision)


def version(conf: cfg.ConfigOpts) -> str | None:
    """Return the revision that [database] has; None: it has no schema."""
    engine = engines.create(conf)
    try:
        with translated(), engine.connect() as connection:
            return current(connection)
    finally:
        engine.dispose()


def current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def head() -> str:
    """Return the newest revision, the one that this code needs."""
    revision = _scripts().get_current_head()
    assert revision is not None
    return revision


def serves(revision: str | None) -> bool:
    """Whether this code can work with a schema of a revision.

    With its own, or with one that it has not heard of: what a newer release
    adds, an older one does not miss.
    """
    if revision is None:
        return False
    revisions = {script.revision for script in _scripts().walk_revisions()}
    return revision == head() or revision not in revisions


@functools.cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
