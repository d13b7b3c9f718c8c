"""Replay into SQLite: events a second, in one process.

The ceiling: the same lines, decoded, and for each event that we handle one
plain row inserted, in transactions of the same size.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import pathlib
import sqlite3
import tempfile
import time

from concertim_api import bootstrap
from concertim_api.db import schema
from concertim_api.listener import replay, translate
from tests import samples

BATCH = 500


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    events = parser.parse_args(argv).events
    bootstrap.spare_collector()  # as the command does
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "events.jsonl.gz"
        with gzip.open(path, "wt", compresslevel=1) as file:
            for message in samples.fresh(events):
                file.write(json.dumps({"message": message}) + "\n")
        ceiling = events / timed(plain, path, folder)
        ours = events / timed(replayed, path, folder)
    print(f"plain inserts  {ceiling:8.0f} events/s")
    print(f"replay         {ours:8.0f} events/s")
    print(f"ratio          {ours / ceiling:8.2f}")


def timed(work, *arguments):
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def plain(path, folder):
    connection = sqlite3.connect(f"{folder}/plain.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE events (key TEXT PRIMARY KEY, body TEXT)")
    with gzip.open(path) as lines:
        now = bootstrap.SystemClock().now()
        decoded = (replay.decoded(line, now, "").message for line in lines)
        while batch := list(itertools.islice(decoded, BATCH)):
            with connection:
                connection.executemany(
                    "INSERT INTO events VALUES (?, ?)",
                    [
                        (m["message_id"], json.dumps(m["payload"]))
                        for m in batch
                        if m["event_type"] in translate.EVENTS
                    ],
                )
    connection.close()


def replayed(path, folder):
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("connection", f"sqlite:///{folder}/c.sqlite", "database")
    schema.sync(conf)
    services = bootstrap.services(conf)
    print(replay.replay(str(path), services.intake, "north"))
    services.store.close()


if __name__ == "__main__":
    main()
