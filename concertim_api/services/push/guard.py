"""What must be confirmed before the front end is told to delete it."""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable, Iterator

from concertim_api.services.jobs.jobs import is_running
from concertim_api.services.jobs.ports import JobLister
from concertim_api.services.push.item import PushItem
from concertim_api.services.push.ports import (
    BindingKey,
    DoubtfulBindings,
    DueBinding,
)
from concertim_api.services.view.ports import Freshness

#: What must have been listed before anything counts as a leftover.
_LISTED = ("stack", "instance", "volume", "network", "flavor")

_UNCONFIRMED = (
    "{count} of {total} {noun}s would be deleted there that the cloud did not "
    "report as gone; if they are, push with accept-deletes"
)

_UNLISTED = (
    "it is not known whether the cloud has it: not every region was listed "
    "yet; if it is to go, push with accept-deletes"
)


class DeletionGuard:
    """Objects to deletions of what the ledger does not know to be gone.

    Of these, no larger share than ``max_delete_ratio`` is deleted, but always
    one of a noun. Strays are not deleted before every region was listed.
    ``is_open``: a person has confirmed all deletions.
    """

    def __init__(
        self,
        bindings: DoubtfulBindings,
        view: Freshness,
        jobs: JobLister,
        regions: Collection[str],
        max_delete_ratio: float,
        *,
        is_open: bool = False,
    ) -> None:
        self._bindings = bindings
        self._view = view
        self._jobs = jobs
        self._regions = regions
        self._max_delete_ratio = max_delete_ratio
        self._is_open = is_open
        self._is_listed = True
        self._totals: dict[str, int] = {}
        self._doubtful: collections.Counter[str] = collections.Counter()

    def prepare(self, due: Iterable[DueBinding]) -> None:
        """Read what the objections need. 5 statements, if there is doubt."""
        if self._is_open or not any(map(_is_doubtful, due)):
            return
        self._totals = dict(self._bindings.counts())
        self._doubtful.update(key.noun for key in self._doubtful_keys())
        self._is_listed = self._all_listed()

    def _doubtful_keys(self) -> Iterator[BindingKey]:
        """Yield what is to be deleted, and is not known to be gone."""
        keys = {binding.key for binding in self._bindings.unconfirmed()}
        resources = self._bindings.resolve({k for k in keys if not k.region})
        for key in keys:
            resource = resources.get(key)
            if resource is None or not (
                resource.is_shown or resource.is_ended
            ):
                yield key

    def objection(self, item: PushItem) -> str | None:
        """Return why an object must not be deleted; None: it may be."""
        if self._is_open or item.is_ended or not item.is_there:
            return None
        noun = item.noun
        if not item.key.region and not self._is_listed:
            return _UNLISTED
        total, count = self._totals.get(noun, 0), self._doubtful[noun]
        if count > max(1, self._max_delete_ratio * total):
            return _UNCONFIRMED.format(count=count, total=total, noun=noun)
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


def _is_doubtful(due: DueBinding) -> bool:
    return (
        due.row is None
        and due.binding.foreign_id is not None
        and not due.is_ended
    )
