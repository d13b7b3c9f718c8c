"""Recorded notifications, read from files and taken like live ones."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable, Mapping
from typing import IO, Any

import orjson

from concertim_api.domain import errors
from concertim_api.listener.intake import Counts, Intake

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
                total += intake.take(map(decoded, batch), region)
                progress(raw.tell())
    except (OSError, EOFError) as exc:
        raise errors.Invalid(path, f"{type(exc).__name__}: {exc}") from None
    return total


def _unpacked(raw: IO[bytes], path: str) -> IO[bytes] | gzip.GzipFile:
    return gzip.GzipFile(fileobj=raw) if path.endswith(".gz") else raw


def decoded(line: bytes) -> Mapping[str, Any]:
    """Return the notification in a line.

    What is not one comes back as a message without an event type, to be
    buried with the text in it.
    """
    try:
        found = orjson.loads(line)
    except ValueError:
        return {"message": line[:2000].decode(errors="replace")}
    if not isinstance(found, dict):
        return {"message": found}
    message = found.get("message", found)
    if "message" not in found and "envelope" in found:
        message = _opened(found["envelope"])
    return message if isinstance(message, dict) else {"message": message}


def _opened(envelope: object) -> object:
    """Return what is in an envelope of oslo.messaging, of either version."""
    if not isinstance(envelope, dict) or "oslo.message" not in envelope:
        return envelope
    try:
        return json.loads(envelope["oslo.message"])
    except (TypeError, ValueError):
        return envelope
