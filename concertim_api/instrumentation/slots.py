"""Names for processes that share a folder of counters.

prometheus_client has files for each process id, which stay when the process
ends: there would be more and more. Here a process has a slot, and takes the
slot of a process that has ended. It counts on in the files of that slot: no
count is lost, and there are as many slots as there were processes at a time.
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

#: The size of a file in bytes. All routes together take less.
_ROOM = 1 << 20


class Slots:
    """The slot of this process. A process that it forks has another slot.

    A lock holds the slot. The system frees the lock when the process ends, in
    whatever way.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._owner = self._lock = -1
        self._name = ""

    def name(self) -> str:
        """Return the name of the slot of this process, which it takes first.

        Raises OSError if it can't take a slot.
        """
        if self._owner != os.getpid():
            self._take()
        return self._name

    def _take(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)  # a copy: the parent still has its lock
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
    """Take the room of a file on the disk now. Raises OSError.

    The file is mapped into memory: a full disk would end the process later.
    """
    if path.exists() and not is_sound(path):
        LOG.warning("Removed %s: it can't be read", path)
        path.unlink()
    with path.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, _ROOM)


def is_sound(path: pathlib.Path) -> bool:
    """Whether the counters in a file can be read. A crash of the machine may
    leave a file half written."""
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
