"""Names for processes that share a folder of counters.

prometheus_client has a file for each process, which stays when that ends. By
process ids, the files of all that ever were would add up. Here, a process
takes the place of one that is no more, and counts on from where that was: so
nothing that was counted is lost, and there are no more files than there were
processes at one time.
"""

from __future__ import annotations

import fcntl
import itertools
import logging
import os
import pathlib
import struct

from prometheus_client.multiprocess import MultiProcessCollector

LOG = logging.getLogger(__name__)

#: The metrics that are shared; each kind has a file of its own.
_KINDS = ("counter", "histogram")

#: Bytes of a file. All routes together take less.
_ROOM = 1 << 20


class Slots:
    """The slot of this process; one that it forked has another.

    A slot is held by a lock, which the system lets go of with the process,
    however that ends.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._owner = self._lock = -1
        self._name = ""

    def own(self) -> str:
        """Return the name of the slot that this process has.

        Raises OSError, when it takes one.
        """
        if self._owner != os.getpid():
            self._take()
        return self._name

    def _take(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)  # inherited: the parent's stays its own
        number = next(n for n in itertools.count() if self._locks(n))
        self._owner, self._name = os.getpid(), str(number)
        for kind in _KINDS:
            _prepare(self._folder / f"{kind}_{number}.db")

    def _locks(self, number: int) -> bool:
        path = self._folder / f"{number}.lock"
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            return False
        return True


def _prepare(path: pathlib.Path) -> None:
    """Take the room of a file now. Raises OSError.

    It is written to as memory: on a full disk that would end the process.
    """
    if path.exists() and not is_sound(path):
        LOG.warning("Removed %s: it can't be read", path)
        path.unlink()
    with path.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, _ROOM)


def is_sound(path: pathlib.Path) -> bool:
    """Whether counters can be read: a crash of the machine may leave them
    half written."""
    try:
        with path.open("rb") as file:
            (used,) = struct.unpack("i", file.read(4))
        if not 0 <= used <= path.stat().st_size:
            return False
        MultiProcessCollector.merge([str(path)])
    except (
        AttributeError,  # what should be labels is something else
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        struct.error,
    ):
        return False
    return True
