"""Recorded notifications, read from files and taken like live ones."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import orjson

from concertim_api.domain import errors
from concertim_api.listener.intake import Counts, Intake, Message

_BATCH = 500


def replay(
    path: str,
    intake: Intake,
    region: str,
    progress: Callable[[int], object] = lambda _: None,
) -> Counts:
    """Take the notifications of a file, one JSON object a line.

    An object has the decoded notification as ``message``, or the
    ``envelope`` as it was on the wire; or it is the notification itself.
    ``.gz`` files are read as such. ``progress`` is told the bytes read,
    compressed or not, after each batch. A line that is none of these is
    dead. Raises Invalid if the file can't be read.
    """
    total = Counts()
    try:
        with open(path, "rb") as raw, _unpacked(raw, path) as file:
            lines = (line for line in file if not line.isspace())
            while batch := list(itertools.islice(lines, _BATCH)):
                total += _taken([*map(decoded, batch)], intake, region)
                progress(raw.tell())
    except (OSError, EOFError, zlib.error) as exc:
        raise errors.Invalid(path, f"{type(exc).__name__}: {exc}") from None
    return total


def _taken(messages: Sequence[Message], intake: Intake, region: str) -> Counts:
    try:
        return intake.take(messages, region)
    except errors.Unavailable:
        # Is it the database, or one of them?
        return intake.take_each(messages, region)


def _unpacked(raw: IO[bytes], path: str) -> IO[bytes] | gzip.GzipFile:
    return gzip.GzipFile(fileobj=raw) if path.endswith(".gz") else raw


def decoded(line: bytes) -> Mapping[str, Any]:
    """Return the notification in a line.

    What is not one comes back as a message without an event type, to be
    buried with the text in it.
    """
    try:
        entry = _parsed(line)
    except (ValueError, RecursionError):
        return {"message": line[:2000].decode(errors="replace")}
    if not isinstance(entry, dict):
        return {"message": entry}
    message = entry.get("message", entry)
    if "message" not in entry and "envelope" in entry:
        message = _opened(entry["envelope"])
    return message if isinstance(message, dict) else {"message": message}


def _parsed(line: bytes) -> Any:
    """Return the JSON of a line, also what only oslo.messaging reads as
    such: halves of characters, numbers that are none."""
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)


def _opened(envelope: object) -> object:
    """Return what is in an envelope of oslo.messaging, of either version."""
    if not isinstance(envelope, dict) or "oslo.message" not in envelope:
        return envelope
    try:
        return json.loads(envelope["oslo.message"])
    except (TypeError, ValueError, RecursionError):
        return envelope
