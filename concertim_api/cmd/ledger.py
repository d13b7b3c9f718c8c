"""concertim-manage ledger: a file for what ended long ago, and names that
are forgotten."""

from __future__ import annotations

import functools
import gzip
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import orjson
from oslo_config import cfg

from concertim_api import bootstrap
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.payloads import archives, facts
from concertim_api.services.ledger.archives import ArchiveCounts
from concertim_api.services.ledger.erasures import Erasure


class ArchiveFile:
    """A file of archive lines, for its owner alone, made when the first is
    written.

    What ``write`` has written is on the disk, and can be read even if the
    process dies later: each call makes a gzip member of its own.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None

    def write(self, records: Sequence[ArchiveRecord]) -> None:
        """Write records. Raises Invalid, which names the file."""
        lines = (
            orjson.dumps(line, default=dict, option=orjson.OPT_APPEND_NEWLINE)
            for record in records
            for line in archives.lines(record)
        )
        content = gzip.compress(b"".join(lines))
        try:
            if self._descriptor is None:
                self._descriptor = _made(self.path)
            _append(self._descriptor, content)
        except OSError as exc:
            raise Invalid(self.path, str(exc.strerror)) from None


def _append(descriptor: int, content: bytes) -> None:
    """Write all of a content to the disk, or leave the file as it was."""
    size = os.fstat(descriptor).st_size
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _made(path: str) -> int:
    """Return the descriptor of a new file, whose name is on the disk."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
    descriptor = os.open(path, flags, 0o600)
    directory = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
    return descriptor


def archive(conf: cfg.ConfigOpts) -> None:
    """Move resources that ended before a date into a file.

    Their observations and periods leave the database, and old entries of the
    feed are removed. "concertim-manage replay FILE" brings them back.
    """
    from rich import console, progress

    command = conf.command
    services = bootstrap.services(conf)
    services.store.check()
    now = services.clock.now()
    before = _before(command.before, now)
    name = f"ledger-before-{before:%Y-%m-%d}-made-{now:%Y%m%dT%H%M%SZ}"
    file = ArchiveFile(os.path.join(command.directory, f"{name}.jsonl.gz"))
    with progress.Progress(
        progress.TextColumn("{task.completed:>8} resources looked at"),
        progress.TimeElapsedColumn(),
        console=console.Console(stderr=True),
        disable=not sys.stderr.isatty(),
    ) as display:
        task = display.add_task("", total=None)
        counts = bootstrap.archiver(services).run(
            before,
            None if command.dry_run else file.write,
            functools.partial(display.advance, task),
        )
    print(*_sentences(counts, None if command.dry_run else file), sep="\n")


def _sentences(
    counts: ArchiveCounts, file: ArchiveFile | None
) -> Iterator[str]:
    """Yield what was done; without a file, what would be."""
    done = "to archive" if file is None else "archived"
    place = f", in {file.path}" if file and counts.resources else ""
    yield (
        f"Resources {done}: {counts.resources}, with {counts.observations} "
        f"observations{place}"
    )
    done = "to remove" if file is None else "removed"
    yield f"Entries of the feed {done}: {counts.entries}"
    for reason, number in counts.kept.items():
        if number:
            yield f"Resources kept, since {reason}: {number}"


def erase(conf: cfg.ConfigOpts) -> None:
    """Erase the name and the details of a deleted user.

    Stacks that have ended lose the name of their owner. The id and all usage
    stay. The command does not change archives: replay them first.
    """
    store = bootstrap.store(conf)
    store.check()
    number = Erasure(store.ledger, store.erasures).erase(
        conf.command.user, conf.command.region
    )
    print(f"Observations that forgot the user: {number}")


def _before(text: str, now: datetime) -> datetime:
    """Return the date of --before, in whole seconds. Raises Invalid."""
    try:
        moment = facts.moment(text, "--before")
    except ValueError:
        moment = None
    if moment is None:
        raise Invalid("--before", "not a date, such as 2024-01-01")
    if moment > now:
        raise Invalid("--before", "is in the future")
    return moment.astimezone(UTC).replace(microsecond=0)
