"""The full sync: what a cloud lists, through the one recorder.

A listing repairs what notifications missed. That something is *absent* has
two witnesses: a listing that came to its end lacked it, and the cloud, asked
for it directly, has it no more.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from concertim_api.domain.errors import Invalid, Unavailable, in_full, reason
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.ledger.sightings import Sighting, absence
from concertim_api.services.cloud.reading import (
    Cloud,
    ListingPage,
    NotAllowed,
    NotLetIn,
    NotListed,
    Omission,
)
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Call, Job, Outcome, Stopped
from concertim_api.services.ledger.archives import Keeper
from concertim_api.services.ledger.ports import SyncReader
from concertim_api.services.ledger.recorder import Recorder, in_parts
from concertim_api.services.ledger.sync_report import (
    ROLE,
    KindReport,
    Report,
)

LOG = logging.getLogger(__name__)

#: Told after each page: the kind, and how many of it were listed so far. It
#: may raise ``Stopped``; what was listed until then stays recorded.
Progress = Callable[[str, int], None]

#: So many missing objects of a kind are asked for one by one in a run. The
#: others wait for the next.
ASKED_FOR = 100

#: Sightings in one transaction, at most.
_BATCH = 1000


#: Kinds whose ids a person chooses.
_REUSED = frozenset({"flavor", "keypair"})


def keepers(built: Any) -> Iterator[Keeper]:
    reason = "others may get their ids"
    yield Keeper(
        reason, lambda refs, _: {r for r in refs if r.kind in _REUSED}
    )


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    for region, cloud in built.clouds.items():
        yield Job(
            f"sync:{region}",
            conf.agent.sync_interval,
            functools.partial(built.sync.job, cloud),
        )


def silent(kind: str, listed: int) -> None:
    """Tell nobody of the progress."""


class Sync:
    """Reconciles what is known with what a cloud lists.

    ``max_delete_ratio``: no larger share of what is known of a kind is
    concluded to be absent at once. One always may be, if anything at all is
    listed: small clouds delete, too.
    """

    def __init__(
        self,
        ledger: SyncReader,
        recorder: Recorder,
        clock: Clock,
        max_delete_ratio: float = 0.2,
    ) -> None:
        self._ledger = ledger
        self._recorder = recorder
        self._clock = clock
        self._max_delete_ratio = max_delete_ratio

    def run(
        self,
        cloud: Cloud,
        kinds: Sequence[str] | None = None,
        *,
        accept_deletes: bool = False,
        dry_run: bool = False,
        progress: Progress = silent,
    ) -> Report:
        """List kinds (all by default) of a cloud, and record the news.

        With ``accept_deletes`` a person is the second witness: all that
        complete listings lack is absent. With ``dry_run`` nothing is
        stored. A kind that fails is reported, and stops no other. But a
        refused login ends the run: Keystone may lock a user who comes again
        and again.

        Requests: one a page, and one for each missing object that is asked
        for. Statements: 2 a kind, and those of ``Recorder.reconcile`` for
        each page. Memory: the ids of one kind, and one page.

        Raises Invalid for a kind that the cloud can't list, and what
        ``progress`` raises.
        """
        for kind in kinds or ():
            if kind not in cloud.kinds:
                raise Invalid(
                    "kind", f"{kind} is not one of {', '.join(cloud.kinds)}"
                )
        report = Report(cloud.region, dry_run=dry_run)
        for kind in kinds or cloud.kinds:
            run = _KindRun(cloud, kind, report.kind(kind), progress)
            with run.reported():
                self._reconcile(run, accept_deletes, dry_run)
            if not run.is_let_in:
                break
        return report

    def job(self, cloud: Cloud, call: Call) -> Outcome:
        """List the kinds of a cloud that are asked for, all by default."""
        return self.run(
            cloud,
            call.options.get("kinds") or None,
            accept_deletes=bool(call.options.get("accept_deletes")),
            progress=call.progress,
        ).result()

    def changes(
        self, cloud: Cloud, since: datetime, progress: Progress = silent
    ) -> Report:
        """Record what a cloud says has changed since a moment: its servers,
        those that were deleted with their exact ends.

        One request a page; statements as ``run``, but none a kind.
        """
        report = Report(cloud.region)
        run = _KindRun(cloud, "instance", report.kind("instance"), progress)
        with run.reported():
            self._take(run, cloud.changes(since), dry_run=False)
        return report

    def _reconcile(
        self, run: _KindRun, accept_deletes: bool, dry_run: bool
    ) -> None:
        began = self._clock.now()
        region = run.cloud.region
        running = self._ledger.running(region, run.kind)
        read = self._ledger.read_marks(region) if run.kind == "stack" else {}
        pages = run.cloud.listing(run.kind, read)
        listed = self._take(run, pages, dry_run)
        # What was heard of since may have come after its page was read.
        missing = sorted(
            resource_id
            for resource_id, heard_at in running.items()
            if resource_id not in listed and heard_at < began
        )
        if accept_deletes:
            sightings = [
                absence(
                    Ref(region, run.kind, resource_id),
                    began,
                    "listing",
                    "absent",
                )
                for resource_id in missing
            ]
        elif len(missing) > self._allowed(len(running), len(listed)):
            run.refuse(missing, len(running))
            sightings = []
        else:
            sightings = [*run.ask_for(missing[:ASKED_FOR])]
        for batch in _batches(sightings):
            self._record(run.report, batch, dry_run)

    def _allowed(self, running: int, listed: int) -> int:
        share = int(running * self._max_delete_ratio)
        return max(share, 1) if listed else share

    def _take(
        self, run: _KindRun, pages: Iterable[ListingPage], dry_run: bool
    ) -> set[str]:
        """Record pages; return the ids that were on them."""
        ids: set[str] = set()
        for page in pages:
            run.report.leave_out(page.left_out)
            ids.update(
                omission.id for omission in page.left_out if omission.id
            )
            ids.update(s.observation.ref.id for s in page.sightings)
            for batch in _batches(page.sightings):
                self._record(run.report, batch, dry_run)
            run.listed(len(page.sightings))
        return ids

    def _record(
        self, report: KindReport, batch: Sequence[Sighting], dry_run: bool
    ) -> None:
        """Reconcile a batch; what can't be recorded is left out."""
        outcomes, failures = in_parts(
            lambda part: self._recorder.reconcile(part, dry_run=dry_run),
            batch,
        )
        for outcome in outcomes:
            report.count(outcome)
        report.leave_out(
            [
                Omission(sighting.observation.ref.id, reason(error))
                for sighting, error in failures
            ]
        )


class _KindRun:
    """One kind in a run: the cloud to ask, and the report."""

    def __init__(
        self, cloud: Cloud, kind: str, report: KindReport, progress: Progress
    ) -> None:
        self.cloud = cloud
        self.kind = kind
        self.report = report
        self.is_let_in = True
        self._progress = progress

    def listed(self, count: int) -> None:
        self.report.listed += count
        self._progress(self.kind, self.report.listed)

    @contextlib.contextmanager
    def reported(self) -> Iterator[None]:
        """Report what goes wrong, so that the other kinds go on."""
        try:
            yield
        except Stopped:
            raise
        except NotListed as exc:
            self.report.skipped = str(exc)
        except NotAllowed as exc:
            self.report.error, self.report.cause = in_full(exc), ROLE
        except NotLetIn as exc:
            self.report.error = self.report.cause = in_full(exc)
            self.is_let_in = False
        except (Unavailable, Invalid) as exc:
            self.report.error = in_full(exc)
            LOG.warning(
                "%s of %s: %s", self.kind, self.cloud.region, self.report.error
            )
        except Exception as exc:  # a fault of ours must not stop the rest
            self.report.error = f"{type(exc).__name__}: see the log"
            LOG.exception("%s of %s failed", self.kind, self.cloud.region)

    def refuse(self, missing: Sequence[str], running: int) -> None:
        self.report.refused = len(missing)
        LOG.warning(
            "The listing of %s in %s lacks %d of %d: too many to believe "
            "it. Look there; if they are gone, sync with --accept-deletes.",
            self.kind,
            self.cloud.region,
            len(missing),
            running,
        )

    def ask_for(self, missing: Iterable[str]) -> Iterator[Sighting]:
        """Yield what the cloud says of those that its listing lacked."""
        for resource_id in missing:
            try:
                sightings = self.cloud.look(self.kind, resource_id)
            except Unavailable as exc:
                self.report.leave_out([Omission(resource_id, in_full(exc))])
                continue
            if any(s.observation.says == "alive" for s in sightings):
                self.report.leave_out(
                    [
                        Omission(
                            resource_id, "not listed, but there when asked for"
                        )
                    ]
                )
            self._progress(self.kind, self.report.listed)
            yield from sightings


def _batches(sightings: Iterable[Sighting]) -> Iterator[list[Sighting]]:
    rest = iter(sightings)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch
