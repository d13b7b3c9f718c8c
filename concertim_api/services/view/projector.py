"""The projector: the only writer of the view."""

from __future__ import annotations

import dataclasses as dc
import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Rules
from concertim_api.domain.view.project import VERSION, is_ours
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs.job import Job, Outcome, continual
from concertim_api.services.ledger.archives import Keeper
from concertim_api.services.view.affected import affected_racks
from concertim_api.services.view.desired_rows import DesiredRows
from concertim_api.services.view.missing import missing
from concertim_api.services.view.parts import RackBatch
from concertim_api.services.view.ports import (
    Projection,
    Resource,
    StoredRow,
    ViewWork,
)
from concertim_api.services.view.reader import Reader

LOG = logging.getLogger(__name__)

_NOUNS = ("flavor", "project", "user")


#: What a run counts. *projected*: resources of which the view now shows what
#: they are. *racks* were looked at; rows were *written* and *dropped*. Those
#: that *failed* can't be shown. *asked*: refreshes that are new.
_COUNTS = ("projected", "racks", "written", "dropped", "failed", "asked")


def jobs(conf: Any, built: Any) -> Iterator[Job]:
    projector = Projector(built.store.projection, built.clock, built.rules)
    yield continual("view", conf.agent.view_interval, projector.run)


def keepers(built: Any) -> Iterator[Keeper]:
    reason = "the view does not show yet what became of them"
    stale = built.store.projection.stale
    yield Keeper(reason, lambda refs, _: stale(refs))


class Projector:
    """Brings the view up to date with the ledger.

    Level-triggered: it takes the resources that are marked as stale,
    whatever came before. The mark only goes where nothing changed since it
    was read. Several projectors do no harm: one works, the others wait.

    A thing that can't be shown keeps its row. It is tried again when one of
    its parts changes, or the rules do.
    """

    def __init__(self, view: Projection, clock: Clock, rules: Rules) -> None:
        self._view = view
        self._clock = clock
        self._rules = rules
        self._has_begun = False

    def run(self, limit: int = 1000) -> Outcome:
        """Project stale resources, so many at a time, and their racks.

        1 statement if nothing is stale. Else 35 at most, whatever the
        number of resources, but for 1 more for each level of nested stacks,
        and for each further thousand keys of a statement (SQLite: none).
        Memory: some kilobytes for each of ``limit`` resources and ``limit``
        parts of racks; or for each part of one rack that has more.

        Raises Unavailable: nothing was projected.
        """
        # Not asked the first time: the rules may have changed.
        if self._has_begun and not self._view.is_stale():
            return Outcome.counted(_COUNTS, {})
        outcome = self._view.project(lambda work: self._project(work, limit))
        self._has_begun = True
        return outcome

    def _project(self, work: ViewWork, limit: int) -> Outcome:
        number = _number(self._rules)
        before = work.rules_before(number)
        if before != number:
            how = (
                "again: its rules have changed"
                if before
                else "for the first time"
            )
            LOG.info("The view is built %s", how)
        stale = work.stale(limit)
        if not stale:
            return Outcome.counted(_COUNTS, {})
        outcome = _Run(work, self._clock, self._rules).do(stale, limit)
        return dc.replace(outcome, more=outcome.more or len(stale) >= limit)


def _number(rules: Rules) -> int:
    """Return a number that differs where rules do."""
    text = repr((VERSION, rules)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=7).digest())


class _Run:
    """One run of the projector, in its transaction."""

    def __init__(self, work: ViewWork, clock: Clock, rules: Rules) -> None:
        self._work = work
        self._rules = rules
        self._now = clock.now()
        self._desired = DesiredRows(rules, self._now)

    def do(self, stale: Sequence[Resource], limit: int) -> Outcome:
        stored = self._stored_nouns(stale)
        affected = affected_racks(self._work, stale)
        affected.update(self._roots(stale, stored))
        batch = Reader(self._work, stale, self._rules).read(affected, limit)
        projected = [
            resource
            for resource in stale
            if batch.deferred.isdisjoint(affected.get(resource.fact.ref, ()))
        ]
        for resource in projected:
            self._desired.add_noun(resource)
        self._desired.add_racks(batch)
        written, dropped = self._write(batch, stored)
        outdated = self._join(batch)
        refreshes = missing(projected, affected, batch, self._now)
        requests = self._work.ask(refreshes, self._now)
        self._work.settle(_settled(projected, batch), outdated)
        failed = self._desired.failed
        counts = {
            "projected": len(projected),
            "racks": len(batch.racks),
            "written": written,
            "dropped": dropped,
            "failed": failed,
            "asked": requests,
        }
        woken = {"push": written or dropped, "refresh": requests}
        return Outcome.counted(
            _COUNTS,
            counts,
            outcome="partial" if failed else "done",
            error=f"{failed} can't be shown" if failed else "",
            more=bool(batch.deferred or outdated),
            wakes=tuple(name for name, is_woken in woken.items() if is_woken),
        )

    def _stored_nouns(self, stale: Iterable[Resource]) -> dict[int, StoredRow]:
        """Return the rows of templates, teams and users."""
        pks = {r.pk for r in stale if r.fact.ref.kind in _NOUNS}
        return {row.pk: row for row in self._work.rows(pks)}

    def _roots(
        self, stale: Iterable[Resource], stored: dict[int, StoredRow]
    ) -> dict[Ref, set[Ref]]:
        """Return the racks that projects affect when they become ours or
        cease to be: the racks to add, or to remove."""
        turned = {
            project.fact.ref: ours
            for project in stale
            if project.fact.ref.kind == "project"
            and (ours := is_ours(project.fact, self._rules))
            != (project.pk in stored)
        }
        racks: dict[Ref, set[Ref]] = {ref: set() for ref in turned}
        if not turned:
            return racks
        for root in self._work.roots({ref.id for ref in turned}):
            ref = Ref(root.ref.region, "project", root.project_id or "")
            is_due = root.runs and turned.get(ref, root.has_rack)
            if ref in racks and is_due != root.has_rack:
                racks[ref].add(root.ref)
        return racks

    def _write(
        self, batch: RackBatch, stored: dict[int, StoredRow]
    ) -> tuple[int, int]:
        """Write the rows that differ. Return how many were written, and how
        many dropped."""
        stored.update(
            (row.pk, row) for rack in batch.racks for row in rack.rows
        )
        unread = self._desired.pks - stored.keys()
        stored.update((row.pk, row) for row in self._work.rows(unread))
        gone = self._desired.gone & stored.keys()
        changed = self._desired.changed(stored)
        # In this order: a device may go from one rack to another.
        self._work.drop(gone)
        self._work.put(changed)
        self._work.put_slots(self._desired.slots)
        return len(changed), len(gone)

    def _join(self, batch: RackBatch) -> set[Ref]:
        """Note the members of racks. Return the other racks that list
        devices which came or went: they lose or get these devices."""
        join, leave = set(), set()
        for rack in batch.racks:
            members = rack.members()
            refs = {member.ref for member in members}
            join |= members - rack.joined
            leave |= {m for m in rack.joined if m.ref not in refs}
        self._work.leave(leave)
        self._work.join(join)
        return {
            rack
            for moved in join | leave
            if moved.is_device
            for other, rack in batch.elsewhere.get(moved.ref, ())
            if other.is_device
        }


def _settled(
    projected: Iterable[Resource], batch: RackBatch
) -> list[Resource]:
    """Return the resources that are no longer stale: those projected, the
    stacks, and the parts that are in no other rack."""
    settled = {
        part.pk: part
        for rack in batch.racks
        for part in (rack.stack, *rack.parts())
        if part.stale and part.fact.ref not in batch.elsewhere
    }
    settled.update((resource.pk, resource) for resource in projected)
    return list(settled.values())
