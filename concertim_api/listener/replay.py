"""Recorded notifications, read from files and recorded like live ones."""

from __future__ import annotations

import gzip
import itertools
import json
import operator
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any

from concertim_api.domain import errors
from concertim_api.listener.decoding import loads, text_of
from concertim_api.listener.intake import (
    Counts,
    Delivery,
    Intake,
    Message,
    total,
)
from concertim_api.payloads import archives, facts

_BATCH = 500

#: Bytes of archives that are restored in one transaction, unless one line
#: has more.
_BYTES = 4 * 1024 * 1024


def replay(
    path: str,
    intake: Intake,
    region: str,
    progress: Callable[[int], object] = lambda _: None,
) -> Counts:
    """Record the notifications of a file; return what became of them.

    Each line is a JSON object: a notification, or an object with the decoded
    notification as ``message``, or with the ``envelope`` of the wire. Such an
    object may have ``received_at``: when the notification came. Without it,
    it comes now. Or it is the line of an archive, with a region of its own.
    Other lines are dead letters. A file with the ending .gz is decompressed.

    ``progress`` is called after each batch of 500 lines, with the number of
    bytes read from the file. Raises Invalid if the file can not be read, and
    Unavailable.
    """
    counts = Counts()
    try:
        with open(path, "rb") as raw, _unpacked(raw, path) as file:
            lines = (line for line in file if not line.isspace())
            for batch in _batches(lines):
                counts += _take(batch, intake, region)
                progress(raw.tell())
    except (OSError, EOFError, zlib.error) as exc:
        raise errors.Invalid(path, f"{type(exc).__name__}: {exc}") from None
    return counts


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield 500 lines at a time; before an error, those that were read."""
    while True:
        batch: list[bytes] = []
        failure: Exception | None = None
        try:
            # Not extend(): what it has read before an error is gone.
            for line in itertools.islice(lines, _BATCH):
                batch.append(line)
        except (OSError, EOFError, zlib.error) as exc:
            failure = exc
        if batch:
            yield batch
        if failure is not None:
            raise failure
        if len(batch) < _BATCH:
            return


def _take(lines: Sequence[bytes], intake: Intake, region: str) -> Counts:
    restored = Counts()
    messages: list[bytes] = []
    is_of_archive = operator.methodcaller("startswith", archives.BEGINNING)
    for of_archive, group in itertools.groupby(lines, is_of_archive):
        if of_archive:
            restored += _restore(group, intake)
        else:
            messages += group
    # The lines are kept, and not what is in them: five times as much.
    try:
        results = intake.take(_deliveries(messages, intake, region))
    except errors.Unavailable:
        # The cause may be one of the messages.
        results = intake.take_each(_deliveries(messages, intake, region))
    return restored + total(results)


def _restore(lines: Iterable[bytes], intake: Intake) -> Counts:
    """Restore lines, some at a time."""
    counts = Counts()
    documents: list[Message] = []
    size = 0
    for line in lines:
        documents.append(decoded(line, intake.clock.now(), "").message)
        size += len(line)
        if size > _BYTES:
            counts += intake.restore(documents)
            documents, size = [], 0
    return counts + intake.restore(documents)


def _deliveries(
    lines: Iterable[bytes], intake: Intake, region: str
) -> Iterator[Delivery]:
    return map(decoded, lines, intake.moments(), itertools.repeat(region))


def _unpacked(raw: IO[bytes], path: str) -> IO[bytes] | gzip.GzipFile:
    return gzip.GzipFile(fileobj=raw) if path.endswith(".gz") else raw


def decoded(line: bytes, now: datetime, region: str) -> Delivery:
    """Return the notification in a line of a file, as one of a region.

    Of any other line, return a message without an event type, and with the
    text of the line. The intake makes it a dead letter.
    """
    message: Any
    received_at = None
    try:
        message = entry = loads(line)
        if isinstance(entry, dict) and (
            "message" in entry or "envelope" in entry
        ):
            received_at = facts.moment(entry.get("received_at"), "received_at")
            message = _enclosed(entry)
    except (ValueError, RecursionError):
        message = text_of(line[:2000])
    return Delivery(
        message if isinstance(message, dict) else {"message": message},
        min(received_at or now, now),
        region,
    )


def _enclosed(entry: dict[str, Any]) -> object:
    """Return the notification in an object of a file."""
    if "message" in entry:
        return entry["message"]
    return _opened(entry["envelope"])


def _opened(envelope: object) -> object:
    """Return the message in an envelope of oslo.messaging, version 1 or 2."""
    if not isinstance(envelope, dict) or "oslo.message" not in envelope:
        return envelope
    try:
        return json.loads(envelope["oslo.message"])
    except (TypeError, ValueError, RecursionError):
        return envelope
