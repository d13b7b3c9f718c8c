"""Bytes on the disk for each notification, and CPU, by database.

The recorded notifications are taken again and again, each round about other
resources, until there are so many. Sizes are of the whole database, with its
indexes, less what it takes when it is empty. CPU seconds are of this process;
the database's own are not in them.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time

import sqlalchemy as sa

from benchmarks.refold import services
from concertim_api.db.ledger import tables
from tests import samples
from tests.databases import at_hand, new_database
from tests.taking import take

BATCH = 500

#: The query for the bytes of a database.
SIZES = {
    "sqlite": "SELECT page_count * page_size "
    "FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT pg_database_size(current_database())",
    "mysql": "SELECT SUM(file_size) FROM "
    "information_schema.innodb_sys_tablespaces "
    "WHERE name LIKE CONCAT(DATABASE(), '/%')",
}


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notifications", type=int, default=200_000)
    parser.add_argument("--backends", nargs="*", default=at_hand())
    options = parser.parse_args(argv)
    for backend in options.backends:
        with (
            tempfile.TemporaryDirectory() as folder,
            new_database(backend, folder) as url,
        ):
            print(f"{backend}: {measure(url, options.notifications)}")


def measure(url, count):
    """Return what so many notifications cost a new database."""
    built = services(url)
    empty, began = size(built), time.process_time()
    messages = samples.fresh(count)
    while batch := [*itertools.islice(messages, BATCH)]:
        take(built.intake, batch, "north")
    cpu, used = time.process_time() - began, size(built) - empty
    stored = rows(built)
    built.store.close()
    return (
        f"{used / count:,.0f} bytes a notification "
        f"({stored / count:.2f} rows of observations, "
        f"{used / stored:,.0f} bytes each), "
        f"{1e6 * cpu / count:.0f} microseconds of CPU"
    )


def size(built):
    engine = built.store.engine
    query = sa.text(SIZES[engine.dialect.name])
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def rows(built):
    query = sa.select(sa.func.count()).select_from(tables.observations)
    with built.store.engine.connect() as connection:
        return connection.execute(query).scalar_one()


if __name__ == "__main__":
    main()
