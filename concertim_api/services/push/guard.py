"""What must be confirmed before the front end is told to delete it."""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable, Iterator

from concertim_api.services.jobs.jobs import is_running
from concertim_api.services.jobs.ports import JobLister
from concertim_api.services.push.item import Item
from concertim_api.services.push.ports import BindingDoubts, Due, Subject
from concertim_api.services.view.ports import Freshness

#: What must have been listed before anything is taken for a leftover.
_LISTED = ("stack", "instance", "volume", "network", "flavor")

_UNCONFIRMED = (
    "{count} of {bound} {noun}s would be deleted there that the cloud did not "
    "report as gone; if they are, push with accept-deletes"
)

_UNLISTED = (
    "it is not known whether the cloud has it: not every region was listed "
    "yet; if it is to go, push with accept-deletes"
)


class Guard:
    """Objects to deletions that nobody vouches for.

    What the ledger knows to be gone may go. Of all else, no larger share
    than ``max_delete_ratio``, but always one of a noun; and of what the view
    never showed, nothing before every region was listed.
    """

    def __init__(
        self,
        bindings: BindingDoubts,
        view: Freshness,
        jobs: JobLister,
        regions: Collection[str],
        max_delete_ratio: float,
    ) -> None:
        self._bindings = bindings
        self._view = view
        self._jobs = jobs
        self._regions = regions
        self._max_delete_ratio = max_delete_ratio
        self._is_listed = True
        self._bound: dict[str, int] = {}
        self._doubtful: collections.Counter[str] = collections.Counter()

    def look(self, dues: Iterable[Due]) -> None:
        """Find out what may be deleted. 5 statements, if there is doubt."""
        if not any(map(_is_doubtful, dues)):
            return
        self._bound = dict(self._bindings.bound())
        self._doubtful.update(subject.noun for subject in self._doubted())
        self._is_listed = self._all_listed()

    def _doubted(self) -> Iterator[Subject]:
        """Yield what is to go, and nobody knows to be gone."""
        subjects = {b.subject for b in self._bindings.unwitnessed()}
        strays = {subject for subject in subjects if not subject.region}
        known = self._bindings.resolve(strays)
        for subject in subjects:
            found = known.get(subject)
            if found is None or not (found.is_shown or found.ended):
                yield subject

    def objection(self, item: Item) -> str | None:
        """Return why a thing must not be deleted; None: it may be."""
        if item.ended or not item.is_there:
            return None
        noun = item.noun
        if not item.binding.subject.region and not self._is_listed:
            return _UNLISTED
        bound, count = self._bound.get(noun, 0), self._doubtful[noun]
        if count > max(1, self._max_delete_ratio * bound):
            return _UNCONFIRMED.format(count=count, bound=bound, noun=noun)
        return None

    def _all_listed(self) -> bool:
        """Whether the view shows all that there is."""
        if not self._regions or self._view.is_stale():
            return False
        jobs = {job.name: job for job in self._jobs.jobs()}
        for region in self._regions:
            job = jobs.get(f"sync:{region}")
            if job is None or job.outcome != "done" or is_running(job):
                return False
            if any(kind not in job.summary for kind in _LISTED):
                return False
        return True


class Confirmed(Guard):
    """Objects to nothing: a person has confirmed it."""

    def look(self, dues: Iterable[Due]) -> None:
        return

    def objection(self, item: Item) -> str | None:
        return None


def _is_doubtful(due: Due) -> bool:
    return (
        due.row is None
        and due.binding.foreign_id is not None
        and not due.ended
    )
