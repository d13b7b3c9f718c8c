"""Recorded notifications, read once."""

from __future__ import annotations

import functools
import gzip
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent / "notifications"


#: Recorded later, of another cloud.
LATER = {"extra.jsonl.gz"}


@functools.cache
def messages():
    """Return all recorded notifications, by file and line."""
    found = []
    for path in sorted(
        FOLDER.glob("*.jsonl.gz"), key=lambda p: (p.name in LATER, p.name)
    ):
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


#: The first digits of ids, with dashes and without (those of Keystone).
_UUID = re.compile(
    r"\b[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-|[0-9a-f]{24}\b)"
)


@functools.cache
def _texts():
    return tuple(json.dumps(message) for message in messages())


def fresh(count, seed=0):
    """Yield that many notifications: the samples again and again.

    Each round is about other resources, and has other message ids. The
    same numbers and seed give the same notifications.
    """
    for number in range(count):
        turn, index = divmod(number, len(_texts()))
        yield json.loads(
            _UUID.sub(
                lambda found, turn=turn: (
                    f"{int(found[0], 16) ^ (seed << 20 | turn + 1):08x}"
                ),
                _texts()[index],
            )
        )


def sent_events():
    """Return the types of events that the services' own code sends."""
    lines = (FOLDER.parent / "events.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]
