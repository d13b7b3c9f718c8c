"""New databases on the servers at hand, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import uuid

import sqlalchemy as sa
from sqlalchemy.engine import make_url

SERVERS = {
    "mariadb": "CONCERTIM_TEST_MYSQL",
    "postgresql": "CONCERTIM_TEST_POSTGRESQL",
}


def at_hand():
    """Return SQLite, and what ``tools/services.sh`` has started."""
    return ["sqlite", *(b for b, v in SERVERS.items() if os.environ.get(v))]


@contextlib.contextmanager
def new_database(backend, folder):
    """Hand out the URL of a new, empty database; drop it afterwards."""
    name = f"concertim_{uuid.uuid4().hex[:12]}"
    if backend == "sqlite":
        yield f"sqlite:///{folder}/{name}/concertim.sqlite"
        return
    admin = make_url(os.environ[SERVERS[backend]])
    engine = sa.create_engine(admin, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield admin.set(database=name).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if backend == "postgresql" else ""
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name}{force}"))
        engine.dispose()
