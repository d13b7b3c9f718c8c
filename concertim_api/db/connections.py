"""How many connections the database lets us have: enough for our pools?"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

LOG = logging.getLogger(__name__)

_MARIADB = """
SELECT @@global.max_connections AS "max_connections",
    @@session.max_user_connections AS "max_user_connections"
"""
_POSTGRESQL = """
SELECT current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0)
    AS "max_connections (less those for superusers)",
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user)
    AS "the CONNECTION LIMIT of our role",
    (SELECT datconnlimit FROM pg_database WHERE datname = current_database())
    AS "the CONNECTION LIMIT of the database"
"""
#: Queries of limits, by their names; one that is not above 0 is none.
_LIMITS = {"mysql": _MARIADB, "mariadb": _MARIADB, "postgresql": _POSTGRESQL}


def shortages(connection: Any, dialect: str, most: float) -> Iterator[str]:
    """Yield a sentence for each limit of the database below ``most``.

    ``connection`` is one of the driver. 1 statement; for SQLite none.
    """
    if dialect not in _LIMITS:
        return
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute(_LIMITS[dialect])
        limits = [*zip(cursor.description, cursor.fetchone(), strict=True)]
    connection.rollback()
    number = "any number of" if math.isinf(most) else f"{most:g}"
    for (name, *_), limit in limits:
        if limit is not None and 0 < limit < most:
            yield (
                "[database] max_pool_size and max_overflow: the agent, one "
                f"process of the API and [listener] workers may have {number} "
                f"connections together, but {name} is {limit}"
            )


def warn(engine: Engine, most: float) -> None:
    """Log shortages at the first connection of an engine. Limits that it
    does not tell, perhaps a proxy before it, keep nobody from connecting."""

    def log(connection: Any, record: Any) -> None:
        try:
            for shortage in shortages(connection, engine.dialect.name, most):
                LOG.warning("%s", shortage)
        except engine.dialect.loaded_dbapi.Error as exc:
            connection.rollback()
            LOG.debug("No limits of connections: %s", type(exc).__name__)

    event.listen(engine, "first_connect", log)
