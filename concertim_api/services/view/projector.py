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
from concertim_api.services.view.affected import touched
from concertim_api.services.view.desired_rows import Drafts
from concertim_api.services.view.missing import lacking
from concertim_api.services.view.parts import Scene
from concertim_api.services.view.ports import (
    Held,
    Projection,
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


class Projector:
    """Brings the view up to date with the ledger.

    Level-triggered: it takes what is marked as stale, whatever came before,
    and the mark only goes where nothing changed since it was read. Several
    at a time do no harm: one works, the others wait.

    What can't be shown stays as it was shown, and is tried again when
    something of it changes, or the rules do.
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

        Raises Unavailable: nothing was done.
        """
        # The first time, whatever is stale: the rules may have changed.
        if self._has_begun and not self._view.is_stale():
            return Outcome.counted(_COUNTS, {})
        outcome = self._view.project(lambda work: self._project(work, limit))
        self._has_begun = True
        return outcome

    def _project(self, work: ViewWork, limit: int) -> Outcome:
        if not work.made_by(_number(self._rules)):
            LOG.info("The view is made anew: its rules are not those before")
        stale = work.stale(limit)
        if not stale:
            return Outcome.counted(_COUNTS, {})
        outcome = _Run(work, self._clock, self._rules).do(stale, limit)
        return dc.replace(outcome, more=outcome.more or len(stale) >= limit)


def _number(rules: Rules) -> int:
    """Return a number that differs where rules do."""
    told = repr((VERSION, rules)).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=7).digest())


class _Run:
    """One run of the projector, in its transaction."""

    def __init__(self, work: ViewWork, clock: Clock, rules: Rules) -> None:
        self._work = work
        self._rules = rules
        self._now = clock.now()
        self._drafts = Drafts(rules, self._now)

    def do(self, stale: Sequence[Held], limit: int) -> Outcome:
        stored = self._stored_nouns(stale)
        touches = touched(self._work, stale)
        touches.update(self._roots(stale, stored))
        scene = Reader(self._work, stale, self._rules).read(touches, limit)
        done = [
            held
            for held in stale
            if scene.deferred.isdisjoint(touches.get(held.fact.ref, ()))
        ]
        for held in done:
            self._drafts.noun(held)
        self._drafts.racks(scene)
        written, dropped = self._write(scene, stored)
        spoiled = self._join(scene)
        wanted = lacking(done, touches, scene, self._now)
        asked = self._work.ask(wanted, self._now)
        self._work.settle(_settled(done, scene), spoiled)
        failed = self._drafts.failed
        numbers = len(done), len(scene.racks), written, dropped, failed, asked
        woken = {"push": written or dropped, "refresh": asked}
        return Outcome.counted(
            _COUNTS,
            dict(zip(_COUNTS, numbers, strict=True)),
            outcome="partial" if failed else "done",
            error=f"{failed} can't be shown" if failed else "",
            more=bool(scene.deferred or spoiled),
            wakes=tuple(name for name, is_woken in woken.items() if is_woken),
        )

    def _stored_nouns(self, stale: Iterable[Held]) -> dict[int, StoredRow]:
        """Return how those are shown that are not in racks."""
        pks = {h.pk for h in stale if h.fact.ref.kind in _NOUNS}
        return {row.pk: row for row in self._work.shown(pks)}

    def _roots(
        self, stale: Iterable[Held], stored: dict[int, StoredRow]
    ) -> dict[Ref, set[Ref]]:
        """Return the racks that projects touch by becoming ours, or by
        ceasing to be: those that are missing, or are too many."""
        turned = {
            held.fact.ref: ours
            for held in stale
            if held.fact.ref.kind == "project"
            and (ours := is_ours(held.fact, self._rules))
            != (held.pk in stored)
        }
        found: dict[Ref, set[Ref]] = {ref: set() for ref in turned}
        if not turned:
            return found
        for root in self._work.roots({ref.id for ref in turned}):
            ref = Ref(root.ref.region, "project", root.project_id or "")
            wanted = root.runs and turned.get(ref, root.shown)
            if ref in found and wanted != root.shown:
                found[ref].add(root.ref)
        return found

    def _write(
        self, scene: Scene, stored: dict[int, StoredRow]
    ) -> tuple[int, int]:
        """Write what differs; return how many rows, and how many went."""
        stored.update(
            (row.pk, row) for rack in scene.racks for row in rack.shown
        )
        unknown = self._drafts.pks - stored.keys()
        stored.update((row.pk, row) for row in self._work.shown(unknown))
        gone = self._drafts.gone & stored.keys()
        put = self._drafts.put(stored)
        # In this order: what goes from one rack may come to another.
        self._work.drop(gone)
        self._work.put(put)
        self._work.put_slots(self._drafts.slots)
        return len(put), len(gone)

    def _join(self, scene: Scene) -> set[Ref]:
        """Note what racks are made of. Return the other racks that list
        devices which came or went: theirs they are not, or are now."""
        join, leave = set(), set()
        for rack in scene.racks:
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
            for other, rack in scene.elsewhere.get(moved.ref, ())
            if other.is_device
        }


def _settled(done: Iterable[Held], scene: Scene) -> list[Held]:
    """Return what needs no further look: what is done, the stacks, and the
    parts of their racks that are in no other."""
    found = {
        held.pk: held
        for rack in scene.racks
        for held in (rack.stack, *rack.parts())
        if held.stale and held.fact.ref not in scene.elsewhere
    }
    found.update((held.pk, held) for held in done)
    return list(found.values())
