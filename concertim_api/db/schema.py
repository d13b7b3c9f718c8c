"""The version of the schema, and how it becomes the newest."""

from __future__ import annotations

import functools
import pathlib

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from oslo_config import cfg
from sqlalchemy.engine import Connection

from concertim_api.db import engine as engines
from concertim_api.db import jobs, keys, listeners, operations, tables
from concertim_api.db.billing import tables as billing
from concertim_api.db.ledger import tables as ledger
from concertim_api.db.push import tables as push
from concertim_api.db.transactions import LOST, translated, writer
from concertim_api.db.view import tables as view
from concertim_api.domain.errors import OutOfOrder

#: Who declares tables: all of them are in ``metadata``.
DECLARING = (
    *(ledger, view, push, operations, jobs, listeners, keys),
    billing,
)

metadata = tables.metadata

#: The table of Alembic, with the revision.
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))

_MIGRATIONS = pathlib.Path(__file__).parent / "migrations"


def sync(conf: cfg.ConfigOpts, revision: str = "head") -> None:
    """Bring the schema of [database] to a revision, making it if need be.

    Raises Unavailable if the database can't be reached, or has lost tables.
    """
    engine = engines.create(conf)
    try:
        with translated(), writer(engine).begin() as connection:
            intact(connection)
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


def intact(connection: Connection) -> str | None:
    """Return the revision of a database that has lost none of our tables.

    None: it has none of them. A table that a later release renames is a view
    by its old name. Raises OutOfOrder if tables are lost. 2 statements, and
    one more if there is none by the name of a table.
    """
    inspector = sa.inspect(connection)
    names = {*inspector.get_table_names()}
    revision: str | None = None
    if _VERSION.name in names:
        revision = connection.execute(sa.select(_VERSION)).scalar()
    if revision is not None and not serves(revision):
        return revision  # of an older release: others are to come
    ours = {_VERSION.name, *metadata.tables}
    missing = ours - names
    if missing:
        missing -= {*inspector.get_view_names()}
    if missing and missing != ours:
        raise OutOfOrder(
            f"the database has lost {', '.join(sorted(missing))}: {LOST}"
        )
    return revision


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
