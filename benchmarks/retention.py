"""Years of a site: what they take on the disk, and what questions cost.

A site runs so many servers at a time; each lives for a month, is stopped and
started four times, and has a port. All years are recorded into SQLite; then
what ended before the last year is archived. Sizes are of the database file
(rebuilt by VACUUM), CPU seconds of this process; a question is asked 20 times
by turns, and the figure is the median. ``--share`` makes a part of the site;
sizes and numbers of rows are scaled up to the whole, costs are not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from benchmarks.refold import services
from concertim_api import bootstrap
from concertim_api.cmd.ledger import ArchiveFile
from concertim_api.db.ledger import tables
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Filter,
    Listing,
)
from concertim_api.services.ledger.ports import Window
from tests.databases import new_database

END = datetime(2026, 1, 1, tzinfo=UTC)
LIFE = timedelta(days=30)
BATCH = 1000
PROJECTS = 50
ROUNDS = 20
FLAVOR = {"id": "f1", "name": "m1.large", "vcpus": 8, "ram_mb": 16384}


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=2000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.05)
    options = parser.parse_args(argv)
    start = END - timedelta(days=365 * options.years)
    cut = END - timedelta(days=365)
    with (
        tempfile.TemporaryDirectory() as folder,
        new_database("sqlite", folder) as url,
    ):
        built = services(url)
        number = fill(
            built, start, max(int(options.servers * options.share), 1)
        )
        print(f"{number / options.share:,.0f} servers lived in these years")
        show("all of it", built, url, options.share)
        age(built)
        file = ArchiveFile(os.path.join(folder, "archive.jsonl.gz"))
        began = time.process_time()
        counts = bootstrap.archiver(built).run(cut, file.write)
        seconds = time.process_time() - began
        print(
            f"archived {counts.resources / options.share:,.0f} resources: "
            f"{seconds / counts.resources * 1e6:.0f} µs each, "
            f"{os.path.getsize(file.path) / counts.resources:.0f} bytes each "
            "in the file"
        )
        show("the last year", built, url, options.share)


def fill(built, start, servers):
    """Record the lives of servers; return how many lived."""
    facts, number = [], 0
    for slot in range(servers):
        moment = start + LIFE * slot / servers
        while moment < END:
            facts += life(number, moment)
            number, moment = number + 1, moment + LIFE
            if len(facts) >= BATCH:
                built.recorder.record(facts)
                facts = []
    built.recorder.record(facts)
    return number


def life(number, start):
    """Yield what is told of a server and its port."""
    project = f"project-{number % PROJECTS}"
    step = LIFE / 10
    server = Ref("north", "instance", f"{number:032x}")
    port = Ref("north", "port", f"{number:032x}")
    details = {"name": f"node-{number}", "host": f"compute-{number % 90}"}
    states = ["active", *(["stopped", "active"] * 4)]
    for turn, state in enumerate(states):
        shape = {"state": state, "flavor": FLAVOR}
        yield told(server, start + turn * step, project, shape, details)
    shape = {"network_id": f"network-{number % PROJECTS}"}
    yield told(port, start, project, shape, {"device_id": server.id})
    for ref in (server, port):
        if start + LIFE <= END:
            yield told(ref, start + LIFE, project, says="gone")


def told(ref, at, project, shape=(), details=(), says="alive"):
    at = at.replace(microsecond=0)
    return Observation(
        ref=ref,
        at=at,
        reported_at=at,
        received_at=at,
        key=f"{ref.id}-{at:%s}-{says}",
        says=says,
        project_id=project,
        shape=dict(shape),
        details=dict(details),
    )


def age(built):
    """Make it look as if all was recorded when it happened, and shown."""
    columns = tables.resources.c
    with built.store.engine.begin() as connection:
        connection.execute(
            sa.update(tables.resources).values(
                updated_at=sa.func.coalesce(columns.end_at, columns.start_at),
                stale=0,
            )
        )
        # Both are numbers: of seconds, and of microseconds.
        since = sa.type_coerce(tables.changes.c.since_at, sa.BigInteger)
        connection.execute(
            sa.update(tables.changes).values(recorded_at=since * 1_000_000)
        )


def show(title, built, url, share):
    path = url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
        query = (
            "SELECT page_count * page_size, "
            "(SELECT count(*) FROM observations) "
            "FROM pragma_page_count(), pragma_page_size()"
        )
        size, rows = connection.execute(query).fetchone()
    print(
        f"{title}: {size / share / 2**30:.2f} GiB, "
        f"{rows / share / 1e6:.1f} million observations"
    )
    for name, question in questions(built).items():
        print(f"    {name}: {cost(question) * 1000:.2f} ms")


def questions(built):
    month = Window(END - timedelta(days=31), END)
    mine = Filter("project_id", "eq", "project-7")
    newest = Listing((mine,), (("start", True),), 100)
    return {
        "usage of a month by project": lambda: built.usage.report(
            EVERY_PROJECT, (), month
        ),
        "usage of a month of one project": lambda: built.usage.report(
            EVERY_PROJECT, (mine,), month
        ),
        "100 newest periods of a project": lambda: built.periods.list(
            EVERY_PROJECT, newest, Window()
        ),
        "100 servers of last week": lambda: built.resources.list(
            EVERY_PROJECT,
            Listing((Filter("kind", "eq", "instance"),)),
            END - timedelta(days=7),
        ),
    }


def cost(question):
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        question()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
