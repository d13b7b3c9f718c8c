"""What a simulated service has accepted, and has not finished yet."""

from __future__ import annotations


class Pending:
    """Work with a due time on the clock of the site, done when it is due.

    Nothing runs by itself: the simulator looks before each request, and a
    test may finish all of it at once.
    """

    def __init__(self, site):
        self._site = site
        self._jobs = []

    def later(self, delay, thing_id, do):
        """Do it ``delay`` seconds from now; at once if there are none."""
        if not delay:
            do()
            return
        due = self._site.now().timestamp() + delay
        self._jobs.append((due, thing_id, do))

    def forget(self, thing_id):
        """Drop what was to become of a thing: something else will."""
        self._jobs = [job for job in self._jobs if job[1] != thing_id]

    def run(self, everything=False):
        now = self._site.now().timestamp()
        due = [job for job in self._jobs if everything or job[0] <= now]
        self._jobs = [job for job in self._jobs if job not in due]
        for _, _, do in sorted(due, key=lambda job: job[0]):
            do()
