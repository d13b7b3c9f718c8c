"""Recorded notifications, read once."""

from __future__ import annotations

import functools
import gzip
import json
import pathlib

FOLDER = pathlib.Path(__file__).parent / "notifications"


@functools.cache
def messages():
    """Return all recorded notifications, by file and line."""
    found = []
    for path in sorted(FOLDER.glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as file:
            found += [json.loads(line)["message"] for line in file]
    return found


def first(event_type, where=lambda payload: True):
    """Return a copy of the first recorded message of a type."""
    for message in messages():
        if message["event_type"] == event_type and where(message["payload"]):
            return json.loads(json.dumps(message))
    raise LookupError(event_type)


def event_types():
    return sorted({message["event_type"] for message in messages()})
