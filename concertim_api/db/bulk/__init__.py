"""Many rows in one statement, in each database's own way.

The recorder writes batches, and its cost per row decides how many events a
second the listener takes. So its statements are text, made once, and rows go
to the driver as plain tuples:

- SQLite binds row after row in C (``executemany``);
- PostgreSQL takes one array for each column (``unnest``);
- MariaDB takes one list of literals (``VALUES``), made by ``literal``: a
  fifth of what PyMySQL's own escaping costs. (Measured and left out: one
  JSON document for ``JSON_TABLE``, which the server reads twice as slowly.)
"""

from __future__ import annotations

from sqlalchemy.engine import Dialect

from concertim_api.db.bulk.base import Bulk
from concertim_api.db.bulk.mariadb import Mariadb
from concertim_api.db.bulk.postgresql import Postgresql
from concertim_api.db.bulk.sqlite import Sqlite

_BY_DIALECT: dict[str, type[Bulk]] = {
    "sqlite": Sqlite,
    "postgresql": Postgresql,
    "mysql": Mariadb,
    "mariadb": Mariadb,
}


def bulk(dialect: Dialect) -> Bulk:
    """Return the statements of a database."""
    return _BY_DIALECT[dialect.name](dialect)
