"""Ratios to plain work of the same size, beside those that are stored.

Each case is measured in turn with its peer, in this process, by CPU time: a
busy machine slows both down. A ratio is the CPU time of the peer in that of
ours, so more is better; each is the median of some rounds. With ``--check``
the exit status is 1 if one is below 0.9 of its stored value after another
measurement: tools/test has that as a stage. A stored value in ``paired.json``
changes only in a commit that says why.

- *translate*: notifications to observations; the peer makes deep copies.
- *record*: observations into the ledger; the peer inserts their JSON with
  sqlite3, into a table with one index more than its key.
- *sync*: a listing that shows nothing new; the peer reads the same rows.
- *list*: a page of 1,000 periods of the API; the peer reads the same columns
  with sqlite3, and writes them as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gc
import itertools
import json
import logging
import pathlib
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import orjson
import webob

from benchmarks import list as lists
from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.domain.ledger.sightings import Sighting
from tests import samples

STORED = pathlib.Path(__file__).with_suffix(".json")

#: A ratio may be so much of the stored one before it is a fault.
LEAST = 0.9

ROUNDS = 5
MESSAGES = 2000

#: Does the work once, and returns its CPU seconds.
Work = Callable[[], float]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args(argv)
    stored = json.loads(STORED.read_text())
    slow = []
    with quiet(), tempfile.TemporaryDirectory() as folder:
        for name, (peer, ours) in cases(folder):
            ratio = measured(peer, ours, arguments.rounds)
            if ratio < LEAST * stored[name]:  # perhaps by chance
                ratio = measured(peer, ours, 3 * arguments.rounds)
            print(f"{name:9} {ratio:.3f}, stored {stored[name]:.3f}")
            if ratio < LEAST * stored[name]:
                slow.append(name)
    if slow and arguments.check:
        sys.exit(f"slower than stored in {STORED.name}: {', '.join(slow)}")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Log nothing meanwhile."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


def measured(peer: Work, ours: Work, rounds: int) -> float:
    """Return the median of the ratios of some rounds."""
    ratios = []
    for _ in range(rounds):
        before, time_of_ours, after = peer(), ours(), peer()
        ratios.append((before + after) / 2 / time_of_ours)
    return statistics.median(ratios)


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the CPU seconds of the quickest of some times."""
    best = float("inf")
    gc.collect()
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def cases(folder: str) -> Iterator[tuple[str, tuple[Work, Work]]]:
    """Yield the name of each case, its peer's work, and ours."""
    messages = list(samples.fresh(MESSAGES, 7))
    empty = pathlib.Path(folder) / "empty.sqlite"
    services = service(empty)
    batches = [
        [
            observation
            for message in messages[first : first + 500]
            for observation in services.intake.translator.translate(
                message, "north", datetime.now(UTC)
            )
        ]
        for first in range(0, MESSAGES, 500)
    ]
    yield "translate", translation(messages, services)
    yield "record", recording(batches, empty)
    for batch in batches:
        services.recorder.record(batch)
    yield "sync", reconciling(batches, services, empty)
    yield "list", listing(folder)


def service(path: pathlib.Path):
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("connection", f"sqlite:///{path}", "database")
    if not path.exists():
        schema.sync(conf)
    return bootstrap.services(conf)


def translation(messages, services) -> tuple[Work, Work]:
    now = datetime.now(UTC)
    translate = services.intake.translator.translate

    def ours():
        for message in messages:
            translate(message, "north", now)

    def peer():
        for message in messages:
            copy.deepcopy(message)

    return lambda: seconds(peer, 3), lambda: seconds(ours, 3)


def recording(batches, empty) -> tuple[Work, Work]:
    paths = map("{}-{}".format, itertools.repeat(empty), itertools.count())

    def ours() -> float:
        path = pathlib.Path(next(paths))
        shutil.copy(empty, path)
        recorder = service(path).recorder
        return seconds(lambda: [recorder.record(batch) for batch in batches])

    def peer() -> float:
        return seconds(lambda: [*map(insert(next(paths)), batches)])

    return peer, ours


def insert(path: str) -> Callable[[list], None]:
    """Return what inserts observations into a new table."""
    connection = sqlite3.connect(path)
    connection.executescript(
        "PRAGMA journal_mode = WAL; CREATE TABLE plain (key TEXT PRIMARY KEY,"
        " id TEXT, at TEXT, shape TEXT, details TEXT);"
        " CREATE INDEX ix ON plain (id, at)"
    )

    def run(batch):
        with connection:
            connection.executemany(
                "INSERT INTO plain VALUES (?, ?, ?, ?, ?)",
                [
                    (
                        observation.key,
                        observation.ref.id,
                        observation.at.isoformat(),
                        json.dumps(observation.shape),
                        json.dumps(observation.details),
                    )
                    for observation in batch
                ],
            )

    return run


def reconciling(batches, services, path) -> tuple[Work, Work]:
    newest = {
        observation.ref: observation
        for batch in batches
        for observation in batch
        if observation.says == "alive"
    }
    sightings = [Sighting(observation) for observation in newest.values()]
    services.recorder.reconcile(sightings)
    connection = sqlite3.connect(path)

    def peer():
        rows = connection.execute("SELECT * FROM resources").fetchall()
        json.dumps(rows)

    def ours():
        services.recorder.reconcile(sightings)

    return lambda: seconds(peer, 5), lambda: seconds(ours, 5)


def listing(folder) -> tuple[Work, Work]:
    with contextlib.chdir(folder):
        app = lists.application(folder)
    request = f"/v1/periods?limit={lists.ROWS}"
    connection = sqlite3.connect(f"{folder}/concertim.sqlite")

    def ours():
        answer = webob.Request.blank(
            request, environ={"REMOTE_ADDR": "127.0.0.1"}
        ).get_response(app)
        assert answer.status_int == 200

    def peer():
        rows = connection.execute(
            "SELECT p.*, r.name, r.resource_id FROM periods p "
            "JOIN resources r ON r.pk = p.resource_pk ORDER BY p.start_at"
        )
        names = [column[0] for column in rows.description]
        for row in rows.fetchall():
            orjson.dumps(dict(zip(names, row, strict=True)))

    return lambda: seconds(peer, 20), lambda: seconds(ours, 20)


if __name__ == "__main__":
    main()
