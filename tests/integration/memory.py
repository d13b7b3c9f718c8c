"""The memory of programs that run."""

from __future__ import annotations

import collections
import statistics
import subprocess
import threading
import time


def resident(process):
    """Return the kilobytes of a program's processes, which are a session, by
    their pids."""
    done = subprocess.run(
        ["ps", "-s", str(process.pid), "-o", "pid=,rss="],
        capture_output=True,
        check=True,
        text=True,
    )
    return dict(map(int, line.split()) for line in done.stdout.splitlines())


class Memory:
    """What programs take, looked at once a second.

    ``samples``: seconds since the begin, and the kilobytes by pid.
    """

    def __init__(self, processes):
        self._processes = processes
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.samples = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def _watch(self):
        began = time.monotonic()
        while not self._is_over.wait(1):
            sizes = {}
            for process in self._processes:
                sizes |= resident(process)
            self.samples.append((time.monotonic() - began, sizes))

    def medians(self, begin, end):
        """Return the median of each process between two moments."""
        sizes = collections.defaultdict(list)
        for seconds, sample in self.samples:
            if begin <= seconds < end:
                for pid, size in sample.items():
                    sizes[pid].append(size)
        return {pid: statistics.median(sizes[pid]) for pid in sizes}
